"""The forecast of a user's bot: steps a day and the end of each open action, from a fast and a slow run."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self

from sqlalchemy import select

from bot.actions.control import Progress, progress_of
from bot.config.runtime import now
from bot.decision.chores import read_interval
from bot.decision.decide import OpenAction
from bot.decision.hours import local_date
from bot.decision.kinds import STEP_KIND, step_kind_of
from bot.decision.limits import step_times
from bot.decision.pacing import pause_range
from bot.decision.snapshot import load
from bot.forecast.guesses import Manner, PlanAhead, longest, shortest
from bot.forecast.loading import workloads_of
from bot.forecast.run_ahead import Made, Run, Start, Workload, run_ahead
from bot.forecast.slower import Slower, slower_step
from bot.plans.placing import NewPlan
from bot.plans.plan import Plan
from bot.storage.models import OPEN, Action
from bot.storage.models.values import ActionKind
from bot.storage.tenancy import TenantSession, tenant

# The id of the action that is asked about and not placed yet, during the runs.
_WANTED = "wanted"


@dataclass(frozen=True)
class Wanted:
    """An action that a user thinks about: its kind, the number of its steps, and its start.

    One with a `plan` has steps of its own.
    """

    kind: str
    amount: int
    start_at: datetime | None = None
    plan: Plan | None = None

    @classmethod
    def of_plan(cls, params: NewPlan) -> Self:
        """Return an action of sources and steps."""
        return cls(ActionKind.PLAN, params.total, params.start_at, params.plan)

    @property
    def line(self) -> OpenAction:
        kind = self.plan.steps[0].do if self.plan else STEP_KIND[self.kind]
        return OpenAction(_WANTED, kind, "queued", now(), start_at=self.start_at)

    @property
    def workload(self) -> Workload:
        plan = PlanAhead(_WANTED, self.plan.nodes, self.amount) if self.plan else None
        return Workload(self.amount, self.amount, plan=plan)


@dataclass(frozen=True)
class DayForecast:
    """Steps of one kind on one local day, at least and at most."""

    day: date
    kind: str
    low: int
    high: int


@dataclass(frozen=True)
class ActionForecast:
    """The end of one action: between `earliest` and `latest`. Without a latest one it may not end, for the reason.

    The id of a wanted action is None. `left` are the steps that are left; of a plan, the people who are not through.
    `searched` tells that they depend on what a search finds: the action may end before. `days` are its own steps, on
    the days of the forecast. `slower` is a later step of a plan that its limit holds up.
    """

    id: str | None
    left: int
    earliest: datetime | None
    latest: datetime | None
    reason: str | None
    searched: bool
    days: list[DayForecast]
    slower: Slower | None = None


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


@dataclass(frozen=True)
class Beginning:
    """The begin of the runs for a user, and the open actions that they are about."""

    start: Start
    progress: dict[str, Progress]
    timezone: str
    as_if_on: bool


def forecast(user_id: str, wanted: Wanted | None = None) -> Forecast:
    """Return what the user's bot will do, with the wanted action if there is one.

    It changes nothing and asks Instagram nothing.
    """
    begins = beginning(user_id, wanted)
    fast = run_ahead(begins.start, Manner(min, shortest, at_once=True))
    slow = run_ahead(begins.start, Manner(max, longest, at_once=False, listening=read_interval()))
    until, timezone = min(fast.until, slow.until), begins.timezone
    own = _by_action(fast, local_date(until, timezone)), _by_action(slow, local_date(until, timezone))
    return Forecast(
        until,
        _days([one for made in own[0].values() for one in made], [one for made in own[1].values() for one in made]),
        [_end(action.id, begins, (fast, slow), own) for action in begins.start.state.actions],
        begins.as_if_on,
        timezone,
    )


def beginning(user_id: str, wanted: Wanted | None = None) -> Beginning:
    """Return the begin of a run: the bot as it is now, with the wanted action if there is one."""
    moment = now()
    with tenant(user_id, reading=True) as session:
        snapshot = load(session, moment)
        opened = _open(session)
        workloads = workloads_of(session, opened, snapshot.state.hours)
        times = step_times(session, moment, snapshot.basis.today.since)
    state, progress = snapshot.state, {one.action.id: one for one in opened}
    # An action can end between the two reads, and then only looks up. A plan has one line for each of its places.
    first = {action.id: action for action in state.actions if action.id in progress}
    first |= {action.id: action for action in state.actions if action.id in progress and action.place is None}
    actions = sorted(first.values(), key=lambda action: (action.created_at, action.id))
    actions = [_first_line(action, progress[action.id]) for action in actions]
    if wanted:
        workloads[_WANTED] = wanted.workload
        actions.append(wanted.line)
    start = Start(
        replace(state, running=True, actions=actions), snapshot.basis, times, workloads, pause_range(), moment
    )
    return Beginning(start, progress, snapshot.bot.timezone, not state.running)


def _open(session: TenantSession) -> list[Progress]:
    return progress_of(session, list(session.scalars(select(Action).where(Action.status.in_(OPEN)))))


def _first_line(line: OpenAction, progress: Progress) -> OpenAction:
    """Return the line of an action's first step. A plan that has begun with everyone has only those of later ones."""
    action = progress.action
    if line.place is None:
        return line
    kind = step_kind_of(action.kind, action.params)
    return replace(line, step_kind=kind, start_at=action.start_at, place=None, checks=False)


def _by_action(run: Run, until: date) -> dict[str, list[Made]]:
    """Return the steps of each action on the whole days before the end of what is known."""
    found = defaultdict(list)
    for one in run.steps:
        if one.day < until:
            found[one.action_id].append(one)
    return found


def _days(*runs: Sequence[Made]) -> list[DayForecast]:
    """Return the days of two runs over the same actions."""
    fast, slow = (Counter((one.day, one.kind) for one in run) for run in runs)
    return [
        DayForecast(day, kind, min(fast[day, kind], slow[day, kind]), max(fast[day, kind], slow[day, kind]))
        for day, kind in sorted(fast.keys() | slow.keys())
    ]


def _end(
    id_: str,
    begins: Beginning,
    runs: tuple[Run, Run],
    own: tuple[dict[str, list[Made]], dict[str, list[Made]]],
) -> ActionForecast:
    workload, progress, (fast, slow) = begins.start.workloads[id_], begins.progress.get(id_), runs
    ends = [run.ends[id_] for run in runs if id_ in run.ends]
    steps = [made.get(id_, []) for made in own]
    return ActionForecast(
        id_ if progress else None,
        workload.left + (len(workload.plan.people) if workload.plan else 0),
        min(ends, default=None),
        max(ends) if len(ends) == len(runs) else None,
        slow.reasons.get(id_) or fast.reasons.get(id_),
        progress is None or not progress.action.listed,
        _days(*steps),
        slower_step(workload.plan, steps[1], slow) if workload.plan else None,
    )
