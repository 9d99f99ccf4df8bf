"""Search in a user's actions: by name, source or person, by kind and by status."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from sqlalchemy import ColumnElement, Select, or_, select

from bot.decision.kinds import BY_HAND, STEP_KIND
from bot.inputs.params import Params
from bot.inputs.validation import ONE_LINE
from bot.storage.models import ENDED, OPEN, Action, ActionTarget
from bot.storage.models.values import ActionKind, ActionStatus, StepKind

MAX_QUERY = 100
SEARCHED_KINDS = tuple(dict.fromkeys(str(kind) for kind in (*ActionKind, *StepKind)))
"""The kinds of actions, and the kinds of steps: `follow` finds the actions of both ways to find people."""
SEARCHED_STATUSES = (*map(str, ActionStatus), "open", "ended")
_GROUPS = {"open": OPEN, "ended": ENDED}

SearchedKind = Literal[SEARCHED_KINDS]  # type: ignore[valid-type]  # as one value each, from the one list of them
SearchedStatus = Literal[SEARCHED_STATUSES]  # type: ignore[valid-type]


class ActionSearch(Params):
    """Filter of the actions. All parts that are given have to fit."""

    q: Annotated[str, StringConstraints(max_length=MAX_QUERY), ONE_LINE] | None = Field(
        None, description="Part of its name, of its hashtag or account, or of a person's username or full name."
    )
    kind: SearchedKind | None = Field(None, description="A kind of action, or a kind of step, such as `follow`.")
    status: SearchedStatus | None = Field(None, description="A status; or `open`, or `ended`.")


EVERY_ACTION = ActionSearch()


def narrowed(query: Select[Any], search: ActionSearch) -> Select[Any]:
    """Return the query of actions with the conditions of the search."""
    if search.q:
        query = query.where(_mentions(search.q))
    if search.kind not in BY_HAND:
        # They are shown in their conversations.
        query = query.where(Action.kind.not_in(BY_HAND))
    if search.kind:
        of_kind = Action.kind.in_([k for k, step in STEP_KIND.items() if search.kind in (k, step)])
        plan = Action.kind == ActionKind.PLAN
        first_step = Action.params[("steps", 0, "do")].as_string()
        query = query.where(
            or_(of_kind, plan if search.kind == ActionKind.PLAN else plan & (first_step == search.kind))
        )
    if search.status:
        query = query.where(Action.status.in_(_GROUPS.get(search.status, (search.status,))))
    return query


def _mentions(text: str) -> ColumnElement[bool]:
    """Return the condition that the action's name, its source or one of its people contains the text."""
    # Sources and people are stored without their sign.
    bare = text[1:] if text[:1] in "#@" and len(text) > 1 else text
    sources = (
        Action.params[name].as_string().icontains(bare, autoescape=True) for name in ("hashtag", "account", "subject")
    )
    people = select(ActionTarget.action_id).where(
        or_(
            ActionTarget.person.icontains(bare, autoescape=True),
            ActionTarget.full_name.icontains(text, autoescape=True),
        )
    )
    return or_(Action.name.icontains(text, autoescape=True), *sources, Action.id.in_(people))
