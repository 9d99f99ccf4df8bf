"""The decision: one pure function that the worker obeys and the status page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.decision.hours import Hours, open_at
from bot.decision.verdicts import CheckFact, Halt, PerformStep, Reconcile, RunChore, SkipTarget, Verdict, Wait

EVERYTHING = "*"
HALTING = ("VAULT_REFUSED",)
"""Errors that no wait heals: a person has to act."""
SAME_CALL = frozenset({"message", "reply"})
"""Kinds whose steps are the same call for Instagram, so that a rest of one is a rest of the other."""


@dataclass(frozen=True)
class LimitState:
    """Use of the limit of one kind: `used` of at most `effective` steps today. `binding` names the rule that applies.

    `used_hour` and `per_hour` are the same for an hour, if `per_hour` is not None. `day_ends` and `hour_ends` are the
    times at which steps are free again. `hour_ends` is None while steps are free.
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
    """A line of an action that has not ended, or only reconciles. `step_kind` is the kind of its steps.

    An action has one line, for the first step of each of its people. A plan has one more for each later `place` that
    people have come to: they go on at `start_at`, or if it `checks`, it is asked then whether an awaited fact is there.

    `last_turn_at` is the time of the worker's last work on it. `reconcile_at` is the time at which a call is to be
    reconciled whose end is unknown, or known only by Instagram's answer. `only_reconciles` tells that nothing else is
    left. `person` is the person of the next step, if known. One made `by_hand` goes first, at any hour.
    """

    id: str
    step_kind: str
    status: str
    created_at: datetime
    last_turn_at: datetime | None = None
    start_at: datetime | None = None
    reconcile_at: datetime | None = None
    only_reconciles: bool = False
    person: str | None = None
    by_hand: bool = False
    place: int | None = None
    checks: bool = False


@dataclass(frozen=True)
class Rest:
    """A cool-down of a kind, or of everything (`*`)."""

    kind: str
    until: datetime
    error_code: str


@dataclass(frozen=True)
class Chore:
    """Work of a running bot without an action, due at `at`. `in_hours` limits it to the working hours.

    With `first`, no step of an action comes before it. With `last`, all else comes before it that can be done now.
    """

    name: str
    at: datetime
    in_hours: bool
    first: bool = False
    last: bool = False


@dataclass(frozen=True)
class BotState:
    """The whole input of the decision.

    `blocked_reason` stops the bot whatever else holds. The bot does nothing before `next_step_at`, and no step of a
    kind before its time in `paces`. `trouble` is the name of the error of the last try. `untouchable` are people that
    no step may concern.
    """

    running: bool
    session_valid: bool
    halt_reason: str | None
    hours: Hours
    next_step_at: datetime | None
    stop_reason: str | None = None
    blocked_reason: str | None = None
    trouble: str | None = None
    actions: Sequence[OpenAction] = ()
    limits: Mapping[str, LimitState] = field(default_factory=dict)
    rests: Sequence[Rest] = ()
    paces: Mapping[str, datetime] = field(default_factory=dict)
    untouchable: frozenset[str] = frozenset()
    chores: Sequence[Chore] = ()


def decide(state: BotState, moment: datetime) -> Verdict:
    """Return the next act of this bot at this moment. Reasons are names of the error registry."""
    if state.blocked_reason:
        return Halt(state.blocked_reason)
    if not state.session_valid:
        return Halt(state.halt_reason or "SESSION_INVALID")
    if not state.running:
        return Halt(state.stop_reason or "BOT_STOPPED")
    if state.trouble in HALTING:
        return Halt(state.trouble)
    opening = open_at(state.hours, moment)
    if chore := _due_chore(state, moment, opening):
        return RunChore(chore.name)
    verdict = _of_actions(state, moment, opening)
    if isinstance(verdict, Wait | Halt) and (chore := _due_chore(state, moment, opening, last=True)):
        return RunChore(chore.name)
    return verdict


def _of_actions(state: BotState, moment: datetime, opening: datetime | None) -> Verdict:
    open_actions = _open(state)
    if not open_actions:
        return Halt("ALL_PAUSED" if state.actions else "NO_WORK")
    if opening is None:
        open_actions = [action for action in open_actions if _at_any_hour(state, action)]
    return _next_action(state, open_actions, moment, opening) if open_actions else Halt("NO_WORKING_HOURS")


def _at_any_hour(state: BotState, action: OpenAction) -> bool:
    """Return whether the working hours do not hold the action. If a doubt is to be read first, they do."""
    return action.by_hand and not any(chore.first for chore in state.chores)


def _open_for(state: BotState, action: OpenAction, moment: datetime) -> datetime | None:
    """Return the first time from the moment on at which the action may go on."""
    return moment if _at_any_hour(state, action) else open_at(state.hours, moment)


def _open(state: BotState) -> list[OpenAction]:
    return [action for action in state.actions if action.status in ("queued", "running") or _has_ended(action)]


def _has_ended(action: OpenAction) -> bool:
    """Return whether only look-ups of an ended action are left. A paused action waits with them."""
    return action.only_reconciles and action.status != "paused"


def _due_chore(state: BotState, moment: datetime, opening: datetime | None, *, last: bool = False) -> Chore | None:
    if rest_of(state, EVERYTHING, moment):
        return None
    due = [
        chore
        for chore in state.chores
        if chore.last is last and _earliest(state, chore) <= moment and (not chore.in_hours or opening == moment)
    ]
    return min(due, key=lambda chore: (chore.at, chore.name), default=None)


