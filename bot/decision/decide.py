"""What a bot does next: one pure function that the worker obeys and the status page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.decision.hours import Hours, open_at

EVERYTHING = "*"
HALTING = ("VAULT_REFUSED",)
"""What a try fails with that no wait heals: a person has to act."""


@dataclass(frozen=True)
class LimitState:
    """Use of the limit of one kind: `used` steps today of at most `effective`; `binding` names the rule that binds.

    The same for the hour where `per_hour` is not None. `day_ends` and `hour_ends` are when steps are free again;
    `hour_ends` is None while they are.
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
    """An order that is not ended: `kind` is the kind of its steps, `last_turn_at` when the worker
    last did anything for it.

    `look_up_at` is when something whose end is not known is to be looked up, `only_look_ups` that nothing else is
    left. `person` is whom the next step concerns, where that is known.
    """

    id: str
    kind: str
    status: str
    created_at: datetime
    last_turn_at: datetime | None = None
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
    """Something that a running bot does without an order, from `at` on; `in_hours` only in its working hours. With
    `first` no step of an order comes before it.
    """

    name: str
    at: datetime
    in_hours: bool
    first: bool = False


@dataclass(frozen=True)
class BotState:
    """All that the decision goes by.

    `bar` is what keeps it from acting whatever else holds. `next_step_at` is before which nothing is done, `paces` the
    same for single kinds. `trouble` is the name of the error that the last try failed with. `untouchable` are people
    whom no step may concern.
    """

    running: bool
    session_valid: bool
    halt_reason: str | None
    hours: Hours
    next_step_at: datetime | None
    stop_reason: str | None = None
    bar: str | None = None
    trouble: str | None = None
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
    """No step for an order until then, when the verdict changes by itself; chores and look-ups may come between."""

    until: datetime
    reason: str
    kind: str | None = None
    rule: str | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class Halt:
    """No step for an order until a person acts: for one of `kind` and by `rule` where a limit is the reason."""

    reason: str
    kind: str | None = None
    rule: str | None = None


Verdict = Act | LookUp | LeaveOut | Do | Wait | Halt


def decide(state: BotState, moment: datetime) -> Verdict:
    """The next thing for this bot at this moment. Reasons are names of the error registry."""
    if state.bar:
        return Halt(state.bar)
    if not state.session_valid:
        return Halt(state.halt_reason or "SESSION_INVALID")
    if not state.running:
        return Halt(state.stop_reason or "BOT_STOPPED")
    if state.trouble in HALTING:
        return Halt(state.trouble)
    opening = open_at(state.hours, moment)
    chore = _due_chore(state, moment, opening)
    if chore:
        return Do(chore.name)
    open_actions = _open(state)
    if not open_actions:
        return Halt("ALL_PAUSED" if state.actions else "NO_WORK")
    if opening is None:
        return Halt("NO_WORKING_HOURS")
    return _next_action(state, open_actions, moment, opening)


def _open(state: BotState) -> list[OpenAction]:
    return [action for action in state.actions if action.status in ("queued", "running")]


def _due_chore(state: BotState, moment: datetime, opening: datetime | None) -> Chore | None:
    if rest_of(state, EVERYTHING, moment):
        return None
    due = [chore for chore in state.chores if chore.at <= moment and (not chore.in_hours or opening == moment)]
    return min(due, key=lambda chore: (chore.at, chore.name), default=None)


def _next_action(state: BotState, actions: Sequence[OpenAction], moment: datetime, opening: datetime) -> Verdict:
    """That of the action that waited longest of those that may go on; else of the one that may first."""
    held_up: list[Wait | Halt] = []
    for action in sorted(actions, key=lambda a: (a.last_turn_at or a.created_at, a.id)):
        verdict = _of_action(state, action, moment, opening)
        if not isinstance(verdict, Wait | Halt):
            return verdict
        held_up.append(verdict)
    waits = [verdict for verdict in held_up if isinstance(verdict, Wait)]
    # Waits that end on the same night are equal: none lets a step go before the morning.
    return min(waits, key=lambda wait: open_at(state.hours, wait.until) or wait.until) if waits else held_up[0]


