"""The readings of an account: which one is next, within the budget, and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.hours import local_date, local_midnight
from bot.readings.plan import (
    BETWEEN,
    MEASURE_PER_DAY,
    REQUEST,
    STAYED,
    STAYED_GRACE,
    Known,
    Reading,
    Watched,
    next_reading,
)
from bot.storage.models import (
    AccountDay,
    ActionTarget,
    BotSettings,
    BotStatus,
    FollowerRead,
    InstagramCredentials,
    Person,
    Relation,
)
from bot.storage.tenancy import TenantSession, tenant

RETRY = timedelta(hours=1)
"""A reading that fails, or whose worker dies, is not tried again before."""
COMPARED_WITHIN = timedelta(minutes=15)
"""Counts are compared with a list only if they were read this much before it."""
WATCHED = 2 * REQUEST + STAYED + STAYED_GRACE
"""People are watched for this long after a follow or request: until it is accepted, followed back, and stayed with."""


@dataclass(frozen=True)
class Begun:
    """A reading that has begun on a local day. `newest` are the ids of the last list, None if there was none.

    `own_count` is the number of followers if it was read just now, else None: one of hours ago proves nothing.
    """

    user_id: str
    account_id: str
    day: date
    reading: Reading
    newest: Sequence[str] | None
    own_count: int | None


def begin(user_id: str) -> Begun | None:
    """Decide which reading is due. If none is, plan the next look and return None. Commits.

    Until the reading ends, the next one is planned as after a failure.
    """
    moment = now()
    with tenant(user_id) as session:
        account_id = session.scalars(select(InstagramCredentials.instagram_id)).one_or_none()
        if account_id is None:
            return None
        timezone = session.scalars(select(BotSettings.timezone)).one()
        _meet_followed(session, account_id, moment)
        read, day = list_of(session, account_id), local_date(moment, timezone)
        known = _known(session, read, account_id, day, moment, timezone)
        found = next_reading(known, moment)
        plan(session, moment + RETRY if isinstance(found, Reading) else found)
        newest = list(read.newest) if read.read_at else None
        own_count = _count_of_now(session, account_id, moment)
        session.commit()
    if not isinstance(found, Reading):
        return None
    return Begun(user_id, account_id, day, found, newest, own_count)


def spend(begun: Begun) -> bool:
    """Count one read of the day, before it is made. Return False if there are none left. Commits."""
    with tenant(begun.user_id) as session:
        own = (AccountDay.account_id == begun.account_id, AccountDay.day == begun.day)
        counted = (
            update(AccountDay)
            .where(*own, AccountDay.reads < MEASURE_PER_DAY)
            .values(reads=AccountDay.reads + 1)
            .execution_options(synchronize_session=False)
            .returning(AccountDay.id)
        )
        spent = session.scalars(counted).one_or_none() is not None
        session.commit()
    return spent


def note_failure(user_id: str, error: BotException) -> None:
    """Keep the failure of a reading for the page. Commits."""
    with tenant(user_id) as session:
        read = session.scalars(select(FollowerRead)).one_or_none()
        if read is not None:
            read.failed_at, read.error_code = now(), error.code
            session.commit()


def plan(session: TenantSession, at: datetime) -> None:
    """Set the time of the next reading. The caller commits."""
    session.execute(update(BotStatus).values(measure_at=at).execution_options(synchronize_session=False))


def done(session: TenantSession, account_id: str) -> FollowerRead:
    """Note that a reading has succeeded, plan the next one, and return the row of the list. The caller commits."""
    plan(session, now() + BETWEEN)
    read = list_of(session, account_id)
    read.failed_at = read.error_code = None
    return read


def list_of(session: TenantSession, account_id: str) -> FollowerRead:
    """Return the last reading of the account's list. One of another account is forgotten."""
    read = session.scalars(select(FollowerRead)).one_or_none()
    if read is not None and read.account_id == account_id:
        return read
    if read is not None:
        session.delete(read)
        session.flush()
    read = FollowerRead(user_id=session.user_id, account_id=account_id, newest=[], broken=0, gained=0)
    session.add(read)
    return read


