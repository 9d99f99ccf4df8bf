"""Chores: work of a running bot without an action.

It reads answers, tests its session every night, and reads what came of its follows.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select

from bot.config.runtime import runtime
from bot.decision.decide import Chore
from bot.decision.hours import Hours, local_time
from bot.decision.records import BotRecord
from bot.storage.models import MORE_TO_READ, BotStatus, Contact
from bot.storage.tenancy import TenantSession

# Sessions are tested between these local minutes of the night, each user's at its own minute.
NIGHT = (2 * 60, 5 * 60)
# A session that was tested or linked within this time is not tested in the same night.
TESTED_LATELY = timedelta(hours=6)
# Answers are read at this interval, until AWAITED after the last message (the product's own figures).
READ_INTERVAL = timedelta(minutes=20)
DEMO_READ_INTERVAL = timedelta(seconds=15)
AWAITED = timedelta(days=14)
# Without a message that could be answered, the box of strangers' requests is still read for stops, this often.
REQUESTS_INTERVAL = timedelta(days=1)
# A reading that was too long continues after this.
READ_ON = timedelta(minutes=1)
DEMO_READ_ON = timedelta(seconds=3)
# Nothing is measured, and nothing of strangers read, in an account's first week, in which each request is one too many.
MEASURED_AFTER = timedelta(days=7)
# The last message, the first one since answers were read, and whether there are people with more to read. Each is one
# row of an index, however many people were written to.
_SINCE = Contact.written_at > bindparam("read_at", type_=Contact.written_at.type)
_AWAITED = select(
    select(func.max(Contact.written_at)).scalar_subquery(),
    select(func.min(Contact.written_at)).where(_SINCE).scalar_subquery(),
    select(Contact.id).where(MORE_TO_READ).exists(),
).select_from(BotStatus)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def chores_of(session: TenantSession, bot: BotRecord, hours: Hours, moment: datetime) -> list[Chore]:
    """Return the chores of the session's user with their times."""
    replies = reading_chore(session, bot, moment)
    catch_up = _catching_up_chore(bot)
    test = Chore("test_session", _next_test(session.user_id, bot.last_tested, hours, moment), in_hours=False)
    return [test, *(chore for chore in (replies, catch_up, _measuring_chore(bot)) if chore)]


def _measuring_chore(bot: BotRecord) -> Chore | None:
    """Return the next reading of what came of follows. Everything else comes first."""
    if bot.linked_at is None:
        return None
    begins = bot.linked_at + MEASURED_AFTER
    return Chore("measure", max(bot.measure_at or begins, begins), in_hours=True, last=True)


def _next_test(user_id: str, tested: datetime | None, hours: Hours, moment: datetime) -> datetime:
    """Return the user's first minute of the night after the last test, or the coming one if there was no test."""
    zone = ZoneInfo(hours.timezone)
    spread = int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:4])
    minute = NIGHT[0] + spread % (NIGHT[1] - NIGHT[0])
    after = tested + TESTED_LATELY if tested else moment
    day = after.astimezone(zone).date()
    times = (local_time(day + timedelta(days=days), minute, zone) for days in (0, 1, 2))
    return next(at for at in times if at >= after)


def reading_chore(session: TenantSession, bot: BotRecord, moment: datetime) -> Chore | None:
    """Return the next reading of answers. Longer than AWAITED after the last message it is for strangers' stops alone.

    It is due READ_INTERVAL after the first message since the last reading, else after that reading; READ_ON after a
    reading that was cut off; and never sooner than READ_INTERVAL after one that failed.
    """
    if bot.inbox_place:
        return _reading(bot, datetime.fromisoformat(bot.inbox_place["read_at"]) + _read_on_interval())
    if not bot.has_contacts:
        return _requests_chore(bot)
    read_at = bot.replies_read_at
    last, first, unread = session.run(_AWAITED, {"read_at": read_at or _LONG_AGO}).one()
    if last is None or last < moment - AWAITED:
        return _requests_chore(bot)
    every = read_interval()
    at = read_at + _read_on_interval() if unread and read_at else (first or read_at or last) + every
    return _reading(bot, at)


def _reading(bot: BotRecord, at: datetime) -> Chore:
    """Return the reading that is due then, and not soon after one that failed."""
    failed_at = bot.replies_failed_at
    return Chore("read_replies", max(at, failed_at + read_interval()) if failed_at else at, in_hours=True)


def _requests_chore(bot: BotRecord) -> Chore | None:
    """Return the next reading for stops of strangers. Everything else comes first."""
    if bot.linked_at is None:
        return None
    begins = bot.linked_at + MEASURED_AFTER
    read_at = max((at for at in (bot.replies_read_at, bot.replies_failed_at) if at), default=None)
    at = max(read_at + REQUESTS_INTERVAL, begins) if read_at else begins
    return Chore("read_replies", at, in_hours=True, last=True)


def read_interval() -> timedelta:
    """Return the time between two readings of answers."""
    return DEMO_READ_INTERVAL if runtime().config.instagram_sandbox else READ_INTERVAL


def _read_on_interval() -> timedelta:
    """Return the pause before a reading that was too long continues."""
    return DEMO_READ_ON if runtime().config.instagram_sandbox else READ_ON


def _catching_up_chore(bot: BotRecord) -> Chore | None:
    """Return the reading of the inbox that a doubt requires. No step comes before it."""
    if bot.doubt is None or (bot.caught_up_at and bot.caught_up_at >= bot.doubt):
        return None
    at = bot.doubt
    if bot.catching_up:
        at = max(at, datetime.fromisoformat(bot.catching_up["read_at"]) + _read_on_interval())
    if bot.replies_failed_at and bot.replies_failed_at >= bot.doubt:
        at = max(at, bot.replies_failed_at + read_interval())
    return Chore("catch_up", at, in_hours=True, first=True)
