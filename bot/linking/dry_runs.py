"""Rules for dry runs and checks: none while the bot rests, and a pause between two."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import func, select

from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.decision.decide import EVERYTHING
from bot.decision.kinds import step_kind_of
from bot.decision.pushback import ADDRESS_BLOCKED, active_rests, why_over
from bot.storage.models import AccountRequest, BotStatus, InstagramCredentials
from bot.storage.tenancy import TenantSession

# Each looks up several people. In the sandbox a person watches and no real person is disturbed.
PAUSE = timedelta(seconds=10)
DEMO_PAUSE = timedelta(seconds=2)
# A check reads a dozen replies at once (the product's own figure).
CHECK_PAUSE = timedelta(minutes=10)
# Reasons of a stop after which only a person may let the account go on.
_NEEDS_A_PERSON = ("BLOCKED_AGAIN", ADDRESS_BLOCKED)


def check_may_look(session: TenantSession, wanted: Mapping[str, Any]) -> None:
    """Raise COOL_DOWN while the bot rests, and LOOKED_JUST_NOW right after the last dry run.

    `wanted` are the `kind` of the action and its `params`.

    Both have `until` and `retry_after` in seconds.
    """
    check_no_rest(session, wanted)
    last = session.scalar(select(func.max(AccountRequest.finished_at)).where(AccountRequest.kind == "preview"))
    until = last + (DEMO_PAUSE if runtime().config.instagram_sandbox else PAUSE) if last else None
    if until and until > now():
        raise _later("LOOKED_JUST_NOW", until)


def check_may_check(session: TenantSession) -> None:
    """Raise the errors of `check_may_read`, and CHECKED_JUST_NOW a few minutes after the last check."""
    check_may_read(session)
    last = session.scalar(select(func.max(AccountRequest.finished_at)).where(AccountRequest.kind == "check"))
    if last and last + CHECK_PAUSE > now() and not runtime().config.instagram_sandbox:
        raise _later("CHECKED_JUST_NOW", last + CHECK_PAUSE)


def check_may_read(session: TenantSession) -> None:
    """Raise the reason to leave the account alone.

    It is NOT_LINKED, the end of the session or SESSION_INVALID, the stop that only a person ends, or COOL_DOWN while
    anything rests.
    """
    status = session.scalars(select(BotStatus)).one()
    if session.scalars(select(InstagramCredentials.id)).one_or_none() is None:
        raise BotException("NOT_LINKED")
    if not status.session_valid:
        raise BotException(why_over(status.last_error_code) or "SESSION_INVALID")
    if not status.bot_running and status.stop_reason in _NEEDS_A_PERSON:
        raise BotException(status.stop_reason)
    if rests := active_rests(session, now()):
        raise _later("COOL_DOWN", max(rest.until for rest in rests))


def check_no_rest(session: TenantSession, wanted: Mapping[str, Any]) -> None:
    """Raise COOL_DOWN while everything, or the kind of step of the wanted action, rests."""
    kinds = EVERYTHING, step_kind_of(wanted["kind"], wanted["params"])
    rests = [rest.until for rest in active_rests(session, now()) if rest.kind in kinds]
    if rests:
        raise _later("COOL_DOWN", max(rests))


def _later(name: str, until: datetime) -> BotException:
    wait = max(1, ceil((until - now()).total_seconds()))
    return BotException(name, until=until.isoformat(), retry_after=wait)
