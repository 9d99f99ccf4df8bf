"""The switch that stops every bot."""

from datetime import datetime
from typing import Self

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint
from bot.automation import kill_switch
from bot.automation.kill_switch import StopAll, Stopped
from middleware.access import me, require_role

bp = blueprint("kill_switch", "Kill switch")


class StoppedOut(Schema):
    """Since when and why every bot is stopped."""

    set_at: datetime
    reason: str
    set_by: str | None = Field(description="The administrator who set it; null if that user is erased.")


class KillSwitchAnswer(Answer):
    stopped: StoppedOut | None = Field(description="Null while bots may act.")

    @classmethod
    def of(cls, stopped: Stopped | None) -> Self:
        return cls(stopped=StoppedOut.model_validate(stopped) if stopped else None)


@bp.get("/admin/kill-switch")
@require_role("admin")
@bp.output(KillSwitchAnswer)
def show_kill_switch() -> KillSwitchAnswer:
    """Show whether every bot is stopped, since when, why and by which administrator."""
    return KillSwitchAnswer.of(kill_switch.kill_switch())


@bp.put("/admin/kill-switch")
@require_role("admin")
@bp.input(StopAll)
@bp.output(KillSwitchAnswer)
def stop_every_bot(json_data: StopAll) -> KillSwitchAnswer:
    """Stop every bot.

    A call to Instagram that is running ends; none begins after the answer. If every bot is stopped already, the first
    reason stays.
    """
    kill_switch.stop_all(me(), json_data)
    return KillSwitchAnswer.of(kill_switch.kill_switch())


@bp.delete("/admin/kill-switch")
@require_role("admin")
@bp.output(KillSwitchAnswer)
def let_bots_go_on() -> KillSwitchAnswer:
    """Release the bots that were running. They go on within a minute."""
    kill_switch.release_all(me())
    return KillSwitchAnswer.of(kill_switch.kill_switch())
