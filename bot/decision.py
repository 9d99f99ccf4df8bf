"""What a bot does next: one pure function that the worker obeys and the status page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.hours import Hours, open_at

EVERYTHING = "*"


@dataclass(frozen=True)
class LimitState:
    """Use of the limit of one kind: `used` steps today of at most `effective`; `binding` names the rule that binds.

    The same for the hour where `per_hour` is not None. `day_ends` and `hour_ends` are when steps are free again.
    """

    kind: str
    used: int
    effective: int
    binding: str
    day_ends: datetime
    used_hour: int = 0
    per_hour: int | None = None
    hour_ends: datetime | None = None


@dataclass(frozen=True)
class OpenAction:
    """An order that is not ended: `kind` is the kind of its steps, `last_step_at` when it last did one.

    `look_up_at` is when something whose end is not known is to be looked up, `only_look_ups` that nothing else is
    left. `person` is whom the next step concerns, where that is known.
    """

    id: str
    kind: str
    status: str
    created_at: datetime
    last_step_at: datetime | None = None
    start_at: datetime | None = None
    look_up_at: datetime | None = None
    only_look_ups: bool = False
    person: str | None = None


@dataclass(frozen=True)
class Rest:
    """A cool-down of a kind, or of everything (`*`)."""

    kind: str
    until: datetime
    error_code: str


@dataclass(frozen=True)
class Chore:
    """Something that a running bot does without an order, from `at` on; `in_hours` only in its working hours."""

    name: str
    at: datetime
    in_hours: bool


@dataclass(frozen=True)
class BotState:
    """All that the decision goes by.

    `next_step_at` is before which nothing is done, `paces` the same for single kinds. `untouchable` are people whom
    no step may concern.
    """

    running: bool
    session_valid: bool
    halt_reason: str | None
    hours: Hours
    next_step_at: datetime | None
    stop_reason: str | None = None
    actions: Sequence[OpenAction] = ()
    limits: Mapping[str, LimitState] = field(default_factory=dict)
    rests: Sequence[Rest] = ()
    paces: Mapping[str, datetime] = field(default_factory=dict)
    untouchable: frozenset[str] = frozenset()
    chores: Sequence[Chore] = ()


@dataclass(frozen=True)
class Act:
    """Do one step of this action now."""

    action_id: str
    kind: str


@dataclass(frozen=True)
class LookUp:
    """Look up one target of this action whose end is not known."""

    action_id: str
    kind: str


@dataclass(frozen=True)
class LeaveOut:
    """Skip the person whom the next step of this action concerns."""

    action_id: str
    kind: str
    person: str


@dataclass(frozen=True)
class Do:
    """Do this chore now."""

    chore: str


@dataclass(frozen=True)
class Wait:
    """Nothing until then, when the verdict changes by itself."""

    until: datetime
    reason: str
    kind: str | None = None
    rule: str | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class Halt:
    """Nothing at all until a person acts."""

    reason: str


Verdict = Act | LookUp | LeaveOut | Do | Wait | Halt


def decide(state: BotState, moment: datetime) -> Verdict:
    """The next thing for this bot at this moment. Reasons are names of the error registry."""
    if not state.session_valid:
        return Halt(state.halt_reason or "SESSION_INVALID")
    if not state.running:
        return Halt(state.stop_reason or "BOT_STOPPED")
    opening = open_at(state.hours, moment)
    chore = _due_chore(state, moment, opening)
    if chore:
        return Do(chore.name)
    open_actions = [action for action in state.actions if action.status in ("queued", "running")]
    if not open_actions:
        return Halt("ALL_PAUSED" if state.actions else "NO_WORK")
    if opening is None:
        return Halt("NO_WORKING_HOURS")
    first_start = min(action.start_at or moment for action in open_actions)
    if first_start > moment:
        return Wait(first_start, "STARTS_LATER", rule="start_at")
    if opening > moment:
        return Wait(opening, "OUTSIDE_HOURS", rule="working_hours")
    if state.next_step_at and state.next_step_at > moment:
        return Wait(state.next_step_at, "BETWEEN_STEPS", rule="delay")
    return _next_action(state, open_actions, moment)


def _due_chore(state: BotState, moment: datetime, opening: datetime | None) -> Chore | None:
    if _rest(state, EVERYTHING, moment):
        return None
    due = [chore for chore in state.chores if chore.at <= moment and (not chore.in_hours or opening == moment)]
    return min(due, key=lambda chore: (chore.at, chore.name), default=None)


def _next_action(state: BotState, actions: Sequence[OpenAction], moment: datetime) -> Verdict:
    """That of the action that waited longest of those that may go on; else the wait that ends first."""
    waits = []
    for action in sorted(actions, key=lambda a: (a.last_step_at or a.created_at, a.id)):
        verdict = _of_action(state, action, moment)
        if not isinstance(verdict, Wait):
            return verdict
        waits.append(verdict)
    return min(waits, key=lambda wait: wait.until)


def _of_action(state: BotState, action: OpenAction, moment: datetime) -> Verdict:
    if action.start_at and action.start_at > moment:
        return Wait(action.start_at, "STARTS_LATER", action.kind, "start_at")
    if resting := _rest(state, action.kind, moment):
        return Wait(resting.until, "COOL_DOWN", action.kind, "cool_down", resting.error_code)
    if action.look_up_at and action.look_up_at <= moment:
        return LookUp(action.id, action.kind)
    if action.only_look_ups and action.look_up_at:
        return Wait(action.look_up_at, "LOOKING_UP", action.kind, "look_up")
    if action.person in state.untouchable and action.person is not None:
        return LeaveOut(action.id, action.kind, action.person)
    return _limited(state, action.kind, moment) or Act(action.id, action.kind)


def _rest(state: BotState, kind: str, moment: datetime) -> Rest | None:
    """The rest that ends last of those that the kind has now."""
    resting = [rest for rest in state.rests if rest.kind in (kind, EVERYTHING) and rest.until > moment]
    return max(resting, key=lambda rest: rest.until, default=None)


def _limited(state: BotState, kind: str, moment: datetime) -> Wait | None:
    limit = state.limits[kind]
    if limit.used >= limit.effective and moment < limit.day_ends:
        return Wait(limit.day_ends, "LIMIT_REACHED", kind, limit.binding)
    hour_ends = limit.hour_ends or moment
    if limit.per_hour is not None and limit.used_hour >= limit.per_hour and moment < hour_ends:
        return Wait(hour_ends, "LIMIT_REACHED", kind, "per_hour")
    pace = state.paces.get(kind)
    if pace and pace > moment:
        return Wait(pace, "BETWEEN_STEPS", kind, "delay")
    return None


# More than the rules that can follow one another: start, hours, rest, pace, limits, and hours again the next day.
_MOST_WAITS = 20


def acts_at(state: BotState, moment: datetime) -> datetime | None:
    """When the next step for an order is due as things stand; None when a person has to act first."""
    actions = [action for action in state.actions if action.look_up_at or state.limits[action.kind].effective]
    without_chores = replace(state, actions=actions, chores=())
    for _ in range(_MOST_WAITS):
        verdict = decide(without_chores, moment)
        if isinstance(verdict, Halt):
            return None
        if not isinstance(verdict, Wait):
            return moment
        moment = verdict.until
    return moment


def looks_at(state: BotState, moment: datetime) -> datetime | None:
    """When the lane has to decide anew: the end of the wait, or a chore before it; None while the bot is halted
    without chores.
    """
    verdict = decide(state, moment)
    if not isinstance(verdict, Wait | Halt):
        return moment
    times = [verdict.until] if isinstance(verdict, Wait) else []
    if state.running and state.session_valid:
        times += [time for chore in state.chores if (time := _chore_at(state, chore, moment))]
    return min(times, default=None)


def _chore_at(state: BotState, chore: Chore, moment: datetime) -> datetime | None:
    resting = _rest(state, EVERYTHING, moment)
    earliest = max(chore.at, resting.until if resting else moment)
    return open_at(state.hours, earliest) if chore.in_hours else earliest