def _known(
    session: TenantSession, read: FollowerRead, account_id: str, day: date, moment: datetime, timezone: str
) -> Known:
    of_account = select(AccountDay).where(AccountDay.account_id == account_id)
    today = session.scalars(of_account.where(AccountDay.day == day)).one_or_none()
    if today is None:
        today = AccountDay(user_id=session.user_id, account_id=account_id, day=day, reads=0)
        session.add(today)
        session.flush()
    latest = of_account.where(AccountDay.followers.is_not(None)).order_by(AccountDay.day.desc()).limit(1)
    counted = session.scalars(latest).one_or_none()
    return Known(
        midnight=local_midnight(moment, timezone),
        tomorrow=local_midnight(moment, timezone, days=1),
        reads=today.reads,
        counted=today.read_at is not None,
        followers=counted.followers if counted else None,
        list_read_at=read.read_at,
        broken=read.broken,
        whole_at=read.whole_at,
        watched=_plan_of(session, account_id, moment),
    )


def _count_of_now(session: TenantSession, account_id: str, moment: datetime) -> int | None:
    """Return the account's number of followers if it was read within COMPARED_WITHIN."""
    lately = (AccountDay.account_id == account_id, AccountDay.read_at >= moment - COMPARED_WITHIN)
    return session.scalars(select(AccountDay.followers).where(*lately)).one_or_none()


def relations_of(session: TenantSession, account_id: str, moment: datetime) -> Sequence[tuple[Relation, str]]:
    """Return the relations that are still watched, the oldest first, with the Instagram ids of the people."""
    found = session.execute(_watched((Relation, Person.instagram_id), account_id, moment))
    return [(relation, known_id) for relation, known_id in found]


def _plan_of(session: TenantSession, account_id: str, moment: datetime) -> list[Watched]:
    """Return what the plan reads of the watched relations. There are hundreds, and it changes none: no objects."""
    columns = [getattr(Relation, one.key) for one in Relation.__mapper__.column_attrs]
    found = session.execute(_watched((*columns, Person.instagram_id), account_id, moment))
    return [watched_of(row, row.instagram_id) for row in found]


def _watched(what: Iterable[Any], account_id: str, moment: datetime) -> Select[Any]:
    began = func.coalesce(Relation.followed_at, Relation.requested_at)
    return (
        select(*what)
        .join(Person, (Person.id == Relation.person_id) & (Person.user_id == Relation.user_id))
        .where(Relation.account_id == account_id, began > moment - WATCHED)
        .order_by(began, Relation.id)
    )


def begins_of(relation: Any) -> datetime | None:
    """Return the begin of the windows: the follow of a public person, or the time a private one was seen to accept.

    `relation` has the columns of Relation.
    """
    begins: datetime | None = relation.followed_at or relation.accepted_at
    return begins


def watched_of(relation: Any, instagram_id: str) -> Watched:
    """Return a relation as the plan sees it. `relation` has the columns of Relation."""
    return Watched(
        relation.id,
        instagram_id,
        begins_of(relation),
        relation.requested_at,
        not (relation.followed_at or relation.accepted_at or relation.declined_at or relation.unfollowed_at),
        relation.back_at,
        relation.gone_at,
        relation.seen_until,
        relation.no_until,
        relation.asked_at,
        relation.unfollowed_at,
        relation.followed_us_before,
    )


def _meet_followed(session: TenantSession, account_id: str, moment: datetime) -> None:
    """Add the relations of people that the account followed since the last time, and the ends of its follows."""
    steps = (ActionTarget.status == "done", ActionTarget.account_id == account_id)
    lately = ActionTarget.claimed_at > moment - WATCHED
    same = (Relation.person_id == ActionTarget.person_id) & (Relation.account_id == ActionTarget.account_id)
    follows = (
        select(ActionTarget)
        .outerjoin(Relation, same)
        .where(*steps, lately, ActionTarget.step_kind == "follow", ActionTarget.person_id.is_not(None))
        .where(Relation.id.is_(None))
        .order_by(ActionTarget.claimed_at)
    )
    new: dict[str, Relation] = {}
    for row in session.scalars(follows):
        began = {"requested_at" if row.reason == "requested" else "followed_at": row.claimed_at}
        before = {"followed_us_before": row.followed_us, **began}
        relation = Relation(user_id=row.user_id, account_id=account_id, person_id=row.person_id, **before)
        new.setdefault(row.person_id or "", relation)
    session.add_all(new.values())
    session.flush()
    began_at = func.coalesce(Relation.followed_at, Relation.requested_at)
    unfollows = (
        select(Relation, ActionTarget.claimed_at)
        .join(ActionTarget, same)
        .where(*steps, lately, ActionTarget.step_kind == "unfollow", ActionTarget.claimed_at > began_at)
        .where(Relation.unfollowed_at.is_(None))
        .order_by(ActionTarget.claimed_at.desc())
    )
    for relation, at in session.execute(unfollows):
        relation.unfollowed_at = at
