"""The decision run ahead: the steps of a bot in a world without surprises. No database, and nothing is changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from bot.decision.decide import BotState, OpenAction, decide, turn_of
from bot.decision.limit_rules import Basis
from bot.decision.verdicts import CheckFact, Halt, PerformStep, Reconcile, Verdict, Wait
from bot.forecast.crowds import Crowd, Late, Place
from bot.forecast.guesses import Manner, PlanAhead
from bot.forecast.use import Use

HORIZON = timedelta(days=30)
MAX_ROUNDS = 5_000
"""The most steps and waits of one run, so that the largest run takes less than a second."""
PAST_HORIZON = "HORIZON"
"""The reason why an action has no end yet: it goes on after what was looked at."""
_NEVER, _LONG_AGO = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)

NextStart = Callable[[datetime], datetime]
"""Time at which an action ends → time at which the next action of its series starts."""


@dataclass(frozen=True)
class Workload:
    """The rest of an open action: it begins with `left` people or posts now, and `total` in each run after it if it
    repeats. One that is `short` has fewer than it asked for, and ends with another turn. `plan` has the later steps.
    """

    left: int
    total: int = 0
    next_start: NextStart | None = None
    short: bool = False
    plan: PlanAhead | None = None


@dataclass(frozen=True)
class Start:
    """The begin of a run. `state` has one line for each action: the first one.

    `times` are the times of the steps of each kind that still count for a limit, in order. `pause` is the least and the
    longest pause between two steps of any kind, in seconds.
    """

    state: BotState
    basis: Basis
    times: Mapping[str, Sequence[datetime]]
    workloads: Mapping[str, Workload]
    pause: tuple[float, float]
    moment: datetime


class Made(NamedTuple):
    """A step of a run, with its local day."""

    at: datetime
    day: date
    kind: str
    action_id: str


@dataclass(frozen=True)
class Run:
    """The steps, the ends of actions, and the reasons of those that do not end.

    Ids of actions lead to both. A reason is a name of the error registry, or PAST_HORIZON. Nothing is known of the time
    from `until` on: it is the horizon, or earlier if MAX_ROUNDS are used up. `late` has the steps of a plan's places.
    """

    until: datetime
    steps: list[Made]
    ends: dict[str, datetime]
    reasons: dict[str, str]
    late: dict[str, Mapping[int, Late]]


def run_ahead(start: Start, manner: Manner) -> Run:
    """Decide again and again without acting, until the bot halts, all actions end, or HORIZON or MAX_ROUNDS is over.

    Every call arrives, every search finds a person, reading takes no time, and no chore comes between.
    """
    return _Runner(start, manner).run()


@dataclass(eq=False)
class _Line:
    """A line of an action, as the decision is asked about it from `start_at` on.

    What the decision says of it holds for all lines with the same `key`: they differ in their turn alone.
    """

    asked: OpenAction
    start_at: datetime
    key: object
    gone: bool = False


class _Action:
    """An action during a run. Its lines are others after each of its turns."""

    def __init__(self, first: OpenAction, workload: Workload, crowd: Crowd | None) -> None:
        self.id, self.workload, self.crowd, self.left = first.id, workload, crowd, workload.left
        self.paused, self.by_hand, self.kind = first.status == "paused", first.by_hand, first.step_kind
        self.start_at = first.start_at or _LONG_AGO
        self.looks_up = first.reconcile_at is not None
        self.lines: list[_Line] = []
        # A line is asked about when its time has come, so that it is the same each time.
        self._plain = replace(first, start_at=None, reconcile_at=None, only_reconciles=False)
        self._first = first
        self._later: dict[Place, OpenAction] = {}

    @property
    def goes_on(self) -> bool:
        """Return whether something is left, or there has to be another turn to find that nothing is."""
        return bool(self.left or self.crowd or self.looks_up or self.workload.short)

    def drawn(self) -> list[_Line]:
        """Return the lines: reads, later places and the first one, as the snapshot has them."""
        lines = []
        if self.crowd:
            for place in self.crowd.places():
                start_at = max(self.crowd.due(place), self.start_at)
                lines.append(_Line(asked := self._at(place), start_at, (asked.step_kind, place[1])))
        if self.looks_up:
            only = self._first.only_reconciles or not self.left
            lines.append(_Line(replace(self._first, only_reconciles=only), self.start_at, self.id))
        elif self.left or not lines:
            lines.append(_Line(self._plain, self.start_at, _key(self.kind, by_hand=self.by_hand)))
        return lines

    def _at(self, place: Place) -> OpenAction:
        if place not in self._later and self.workload.plan:
            index, checks = place
            kind = self.workload.plan.nodes[index].step.do
            self._later[place] = replace(self._plain, step_kind=kind, place=index, checks=checks)
        return self._later[place]


def _key(kind: str, *, by_hand: bool = False) -> object:
    return kind if by_hand else (kind, False)


class _Runner:
    def __init__(self, start: Start, manner: Manner) -> None:
        self._pause, self._manner, self._moment = start.pause, manner, start.moment
        self._horizon = start.moment + HORIZON
        self._use = Use(start.basis, start.times, start.moment)
        self._steps: list[Made] = []
        self._ends: dict[str, datetime] = {}
        self._late: dict[str, Mapping[int, Late]] = {}
        # The state has both, so that each step changes it.
        self._paces, self._asked = dict(start.state.paces), list[OpenAction]()
        self._state = replace(start.state, chores=(), paces=self._paces, limits=self._use, actions=self._asked)
        # Until when the decision lets no line with this key go on.
        self._held: dict[object, datetime] = {}
        # The lines of each key, by their start.
        self._starts: dict[object, list[tuple[datetime, int, _Line]]] = {}
        self._number = count()
        placed = sorted(start.state.actions, key=turn_of)
        self._turns = [self._begun(action, start.workloads[action.id]) for action in placed]
        for action in list(self._turns):
            if not action.goes_on:
                self._end(action)

    def _begun(self, first: OpenAction, workload: Workload) -> _Action:
        plan = workload.plan
        crowd = Crowd(plan, self._manner.guess(plan), self._manner, self._moment) if plan else None
        action = _Action(first, workload, crowd)
        self._draw(action)
        return action

    def run(self) -> Run:
        until = self._horizon
        for _ in range(MAX_ROUNDS):
            soonest = self._soonest()
            if soonest >= self._horizon:
                break
            if soonest > self._moment:
                self._move_to(soonest)
            self._turn()
        else:
            until = self._moment
        # An action that repeats has ended once, and its next run is open.
        endless = [action for action in self._turns if action.id not in self._ends]
        late = {action.id: action.crowd.late for action in self._turns if action.crowd} | self._late
        return Run(until, self._steps, self._ends, {one.id: self._reason(one) for one in endless}, late)

    def _move_to(self, moment: datetime) -> None:
        self._moment = moment
        self._use.move_to(moment)

    def _turn(self) -> None:
        """Let the first line go on that may."""
        held, moment = self._held, self._moment
        for action in self._turns:
            for line in action.lines:
                if line.start_at > moment or held.get(line.key, moment) > moment:
                    continue
                verdict = self._decide(line.asked)
                if isinstance(verdict, Wait):
                    held[line.key] = verdict.until
                elif isinstance(verdict, Halt):
                    held[line.key] = _NEVER
                else:
                    self._go_on(action, verdict)
                    return

    def _draw(self, action: _Action) -> None:
        """Replace the lines of an action by those of now. A paused one has none."""
        for line in action.lines:
            line.gone = True
        action.lines = [] if action.paused else action.drawn()
        for line in action.lines:
            heappush(self._starts.setdefault(line.key, []), (line.start_at, next(self._number), line))

    def _soonest(self) -> datetime:
        """Return the time before which no line can go on: now, if one may."""
        soonest = _NEVER
        for key, starts in self._starts.items():
            while starts and starts[0][2].gone:
                heappop(starts)
            if starts:
                soonest = min(soonest, max(starts[0][0], self._held.get(key, _LONG_AGO)))
        return max(soonest, self._moment)

    def _decide(self, action: OpenAction) -> Verdict:
        self._asked[:] = [action]
        return decide(self._state, self._moment)

    def _reason(self, action: _Action) -> str:
        if action.paused:
            return "ALL_PAUSED"
        verdicts = [self._decide(line.asked) for line in action.lines]
        reasons = [verdict.reason for verdict in verdicts if isinstance(verdict, Halt)]
        if reasons:
            return reasons[0]
        later = {node.step.do for node in action.workload.plan.nodes} if action.workload.plan else set()
        return "LIMIT_ZERO" if any(self._use[kind].effective == 0 for kind in later) else PAST_HORIZON

    def _go_on(self, action: _Action, verdict: Verdict) -> None:
        crowd = action.crowd
        if isinstance(verdict, Reconcile):
            action.looks_up = False
        elif isinstance(verdict, CheckFact) and crowd is not None:
            crowd.check(verdict.place, self._moment)
        elif isinstance(verdict, PerformStep) and not self._perform(action, verdict):
            # This turn has found no one left.
            self._end(action)
            return
        self._turns.remove(action)
        # Actions made by hand go first.
        self._turns.insert(sum(one.by_hand for one in self._turns) if action.by_hand else len(self._turns), action)
        if action.goes_on:
            self._draw(action)
        else:
            self._end(action)
        if self._state.next_step_at or self._state.trouble:
            self._state = replace(self._state, next_step_at=None, trouble=None)
        # No line goes on before a short pause is over.
        self._move_to(self._after(*self._pause))

    def _perform(self, action: _Action, verdict: PerformStep) -> bool:
        """Make a step of the action, and return False if no one is left for it."""
        if verdict.place is None and not action.left:
            return False
        self._step(action, verdict.kind)
        if verdict.place is None:
            action.left -= 1
        if action.crowd is not None and verdict.place is None:
            action.crowd.begin(self._moment)
        elif action.crowd is not None and verdict.place is not None:
            action.crowd.act(verdict.place, self._moment)
        return True

    def _step(self, action: _Action, kind: str) -> None:
        rule = self._use.rule(kind)
        self._steps.append(Made(self._moment, self._use.day, kind, action.id))
        self._use.add(kind)
        self._paces[kind] = self._held[_key(kind)] = self._after(rule.delay_min, rule.delay_max)

    def _after(self, low: float, high: float) -> datetime:
        return self._moment + timedelta(seconds=self._manner.delay(low, high))

    def _end(self, action: _Action) -> None:
        self._ends.setdefault(action.id, self._moment)
        if action.crowd is not None:
            self._late.setdefault(action.id, action.crowd.late)
        self._turns.remove(action)
        for line in action.lines:
            line.gone = True
        workload = action.workload
        if workload.next_start:
            plan = replace(workload.plan, beginners=workload.total, people=(), names=()) if workload.plan else None
            first = OpenAction(action.id, action.kind, "queued", self._moment, by_hand=action.by_hand)
            first = replace(first, start_at=workload.next_start(self._moment))
            self._turns.append(self._begun(first, replace(workload, left=workload.total, short=False, plan=plan)))
