"""What a running bot does without an order: read answers, and test its session every night."""

import hashlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.catching_up import chore_of
from bot.decision import Chore
from bot.hours import Hours, local_time
from bot.records import BotRecord
from bot.replies import reading_chore
from bot.scope import TenantSession

# Sessions are tested between these local minutes of the night, each user's at a minute of its own.
NIGHT = (2 * 60, 5 * 60)
# A session that was tested or linked this lately is not tested again the same night.
TESTED_LATELY = timedelta(hours=6)


def chores_of(session: TenantSession, bot: BotRecord, hours: Hours, moment: datetime) -> list[Chore]:
    """The chores of the session's user and when each is due."""
    replies = reading_chore(session, bot, moment)
    catch_up = chore_of(bot)
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
