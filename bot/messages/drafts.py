"""Drafts: an own action as the input of a new one, to repeat it or to change a copy."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.actions.control import find_action
from bot.actions.placing import FORMS
from bot.config.runtime import now
from bot.messages.exclusions import skip_reasons
from bot.storage.models import Action, ActionTarget
from bot.storage.models.values import ActionKind
from bot.storage.tenancy import TenantSession, tenant


@dataclass(frozen=True)
class DraftPerson:
    """A person of a message action. `reason` tells why a new message would skip them now, or is None."""

    username: str
    full_name: str | None
    first_name: str | None
    reason: str | None


@dataclass(frozen=True)
class Draft:
    """The input of an action like one that is there. `people` are those of a message action, in their order.

    `params` is the body of the request that places it. `start_at` is in it only if that time is still to come.
    """

    kind: str
    params: dict[str, Any]
    people: list[DraftPerson]


def draft(user_id: str, action_id: str) -> Draft:
    """Return the draft of one of the user's actions. Nothing is placed. Raises ACTION_NOT_FOUND.

    A draft never writes again to people who were written to: that has to be asked for each time.
    """
    with tenant(user_id, reading=True) as session:
        action = find_action(session, action_id)
        if action.kind == ActionKind.PLAN:
            params = {name: action.params[name] for name in ("source", "steps", "filters")}
            return Draft(action.kind, _named(action) | params | {"amount": action.total} | _start(action), [])
        if action.kind not in FORMS:
            people = _people(session, action)
            params = {"message": action.params.get("message", ""), "usernames": [one.username for one in people]}
            return Draft(action.kind, _named(action) | params | _start(action), people)
    fields = FORMS[action.kind].params.model_fields
    params = {name: value for name, value in action.params.items() if name in fields and value is not None}
    if not action.listed:
        params["amount"] = action.total
    if action.repeat:
        params["repeat"] = {name: value for name, value in action.repeat.items() if value is not None}
    return Draft(action.kind, _named(action) | params | _start(action), [])


def _named(action: Action) -> dict[str, Any]:
    return {"name": action.name} if action.name else {}


def _start(action: Action) -> dict[str, Any]:
    return {"start_at": action.start_at} if action.start_at and action.start_at > now() else {}


def _people(session: TenantSession, action: Action) -> list[DraftPerson]:
    columns = ActionTarget.target, ActionTarget.full_name, ActionTarget.first_name
    rows = session.execute(select(*columns).where(ActionTarget.action_id == action.id).order_by(ActionTarget.position))
    found = [(name, full_name, first_name) for name, full_name, first_name in rows]
    reasons = skip_reasons(session, [name for name, _, _ in found], {}, again=False, starts=now())
    return [DraftPerson(name, whole, first, reasons.get(name)) for name, whole, first in found]
