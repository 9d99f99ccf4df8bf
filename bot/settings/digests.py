"""The daily digest by e-mail: what was done in the last day, and what needs its user. It holds no texts of others."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update

from bot.automation.lifecycle import timezone_of
from bot.automation.status import bot_report
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.decision.hours import local_date, local_time
from bot.history.activity import log_error
from bot.mail import texts
from bot.mail.outbox import send_mail
from bot.mail.texts import DigestNews
from bot.outbox.delivery import Outbox, Postponed
from bot.storage.models import ENDED, TO_RECONCILE, Action, ActionTarget, BotSettings, Contact, Digest, User
from bot.storage.models.values import WRITTEN
from bot.storage.tenancy import TenantSession, identity, tenant

DAY = timedelta(days=1)
MORNING = 8 * 60
"""The minute of the local day from which a digest is sent."""
LATEST = timedelta(hours=3)
"""A digest that is later than this, as after a halt of the clock, is left for the next morning."""
LEAST_APART = timedelta(hours=20)
"""Shorter than a day by more than a change of the clocks, and longer than any change of the zone within a morning."""


def next_morning(timezone: str, after: datetime) -> datetime:
    """Return the first time after `after` at which a digest is due there."""
    first, zone = local_date(after, timezone), ZoneInfo(timezone)
    mornings = (local_time(first + timedelta(days=days), MORNING, zone) for days in range(3))
    return next(at for at in mornings if at > after)


def switch_digest(session: TenantSession, *, on: bool) -> None:
    """Turn the digest of the session's user on or off. Turning on what is on changes nothing. The caller commits."""
    row = session.scalars(select(Digest)).one_or_none()
    if row is None:
        row = Digest(user_id=session.user_id, tries=0)
        session.add(row)
    if not on:
        row.due_at = None
    elif row.due_at is None:
        row.due_at = _next(session.scalars(select(BotSettings.timezone)).one(), row.sent_at)


def move_digest(session: TenantSession, timezone: str) -> None:
    """Plan the digest for the morning of another zone, if it is on. The caller commits."""
    row = session.scalars(select(Digest)).one_or_none()
    if row and row.due_at:
        row.due_at = _next(timezone, row.sent_at)


def _next(timezone: str, sent_at: datetime | None) -> datetime:
    return next_morning(timezone, max(now(), sent_at + LEAST_APART) if sent_at else now())


class DigestOutbox(Outbox[Digest]):
    """Writes the digests that are due, at most one a day for each user. The mails have their own outbox."""

    name = "digest"
    table = Digest
    lease = timedelta(minutes=5)
    batch_size = 50

    def send(self, row: Digest) -> Postponed:
        """Write the mail and note that, in one transaction, so that a restart in between writes no second one."""
        timezone = timezone_of(row.user_id)
        sent_at = row.sent_at
        try:
            if _is_morning(timezone) and _write(row):
                sent_at = now()
        except BotException as failure:
            # A digest is no reason to try all day. The next one comes tomorrow.
            log_error(failure, digest_id=row.id)
        return Postponed(_next(timezone, sent_at))

    def may_retry(self, row: Digest, again: datetime) -> bool:
        return True

    def sent(self, row: Digest) -> Mapping[str, object]:
        return {}

    def failed(self, row: Digest, failure: BotException, *, given_up: bool) -> Mapping[str, object]:
        return {}

    def origin_of(self, row: Digest) -> Mapping[str, str | None]:
        return {"user_id": row.user_id}

    def described(self, row: Digest) -> Mapping[str, str]:
        return {"digest_id": row.id}


OUTBOX = DigestOutbox()


def send_digests() -> None:
    """Write the digests that are due. Commits."""
    OUTBOX.deliver_due()


def _is_morning(timezone: str) -> bool:
    begins = local_time(local_date(now(), timezone), MORNING, ZoneInfo(timezone))
    return begins <= now() < begins + LATEST


