"""Orders: follow people of a hashtag; list, progress, targets; cancel, pause, resume."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from flask import url_for
from pydantic import Field

from api.answers import Answer, Listing, Paging, Shape
from api.blueprint import blueprint, fails
from bot import actions
from bot.access import me, require_valid_session, signed_in
from bot.actions import FollowHashtag, Progress
from bot.models import ActionTarget
from bot.paging import Page
from bot.users import Params

bp = blueprint("actions", "Actions")


class Once(Params):
    """The header that makes a repeated order one order."""

    key: str | None = Field(
        None,
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x2b\x2d-\x7e]{1,128}$",
        description="1 to 128 visible ASCII characters without commas: the same key is the same order.",
    )


class ActionOut(Shape):
    """An order and how far it is: done + failed + skipped + unknown targets, and how many are still to be done."""

    id: str
    kind: str
    status: Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]
    params: dict[str, Any] = Field(description="What was ordered.")
    total: int = Field(description="The amount that was asked for.")
    done: int
    failed: int
    skipped: int
    unknown: int
    pending: int
    error_code: str | None
    request_id: str | None
    created_at: datetime
    started_at: datetime | None
    last_step_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        counts = {name: getattr(progress, name) for name in ("done", "failed", "skipped", "unknown", "pending")}
        return cls.model_validate({**vars(progress.action), **counts})


class ActionAnswer(Answer):
    action: ActionOut

    @classmethod
    def of(cls, progress: Progress) -> Self:
        return cls(action=ActionOut.of(progress))


class ActionListing(Listing):
    items: list[ActionOut]

    @classmethod
    def of(cls, page: Page[Progress]) -> Self:
        return cls(items=[ActionOut.of(progress) for progress in page.items], next=page.next)


class TargetOut(Shape):
    """One person that the order looked at, and how it ended for them."""

    target: str
    status: Literal["pending", "working", "done", "skipped", "failed", "unknown"]
    reason: str | None = Field(description="Why the person was left out.")
    error_code: str | None
    attempts: int
    finished_at: datetime | None


class TargetListing(Listing):
    items: list[TargetOut]

    @classmethod
    def of(cls, page: Page[ActionTarget]) -> Self:
        return cls(items=[TargetOut.model_validate(target) for target in page.items], next=page.next)


@bp.post("/follow-hashtag")
@require_valid_session
@bp.input(FollowHashtag)
@bp.input(Once, location="headers")
@bp.output(ActionAnswer, 202)
@fails("BOT_STOPPED")
def follow_hashtag(json_data: FollowHashtag, headers_data: Once) -> tuple[ActionAnswer, int, dict[str, str]]:
    """Order to follow people who posted under a hashtag."""
    progress = actions.follow_hashtag(me().id, json_data, headers_data.key)
    return ActionAnswer.of(progress), 202, {"Location": url_for(".show_action", action_id=progress.action.id)}


@bp.get("")
@signed_in
@bp.input(Paging, location="query")
@bp.output(ActionListing)
@fails("BAD_CURSOR")
def list_actions(query_data: Paging) -> ActionListing:
    """One's own orders, newest first."""
    return ActionListing.of(actions.list_actions(me().id, query_data.limit, query_data.cursor))


@bp.get("/<uuid:action_id>")
@signed_in
@bp.output(ActionAnswer)
@fails("ACTION_NOT_FOUND")
def show_action(action_id: UUID) -> ActionAnswer:
    """One order and how far it is."""
    return ActionAnswer.of(actions.get_action(me().id, str(action_id)))


@bp.get("/<uuid:action_id>/targets")
@signed_in
@bp.input(Paging, location="query")
@bp.output(TargetListing)
@fails("ACTION_NOT_FOUND", "BAD_CURSOR")
def list_targets(action_id: UUID, query_data: Paging) -> TargetListing:
    """The people that an order is done with, the last one first."""
    return TargetListing.of(actions.list_targets(me().id, str(action_id), query_data.limit, query_data.cursor))


@bp.post("/<uuid:action_id>/cancel")
@signed_in
@bp.output(ActionAnswer)
@fails("ACTION_NOT_FOUND", "ACTION_NOT_RUNNING")
def cancel(action_id: UUID) -> ActionAnswer:
    """End an order for good: the step that runs ends, and none follows."""
    return ActionAnswer.of(actions.cancel(me().id, str(action_id)))


@bp.post("/<uuid:action_id>/pause")
@signed_in
@bp.output(ActionAnswer)
@fails("ACTION_NOT_FOUND", "ACTION_NOT_RUNNING")
def pause(action_id: UUID) -> ActionAnswer:
    """Put an order aside."""
    return ActionAnswer.of(actions.pause(me().id, str(action_id)))


@bp.post("/<uuid:action_id>/resume")
@require_valid_session
@bp.output(ActionAnswer)
@fails("ACTION_NOT_FOUND", "ACTION_NOT_RUNNING", "BOT_STOPPED")
def resume(action_id: UUID) -> ActionAnswer:
    """Go on with an order that was put aside."""
    return ActionAnswer.of(actions.resume(me().id, str(action_id)))
