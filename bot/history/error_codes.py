"""Lookup of error codes: the registry, and the fingerprints that were seen."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.core.errors import BotException, ErrorCode, find_code, registry
from bot.storage.models import ErrorCodeRow
from bot.storage.tenancy import identity

_CODE = re.compile(r"E-[A-Z]{2,8}-[IWEC]-[0-9A-F]{4}")


@dataclass(frozen=True)
class KnownCode:
    """One code, and the places that raise it as `file:line`, separated by commas.

    `first_seen` is the time of the first sight of an unforeseen error, or None for a registered code.
    """

    entry: ErrorCode
    module: str
    severity: str
    raised_at: str | None = None
    first_seen: datetime | None = None

    @property
    def registered(self) -> bool:
        return self.first_seen is None


def list_codes() -> list[KnownCode]:
    """Return every registered code in the order of the registry, then the fingerprints by first sight."""
    with identity(reading=True) as session:
        rows = session.scalars(select(ErrorCodeRow).order_by(ErrorCodeRow.created_at, ErrorCodeRow.code)).all()
    places = {row.code: row.file_path for row in rows}
    seen = [_of_row(row) for row in rows if find_code(row.code) is None]
    return [_of_entry(entry, places.get(entry.code)) for entry in registry().values()] + seen


def known_codes(codes: Iterable[str]) -> dict[str, KnownCode]:
    """Return those of the codes that are registered or were seen, by code."""
    wanted = set(codes)
    with identity(reading=True) as session:
        rows = {row.code: row for row in session.scalars(select(ErrorCodeRow).where(ErrorCodeRow.code.in_(wanted)))}
    registered = {code: entry for code in wanted if (entry := find_code(code))}
    places = {code: row.file_path for code, row in rows.items()}
    found = {code: _of_entry(entry, places.get(code)) for code, entry in registered.items()}
    return {code: _of_row(row) for code, row in rows.items()} | found


def get_code(code: str) -> KnownCode:
    """Return a code by `E-…`, or a registered one by its name. Raises NOT_FOUND."""
    entry = find_code(code)
    if entry:
        return _of_entry(entry, _place_of(entry))
    with identity(reading=True) as session:
        row = session.get(ErrorCodeRow, code) if _CODE.fullmatch(code) else None
    if row is None:
        raise BotException("NOT_FOUND")
    return _of_row(row)


def _place_of(entry: ErrorCode) -> str | None:
    """Return None if the database is down, because the code in question may be about that."""
    with suppress(SQLAlchemyError), identity(reading=True) as session:
        row = session.get(ErrorCodeRow, entry.code)
        return row.file_path if row else None
    return None


def _of_entry(entry: ErrorCode, place: str | None) -> KnownCode:
    return KnownCode(entry, entry.module, entry.severity, place)


def _of_row(row: ErrorCodeRow) -> KnownCode:
    """Return an unforeseen code. The entry of INTERNAL tells who acts, the row tells the error and its place."""
    known = registry()["INTERNAL"]
    entry = ErrorCode(
        code=row.code,
        name=row.name,
        status=known.status,
        who=known.who,
        retryable=known.retryable,
        description=row.description,
        remedy=row.recommended_action,
    )
    return KnownCode(entry, row.module, row.severity, row.file_path, row.created_at)
