"""Presets: working hours that many people keep, and two paces with their limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import Field

from bot.automation.lifecycle import notify_bot
from bot.decision.limits import LimitReport, limit_reports
from bot.history.activity import record
from bot.inputs.params import Params
from bot.settings.changes import note_settings, snapshot
from bot.settings.preferences import (
    DAYS,
    OwnLimit,
    Pace,
    Settings,
    TimeSpan,
    Week,
    apply_limits,
    apply_settings,
    settings_report,
)
from bot.storage.bot_lock import locked_status
from bot.storage.models.values import ActivityStatus, Span
from bot.storage.tenancy import tenant

ScheduleName = Literal["work_days", "every_day", "evenings"]
PaceName = Literal["normal", "careful"]
SLOWER = 2
"""How many times the default delays the careful pace takes; its limits are the defaults divided by this."""
MAX_DELAY = 86400.0
OwnPace = tuple[OwnLimit, Pace | None]
"""A user's own limits and delays of one kind."""


def _week(start: str, end: str, days: int = len(DAYS)) -> Week:
    """Return a week with the same hours on its first `days` days."""
    span = TimeSpan(start=start, end=end)
    return Week.model_validate({day: span if number < days else None for number, day in enumerate(DAYS)})


SCHEDULES: Mapping[ScheduleName, Week] = {
    "work_days": _week("09:00", "18:00", 5),
    "every_day": _week("09:00", "21:00"),
    "evenings": _week("17:00", "22:00"),
}


class Presets(Params):
    """Presets to choose. What is left out stays."""

    schedule: ScheduleName | None = Field(
        None,
        description="`work_days` is Monday to Friday, 9 to 18, `every_day` is 9 to 21, and `evenings` is 17 to 22.",
    )
    pace: PaceName | None = Field(
        None,
        description="`normal` clears your own limits and delays, so that the defaults apply. `careful` is half the "
        "default limits and twice the default delays.",
    )


@dataclass(frozen=True)
class PresetsReport:
    """The presets that are in use; None if the user has set other values. `change_id` undoes the last change."""

    schedule: ScheduleName | None
    pace: PaceName | None
    change_id: str | None = None


def presets_report(user_id: str, change_id: str | None = None) -> PresetsReport:
    return PresetsReport(schedule_of(settings_report(user_id).hours.week), pace_of(limit_reports(user_id)), change_id)


def choose_presets(user_id: str, params: Presets) -> PresetsReport:
    """Set the values of the chosen presets, and notify the lane. Commits. Raises NO_WORKING_HOURS."""
    limits, paces = values_of(user_id, params.pace) if params.pace else ({}, {})
    with tenant(user_id) as session:
        locked_status(session)
        before = snapshot(session)
        if params.schedule:
            apply_settings(session, Settings(week=SCHEDULES[params.schedule]))
        apply_limits(session, limits)
        apply_settings(session, Settings(pace=paces))
        change_id = note_settings(session, before)
        if change_id:
            record(session, "settings", ActivityStatus.DONE)
        session.commit()
    notify_bot(user_id)
    return presets_report(user_id, change_id)


def schedule_of(week: tuple[Span | None, ...]) -> ScheduleName | None:
    """Return the preset with exactly these hours, or None."""
    spans = {name: tuple(_minutes(hours)) for name, hours in SCHEDULES.items()}
    return next((name for name, span in spans.items() if span == week), None)


def _minutes(hours: Week) -> list[Span | None]:
    found: list[TimeSpan | None] = [getattr(hours, day) for day in DAYS]
    return [span.minutes if span else None for span in found]


def pace_of(reports: list[LimitReport]) -> PaceName | None:
    """Return the preset whose limits and delays are exactly the user's own, or None."""
    names: tuple[PaceName, ...] = get_args(PaceName)
    return next((name for name in names if all(_own(report) == preset_of(report, name) for report in reports)), None)


def values_of(user_id: str, name: PaceName) -> tuple[dict[str, OwnLimit], dict[str, Pace | None]]:
    """Return the limits and the delays of every kind in that preset, by today's defaults."""
    own = {report.rule.kind: preset_of(report, name) for report in limit_reports(user_id)}
    return {kind: limit for kind, (limit, _) in own.items()}, {kind: pace for kind, (_, pace) in own.items()}


def _own(report: LimitReport) -> OwnPace:
    delay = report.own_delay
    pace = Pace(delay_min=delay[0], delay_max=delay[1]) if delay else None
    return OwnLimit(per_day=report.own, per_hour=report.own_per_hour), pace


def preset_of(report: LimitReport, name: PaceName) -> OwnPace:
    """Return the user's own values of a kind in that preset.

    `normal` has none. `careful` is half the default limits, rounded up and no more than the maximum, and twice the
    default delays.
    """
    if name == "normal":
        return OwnLimit(), None
    low, high = (min(delay * SLOWER, MAX_DELAY) for delay in report.default_delay)
    limit = OwnLimit(
        per_day=_half(report.default, report.ceiling), per_hour=_half(report.default_per_hour, report.ceiling_per_hour)
    )
    return limit, Pace(delay_min=low, delay_max=high)


def _half(default: int | None, ceiling: int | None) -> int | None:
    if default is None:
        return None
    half = -(-default // SLOWER)
    return half if ceiling is None else min(half, ceiling)
