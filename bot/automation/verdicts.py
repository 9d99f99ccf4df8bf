"""The verdict of each bot in its status row, so that those of all bots can be read at once.

It is decided again in the transaction of every change that locks the status or ends an action, by the worker at the end
of a turn that no other follows soon, and by the clock if it is out of date or time alone has changed it. What holds all
bots at once is no part of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, case, func, or_, select, update
from sqlalchemy import event as on
from sqlalchemy.sql import column

from bot.automation.status import VerdictReport, describe
from bot.config.runtime import now
from bot.core.database_faults import database_fault
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision.decide import decide, next_wakeup_time
from bot.decision.pushback import why_over
from bot.decision.snapshot import Snapshot, load, verification_of
from bot.decision.verdicts import Halt, Wait
from bot.storage.bot_lock import CHANGED
from bot.storage.engine import db
from bot.storage.models import BotStatus
from bot.storage.models.base import Id, UtcDateTime
from bot.storage.models.values import BotCondition
from bot.storage.tenancy import TenantSession, identity, tenant

OFF = frozenset({"BOT_STOPPED", "NOT_LINKED", "USER_DISABLED"})
"""Reasons of a bot that its owner has not turned on, or whose user is disabled."""
IDLE = frozenset({"NO_WORK", "ALL_PAUSED"})
"""Reasons of a bot that waits for an action, which is no trouble of anyone."""
# The reading of answers, repairs by hand and new keys of the vault change a verdict without a lock of the status.
_AGAIN = timedelta(hours=1)
# A step that is due is done within seconds while a worker lives. A key of the vault comes back by a restart.
_AGAIN_SOON = timedelta(minutes=5)
_BATCH = 1000


@dataclass(frozen=True)
class Decided:
    """A verdict with all that its columns hold. `since` applies if the bot comes into this condition now."""

    report: VerdictReport
    condition: BotCondition
    revision: int
    at: datetime
    since: datetime
    due_at: datetime


def condition_of(report: VerdictReport) -> BotCondition:
    """Return what the verdict means for an administrator. A pause between two steps is work."""
    if report.reason in OFF:
        return "off"
    if report.reason in IDLE:
        return "waiting"
    if report.state == "acting" or report.reason == "BETWEEN_STEPS":
        return "working"
    return "needs_help" if report.state == "halted" or report.who else "waiting"


def decided(snapshot: Snapshot, moment: datetime) -> Decided:
    """Return the verdict of the snapshot without what holds all bots."""
    disabled = "USER_DISABLED" if snapshot.bot.blocked_reason == "USER_DISABLED" else None
    state, bot = replace(snapshot.state, blocked_reason=disabled), snapshot.bot
    verdict = decide(state, moment)
    report = describe(verdict, state)
    again = [moment + (_AGAIN if isinstance(verdict, Wait) or report.reason != "VAULT_REFUSED" else _AGAIN_SOON)]
    if not isinstance(verdict, Wait | Halt):
        again.append(moment + _AGAIN_SOON)
    elif wakeup := next_wakeup_time(state, moment):
        again.append(wakeup)
    if waiting := verification_of(bot, moment):
        again.append(waiting.expires_at)
    ended = bot.last_error_at if why_over(bot.last_error_code) == report.reason else None
    return Decided(report, condition_of(report), bot.revision, moment, ended or moment, min(again))


_SAME = and_(
    BotStatus.verdict_condition == bindparam("condition"),
    or_(BotStatus.verdict_condition == "working", BotStatus.verdict == bindparam("reason")),
)
_KEEP = (
    update(BotStatus)
    .where(
        BotStatus.revision == bindparam("seen"),
        or_(BotStatus.verdict_at.is_(None), BotStatus.verdict_at <= bindparam("at", type_=UtcDateTime)),
    )
    .values(
        verdict=bindparam("reason"),
        verdict_condition=bindparam("condition"),
        verdict_who=bindparam("who"),
        verdict_kind=bindparam("kind"),
        verdict_rule=bindparam("rule"),
        verdict_cause=bindparam("cause"),
        verdict_since=case(
            (and_(_SAME, BotStatus.verdict_since.is_not(None)), BotStatus.verdict_since),
            else_=bindparam("since", type_=UtcDateTime),
        ),
        verdict_until=bindparam("until", type_=UtcDateTime),
        verdict_at=bindparam("at", type_=UtcDateTime),
        verdict_revision=bindparam("seen"),
        verdict_due_at=bindparam("due_at", type_=UtcDateTime),
    )
)


def _keep(session: TenantSession, found: Decided) -> None:
    report = found.report
    session.run(
        _KEEP,
        {
            "reason": report.reason,
            "condition": found.condition,
            "who": report.who,
            "kind": report.kind,
            "rule": report.rule,
            "cause": report.cause,
            "until": report.until,
            "since": found.since,
            "at": found.at,
            "seen": found.revision,
            "due_at": found.due_at,
        },
    )


@on.listens_for(TenantSession, "before_commit")
def _decide_again(session: TenantSession) -> None:
    """Write the verdict in the transaction that has locked the status, so that no reader sees one without the other."""
    if session.info.pop(CHANGED, False):
        session.flush()
        moment = now()
        _keep(session, decided(load(session, moment), moment))


def keep_verdict(user_id: str) -> None:
    """Decide the verdict of a bot and store it, unless another change comes first, which stores its own. Commits.

    An erased user is ignored. A fault of the database is logged: the clock tries again within a minute.
    """
    try:
        moment = now()
        with tenant(user_id, reading=True) as session:
            found = decided(load(session, moment), moment)
        with tenant(user_id) as session:
            _keep(session, found)
            session.commit()
    except BotException as error:
        if error.name != "USER_NOT_FOUND":
            raise
    except Exception as error:
        if not database_fault(error):
            raise
        get_logger().warning("verdict_not_kept", user_id=user_id, exc_info=error)


_COLUMNS: dict[str, Any] = {
    "user_id": Id,
    "instagram_username": BotStatus.instagram_username.type,
    "verdict": BotStatus.verdict.type,
    "verdict_condition": BotStatus.verdict_condition.type,
    "verdict_who": BotStatus.verdict_who.type,
    "verdict_kind": BotStatus.verdict_kind.type,
    "verdict_rule": BotStatus.verdict_rule.type,
    "verdict_cause": BotStatus.verdict_cause.type,
    "verdict_since": UtcDateTime,
    "verdict_until": UtcDateTime,
    "verdict_due_at": UtcDateTime,
}


def kept_verdicts() -> FromClause:
    """Return the kept verdicts of all bots as a table: its columns, and `is_current`.

    For an identity's session. On PostgreSQL a function of another role reads them.
    """
    is_current: ColumnElement[bool] = BotStatus.verdict_revision == BotStatus.revision
    if db.engine.dialect.name == "postgresql":
        columns = [*(column(name, kind) for name, kind in _COLUMNS.items()), column("is_current", is_current.type)]
        return func.fleet_bots().table_valued(*columns, name="kept")
    read = [getattr(BotStatus, name) for name in _COLUMNS]
    return select(*read, func.coalesce(is_current, False).label("is_current")).subquery("kept")


def keep_due_verdicts() -> int:
    """Decide the verdicts again that are out of date, the longest due first. Return their number. Commits."""
    kept = kept_verdicts().c
    due = select(kept.user_id).where(or_(~kept.is_current, kept.verdict_due_at <= now()))
    with identity(reading=True) as session:
        user_ids = list(session.scalars(due.order_by(kept.verdict_due_at).limit(_BATCH)))
    for user_id in user_ids:
        keep_verdict(user_id)
    return len(user_ids)
