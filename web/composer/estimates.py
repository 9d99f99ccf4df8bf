"""The estimate of an action that is not placed: its end, and its steps of the next days. Instagram is not asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import ceil

from markupsafe import Markup

from bot.automation.status import BotReport
from bot.config.runtime import now
from bot.core.errors import registry
from bot.forecast.forecast import ActionForecast, DayForecast, Forecast, Wanted, forecast
from bot.forecast.run_ahead import PAST_HORIZON
from bot.storage.models.values import StepKind
from middleware.access import me
from web import labels, limit_text, local_time
from web.charts import bar
from web.composer.kinds import MESSAGES

DAYS_SHOWN = 7
_HOUR = timedelta(hours=1)
_RULES = {
    "ceiling": "set by your admin",
    "own": "your own limit",
    "default": "the default limit",
    "ramp": "warm-up",
    "cool_down": "careful after a push-back",
    "restored": "careful after a restore",
}


@dataclass(frozen=True)
class PlannedDay:
    """One day of the plan: its date, the bar, and the number of steps. Steps of several kinds have no bar."""

    day: str
    bar: Markup | None
    steps: str


@dataclass(frozen=True)
class Estimate:
    """The words and the plan of an estimate. `later` counts the days after those of the plan."""

    title: str
    lines: list[str]
    plan: list[PlannedDay]
    later: int


def estimate(wanted: Wanted, *, searched: bool) -> Estimate:
    """Return the estimate of an action. `searched`: its people have to be found.

    It takes up to a second for a bot with many open actions, so no page waits for it.
    """
    ahead = forecast(me().id, wanted)
    own = next(action for action in ahead.actions if action.id is None)
    lines = list(_lines(ahead, own, wanted.start_at))
    if searched and own.latest:
        lines.append("Ends sooner if it finds fewer.")
    plan = _days(own)
    return Estimate(_title(ahead, own), lines, plan[:DAYS_SHOWN], max(0, len(plan) - DAYS_SHOWN))


def _days(own: ActionForecast) -> list[PlannedDay]:
    most = max((one.high for one in own.days), default=1)
    several = len({one.kind for one in own.days}) > 1
    shown = []
    for day, of_day in groupby(own.days, lambda one: one.day):
        steps = list(of_day)
        if several:
            said = ", ".join(_steps(one) for one in steps)
            shown.append(PlannedDay(local_time.day(day), None, said))
        else:
            (one,) = steps
            shown.append(PlannedDay(local_time.day(day), bar(100 * one.high / most, one.kind), _between(one)))
    return shown


def _steps(one: DayForecast) -> str:
    words = labels.KINDS[one.kind]
    return f"{_between(one)} {words[0] if one.high == 1 else words[1]}"


def _title(ahead: Forecast, own: ActionForecast) -> str:
    if own.latest is None or own.earliest is None:
        if own.reason != PAST_HORIZON:
            return "It would not end" if own.days else "It would not start"
        return f"More than {(ahead.until - now()).days} days"
    first, early, late = (_local(at).date() for at in (_begins(own), own.earliest, own.latest))
    if late == first:
        when = "today" if late == local_time.today() else local_time.day(late)
        return f"About {_length(own.latest - _begins(own))}, ends {when} at {local_time.clock(own.latest)}"
    least, most = ((at - first).days + 1 for at in (early, late))
    # Pauses alone move an end from one day to the next.
    days = f"{least}–{most}" if most > least + 1 else f"{most}"
    return f"About {days} days, ends {local_time.day_or_days(early, late)}"


def _begins(own: ActionForecast) -> datetime:
    """Return the midnight of its first day, or now if that is today."""
    if not own.days:
        return own.earliest or now()
    midnight = datetime.combine(own.days[0].day, datetime.min.time(), local_time.zone())
    return max(midnight, now())


def _length(length: timedelta) -> str:
    if length < 1.5 * _HOUR:
        return labels.number_of(max(1, ceil(length / timedelta(minutes=1))), "minute", "minutes")
    return f"{round(length / _HOUR)} hours"


def _lines(ahead: Forecast, own: ActionForecast, start_at: datetime | None) -> Iterator[str]:
    if own.reason and own.reason != PAST_HORIZON:
        yield registry()[own.reason].description
        if not own.days:
            return
    if own.slower:
        yield limit_text.slower(own.slower)
    first = own.days[0].day if own.days else None
    if first and first > local_time.today():
        yield f"Starts {local_time.day(first)}."
    elif start_at and start_at > now():
        yield f"Starts at {local_time.clock(start_at)}."
    others = len(ahead.actions) - 1
    if others:
        yield f"Takes turns with {labels.number_of(others, 'other action', 'other actions')}."
    if ahead.as_if_on:
        yield "Counted as if your bot were on."


def limit_of(kind: StepKind, report: BotReport) -> str:
    """Return the limit that steps of this kind have today; empty for a limit of 0."""
    limit = next(one for one in report.limits if one.kind == kind)
    word = labels.KINDS[limit.kind][0 if limit.effective == 1 else 1]
    return f"At most {limit.effective} {word} a day ({_RULES[limit.binding]})." if limit.effective else ""


def _between(one: DayForecast) -> str:
    return str(one.high) if one.low == one.high else f"{one.low}–{one.high}"


def _local(at: datetime) -> datetime:
    return at.astimezone(local_time.zone())


def finds(kind: str, whose: str | None) -> bool:
    """Return whether an action of this kind has to find its people or posts."""
    return kind != MESSAGES and whose != "listed"