def _of_action(state: BotState, action: OpenAction, moment: datetime, opening: datetime) -> Verdict:
    """What holds it up longest, where anything does; the working hours only where nothing else does."""
    waits = _waits_of_all(state, action, moment)
    goes_on = not waits and opening == moment
    if goes_on and action.look_up_at and action.look_up_at <= moment:
        return LookUp(action.id, action.kind)
    if action.only_look_ups and action.look_up_at:
        waits.append(Wait(action.look_up_at, "LOOKING_UP", action.kind, "look_up"))
    elif action.person is not None and action.person in state.untouchable:
        if goes_on:
            return LeaveOut(action.id, action.kind, action.person)
    elif (limit := state.limits[action.kind]).effective == 0:
        return Halt("LIMIT_ZERO", action.kind, limit.binding)
    else:
        waits += _waits_of_steps(state, limit)
    waits = [wait for wait in waits if wait.until > moment]
    if waits:
        return max(waits, key=lambda wait: wait.until)
    return Act(action.id, action.kind) if opening == moment else Wait(opening, "OUTSIDE_HOURS", rule="working_hours")


def _waits_of_all(state: BotState, action: OpenAction, moment: datetime) -> list[Wait]:
    """What holds up steps and look-ups alike."""
    waits = []
    if resting := rest_of(state, action.kind, moment):
        waits.append(Wait(resting.until, "COOL_DOWN", action.kind, "cool_down", resting.error_code))
    if action.start_at:
        waits.append(Wait(action.start_at, "STARTS_LATER", action.kind, "start_at"))
    if state.next_step_at:
        reason, rule = (state.trouble, "failure") if state.trouble else ("BETWEEN_STEPS", "delay")
        waits.append(Wait(state.next_step_at, reason, rule=rule))
    waits += [Wait(chore.at, "CATCHING_UP") for chore in state.chores if chore.first]
    return [wait for wait in waits if wait.until > moment]


def _waits_of_steps(state: BotState, limit: LimitState) -> list[Wait]:
    waits = []
    if limit.used >= limit.effective:
        waits.append(Wait(limit.day_ends, "LIMIT_REACHED", limit.kind, limit.binding))
    if limit.per_hour is not None and limit.used_hour >= limit.per_hour and limit.hour_ends:
        waits.append(Wait(limit.hour_ends, "LIMIT_REACHED", limit.kind, "per_hour"))
    if pace := state.paces.get(limit.kind):
        waits.append(Wait(pace, "BETWEEN_STEPS", limit.kind, "delay"))
    return waits


def rest_of(state: BotState, kind: str, moment: datetime) -> Rest | None:
    """The rest that ends last of those that the kind has now."""
    resting = [rest for rest in state.rests if rest.kind in (kind, EVERYTHING) and rest.until > moment]
    return max(resting, key=lambda rest: rest.until, default=None)


# More than the rules that can follow one another: start, hours, rest, pace, limits, and hours again the next day.
_MAX_WAITS = 20


def acts_at(state: BotState, moment: datetime) -> datetime | None:
    """When the next step for an order is due as things stand; None when a person has to act first."""
    without_chores = replace(state, chores=())
    for _ in range(_MAX_WAITS):
        verdict = decide(without_chores, moment)
        if isinstance(verdict, Halt):
            return None
        if not isinstance(verdict, Wait):
            return moment
        moment = verdict.until
    return moment


def looks_at(state: BotState, moment: datetime) -> datetime | None:
    """When the lane has to decide anew: the end of the wait, or a chore or look-up before it; None while the bot is
    halted without any.
    """
    verdict = decide(state, moment)
    if not isinstance(verdict, Wait | Halt):
        return moment
    times = [verdict.until] if isinstance(verdict, Wait) else []
    if state.running and state.session_valid and not state.bar and state.trouble not in HALTING:
        times += [time for chore in state.chores if (time := _chore_at(state, chore, moment))]
        times += [time for action in _open(state) if (time := _look_up_at(state, action, moment))]
    return min(times, default=None)


def _chore_at(state: BotState, chore: Chore, moment: datetime) -> datetime | None:
    resting = rest_of(state, EVERYTHING, moment)
    earliest = max(chore.at, resting.until if resting else moment)
    return open_at(state.hours, earliest) if chore.in_hours else earliest


def _look_up_at(state: BotState, action: OpenAction, moment: datetime) -> datetime | None:
    if action.look_up_at is None:
        return None
    waits = _waits_of_all(state, action, moment)
    return open_at(state.hours, max([action.look_up_at, moment, *(wait.until for wait in waits)]))
