"""The forecast of a user's bot: steps a day and the end of each open action, from a fast and a slow run."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from sqlalchemy import select

from bot.actions.control import Progress, progress_of
from bot.actions.recurrence import Repeat, next_run_within
from bot.actions.schedules import first_start
from bot.config.runtime import now
from bot.decision.decide import OpenAction
from bot.decision.hours import Hours, local_date, local_midnight
from bot.decision.kinds import STEP_KIND
from bot.decision.limits import step_times
from bot.decision.pacing import pause_range
from bot.decision.snapshot import load
from bot.forecast.run_ahead import NextStart, Run, Start, Workload, run_ahead
from bot.storage.models import OPEN, Action
from bot.storage.tenancy import TenantSession, tenant

# The id of the action that is asked about and not placed yet, during the runs.
_WANTED = "wanted"


@dataclass(frozen=True)
class Wanted:
    """An action that a user thinks about: its kind, the number of its steps, and its start."""

    kind: str
    amount: int
    start_at: datetime | None = None


@dataclass(frozen=True)
class DayForecast:
    """Steps of one kind on one local day, at least and at most."""

    day: date
    kind: str
    low: int
    high: int


@dataclass(frozen=True)
class ActionForecast:
    """The end of one action: between `earliest` and `latest`, or None with the reason.

    The id of a wanted action is None. `left` are the steps that are left. `searched` tells that they depend on what a
    search finds: the action may end before. `days` are its own steps, on the days of the forecast.
    """

    id: str | None
    left: int
    earliest: datetime | None
    latest: datetime | None
    reason: str | None
    searched: bool
    days: list[DayForecast]


@dataclass(frozen=True)
class Forecast:
    """The steps and ends that lie ahead. `as_if_on` tells that the bot is off: they hold if it is turned on now.

    `days` are the whole days before `until`. An action without an end goes on after it, or says why not.
    """

    until: datetime
    days: list[DayForecast]
    actions: list[ActionForecast]
    as_if_on: bool
    timezone: str


def forecast(user_id: str, wanted: Wanted | None = None) -> Forecast:
    """Return what the user's bot will do, with the wanted action if there is one.

    It changes nothing and asks Instagram nothing.
    """
    moment = now()
    with tenant(user_id, reading=True) as session:
        snapshot = load(session, moment)
        progress = {one.action.id: one for one in _open(session)}
        workloads = {
            id_: Workload(_left(one), one.action.total, _next_start(session, one.action, snapshot.state.hours))
            for id_, one in progress.items()
        }
        times = step_times(session, moment, snapshot.basis.today.since)
    state = snapshot.state
    # An action can end between the two reads.
    placed = [action for action in state.actions if action.id in progress and action.place is None]
    actions = sorted(placed, key=lambda action: (action.created_at, action.id))
    if wanted:
        workloads[_WANTED] = Workload(wanted.amount)
        actions.append(OpenAction(_WANTED, STEP_KIND[wanted.kind], "queued", moment, start_at=wanted.start_at))
    state = replace(state, running=True, actions=actions)
    start = Start(state, snapshot.basis, times, workloads, pause_range(), moment)
    fast, slow = run_ahead(start, min), run_ahead(start, max)
    until, timezone = min(fast.until, slow.until), snapshot.bot.timezone
    calendar = _Calendar(timezone, local_midnight(until, timezone))
    return Forecast(
        until,
        calendar.days(fast.steps, slow.steps),
        [_end(action, workloads[action.id].left, progress.get(action.id), fast, slow, calendar) for action in actions],
        not snapshot.state.running,
        timezone,
    )


def _open(session: TenantSession) -> list[Progress]:
    return progress_of(session, list(session.scalars(select(Action).where(Action.status.in_(OPEN)))))


def _left(progress: Progress) -> int:
    """Return the steps that are left. A failed one is made up for by another person, unless the people are listed."""
    if progress.action.listed:
        return progress.pending
    return max(0, progress.action.total - progress.done - progress.unknown)


def _next_start(session: TenantSession, action: Action, hours: Hours) -> NextStart | None:
    if action.repeat is None:
        return None
    repeat, first = Repeat.model_validate(action.repeat), first_start(session, action)
    return partial(next_run_within, hours, repeat, first)


@dataclass(frozen=True)
class _Calendar:
    """The local days of a user that the runs have reached."""

    timezone: str
    reached: datetime

    def days(self, *runs: Iterable[tuple[datetime, str]]) -> list[DayForecast]:
        """Return the days of two runs over the same actions."""
        fast, slow = (Counter((local_date(at, self.timezone), kind) for at, kind in self._within(run)) for run in runs)
        return [
            DayForecast(day, kind, min(fast[day, kind], slow[day, kind]), max(fast[day, kind], slow[day, kind]))
            for day, kind in sorted(fast.keys() | slow.keys())
        ]

    def _within(self, run: Iterable[tuple[datetime, str]]) -> Iterator[tuple[datetime, str]]:
        return ((at, kind) for at, kind in run if at < self.reached)


def _end(
    action: OpenAction, left: int, progress: Progress | None, fast: Run, slow: Run, calendar: _Calendar
) -> ActionForecast:
    own = ([(at, action.step_kind) for at in run.times[action.id]] for run in (fast, slow))
    return ActionForecast(
        action.id if progress else None,
        left,
        fast.ends.get(action.id),
        slow.ends.get(action.id),
        slow.reasons.get(action.id),
        progress is None or not progress.action.listed,
        calendar.days(*own),
    )
