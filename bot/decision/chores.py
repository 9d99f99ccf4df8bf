"""What a running bot does without an order: read answers, and test its session every night."""

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, case, func, select

from bot.config.runtime import runtime
from bot.decision.decide import Chore
from bot.decision.hours import Hours, local_time
from bot.decision.records import BotRecord
from bot.storage.models import Contact
from bot.storage.tenancy import TenantSession

# Sessions are tested between these local minutes of the night, each user's at a minute of its own.
NIGHT = (2 * 60, 5 * 60)
# A session that was tested or linked this lately is not tested again the same night.
TESTED_LATELY = timedelta(hours=6)
# Answers are read this often, and for so long after the last message (the product's own figures).
READ_INTERVAL = timedelta(minutes=20)
DEMO_READ_INTERVAL = timedelta(seconds=15)
AWAITED = timedelta(days=14)
# What was too much for one reading is read on after this.
READ_ON = timedelta(minutes=1)
DEMO_READ_ON = timedelta(seconds=3)
# Who was written to: the last message, the first one since answers were read, and how many have more to be read.
_SINCE = case((Contact.written_at > bindparam("read_at", type_=Contact.written_at.type), Contact.written_at))
_AWAITED = select(
    func.max(Contact.written_at), func.min(_SINCE, type_=Contact.written_at.type), func.count(Contact.unread)
)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def chores_of(session: TenantSession, bot: BotRecord, hours: Hours, moment: datetime) -> list[Chore]:
    """The chores of the session's user and when each is due."""
    replies = reading_chore(session, bot, moment)
    catch_up = _catching_up_chore(bot)
    test = Chore("test_session", _next_test(session.user_id, bot.last_tested, hours, moment), in_hours=False)
    return [test, *(chore for chore in (replies, catch_up) if chore)]


def _next_test(user_id: str, tested: datetime | None, hours: Hours, moment: datetime) -> datetime:
    """The first of this user's minutes of the night after the last test, or the one to come where there was none."""
    zone = ZoneInfo(hours.timezone)
    spread = int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:4])
    minute = NIGHT[0] + spread % (NIGHT[1] - NIGHT[0])
    after = tested + TESTED_LATELY if tested else moment
    day = after.astimezone(zone).date()
    times = (local_time(day + timedelta(days=days), minute, zone) for days in (0, 1, 2))
    return next(at for at in times if at >= after)


def reading_chore(session: TenantSession, bot: BotRecord, moment: datetime) -> Chore | None:
    """When answers are to be read next: a while after the last reading, or the first message since; None while nobody
    is waited for.
    """
    if not bot.has_contacts:
        return None
    read_at = bot.replies_read_at
    last, first, unread = session.run(_AWAITED, {"read_at": read_at or _LONG_AGO}).one()
    if last is None or last < moment - AWAITED:
        return None
    every = _read_interval()
    at = read_at + _read_on_interval() if unread and read_at else (first or read_at or last) + every
    failed_at = bot.replies_failed_at
    return Chore("read_replies", max(at, failed_at + every) if failed_at else at, in_hours=True)


def _read_interval() -> timedelta:
    """Between two readings of answers."""
    return DEMO_READ_INTERVAL if runtime().config.instagram_sandbox else READ_INTERVAL


def _read_on_interval() -> timedelta:
    """How long a reading that was too much at once waits before it goes on."""
    return DEMO_READ_ON if runtime().config.instagram_sandbox else READ_ON


def _catching_up_chore(bot: BotRecord) -> Chore | None:
    """When the inbox is to be read because of a doubt: no step comes before it."""
    if bot.doubt is None or (bot.caught_up_at and bot.caught_up_at >= bot.doubt):
        return None
    at = bot.doubt
    if bot.catching_up:
        at = max(at, datetime.fromisoformat(bot.catching_up["read_at"]) + _read_on_interval())
    if bot.replies_failed_at and bot.replies_failed_at >= bot.doubt:
        at = max(at, bot.replies_failed_at + _read_interval())
    return Chore("catch_up", at, in_hours=True, first=True)
