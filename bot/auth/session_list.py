"""Lists of sign-ins, for their users and for administrators, and their ending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, delete, func, or_, select

from bot.auth.session_counts import add_clean_up
from bot.auth.session_stores import session_store
from bot.auth.sessions import End, SessionInfo, idle_end, row_end, sessions
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.core.user_agents import described
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.inputs.pagination import Page, page
from bot.storage.models import KnownDevice, User, UserSession
from bot.storage.models.values import SignInKind
from bot.storage.tenancy import IdentitySession, identity, tenant

HISTORY = timedelta(days=90)
_ORDER = (UserSession.created_at, UserSession.id)


@dataclass(frozen=True)
class SignInReport:
    """A sign-in as people see it.

    `device` is its browser and system. `device_name` is its user's own name for it, shown to that user only. `current`
    marks the caller's own sign-in. `end` is None while it is in use.
    """

    id: str
    user_id: str
    username: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str
    device: str
    device_name: str | None
    kind: SignInKind
    current: bool
    end: End | None

    @property
    def ended_at(self) -> datetime | None:
        return self.end.at if self.end else None

    @property
    def end_reason(self) -> str | None:
        return self.end.reason if self.end else None


@dataclass(frozen=True)
class Renewed:
    """The new token of a sign-in, and the time at which it ends in any case."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class CleanUp:
    """The number of sign-ins that turned out to have ended, and of those that were deleted for their age."""

    ended: int
    forgotten: int


def list_own(who: SessionInfo, limit: int, cursor: str | None) -> Page[SignInReport]:
    """Return a page of the user's sign-ins of the last 90 days, newest first, ended ones included.

    Raises BAD_CURSOR and SESSIONS_UNAVAILABLE.
    """
    with tenant(who.id, reading=True) as session:
        user = session.get_one(User, who.id)
        mine = select(UserSession).where(UserSession.created_at > now() - HISTORY)
        found: Page[UserSession] = page(session, mine, _ORDER, limit, cursor)
    return Page(_reports(found.items, {user.id: user}, who), found.next)


def list_in_use(who: SessionInfo) -> list[SignInReport]:
    """Return the user's open sign-ins, the hundred newest, newest first. Raises SESSIONS_UNAVAILABLE."""
    with tenant(who.id, reading=True) as session:
        user = session.get_one(User, who.id)
        found: Page[UserSession] = page(session, _perhaps_in_use(), _ORDER, 100, None)
    return [report for report in _reports(found.items, {user.id: user}, who) if report.end is None]


def list_all(who: SessionInfo, limit: int, cursor: str | None) -> Page[SignInReport]:
    """Return a page of all open sign-ins, newest first. It may hold fewer than `limit`, and only the last page is
    empty.

    Raises BAD_CURSOR and SESSIONS_UNAVAILABLE.
    """
    while True:
        with identity(reading=True) as session:
            found: Page[UserSession] = page(session, _perhaps_in_use(), _ORDER, limit, cursor)
            owners = select(User).where(User.id.in_({sign_in.user_id for sign_in in found.items}))
            users = {user.id: user for user in session.scalars(owners)}
        reports = [report for report in _reports(found.items, users, who) if report.end is None]
        if reports or found.next is None:
            return Page(reports, found.next)
        cursor = found.next


def count_in_use(user_id: str | None = None) -> int:
    """Return the number of possibly open sign-ins of a user, or of all, by the last use in their rows."""
    query = _perhaps_in_use().with_only_columns(func.count(UserSession.id))
    with identity(reading=True) as session:
        return session.scalar(query.where(UserSession.user_id == user_id) if user_id else query) or 0


def get_any(who: SessionInfo, sign_in_id: str) -> SignInReport:
    """Return any user's sign-in, for an administrator. Raises SIGN_IN_NOT_FOUND and SESSIONS_UNAVAILABLE."""
    with identity(reading=True) as session:
        sign_in = _find(session, sign_in_id, None)
        user = session.get_one(User, sign_in.user_id)
    return _reports([sign_in], {user.id: user}, who)[0]


def _perhaps_in_use() -> Select[Any]:
    """Select sign-ins whose rows show no end. The exact time of the last use is in the session store."""
    return select(UserSession).where(UserSession.ended_at.is_(None), UserSession.expires_at > now(), ~_surely_idle())


def _surely_idle() -> ColumnElement[bool]:
    """Match sign-ins that are over, even if the store has seen them as late as its rows may lag behind."""
    config, moment = runtime().config, now() - session_store().recorded_every
    remembered = UserSession.kind == "remembered"
    return or_(
        remembered & (UserSession.last_seen_at <= moment - config.idle_timeout("remembered")),
        ~remembered & (UserSession.last_seen_at <= moment - config.idle_timeout("usual")),
    )


def _reports(rows: Sequence[UserSession], users: dict[str, User], who: SessionInfo) -> list[SignInReport]:
    """Return the reports of the rows whose users still exist."""
    kept = [row for row in rows if row.user_id in users]
    seen = session_store().last_seen(kept)
    names = _own_names(who) if any(row.user_id == who.id for row in kept) else {}
    return [_report(row, users[row.user_id], at, who, names) for row, at in zip(kept, seen, strict=True)]