def _next_action(state: BotState, actions: Sequence[OpenAction], moment: datetime, opening: datetime | None) -> Verdict:
    """Return the verdict of the ready action that waited longest, or of the action that is ready first."""
    held_up: list[Wait | Halt] = []
    waits: list[tuple[datetime, Wait]] = []
    for action in sorted(actions, key=turn_of):
        verdict = _of_action(state, action, moment, opening)
        if not isinstance(verdict, Wait | Halt):
            return verdict
        held_up.append(verdict)
        if isinstance(verdict, Wait):
            # Waits that end in the same night are equal: none lets a step go before the morning.
            waits.append((_open_for(state, action, verdict.until) or verdict.until, verdict))
    return min(waits, key=lambda wait: wait[0])[1] if waits else held_up[0]


def turn_of(action: OpenAction) -> tuple[bool, datetime, str, bool, int]:
    """Return the place of a line: one made by hand, then that of the action that waited longest for the worker.

    Within a plan reads come first, then those who are further on in it.
    """
    waited = action.last_turn_at or action.created_at
    return not action.by_hand, waited, action.id, not action.checks, -1 if action.place is None else -2 - action.place


def _of_action(state: BotState, action: OpenAction, moment: datetime, opening: datetime | None) -> Verdict:
    """Return the longest wait of the action. The working hours count only if nothing else makes it wait."""
    waits = _waits_of_all(state, action, moment)
    if opening is None or _at_any_hour(state, action):
        opening = moment
    goes_on = not waits and opening == moment
    if goes_on and action.reconcile_at and action.reconcile_at <= moment:
        return Reconcile(action.id, action.step_kind)
    if action.checks and action.place is not None:
        if goes_on:
            return CheckFact(action.id, action.step_kind, action.place)
    elif action.only_reconciles and action.reconcile_at:
        waits.append(Wait(action.reconcile_at, "LOOKING_UP", action.step_kind, "look_up"))
    elif action.person is not None and action.person in state.untouchable:
        if goes_on:
            return SkipTarget(action.id, action.step_kind, action.person)
    elif (limit := state.limits[action.step_kind]).effective == 0:
        return Halt("LIMIT_ZERO", action.step_kind, limit.binding)
    else:
        waits += _waits_of_steps(state, limit)
    waits = [wait for wait in waits if wait.until > moment]
    if waits:
        return max(waits, key=lambda wait: wait.until)
    return (
        PerformStep(action.id, action.step_kind, action.place)
        if opening == moment
        else Wait(opening, "OUTSIDE_HOURS", rule="working_hours")
    )


def _waits_of_all(state: BotState, action: OpenAction, moment: datetime) -> list[Wait]:
    """Return the waits of steps and reconciliations alike."""
    waits = []
    if resting := rest_of(state, action.step_kind, moment):
        waits.append(Wait(resting.until, "COOL_DOWN", action.step_kind, "cool_down", resting.error_code))
    if action.start_at:
        waits.append(Wait(action.start_at, _later(action), action.step_kind, "start_at"))
    if state.next_step_at:
        reason, rule = (state.trouble, "failure") if state.trouble else ("BETWEEN_STEPS", "delay")
        waits.append(Wait(state.next_step_at, reason, rule=rule))
    waits += [Wait(chore.at, "CATCHING_UP") for chore in state.chores if chore.first]
    return [wait for wait in waits if wait.until > moment]


def _later(action: OpenAction) -> str:
    if action.checks:
        return "WAITING_FOR_FACT"
    return "STARTS_LATER" if action.place is None else "NEXT_STEP_LATER"


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
    """Return the kind's current rest that ends last."""
    kinds = {kind, EVERYTHING} | (SAME_CALL if kind in SAME_CALL else set())
    resting = [rest for rest in state.rests if rest.kind in kinds and rest.until > moment]
    return max(resting, key=lambda rest: rest.until, default=None)


# More than the rules that can follow one another: start, hours, rest, pace, limits, and the next day's hours.
_MAX_WAITS = 20


def next_step_time(state: BotState, moment: datetime) -> datetime | None:
    """Return the time of the next step of an action if nothing changes, or None if a person has to act first."""
    without_chores = replace(state, chores=())
    for _ in range(_MAX_WAITS):
        verdict = decide(without_chores, moment)
        if isinstance(verdict, Halt):
            return None
        if not isinstance(verdict, Wait):
            return moment
        moment = verdict.until
    return moment


def next_wakeup_time(state: BotState, moment: datetime) -> datetime | None:
    """Return the time at which the lane has to decide again, or None while the bot is halted without chores.

    It is the end of the wait, or an earlier chore or reconciliation.
    """
    verdict = decide(state, moment)
    if not isinstance(verdict, Wait | Halt):
        return moment
    times = [verdict.until] if isinstance(verdict, Wait) else []
    if state.running and state.session_valid and not state.blocked_reason and state.trouble not in HALTING:
        times += [time for chore in state.chores if (time := _chore_at(state, chore, moment))]
        times += [time for action in _open(state) if (time := _reconcile_at(state, action, moment))]
    return min(times, default=None)


def _earliest(state: BotState, chore: Chore) -> datetime:
    """Return the time of a chore. After a failure a last one waits with the steps."""
    return max(chore.at, state.next_step_at) if chore.last and state.trouble and state.next_step_at else chore.at


def _chore_at(state: BotState, chore: Chore, moment: datetime) -> datetime | None:
    resting = rest_of(state, EVERYTHING, moment)
    earliest = max(_earliest(state, chore), resting.until if resting else moment)
    return open_at(state.hours, earliest) if chore.in_hours else earliest


def _reconcile_at(state: BotState, action: OpenAction, moment: datetime) -> datetime | None:
    if action.reconcile_at is None:
        return None
    waits = _waits_of_all(state, action, moment)
    return _open_for(state, action, max([action.reconcile_at, moment, *(wait.until for wait in waits)]))
