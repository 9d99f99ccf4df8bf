"""Reminders to users whose bots wait for them: one a day, on their channels, or by mail if they have none."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import func, select

from bot.alerts.delivery import plan
from bot.auth.sessions import SessionInfo
from bot.automation.verdicts import decided
from bot.config.runtime import now, runtime
from bot.core.errors import BotException, registry
from bot.decision.snapshot import load
from bot.fleet.bots import REMINDED, REMINDER_EVERY, present_hold
from bot.history.audit import audit
from bot.mail import texts
from bot.mail.outbox import mail_user
from bot.storage.bot_lock import locked_status
from bot.storage.models import AlertChannel, AuditEntry, User
from bot.storage.models.values import AlertKind
from bot.storage.tenancy import IdentitySession, TenantSession, identity_within, tenant


@dataclass(frozen=True)
class Reminded:
    """A reminder on its way, and the kinds of channels that it goes to."""

    at: datetime
    sent_by: list[AlertKind]


def remind(admin: SessionInfo, user_id: str) -> Reminded:
    """Tell the user what their bot waits for, and where that is done. Commits.

    Raises USER_NOT_FOUND, NOTHING_TO_REMIND, REMINDED_TODAY with `retry_after` seconds, and NO_WAY_TO_REMIND.
    """
    hold = present_hold()
    with tenant(user_id) as session:
        locked_status(session)
        verdict = decided(load(session, now()), now())
        if hold or verdict.condition != "needs_help" or verdict.report.who != "user":
            raise BotException("NOTHING_TO_REMIND")
        reason = verdict.report.reason
        with identity_within(session) as people:
            _require_none_today(people, user_id)
            sent_by = _send(session, people, reason)
            audit(people, REMINDED, actor_id=admin.id, subject_id=user_id, detail=reason)
        session.commit()
    return Reminded(now(), sent_by)


def _require_none_today(session: IdentitySession, user_id: str) -> None:
    last = session.scalar(
        select(func.max(AuditEntry.at, type_=AuditEntry.at.type)).where(
            AuditEntry.subject_id == user_id, AuditEntry.event == REMINDED, AuditEntry.at > now() - REMINDER_EVERY
        )
    )
    if last:
        raise BotException("REMINDED_TODAY", retry_after=ceil((last + REMINDER_EVERY - now()).total_seconds()))


def _send(session: TenantSession, people: IdentitySession, reason: str) -> list[AlertKind]:
    """Plan the reminder on every channel of the user, and mail it to those without a channel of mail."""
    entry, user = registry()[reason], people.get_one(User, session.user_id)
    sent_by = set()
    for channel in session.scalars(select(AlertChannel)):
        plan(channel, "reminder", entry.code)
        sent_by.add(channel.kind)
    if AlertKind.EMAIL not in sent_by and user.email and user.email_verified_at and runtime().config.has_mail:
        mail_user(people, user, texts.reminder(user.username, entry), purpose="reminder")
        sent_by.add(AlertKind.EMAIL)
    if not sent_by:
        raise BotException("NO_WAY_TO_REMIND")
    return sorted(sent_by)
