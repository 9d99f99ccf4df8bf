"""The time between two steps of a bot: the delay of a kind, and a moment between any two."""

from datetime import datetime, timedelta

from bot.limits import Rule
from bot.models import BotStatus
from bot.runtime import now, runtime

# Seconds between any two steps of a bot, of whatever kind, and after one that only looked people up.
LOOKUP_PAUSE = (3.0, 8.0)
DEMO_LOOKUP_PAUSE = (0.5, 1.0)


def begin(bot: BotStatus, rule: Rule) -> None:
    """A call of this kind is about to be made; a worker that dies in it does not get to `go_on`."""
    _keep(bot, rule.kind, rule.delay_min)


def go_on(bot: BotStatus, rule: Rule, *, alone: bool) -> datetime:
    """The next step of this kind comes after the kind's delay, one of any other kind after a moment.

    Returns when the lane is to look again: where the kind is `alone`, no other has an order.
    """
    pace = _keep(bot, rule.kind, runtime().uniform(rule.delay_min, rule.delay_max))
    moment = breathe(bot)
    return max(pace, moment) if alone else moment


def breathe(bot: BotStatus) -> datetime:
    """Plans the next step of whatever kind after a moment, and returns when that is."""
    low, high = DEMO_LOOKUP_PAUSE if runtime().config.instagram_sandbox else LOOKUP_PAUSE
    bot.next_step_at = now() + timedelta(seconds=runtime().uniform(low, high))
    return bot.next_step_at


def _keep(bot: BotStatus, step_kind: str, seconds: float) -> datetime:
    until = now() + timedelta(seconds=seconds)
    bot.paces = {**(bot.paces or {}), step_kind: until.isoformat()}
    return until
