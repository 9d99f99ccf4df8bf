"""One row for each bot: its verdict, since when, and who has to act. Read from columns, whatever the number of bots."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from bot.automation.client_versions import outdated_since
from bot.automation.generations import held_since
from bot.automation.kill_switch import kill_switch
from bot.automation.verdicts import kept_verdicts
from bot.config.runtime import now
from bot.core.errors import BotException, Who, find_code, invalid, registry
from bot.decision.blocks import HOLD
from bot.fleet import words
from bot.storage.models import AuditEntry, User
from bot.storage.models.values import BotCondition
from bot.storage.tenancy import IdentitySession, identity

PAGE_SIZE = 50
REMINDED = "bot_reminded"
REMINDER_EVERY = timedelta(days=1)
CONDITIONS: tuple[BotCondition, ...] = get_args(BotCondition)


@dataclass(frozen=True)
class Hold:
    """The hold on all bots: the name of the reason in the registry, and since when. `detail` is an admin's reason."""

    reason: str
    since: datetime
    detail: str | None = None

    @property
    def code(self) -> str:
        return registry()[self.reason].code

    @property
    def message(self) -> str:
        return words.short(self.reason, None)


@dataclass(frozen=True)
class FleetBot:
    """A bot as administrators see it. It holds no text that users or strangers wrote.

    `reason` is a name of the registry, ACTING, or None until the first verdict after an upgrade. `cause` is the name of
    the error that began a rest. `act` is what `who` has to do. `reminded_at` is the last reminder of the user within a
    day. `held` tells that all bots are held.
    """

    user_id: str
    username: str
    instagram_username: str | None
    condition: BotCondition
    reason: str | None
    kind: str | None
    rule: str | None
    cause: str | None
    who: Who | None
    since: datetime | None
    until: datetime | None
    reminded_at: datetime | None = None
    held: bool = False

    @property
    def code(self) -> str | None:
        entry = find_code(self.reason)
        return entry.code if entry else None

    @property
    def message(self) -> str:
        return words.short(self.reason, self.kind, self.cause) if self.reason else "Its verdict is read within a minute"

    @property
    def act(self) -> str | None:
        return words.act(self.reason or "", self.who, self.cause) if self.needs_help else None

    @property
    def needs_help(self) -> bool:
        return self.condition == "needs_help"

    @property
    def waits_for_user(self) -> bool:
        """Whether the user can be reminded, apart from reminders of today."""
        return self.needs_help and self.who == "user" and not self.held


@dataclass(frozen=True)
class Counts:
    """Bots by condition."""

    of: dict[BotCondition, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.of.values())


@dataclass(frozen=True)
class Fleet:
    """One page of bots. `counts` are of all bots that the search finds."""

    items: list[FleetBot]
    next: str | None
    counts: Counts
    hold: Hold | None


_HOLD = select(HOLD)


def present_hold() -> Hold | None:
    """Return what holds all bots now, or None."""
    with identity(reading=True) as session:
        reason = session.scalar(_HOLD)
    if reason == "KILL_SWITCH" and (stopped := kill_switch()):
        return Hold(reason, stopped.set_at, stopped.reason)
    since = {"DATABASE_RESTORED": held_since, "INSTAGRAM_CLIENT_OUTDATED": outdated_since}.get(reason or "")
    at = since() if since else None
    return Hold(reason, at) if reason and at else None


def list_bots(
    limit: int = PAGE_SIZE,
    cursor: str | None = None,
    condition: BotCondition | None = None,
    search: str | None = None,
) -> Fleet:
    """Return a page of bots: those that need help first, then those that are on, then those that are off, by name.

    A user without an Instagram account has no bot.
    `search` matches parts of the user's name or the account's. Raises BAD_CURSOR.
    """
    hold, table = present_hold(), _Table(search)
    query = table.query(hold).where(*table.found)
    if condition:
        query = query.where(table.condition(hold) == condition)
    if cursor:
        rank, name = _decode(cursor)
        query = query.where(or_(table.rank > rank, and_(table.rank == rank, User.username > name)))
    with identity(reading=True) as session:
        counts = table.counts(session, hold)
        rows = session.execute(query.order_by(table.rank, User.username).limit(limit + 1)).all()
        bots = _bots(session, rows[:limit], hold)
    more = len(rows) > limit
    return Fleet(bots, _encode(rows[limit - 1].rank, rows[limit - 1].username) if more else None, counts, hold)


