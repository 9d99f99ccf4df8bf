"""Accepted actions: list, progress, targets; cancel, pause, resume, reschedule."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from flask.wrappers import Response
from pydantic import Field

from api.answers import CSV, Answer, Format, Listing, Paging, Schema, csv_response
from api.blueprint import blueprint, raises
from bot.actions import control, names, schedules
from bot.actions.control import Progress
from bot.actions.names import Rename
from bot.actions.recurrence import Repeat
from bot.actions.schedules import Schedule
from bot.actions.search import ActionSearch
from bot.actions.target_export import targets_csv
from bot.inputs.pagination import Page
from bot.plans.progress import Place, PlanProgress, plan_progress
from bot.storage.models import ActionTarget
from bot.storage.models.values import ActionStatus, Fact, Outcome, StepKind, TargetStatus
from middleware.access import me, require_valid_session, signed_in

bp = blueprint("actions", "Actions")

_COUNTS = ("done", "failed", "skipped", "unknown", "pending", "found", "matched", "up_next", "answered", "going_on")


class ActionOut(Schema):
    """An action and its progress: counts of done, failed, skipped and unknown targets, and of those still to do."""

    id: str
    kind: str
    name: str | None = Field(description="What you call it, if you named it.")
    status: ActionStatus
    outcome: Outcome | None = Field(description="The result: all, some or none of it done; null while it is open.")
    params: dict[str, Any] = Field(description="The parameters it was placed with.")
    total: int = Field(description="The number of targets asked for.")
    done: int
    failed: int
    skipped: int
    unknown: int
    pending: int
    found: int = Field(description="The number of people or posts found so far, or listed.")
    matched: int = Field(description="The number of those that were examined and not skipped.")
    up_next: int = Field(description="The number of those that are not examined yet.")
    answered: int = Field(description="The number of people who answered a message of the action.")
    going_on: int = Field(description="The number of those done that have later steps of a plan left.")
    skips: dict[str, int] = Field(description="The number of skipped targets by reason.")
    start_at: datetime | None = Field(description="Nothing is done before this time.")
    repeat: Repeat | None = Field(description="How often it repeats.")
    series: str | None = Field(description="The first action of a repeating series, from the second on.")
    error_code: str | None = Field(description="Why it ended so, or the last failure if it is open.")
    message: str | None = Field(description="The same in words.")
    remedy: str | None = Field(description="What to do about it.")
    request_id: str | None
    created_at: datetime
    started_at: datetime | None
    last_step_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        derived = {name: getattr(progress, name) for name in (*_COUNTS, "skips", "outcome")}
        trouble = progress.trouble
        words = {"message": trouble.message if trouble else None, "remedy": trouble.remedy if trouble else None}
        return cls.model_validate({**vars(progress.action), **derived, **words})


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


class ActionFilter(Paging, ActionSearch):
    """Filter of the actions."""


class TargetOut(Schema):
    """One target of an action, and how it ended."""

    id: str
    target: str = Field(description="A username, or the short code of a post.")
    person: str = Field(description="The person.")
    person_id: str | None = Field(description="The id of the person for `/people`; null until they are looked up.")
    full_name: str | None = Field(description="Their name, as far as it is known.")
    status: TargetStatus
    reason: str | None = Field(description="Why it was skipped or failed.")
    error_code: str | None
    attempts: int
    claimed_at: datetime | None = Field(description="When the step began.")
    look_up_at: datetime | None = Field(description="When Instagram is asked next whether the effect is there.")
    node: int = Field(description="The place in the plan of the action, from 0 on.")
    nth: int = Field(description="Which of several calls at this place, from 0 on.")
    awaits: Fact | None = Field(description="What the step waits to become known of the person.")
    due_at: datetime | None = Field(description="Not before this time. If it awaits a fact: without it from then on.")
    finished_at: datetime | None


class TargetFilter(Paging, Format):
    """Filter of the targets of an action."""

    status: TargetStatus | None = None


class TargetListing(Listing):
    items: list[TargetOut]

    @classmethod
    def of(cls, page: Page[ActionTarget]) -> Self:
        return cls(items=[TargetOut.model_validate(target) for target in page.items], next=page.next)


class PlaceOut(Schema):
    """A step of an action's plan, and how many people or posts are at it."""

    node: int = Field(description="The place in the plan, as targets name it.")
    number: int = Field(description="The number of the step in this list, from 1 on.")
    depth: int = Field(description="How many branches are around it.")
    instead_of: int | None = Field(
        description="The first step of a branch has the number of the step that it is done instead of."
    )
    do: StepKind
    text: str = Field(description="The step in words.")
    awaits: Fact | None = Field(description="The fact that has to become known first.")
    done: int
    up_next: int = Field(description="The number that may go on now.")
    later: int = Field(description="The number that wait for their time.")
    awaiting: int = Field(description="The number that wait for the fact.")
    next_at: datetime | None = Field(description="The end of the first of these waits.")
    last_at: datetime | None = Field(description="The end of the last of them.")
    left: int = Field(description="The number that this step was not done for before the action ended.")
    unknown: int
    failed: int
    skipped: int
    skips: dict[str, int] = Field(description="The number of skipped targets by reason.")

    @classmethod
    def of(cls, place: Place) -> Self:
        line = place.line
        words = {"node": line.node.index, "do": line.node.step.do, "awaits": place.awaits}
        told = {name: getattr(line, name) for name in ("number", "depth", "instead_of", "text")}
        return cls.model_validate({**vars(place), **told, **words, "skipped": place.skipped})


