"""Addresses of pages that moved: a GET leads to the new page, a POST is refused and names it."""

from collections.abc import Callable

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from bot.actions.placing import FORMS as FORMS_OF_ACTIONS
from bot.core.errors import BotException
from middleware.access import signed_in

blueprint = Blueprint("moved", __name__)
_ANY_KIND = "any({})".format(",".join(f"'{kind}'" for kind in FORMS_OF_ACTIONS))
PAGES = {
    "/automation/bot": "/bot",
    "/messages": "/actions/new?what=send-messages",
    # Their pages are still to come.
    "/actions": "/automation#actions",
    "/actions/log": "/activity",
    "/inbox": "/activity",
    "/results": "/activity",
    "/settings/profile": "/profile",
    "/settings/security": "/profile",
    "/settings/connection": "/automation#account",
    "/settings/schedule": "/settings#hours",
    "/settings/limits": "/settings#limits",
    "/settings/filters": "/settings#filters",
    "/settings/lists": "/settings/do-not-contact",
    "/admin/people": "/admin/users",
    "/admin/health": "/admin/lanes",
}
"""Addresses that are read, with those of today. Parts in `<…>` are taken over."""
FORMS = {
    "/automation/start": "/bot/start",
    "/automation/stop": "/bot/stop",
    f"/automation/<{_ANY_KIND}:kind>": "/actions/new?what=<kind>",
    f"/automation/<{_ANY_KIND}:kind>/preview/<uuid:gone>": "/actions/new?what=<kind>",
    "/messages": "/actions/new?what=send-messages",
    "/messages/preview": "/actions/new?what=send-messages",
}
"""Old addresses of forms, with the page that has the form today. Nothing is done there."""


def _filled(address: str, parts: dict[str, object]) -> str:
    for name, value in parts.items():
        address = address.replace(f"<{name}>", str(value))
    return address


def _page(new: str) -> Callable[..., ResponseReturnValue]:
    @signed_in
    def lead(**parts: object) -> ResponseReturnValue:
        query = request.query_string.decode()
        place, mark, part = _filled(new, parts).partition("#")
        if query:
            place += f"{'&' if '?' in place else '?'}{query}"
        return redirect(f"{place}{mark}{part}", 302)

    return lead


def _form(new: str) -> Callable[..., ResponseReturnValue]:
    @signed_in
    def refuse(**parts: object) -> ResponseReturnValue:
        page = _filled(new, parts)
        raise BotException("PAGE_MOVED", remedy=f"Nothing was done. Open {page} and send the form there.", page=page)

    return refuse


for _number, (_old, _new) in enumerate(PAGES.items()):
    blueprint.add_url_rule(_old, f"page_{_number}", _page(_new))
for _number, (_old, _new) in enumerate(FORMS.items()):
    blueprint.add_url_rule(_old, f"form_{_number}", _form(_new), methods=["POST"])
