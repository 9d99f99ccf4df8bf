"""The time between two steps of a bot: the delay of a kind, and a moment between any two."""

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.kinds import STEP_KIND
from bot.limits import Rule, rules
from bot.models import Action, BotStatus
from bot.runtime import now, runtime
from bot.scope import TenantSession

# Seconds between any two steps of a bot, of whatever kind, and after one that only looked people up.
LOOKUP_PAUSE = (3.0, 8.0)
DEMO_LOOKUP_PAUSE = (0.5, 1.0)


def begin(session: TenantSession, bot: BotStatus, step_kind: str) -> None:
    """A call of this kind is about to be made; a worker that dies in it does not get to `go_on`."""
    _keep(bot, step_kind, _rule(session, step_kind).delay_min)


def go_on(session: TenantSession, bot: BotStatus, step_kind: str) -> datetime:
    """The next step of this kind comes after the kind's delay, one of any other kind after a moment.

    Returns when the lane is to look again.
    """
    rule = _rule(session, step_kind)
    pace = _keep(bot, step_kind, runtime().uniform(rule.delay_min, rule.delay_max))
    moment = breathe(bot)
    kinds = session.scalars(select(Action.kind).where(Action.status.in_(("queued", "running"))))
    return moment if any(STEP_KIND[kind] != step_kind for kind in kinds) else max(pace, moment)


def breathe(bot: BotStatus) -> datetime:
    """Plans the next step of whatever kind after a moment, and returns when that is."""
    low, high = DEMO_LOOKUP_PAUSE if runtime().config.instagram_sandbox else LOOKUP_PAUSE
    bot.next_step_at = now() + timedelta(seconds=runtime().uniform(low, high))
    return bot.next_step_at


def _rule(session: TenantSession, step_kind: str) -> Rule:
    return rules(session, session.user_id, now())[step_kind]


def _keep(bot: BotStatus, step_kind: str, seconds: float) -> datetime:
    until = now() + timedelta(seconds=seconds)
    bot.paces = {**(bot.paces or {}), step_kind: until.isoformat()}
    return until
