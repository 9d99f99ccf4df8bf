"""A row of a user in every table of users' rows. They are made from the metadata, so a new table is included."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    create_engine,
    inspect,
    select,
)

from bot.config.environment import Config
from bot.config.runtime import now
from bot.storage.engine import engine_options
from bot.storage.models import Base, User, new_id
from bot.storage.models.base import UtcDateTime
from bot.storage.models.values import OneOf
from bot.storage.tenancy import identity
from bot.vault.columns import seal, sealed_columns
from tests.support.people import Somebody

OF_NOBODY = {
    "attempts": "what was typed by whoever tried to get in, for minutes; what a user's name is in goes with them",
    "audit_log": "who did what, by ids: it can never be changed",
    "error_codes": "the registry",
    "generations": "when the database was restored",
    "instagram_clients": "which versions of the client workers have run",
    "kill_switch": "why every bot is stopped",
    "platform_days": "numbers of all users by day, without anything of one of them; they are counted again each night",
    "recovery_requests": "whoever asked for a new password, until the clock has looked for them a moment later",
    "registrations": "whoever wants to be a user, for a day; what a user's address is in goes with them",
    "unknown_replies": "shapes of replies of Instagram, without anything of the accounts that got them",
    "vault_keys": "the check values of the master keys",
}
"""Tables without rows of users."""


def models_of_users() -> dict[str, type[Base]]:
    """Return every table with rows of users except `users`, in an order in which rows can be added."""
    models = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    return {
        table.name: models[table.name]
        for table in Base.metadata.sorted_tables
        if table.name not in OF_NOBODY and table.name != "users"
    }


def mark(user: Somebody) -> str:
    """Return the text that every text column of the user's rows contains."""
    return f"mark-of-{user.username}"


def fill(user: Somebody) -> None:
    """Add a row of the user to every table without one. Commits."""
    made: dict[str, Any] = {}
    with identity(user.id) as session:
        for name, model in models_of_users().items():
            owner = model.user_id  # type: ignore[attr-defined]  # each has one
            row = session.scalars(select(model).where(owner == user.id).limit(1)).first()
            if row is None:
                row = _new(model, user, made)
                session.add(row)
                session.flush()
            for column in sealed_columns(model):
                if getattr(row, column) is None:
                    seal(row, column, mark(user))
            made[name] = row
        login = session.get_one(User, user.id)
        for name in sealed_columns(User):
            seal(login, name, mark(user))
        session.commit()


def _new(model: type[Base], user: Somebody, made: dict[str, Any]) -> Base:
    row = model(id=new_id(), user_id=user.id)
    for name, column in inspect(model).columns.items():
        if name not in ("id", "user_id"):
            setattr(row, name, _value(column, user, made))
    for name, column in inspect(model).columns.items():
        if isinstance(column.type, LargeBinary):
            seal(row, name, mark(user))
    return row


def _value(column: Column[Any], user: Somebody, made: dict[str, Any]) -> object:
    for key in column.foreign_keys:
        return getattr(made[key.column.table.name], key.column.name)
    if isinstance(column.type, OneOf):
        return column.type.values[0]
    for kind, value in _VALUES.items():
        if isinstance(column.type, kind):
            return value() if callable(value) else value
    if isinstance(column.type, JSON):
        return {"mark": mark(user)}
    length = getattr(column.type, "length", None)
    return new_id() if length == 36 else mark(user)[:length]


_VALUES: dict[type[Any], Any] = {Boolean: False, Integer: 1, Float: 1.0, UtcDateTime: now, LargeBinary: None}
_VALUES[Date] = lambda: now().date()


def everything(config: Config) -> dict[str, list[str]]:
    """Return every row of every table as text, as the owner of the database sees it."""
    engine = create_engine(**engine_options(config, as_owner=True))
    try:
        with engine.connect() as connection:
            return {name: _rows(connection, name) for name in Base.metadata.tables}
    finally:
        engine.dispose()


def _rows(connection: Connection, name: str) -> list[str]:
    table = MetaData()
    table.reflect(connection, only=[name], resolve_fks=False)
    return [repr(tuple(row)) for row in connection.execute(select(table.tables[name]))]
