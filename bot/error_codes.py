"""What can be looked up about an error code: the registry, and what was seen beyond it."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.errors import BotException, ErrorCode, find_code, registry
from bot.models import ErrorCodeRow
from bot.scope import identity

_CODE = re.compile(r"E-[A-Z]{2,8}-[IWEC]-[0-9A-F]{4}")


@dataclass(frozen=True)
class KnownCode:
    """One code: registered (`raised_at` is None), or of an error that nobody foresaw, with where it is raised."""

    entry: ErrorCode
    module: str
    severity: str
    raised_at: str | None = None
    first_seen: datetime | None = None


def list_codes() -> list[KnownCode]:
    """Every registered code in the order of the registry, then the fingerprints in the order of their sight."""
    with identity(reading=True) as session:
        rows = session.scalars(select(ErrorCodeRow).order_by(ErrorCodeRow.created_at, ErrorCodeRow.code))
        seen = [_of_row(row) for row in rows if find_code(row.code) is None]
    return [_of_entry(entry) for entry in registry().values()] + seen


def get_code(code: str) -> KnownCode:
    """By `E-…` code, or by name where it is registered. Raises NOT_FOUND."""
    entry = find_code(code)
    if entry:
        return _of_entry(entry)
    with identity(reading=True) as session:
        row = session.get(ErrorCodeRow, code) if _CODE.fullmatch(code) else None
    if row is None:
        raise BotException("NOT_FOUND")
    return _of_row(row)


def _of_entry(entry: ErrorCode) -> KnownCode:
    return KnownCode(entry, entry.module, entry.severity)


def _of_row(row: ErrorCodeRow) -> KnownCode:
    """What nobody foresaw is answered like INTERNAL: that entry says who acts, the row says what and where."""
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
