"""The audit log for administrators: filtered, in pages or as CSV."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from bot.core.csv_export import csv_text
from bot.inputs.pagination import Page, all_rows, page
from bot.storage.models import AuditEntry, User
from bot.storage.tenancy import identity
from bot.users.directory import usernames

_HEADER = ("at", "event", "who", "who_id", "whom", "whom_id", "detail", "ip", "request_id")


@dataclass(frozen=True)
class Audited:
    """An entry with the current usernames. A name is None if the person was erased or the entry names none."""

    entry: AuditEntry
    who: str | None
    whom: str | None


@dataclass(frozen=True)
class AuditFilter:
    """Filters of the log. `who` and `whom` are names, or ids, which still match erased users."""

    event: str | None = None
    who: str | None = None
    whom: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = AuditFilter()


def list_audit(limit: int, cursor: str | None, wanted: AuditFilter = EVERYTHING) -> Page[Audited]:
    """Return a page of entries, newest first. Raises BAD_CURSOR."""
    with identity(reading=True) as session:
        found: Page[AuditEntry] = page(
            session, _narrowed(select(AuditEntry), wanted), (AuditEntry.at, AuditEntry.id), limit, cursor
        )
    names = usernames({one for entry in found.items for one in (entry.actor_id, entry.subject_id) if one})
    return Page([_with_names(entry, names) for entry in found.items], found.next)


def _with_names(entry: AuditEntry, names: dict[str, str]) -> Audited:
    return Audited(entry, names.get(entry.actor_id or ""), names.get(entry.subject_id or ""))


def _narrowed(query: Select[Any], wanted: AuditFilter) -> Select[Any]:
    if wanted.event:
        query = query.where(AuditEntry.event == wanted.event)
    for column, person in ((AuditEntry.actor_id, wanted.who), (AuditEntry.subject_id, wanted.whom)):
        if person:
            named = select(User.id).where(User.username == person.strip().lower()).scalar_subquery()
            query = query.where((column == named) | (column == person.strip()))
    if wanted.since:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEntry.at < wanted.until)
    return query


_WHO, _WHOM = aliased(User), aliased(User)
_COLUMNS: tuple[Any, ...] = (
    AuditEntry.at,
    AuditEntry.id,
    AuditEntry.event,
    _WHO.username,
    AuditEntry.actor_id,
    _WHOM.username,
    AuditEntry.subject_id,
    AuditEntry.detail,
    AuditEntry.ip,
    AuditEntry.request_id,
)
_EXPORTED = (
    select(*_COLUMNS)
    .outerjoin(_WHO, _WHO.id == AuditEntry.actor_id)
    .outerjoin(_WHOM, _WHOM.id == AuditEntry.subject_id)
)


def audit_csv(wanted: AuditFilter) -> Iterator[str]:
    """Yield all matching entries as CSV, in large parts."""

    def read(part: Select[Any]) -> Sequence[Any]:
        with identity(reading=True) as session:
            return session.execute(part).all()

    rows = all_rows(read, _narrowed(_EXPORTED, wanted), (AuditEntry.at, AuditEntry.id))
    return csv_text(_HEADER, ((at.isoformat(), *known) for at, _, *known in rows))
