"""The bot: its state with the reason, start and stop."""

from datetime import datetime
from typing import Self

from pydantic import Field

from api.accounts import Verification
from api.answers import Answer, Schema
from api.blueprint import blueprint
from bot.automation import lifecycle
from bot.automation.status import BotReport, State, bot_report
from bot.core.errors import Who
from bot.decision.decide import LimitState
from bot.readings.report import ReadingsReport, readings_report
from bot.readings.report import State as ReadingsState
from middleware.access import me, require_valid_session, signed_in

bp = blueprint("bots", "Bot")


class Verdict(Schema):
    """The present act of the bot, or the one reason why it waits."""

    state: State
    reason: str = Field(description="A name of the registry, or ACTING.")
    message: str
    until: datetime | None = Field(description="When this ends automatically; null if a person has to act.")
    remedy: str | None = Field(description="What to do about it.")
    rule: str | None = Field(description="The rule that the bot waits for.")
    code: str | None = Field(description="The code of the reason; null while the bot acts.")
    who: Who | None = Field(description="Who has to act; null if no one has to.")
    kind: str | None = Field(description="The kind of steps it is about; null if it is about all.")
    change: str | None = Field(description="The page where the rule can be changed: `hours`, `limits`, `automation`.")
    cause: str | None = Field(description="The name of the error that began a rest; null for every other reason.")


class LimitUse(Schema):
    """Steps of one kind done in the period, the limit, and the rule that applies."""

    kind: str
    used: int = Field(description="Steps done today.")
    effective: int = Field(description="The largest number of steps a day.")
    binding: str
    used_hour: int = Field(description="Steps done in the last 60 minutes.")
    per_hour: int | None = Field(description="The largest number of steps an hour; null if there is no such limit.")
    resets_at: datetime = Field(description="When the day ends.")
    rests_until: datetime | None = Field(description="Until when this kind is paused.")

    @classmethod
    def of(cls, limit: LimitState, rests_until: datetime | None) -> Self:
        return cls.model_validate({**vars(limit), "resets_at": limit.day_ends, "rests_until": rests_until})


class Readings(Schema):
    """Reads of who accepted, followed back and left. They come last, and are limited a day."""

    state: ReadingsState = Field(
        description="`first_week`: none in an account's first week; `used_up`: no more today; `off`: the bot is off."
    )
    read_today: int
    per_day: int = Field(description="The largest number of reads a day.")
    until: datetime | None = Field(description="When reading begins or goes on, if that is known.")
    list_read_at: datetime | None = Field(description="When your followers were read last.")
    error_code: str | None = Field(description="The code of the failure, if the last reading failed.")


class StatusAnswer(Answer):
    bot_running: bool
    session_valid: bool
    linked: bool = Field(description="Whether an Instagram session is stored.")
    instagram_username: str | None
    last_tested: datetime | None
    last_error_code: str | None
    last_error_message: str | None
    verdict: Verdict
    next_step_at: datetime | None
    next_step_kind: str | None = Field(description="The kind of the next step, as things are now.")
    next_action_id: str | None = Field(description="The action of the next step, as things are now.")
    orders: dict[str, Verdict] = Field(description="The verdict of each open action as if it were the only one.")
    limits: list[LimitUse]
    verification: Verification | None = Field(description="The code or confirmation that Instagram waits for, if any.")
    demo: bool = Field(description="Whether this is the sandbox instead of Instagram.")

    readings: Readings

    @classmethod
    def of(cls, report: BotReport, readings: ReadingsReport) -> Self:
        limits = [LimitUse.of(limit, report.rests.get(limit.kind)) for limit in report.limits]
        return cls.model_validate({**vars(report), "limits": limits, "readings": readings})


def _status() -> StatusAnswer:
    return StatusAnswer.of(bot_report(me().id), readings_report(me().id))


@bp.get("/status")
@signed_in
@bp.output(StatusAnswer)
def show_status() -> StatusAnswer:
    """Show what the bot is doing, when its next step is due, or why it waits."""
    return _status()


@bp.post("/start")
@require_valid_session
@bp.output(StatusAnswer)
def start() -> StatusAnswer:
    """Start the bot."""
    lifecycle.start(me().id)
    return _status()


@bp.post("/stop")
@signed_in
@bp.output(StatusAnswer)
def stop() -> StatusAnswer:
    """Stop the bot. The running step ends, and no other follows."""
    lifecycle.stop(me().id)
    return _status()
