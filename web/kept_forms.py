"""Forms that were sent before their user had confirmed who they are: what was typed opens filled in afterwards."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import g, request
from flask_login import current_user

from bot.auth import kept_forms
from bot.auth.kept_forms import Fields
from middleware.access import me
from web.once import once_a_request

MARK = "kept"
"""The parameter of an address that opens a form with what was kept."""
SECRETS = frozenset(
    {"password", "current_password", "new_password", "repeat_password", "code", "session", "proxy", "url", "csrf_token"}
)
"""Fields that are typed again. A test compares them with those that the pages never fill in."""
# A repeated username is the proof that its user means it, so it is typed again too.
_NEVER = frozenset({"/settings/data/erase"})


def keep() -> None:
    """Keep the fields of the sent form, without secrets. Nothing is kept of an act that always asks."""
    fields = {name: values for name, values in request.form.lists() if name not in SECRETS}
    if fields and request.path not in _NEVER:
        kept_forms.keep_form(me(), request.path, fields)


def reopened(page: str) -> str:
    """Return the address of the page, with its form filled in if one was kept."""
    if kept_forms.kept_form(me()) is None:
        return page
    return f"{page}{'&' if urlsplit(page).query else '?'}{urlencode({MARK: 1})}"


def forget() -> None:
    """Forget the kept form of the signed-in user, because it was sent."""
    kept_forms.forget_form(me())


def open_form(action: str) -> str:
    """Begin a form of this page: its fields are filled with what was kept of it."""
    kept = _kept()
    g.kept_fields = kept[1] if kept and kept[0] == urlsplit(action).path else {}
    return ""


def close_form() -> str:
    g.kept_fields = {}
    return ""


def kept_values(name: str) -> list[str]:
    """Return what was kept of a field of the open form; empty if nothing was."""
    fields: dict[str, Any] = g.get("kept_fields", {})
    values: list[str] = fields.get(name, [])
    return values


def _kept() -> tuple[str, Fields] | None:
    if MARK not in request.args or request.method != "GET" or not current_user.is_authenticated:
        return None
    return _read()


@once_a_request
def _read() -> tuple[str, Fields] | None:
    return kept_forms.kept_form(me())