def _own_names(who: SessionInfo) -> dict[str, str | None]:
    """Return the user's own names for their devices, by device id."""
    with tenant(who.id, reading=True) as session:
        rows = session.execute(select(KnownDevice.id, KnownDevice.name))
        return {row.id: row.name for row in rows}


def _report(
    row: UserSession, user: User, last_seen: datetime | None, who: SessionInfo, names: dict[str, str | None]
) -> SignInReport:
    return SignInReport(
        id=row.id,
        user_id=row.user_id,
        username=user.username,
        created_at=row.created_at,
        last_seen_at=max(row.last_seen_at, last_seen or row.last_seen_at),
        expires_at=row.expires_at,
        ip=row.ip,
        device=described(row.user_agent),
        device_name=names.get(row.device_id or ""),
        kind=row.kind,
        current=row.id == who.session_id,
        end=row_end(row, user) or idle_end(row, last_seen),
    )


def renew(who: SessionInfo, visitor: Visitor) -> Renewed:
    """Replace the token of the caller's sign-in, which ends when it would have ended. The old token stops working.
    Commits.

    Raises AUTHENTICATION_REQUIRED if another request renewed it at the same moment.
    """
    with identity() as session:
        token = sessions.renew(session, who)
        expires_at = session.get_one(UserSession, who.session_id).expires_at
        audit(session, "sign_in_renewed", actor_id=who.id, ip=visitor.ip)
        session.commit()
    return Renewed(token, expires_at)


def sign_out(who: SessionInfo, visitor: Visitor) -> None:
    """End the caller's sign-in. Commits."""
    _end(who.session_id, who, visitor, "signed_out")


def end_own(who: SessionInfo, sign_in_id: str, visitor: Visitor) -> None:
    """End one of the user's own sign-ins on any device. Raises SIGN_IN_NOT_FOUND. Commits."""
    _end(sign_in_id, who, visitor, "ended_by_user", owner_id=who.id)


def end_any(who: SessionInfo, sign_in_id: str, visitor: Visitor) -> None:
    """End any user's sign-in, for an administrator. Raises SIGN_IN_NOT_FOUND. Commits."""
    _end(sign_in_id, who, visitor, "ended_by_admin")


def _end(sign_in_id: str, who: SessionInfo, visitor: Visitor, reason: str, owner_id: str | None = None) -> None:
    with identity() as session:
        sign_in = _find(session, sign_in_id, owner_id)
        if sign_in.ended_at:
            return
        sign_in.ended_at, sign_in.end_reason = now(), reason
        event = "signed_out" if reason == "signed_out" else "sign_in_ended"
        audit(session, event, actor_id=who.id, subject_id=sign_in.user_id, ip=visitor.ip)
        session.commit()


def _find(session: IdentitySession, sign_in_id: str, owner_id: str | None) -> UserSession:
    """Return the sign-in of that owner, if one is given. Ids of other users give the same error as unknown ids."""
    sign_in = session.get(UserSession, sign_in_id)
    if sign_in is None or owner_id not in (None, sign_in.user_id):
        raise BotException("SIGN_IN_NOT_FOUND")
    return sign_in


def end_own_others(who: SessionInfo, visitor: Visitor) -> None:
    """End every sign-in of the user except the caller's. Commits."""
    with identity() as session:
        user = session.get_one(User, who.id, with_for_update=True)
        sessions.end_others(session, user, "ended_by_user", who.session_id)
        audit(session, "sign_ins_ended", actor_id=who.id, subject_id=who.id, ip=visitor.ip)
        session.commit()


def clean_up_now(who: SessionInfo, visitor: Visitor) -> CleanUp:
    """Run the clock's clean-up for an administrator. Commits."""
    with identity() as session:
        audit(session, "sign_ins_cleaned_up", actor_id=who.id, ip=visitor.ip)
        session.commit()
    return clean_up()


def clean_up() -> CleanUp:
    """Record the end of sign-ins that are over, and delete those older than 90 days. Commits.

    It reads only the rows, so any process can run it with every store.
    """
    moment = now()
    over = select(UserSession).where(
        UserSession.ended_at.is_(None), or_(UserSession.expires_at <= moment, _surely_idle())
    )
    with identity() as session:
        found = session.scalars(over).all()
        for sign_in in found:
            idle = sign_in.last_seen_at + runtime().config.idle_timeout(sign_in.kind)
            ends = End(sign_in.expires_at, "expired"), End(idle, "idle")
            sign_in.ended_at, sign_in.end_reason = min(ends)
        long_over = delete(UserSession).where(UserSession.created_at <= moment - HISTORY)
        forgotten = cast(CursorResult[Any], session.execute(long_over)).rowcount
        session.commit()
    add_clean_up(runtime().redis, moment, in_use=count_in_use(), ended=len(found), forgotten=forgotten)
    return CleanUp(len(found), forgotten)