class PlanAnswer(Answer):
    """The plan of an action."""

    summary: str = Field(description="The whole plan as one sentence.")
    steps: list[PlaceOut]

    @classmethod
    def of(cls, plan: PlanProgress) -> Self:
        return cls(summary=plan.summary, steps=[PlaceOut.of(place) for place in plan.places])


@bp.get("")
@signed_in
@bp.input(ActionFilter, location="query")
@bp.output(ActionListing)
@raises("BAD_CURSOR")
def list_actions(query_data: ActionFilter) -> ActionListing:
    """List your actions, newest first, or those that a search finds."""
    return ActionListing.of(control.list_actions(me().id, query_data.limit, query_data.cursor, query_data))


@bp.get("/<uuid:action_id>")
@signed_in
@bp.output(ActionAnswer)
@raises("ACTION_NOT_FOUND")
def show_action(action_id: UUID) -> ActionAnswer:
    """Show an action and its progress."""
    return ActionAnswer.of(control.get_action(me().id, str(action_id)))


@bp.get("/<uuid:action_id>/steps")
@signed_in
@bp.output(PlanAnswer)
@raises("ACTION_NOT_FOUND")
def show_steps(action_id: UUID) -> PlanAnswer:
    """Show the plan of an action in words, and how many people are at each of its steps."""
    return PlanAnswer.of(plan_progress(me().id, str(action_id)))


@bp.get("/<uuid:action_id>/targets")
@signed_in
@bp.input(TargetFilter, location="query")
@bp.output(TargetListing)
@bp.doc(responses=CSV)
@raises("ACTION_NOT_FOUND", "BAD_CURSOR", "TOO_MANY_AT_ONCE")
def list_targets(action_id: UUID, query_data: TargetFilter) -> TargetListing | Response:
    """List the targets of an action that are done with, newest first, or its targets with one status."""
    part = query_data
    if part.format == "csv":
        return csv_response("targets", targets_csv(me().id, str(action_id)))
    return TargetListing.of(control.list_targets(me().id, str(action_id), part.limit, part.cursor, part.status))


@bp.patch("/<uuid:action_id>")
@signed_in
@bp.input(Rename)
@bp.output(ActionAnswer)
@raises("ACTION_NOT_FOUND")
def rename(action_id: UUID, json_data: Rename) -> ActionAnswer:
    """Name an action, open or ended. Without a name, it is called by what it does."""
    return ActionAnswer.of(names.rename(me().id, str(action_id), json_data))


@bp.put("/<uuid:action_id>/schedule")
@signed_in
@bp.input(Schedule)
@bp.output(ActionAnswer)
@raises("ACTION_NOT_FOUND", "ACTION_NOT_RUNNING", "REPEAT_NOT_ALLOWED")
def reschedule(action_id: UUID, json_data: Schedule) -> ActionAnswer:
    """Change when an open action starts and repeats. A field that is missing is cleared."""
    return ActionAnswer.of(schedules.reschedule(me().id, str(action_id), json_data))


@bp.post("/<uuid:action_id>/cancel")
@signed_in
@bp.output(ActionAnswer)
@raises("ACTION_NOT_FOUND", "ACTION_NOT_RUNNING")
def cancel(action_id: UUID) -> ActionAnswer:
    """Cancel an action for good. The running step ends, and no other follows."""
    return ActionAnswer.of(control.cancel(me().id, str(action_id)))


@bp.post("/<uuid:action_id>/pause")
@signed_in
@bp.output(ActionAnswer)
@raises("ACTION_NOT_FOUND", "ACTION_NOT_RUNNING")
def pause(action_id: UUID) -> ActionAnswer:
    """Pause an action."""
    return ActionAnswer.of(control.pause(me().id, str(action_id)))


@bp.post("/<uuid:action_id>/resume")
@require_valid_session
@bp.output(ActionAnswer)
@raises("ACTION_NOT_FOUND", "ACTION_NOT_RUNNING", "BOT_STOPPED")
def resume(action_id: UUID) -> ActionAnswer:
    """Resume a paused action."""
    return ActionAnswer.of(control.resume(me().id, str(action_id)))
