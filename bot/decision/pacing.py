"""Time between two steps of a bot: the delay of a kind, and a short pause between any two."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.config.runtime import now, runtime
from bot.decision.limit_rules import Rule

# Seconds between any two steps of a bot, of any kind, and after one that only looked people up.
SHORT_PAUSE = (3.0, 8.0)
DEMO_SHORT_PAUSE = (0.5, 1.0)

Paces = Mapping[str, str]
"""Kind of step → the ISO time before which there is none."""


@dataclass(frozen=True)
class NextStep:
    """The stored times after a step, and the time at which the lane is to look again."""

    paces: Paces
    next_step_at: datetime
    look_at: datetime


def before_call(paces: Paces | None, rule: Rule) -> Paces:
    """Return the paces to store before a call of this kind. They hold even if the worker dies before `after_step`."""
    return _kept(paces, rule.kind, now() + timedelta(seconds=rule.delay_min))


def after_step(paces: Paces | None, rule: Rule, *, alone: bool) -> NextStep:
    """Return the next times after a step: this kind waits for its delay, any other kind for a short pause.

    `alone` means that no other kind has an action.
    """
    until = now() + timedelta(seconds=runtime().uniform(rule.delay_min, rule.delay_max))
    moment = short_pause()
    return NextStep(_kept(paces, rule.kind, until), moment, max(until, moment) if alone else moment)


def short_pause() -> datetime:
    """Return the time of the next step of any kind, after a short pause."""
    return now() + timedelta(seconds=runtime().uniform(*pause_range()))


def pause_range() -> tuple[float, float]:
    """Return the least and the longest pause between two steps of any kind, in seconds."""
    return DEMO_SHORT_PAUSE if runtime().config.instagram_sandbox else SHORT_PAUSE


def _kept(paces: Paces | None, kind: str, until: datetime) -> Paces:
    return {**(paces or {}), kind: until.isoformat()}
