"""Verdicts of the decision: the next act of a bot, or what it waits for."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PerformStep:
    """Perform one step of this action now: a later one of a plan at its `place`."""

    action_id: str
    kind: str
    place: int | None = None


@dataclass(frozen=True)
class CheckFact:
    """Ask whether a fact is there that a person of this action was given time for."""

    action_id: str
    kind: str
    place: int


@dataclass(frozen=True)
class Reconcile:
    """Reconcile one target of this action whose end is unknown."""

    action_id: str
    kind: str


@dataclass(frozen=True)
class SkipTarget:
    """Skip the person of this action's next step."""

    action_id: str
    kind: str
    person: str


@dataclass(frozen=True)
class RunChore:
    """Run this chore now."""

    chore: str


@dataclass(frozen=True)
class Wait:
    """Perform no step of an action until then. Chores and reconciliations may come between."""

    until: datetime
    reason: str
    kind: str | None = None
    rule: str | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class Halt:
    """Perform no step of an action until a person acts. A limit sets `kind` and `rule`."""

    reason: str
    kind: str | None = None
    rule: str | None = None


Verdict = PerformStep | CheckFact | Reconcile | SkipTarget | RunChore | Wait | Halt