def _write(row: Digest) -> bool:
    """Mail the digest unless there is nothing to tell, no one to mail it to, or one was written within the last hours.
    Return whether it was.
    """
    if not runtime().config.has_mail:
        return False
    news = news_of(row.user_id)
    with identity() as session:
        user = session.get(User, row.user_id)
        if user is None or not user.is_active or not user.email or not user.email_verified_at or not news:
            return False
        moment = now()
        early = or_(Digest.sent_at.is_(None), Digest.sent_at <= moment - LEAST_APART)
        mark = update(Digest).where(Digest.id == row.id, early).values(sent_at=moment).returning(Digest.id)
        if session.scalars(mark).one_or_none() is None:
            return False
        send_mail(session, user.email, *texts.digest(user.username, news), purpose="digest", user_id=user.id)
        session.commit()
    return True


@dataclass(frozen=True)
class Counts:
    """Targets of the last day by kind of step and status, ended actions, and people who answered or opted out."""

    steps: Counter[tuple[str, str]]
    ended: int
    answered: int
    opted_out: int
    unclear: int


def counts_since(user_id: str, since: datetime) -> Counts:
    """Return what happened since then. Messages whose arrival is unclear count whatever their age."""
    at = func.coalesce(ActionTarget.claimed_at, ActionTarget.finished_at, type_=ActionTarget.claimed_at.type)
    with tenant(user_id, reading=True) as session:
        of_kind = select(ActionTarget.step_kind, ActionTarget.status, func.count())
        recent = of_kind.where(at >= since, ActionTarget.status.in_(("done", "failed")))
        steps = Counter[tuple[str, str]]()
        for kind, status, count in session.execute(recent.group_by(ActionTarget.step_kind, ActionTarget.status)):
            steps[kind, status] = count
        ended = session.scalar(
            select(func.count()).select_from(Action).where(Action.finished_at >= since, Action.status.in_(ENDED))
        )
        answered = session.scalar(select(func.count()).select_from(Contact).where(Contact.answered_at >= since))
        opted_out = session.scalar(select(func.count()).select_from(Contact).where(Contact.stopped_at >= since))
        unclear = session.scalar(
            select(func.count())
            .select_from(ActionTarget)
            .where(ActionTarget.status == "unknown", ActionTarget.step_kind.in_(WRITTEN), ~TO_RECONCILE)
        )
    return Counts(steps, ended or 0, answered or 0, opted_out or 0, unclear or 0)


_DONE = {
    "follow": ("Followed {} person", "Followed {} people"),
    "unfollow": ("Unfollowed {} person", "Unfollowed {} people"),
    "like": ("Liked {} post", "Liked {} posts"),
    "story": ("Watched {} story", "Watched {} stories"),
    "message": ("Sent {} message", "Sent {} messages"),
    "reply": ("Sent {} reply of yours", "Sent {} replies of yours"),
}


# A user who turned the bot off, or gave it nothing to do, knows that.
_CHOSEN = frozenset({"NO_WORK", "ALL_PAUSED", "BOT_STOPPED", "NOT_LINKED"})


def news_of(user_id: str) -> DigestNews | None:
    """Return what a digest tells now, or None if there is nothing to tell."""
    counts, verdict = counts_since(user_id, now() - DAY), bot_report(user_id).verdict
    done = [_number(words, counts.steps[kind, "done"]) for kind, words in _DONE.items() if counts.steps[kind, "done"]]
    if failed := sum(count for (_, status), count in counts.steps.items() if status == "failed"):
        done.append(_number(("{} step failed", "{} steps failed"), failed))
    if counts.ended:
        done.append(_number(("{} action ended", "{} actions ended"), counts.ended))
    if counts.answered:
        done.append(_number(("{} person answered", "{} people answered"), counts.answered))
    if counts.opted_out:
        done.append(
            _number(("{} person asked not to be contacted", "{} people asked not to be contacted"), counts.opted_out)
        )
    needs = []
    if verdict.state != "acting" and verdict.who == "user" and verdict.reason not in _CHOSEN:
        needs.append(f"{verdict.message} {verdict.remedy or ''}".strip())
    if counts.unclear:
        words = ("Say whether {} message arrived", "Say whether {} messages arrived")
        needs.append(_number(words, counts.unclear) + ": Instagram does not tell.")
    return DigestNews(done, needs) if done or needs else None


def _number(words: tuple[str, str], count: int) -> str:
    one, many = words
    return (one if count == 1 else many).format(count)
