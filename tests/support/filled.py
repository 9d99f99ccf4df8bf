"""Rows in every table of a database of any revision, made without the models."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    func,
    insert,
    select,
)

ROWS = 3
_MOMENT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
Rows = dict[str, list[dict[str, Any]]]
"""Table → its rows, by their primary key."""


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables, those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def fill_empty_tables(connection: Connection, tables: list[Table]) -> None:
    """Add rows to each empty table. Each row refers to the same row of other tables. Commits."""
    rows: Rows = {}
    for table in tables:
        if not connection.scalar(select(func.count()).select_from(table)):
            connection.execute(insert(table), [_row(table, number, rows) for number in range(ROWS)])
        rows[table.name] = _sorted(connection, table)
    connection.commit()


def rows_of(connection: Connection, tables: list[Table]) -> Rows:
    found = {table.name: _sorted(connection, table) for table in tables}
    connection.commit()
    return found


def _sorted(connection: Connection, table: Table) -> list[dict[str, Any]]:
    rows = [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
    return [{name: json.dumps(cell) if isinstance(cell, dict) else cell for name, cell in row.items()} for row in rows]


def _row(table: Table, number: int, rows: Rows) -> dict[str, Any]:
    row = {column.name: _value(column, number) for column in table.columns}
    for constraint in table.foreign_key_constraints:
        parent = rows[constraint.referred_table.name][number]
        for element in constraint.elements:
            row[element.parent.name] = parent[element.column.name]
    return row


def _value(column: Column[Any], number: int) -> object:
    for kind, value in (
        (Boolean, number % 2 == 0),
        # Places of a plan, which the version before them does not hold.
        (SmallInteger, 0),
        (Integer, number),
        (Float, number + 0.5),
        (Numeric, number),
        (DateTime, _MOMENT),
        (Date, _MOMENT.date()),
        (LargeBinary, bytes([number])),
        (JSON, {"number": number}),
    ):
        if isinstance(column.type, kind):
            return value
    length = getattr(column.type, "length", None) or 64
    return f"{number}{column.table.name}.{column.name}"[:length]
