"""Sealed columns of rows. The model names the purpose of each, and its value is bound to its user and row."""

from typing import Any

from sqlalchemy import Column, inspect

from bot.storage.models import Base, User
from bot.vault.cipher import current_vault


def seal(row: Any, column: str, secret: str) -> None:
    """Seal the secret into the column. The row needs its id and its user already."""
    setattr(row, column, current_vault().seal(secret, **binding(row, column)))


def unseal(row: Any, column: str) -> str | None:
    """Return the secret, or None if there is none. Raises VAULT_REFUSED."""
    value: bytes | None = getattr(row, column)
    return None if value is None else current_vault().open(value, **binding(row, column))


def binding(row: Base, column: str) -> dict[str, str]:
    """Return purpose, user and row that a sealed column's value is bound to, as arguments of the vault."""
    mapped: Column[bytes] = inspect(type(row)).columns[column]
    owner = row.id if isinstance(row, User) else getattr(row, "user_id", None)
    return {"purpose": mapped.info["purpose"], "user_id": owner or "", "row": row.id}  # type: ignore[attr-defined]  # each has one


def sealed_columns(model: type[Base]) -> list[str]:
    """Return the names of the sealed columns of a table."""
    return [name for name, column in inspect(model).columns.items() if "purpose" in column.info]
