"""The time between two steps of a bot: the delay of a kind, and a moment between any two."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.config.runtime import now, runtime
from bot.decision.limits import Rule

# Seconds between any two steps of a bot, of whatever kind, and after one that only looked people up.
LOOKUP_PAUSE = (3.0, 8.0)
DEMO_LOOKUP_PAUSE = (0.5, 1.0)

Paces = Mapping[str, str]
"""Kind of step → the ISO time before which there is none."""


@dataclass(frozen=True)
class Pace:
    """What is kept of when a bot goes on, and when its lane is to look again."""

    paces: Paces
    next_step_at: datetime
    look_at: datetime


def begin(paces: Paces | None, rule: Rule) -> Paces:
    """A call of this kind is about to be made; a worker that dies in it does not get to `go_on`."""
    return _kept(paces, rule.kind, now() + timedelta(seconds=rule.delay_min))


def go_on(paces: Paces | None, rule: Rule, *, alone: bool) -> Pace:
    """The next step of this kind comes after the kind's delay, one of any other kind after a moment: where the kind is
    `alone`, no other has an order.
    """
    until = now() + timedelta(seconds=runtime().uniform(rule.delay_min, rule.delay_max))
    moment = breathe()
    return Pace(_kept(paces, rule.kind, until), moment, max(until, moment) if alone else moment)


def breathe() -> datetime:
    """When the next step of whatever kind comes, after a moment."""
    low, high = DEMO_LOOKUP_PAUSE if runtime().config.instagram_sandbox else LOOKUP_PAUSE
    return now() + timedelta(seconds=runtime().uniform(low, high))


def _kept(paces: Paces | None, kind: str, until: datetime) -> Paces:
    return {**(paces or {}), kind: until.isoformat()}
