"""The decision run ahead: the steps of a bot in a world without surprises. No database, and nothing is changed."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.decision.decide import BotState, LimitState, OpenAction, decide, turn_of
from bot.decision.limit_rules import HOUR, Basis, Count, Rule, limit_state
from bot.decision.verdicts import Halt, PerformStep, Reconcile, Wait

HORIZON = timedelta(days=30)
MAX_ROUNDS = 5_000
"""The most steps and waits of one run, so that the largest run takes less than a second."""
PAST_HORIZON = "HORIZON"
"""The reason why an action has no end yet: it goes on after what was looked at."""

NextStart = Callable[[datetime], datetime]
"""Time at which an action ends → time at which the next action of its series starts."""
Delay = Callable[[float, float], float]
"""Least and longest delay in seconds → the delay of this run."""


@dataclass(frozen=True)
class Workload:
    """The rest of an open action: `left` steps now, and `total` in each run after it if it repeats."""

    left: int
    total: int = 0
    next_start: NextStart | None = None


@dataclass(frozen=True)
class Start:
    """The begin of a run.

    `times` are the times of the steps of each kind that still count for a limit, in order. `pause` is the least and the
    longest pause between two steps of any kind, in seconds.
    """

    state: BotState
    basis: Basis
    times: Mapping[str, Sequence[datetime]]
    workloads: Mapping[str, Workload]
    pause: tuple[float, float]
    moment: datetime


@dataclass(frozen=True)
class Run:
    """The steps, each with its time and kind, the ends of actions, and the reasons of those that do not end.

    Ids of actions lead to both, and in `times` to the times of the steps of each action. A reason is a name of the
    error registry, or PAST_HORIZON. Nothing is known of the time from `until` on: it is the horizon, or earlier if
    MAX_ROUNDS are used up.
    """

    until: datetime
    steps: list[tuple[datetime, str]]
    ends: dict[str, datetime]
    reasons: dict[str, str]
    times: dict[str, list[datetime]]


def run_ahead(start: Start, delay: Delay) -> Run:
    """Decide again and again without acting, until the bot halts, all actions end, or HORIZON or MAX_ROUNDS is over.

    Every call arrives, every search finds a person, reading takes no time, and no chore comes between.
    """
    return _Runner(start, delay).run()


class _Runner:
    def __init__(self, start: Start, delay: Delay) -> None:
        self._pause, self._delay, self._moment = start.pause, delay, start.moment
        self._horizon = start.moment + HORIZON
        self._workloads = dict(start.workloads)
        self._use = _Use(start.basis, start.times)
        self._steps: list[tuple[datetime, str]] = []
        self._ends: dict[str, datetime] = {}
        self._times: dict[str, list[datetime]] = {action.id: [] for action in start.state.actions}
        self._state = replace(start.state, chores=())
        for action in start.state.actions:
            if not self._workloads[action.id].left and action.reconcile_at is None:
                self._end(action)
        self._count_again()

    def run(self) -> Run:
        for _ in range(MAX_ROUNDS):
            verdict = decide(replace(self._state, actions=self._next_in_line()), self._moment)
            if isinstance(verdict, Halt) or (isinstance(verdict, Wait) and verdict.until >= self._horizon):
                until = self._horizon
                break
            if isinstance(verdict, Wait):
                self._moment = verdict.until
                self._count_again()
            elif isinstance(verdict, PerformStep):
                self._step(verdict)
            elif isinstance(verdict, Reconcile):
                self._reconcile(verdict)
        else:
            until = self._moment
        # An action that repeats has ended once, and its next run is open.
        endless = [action for action in self._state.actions if action.id not in self._ends]
        reasons = {action.id: self._reason(action) for action in endless}
        return Run(until, self._steps, self._ends, reasons, self._times)

    def _next_in_line(self) -> list[OpenAction]:
        """Return the open actions without those that the decision treats as the one before them in line.

        Actions of one kind that have started and reconcile nothing differ in nothing but their turn.
        """
        line: list[OpenAction] = []
        kinds = set()
        for action in sorted(self._state.actions, key=turn_of):
            started = action.start_at is None or action.start_at <= self._moment
            alike = started and action.reconcile_at is None and action.status != "paused"
            if not (alike and action.step_kind in kinds):
                line.append(action)
            if alike:
                kinds.add(action.step_kind)
        return line

    def _reason(self, action: OpenAction) -> str:
        verdict = decide(replace(self._state, actions=[action]), self._moment)
        return verdict.reason if isinstance(verdict, Halt) else PAST_HORIZON

    def _step(self, verdict: PerformStep) -> None:
        kind, rule = verdict.kind, self._use.rule(verdict.kind, self._moment)
        self._steps.append((self._moment, kind))
        self._times[verdict.action_id].append(self._moment)
        self._use.add(kind, self._moment)
        workload = self._workloads[verdict.action_id]
        self._workloads[verdict.action_id] = replace(workload, left=workload.left - 1)
        paces = {**self._state.paces, kind: self._after(rule.delay_min, rule.delay_max)}
        self._state = replace(
            self._state,
            paces=paces,
            limits={**self._state.limits, kind: self._use.limit(kind, self._moment)},
        )
        self._take_turn(self._action(verdict.action_id))

    def _reconcile(self, verdict: Reconcile) -> None:
        self._take_turn(replace(self._action(verdict.action_id), reconcile_at=None, only_reconciles=False))

    def _action(self, action_id: str) -> OpenAction:
        return next(action for action in self._state.actions if action.id == action_id)

    def _take_turn(self, action: OpenAction) -> None:
        action = replace(action, status="running", last_turn_at=self._moment)
        others = [other for other in self._state.actions if other.id != action.id]
        pause_ends = self._after(*self._pause)
        self._state = replace(self._state, next_step_at=pause_ends, trouble=None, actions=[*others, action])
        if not self._workloads[action.id].left and action.reconcile_at is None:
            self._end(action)

    def _after(self, low: float, high: float) -> datetime:
        return self._moment + timedelta(seconds=self._delay(low, high))

    def _end(self, action: OpenAction) -> None:
        self._ends.setdefault(action.id, self._moment)
        workload, others = self._workloads[action.id], [a for a in self._state.actions if a.id != action.id]
        if workload.next_start:
            self._workloads[action.id] = replace(workload, left=workload.total)
            start_at = workload.next_start(self._moment)
            others.append(OpenAction(action.id, action.step_kind, "queued", self._moment, start_at=start_at))
        self._state = replace(self._state, actions=others)

    def _count_again(self) -> None:
        kinds = {action.step_kind for action in self._state.actions}
        self._state = replace(self._state, limits={kind: self._use.limit(kind, self._moment) for kind in kinds})


class _Use:
    """The steps that count for limits: those that were made, and those of the run."""

    def __init__(self, basis: Basis, times: Mapping[str, Sequence[datetime]]) -> None:
        self._basis = basis
        self._times = {kind: list(made) for kind, made in times.items()}
        self._rules: dict[tuple[str, datetime], Rule] = {}

    def add(self, kind: str, moment: datetime) -> None:
        self._times.setdefault(kind, []).append(moment)

    def rule(self, kind: str, moment: datetime) -> Rule:
        basis = self._basis.at(moment)
        day = (kind, basis.today.midnight)
        if day not in self._rules:
            self._rules[day] = basis.rule(kind)
        return self._rules[day]

    def limit(self, kind: str, moment: datetime) -> LimitState:
        basis, times = self._basis.at(moment), self._times.get(kind, [])
        count = Count(
            len(times) - bisect_left(times, basis.today.since), len(times) - bisect_right(times, moment - HOUR)
        )
        return limit_state(
            basis, self.rule(kind, moment), count, lambda since: times[bisect_left(times, since) :], moment
        )
