"""Drafts: an own action as the input of a new one."""

from typing import Any, Self
from uuid import UUID

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from bot.messages import drafts
from bot.messages.drafts import Draft
from middleware.access import me, signed_in

bp = blueprint("drafts", "Drafts")


class DraftPersonOut(Schema):
    """A person of a message action."""

    username: str
    full_name: str | None
    first_name: str | None
    reason: str | None = Field(description="Why a new message would skip them now; null if it would not.")


class DraftAnswer(Answer):
    """The input of an action like one of yours."""

    kind: str = Field(description="The kind: `POST /bot/actions/<kind>` places it.")
    params: dict[str, Any] = Field(
        description="The body of that request. It has `start_at` only if that time is still to come, and never `again`."
    )
    people: list[DraftPersonOut] = Field(description="The people of a message action; empty for other kinds.")

    @classmethod
    def of(cls, found: Draft) -> Self:
        return cls.model_validate(found)


@bp.get("/<uuid:action_id>/draft")
@signed_in
@bp.output(DraftAnswer)
@raises("ACTION_NOT_FOUND")
def show_draft(action_id: UUID) -> DraftAnswer:
    """Show the input of an action like this one, to repeat it or to change a copy. Nothing is placed."""
    return DraftAnswer.of(drafts.draft(me().id, str(action_id)))
