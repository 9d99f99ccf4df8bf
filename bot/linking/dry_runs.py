"""Rules for dry runs: none while the bot rests, and a pause between two."""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import func, select

from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.decision.decide import EVERYTHING
from bot.decision.kinds import STEP_KIND
from bot.decision.pushback import active_rests
from bot.storage.models import AccountRequest
from bot.storage.tenancy import TenantSession

# Each looks up several people. In the sandbox a person watches and no real person is disturbed.
PAUSE = timedelta(seconds=10)
DEMO_PAUSE = timedelta(seconds=2)


def check_may_look(session: TenantSession, kind: str) -> None:
    """Raise COOL_DOWN while the bot rests, and LOOKED_JUST_NOW right after the last dry run.

    Both have `until` and `retry_after` in seconds.
    """
    check_no_rest(session, kind)
    last = session.scalar(select(func.max(AccountRequest.finished_at)).where(AccountRequest.kind == "preview"))
    until = last + (DEMO_PAUSE if runtime().config.instagram_sandbox else PAUSE) if last else None
    if until and until > now():
        raise _later("LOOKED_JUST_NOW", until)


def check_no_rest(session: TenantSession, kind: str) -> None:
    """Raise COOL_DOWN while everything, or this kind of step, rests."""
    rests = [rest.until for rest in active_rests(session, now()) if rest.kind in (EVERYTHING, STEP_KIND[kind])]
    if rests:
        raise _later("COOL_DOWN", max(rests))


def _later(name: str, until: datetime) -> BotException:
    wait = max(1, ceil((until - now()).total_seconds()))
    return BotException(name, until=until.isoformat(), retry_after=wait)
