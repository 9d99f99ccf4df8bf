"""The form of an action: what it shows, and what was sent with it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import g, request
from werkzeug.datastructures import MultiDict

from bot.actions.filters import Filters
from bot.actions.placing import FORMS, NewAction
from bot.core.errors import BotException, invalid
from bot.messages.drafts import Draft
from bot.settings.preferences import settings_report
from bot.storage.models.values import ActionKind
from middleware.access import me
from web import local_time
from web.composer import plan_form, plan_sources
from web.composer.kinds import FIRST, KINDS, MESSAGES, PLAN
from web.forms import parse

Values = MultiDict[str, str]
# Fields of the page that belong to no action.
OF_THE_PAGE = ("what", "whom", "whose", "previewed")
_KEY = re.compile(r"[0-9a-f-]{36}")
_AMOUNT = "5"


def chosen_kind() -> str:
    """Return the kind that the form is for. An address that names none is for the first.

    Raises INVALID_INPUT for a form that was sent without a kind: no other one is meant.
    """
    known: Values = g.get("composed") or request.values
    wanted = known.get("what", "")
    if wanted not in KINDS and request.method == "POST":
        raise invalid("what", "Choose what your bot should do.")
    return wanted if wanted in KINDS else FIRST


def idempotency_key() -> str | None:
    key = request.form.get("idempotency_key", "")
    return key if _KEY.fullmatch(key) else None


@contextmanager
def once_a_form() -> Iterator[None]:
    """Say of a key that was used for something else that the form was: its user knows of no keys."""
    try:
        yield
    except BotException as error:
        if error.name == "IDEMPOTENCY_KEY_REUSED":
            raise BotException("FORM_SENT_BEFORE") from None
        raise


def shown_values() -> Values:
    """Return the values that the form shows: as sent, or those of the address."""
    known: Values | None = g.get("composed")
    if known is not None:
        return known
    if request.method == "POST":
        return MultiDict(request.form)
    # A plan begins with a source.
    is_new = request.args.get("what") == PLAN and "plan" not in request.args
    first = {plan_sources.box_of(plan_sources.FIRST): "true"} if is_new else {}
    return MultiDict({"amount": _AMOUNT, **first, **request.args})


def show_values(values: Iterable[tuple[str, str]]) -> None:
    """Let the page of this request show these values."""
    g.composed = MultiDict(values)


def shown_filters(kind: str) -> Filters:
    """Return the filters that the form shows before the user types: those of its action, or the defaults."""
    try:
        own = read(kind, shown_values()).filters if kind != MESSAGES else None
    except BotException:
        own = None
    return own or settings_report(me().id).filters


def read(kind: str, sent: Values | None = None) -> NewAction:
    """Read the form without the parts that a choice has switched off. Raises INVALID_INPUT."""
    values = MultiDict(request.form) if sent is None else sent
    off = {
        "filters.": values.get("whom") != "here",
        "usernames": values.get("whose") == "followed",
        "amount": values.get("whose") == "listed",
    }
    dropped = (*(name for name, is_off in off.items() if is_off), "\0")
    kept = [
        (name, value)
        for name, value in values.items(multi=True)
        if not name.startswith(dropped) and name not in OF_THE_PAGE
    ]
    return plan_form.read(MultiDict(kept)) if kind == PLAN else parse(FORMS[kind].params, MultiDict(kept))


def amount_of(kind: str, values: Values) -> int | None:
    """Return how many people or posts the form asks for now; None while it does not say."""
    if kind == ActionKind.VIEW_STORIES and values.get("whose") == "listed":
        return len(set(re.findall(r"[^\s,;]+", values.get("usernames", "")))) or None
    text = values.get("amount", "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def of_params(params: dict[str, Any]) -> dict[str, str]:
    """Return the fields that send these parameters of an action. A plan has to fit into the form."""
    values: dict[str, str] = {}
    if "steps" in params:
        values |= plan_form.fill(params) or {}
        params = {name: value for name, value in params.items() if name not in ("source", "steps")}
    for name, value in params.items():
        if isinstance(value, dict):
            values |= {f"{name}.{part}": _text(one) for part, one in value.items()}
        elif name == "start_at":
            values[name] = local_time.field_value(value)
        else:
            values[name] = _text(value)
    values["whom"] = "settings" if params.get("filters") is None else "here"
    values["whose"] = "listed" if params.get("usernames") else "followed"
    return {name: text for name, text in values.items() if text}


def of_draft(found: Draft, *, plan: bool) -> dict[str, str]:
    """Return the fields of an action like that one, with its start and repetition if `plan`.

    Filters that are the defaults of now are left to the defaults.
    """
    params = found.params if plan else {k: v for k, v in found.params.items() if k not in ("start_at", "repeat")}
    if params.get("filters") == settings_report(me().id).filters.model_dump():
        params = params | {"filters": None}
    return of_params(params)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