def needy_bots(limit: int) -> list[FleetBot]:
    """Return the bots that need help, the oldest first."""
    hold, table = present_hold(), _Table(None)
    query = table.query(hold).where(table.kept.verdict_condition == "needs_help")
    with identity(reading=True) as session:
        rows = session.execute(query.order_by(table.kept.verdict_since, User.username).limit(limit)).all()
        return _bots(session, rows, hold)


def bots_of(user_ids: Sequence[str]) -> dict[str, FleetBot]:
    """Return the bots of these users by the user's id. Erased users are missing."""
    hold, table = present_hold(), _Table(None)
    with identity(reading=True) as session:
        rows = session.execute(table.query(hold).where(User.id.in_(user_ids))).all()
        return {bot.user_id: bot for bot in _bots(session, rows, hold)}


def get_bot(user_id: str) -> FleetBot:
    """Return the bot of one user. Raises USER_NOT_FOUND."""
    found = bots_of([user_id]).get(user_id)
    if found is None:
        raise BotException("USER_NOT_FOUND")
    return found


def count_bots() -> Counts:
    """Return the number of bots by condition, holds included."""
    with identity(reading=True) as session:
        return _Table(None).counts(session, present_hold())


class _Table:
    """The kept verdicts joined with the users. `found` are the bots of a search: of users with an account."""

    def __init__(self, search: str | None) -> None:
        self.source = kept_verdicts()
        self.kept: Any = self.source.c
        self.found: list[ColumnElement[bool]] = [self.kept.instagram_username.is_not(None)]
        if search and (sought := search.strip().lower().removeprefix("@")):
            names = (User.username, func.lower(self.kept.instagram_username))
            self.found.append(or_(*(name.contains(sought, autoescape=True) for name in names)))
        self.rank = case(
            (self.kept.verdict_condition == "needs_help", 0), (self.kept.verdict_condition == "off", 2), else_=1
        )

    def condition(self, hold: Hold | None) -> ColumnElement[str]:
        """Return the condition of a row. A held bot that would work waits. The other ones stay what they are."""
        of_row: ColumnElement[str] = func.coalesce(self.kept.verdict_condition, "waiting")
        return case((of_row == "working", "waiting"), else_=of_row) if hold else of_row

    def query(self, hold: Hold | None) -> Select[Any]:
        shown = self.condition(hold).label("condition")
        return select(User.username, self.rank.label("rank"), shown, self.source).join(
            self.source, self.kept.user_id == User.id
        )

    def counts(self, session: IdentitySession, hold: Hold | None) -> Counts:
        shown = self.condition(hold).label("condition")
        joined = select(shown, func.count()).select_from(User).join(self.source, self.kept.user_id == User.id)
        found = {name: count for name, count in session.execute(joined.where(*self.found).group_by(shown))}  # noqa: C416
        return Counts({name: found.get(name, 0) for name in CONDITIONS})


def _bots(session: IdentitySession, rows: Iterable[Any], hold: Hold | None) -> list[FleetBot]:
    rows = list(rows)
    reminded = _reminded(session, [row.user_id for row in rows])
    return [_bot(row, hold, reminded.get(row.user_id)) for row in rows]


def _bot(row: Any, hold: Hold | None, reminded_at: datetime | None) -> FleetBot:
    names = row.user_id, row.username, row.instagram_username, row.condition
    if hold and row.condition == "waiting":
        return FleetBot(*names, hold.reason, None, None, None, "admin", hold.since, None, reminded_at, True)
    return FleetBot(
        *names,
        row.verdict,
        row.verdict_kind,
        row.verdict_rule,
        row.verdict_cause,
        row.verdict_who,
        row.verdict_since,
        row.verdict_until,
        reminded_at,
        hold is not None,
    )


def _reminded(session: IdentitySession, user_ids: list[str]) -> dict[str, datetime]:
    """Return the time of the last reminder within a day, by user."""
    at = func.max(AuditEntry.at, type_=AuditEntry.at.type)
    lately = AuditEntry.event == REMINDED, AuditEntry.at > now() - REMINDER_EVERY
    query = select(AuditEntry.subject_id, at).where(AuditEntry.subject_id.in_(user_ids), *lately)
    rows = session.execute(query.group_by(AuditEntry.subject_id))
    return {user_id: last for user_id, last in rows if user_id}


def _encode(rank: int, username: str) -> str:
    return base64.urlsafe_b64encode(f"{rank}|{username}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[int, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        rank, _, username = text.partition("|")
        if not username or "\0" in username:
            raise ValueError("no name")
        return int(rank), username
    except (binascii.Error, UnicodeError, ValueError):
        raise invalid("cursor", "This list did not give out this cursor.", "BAD_CURSOR") from None
