"""Readiness to serve: database, schema, Redis and workers."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from rq.worker_registration import get_keys
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.automation.client_versions import outdated_since
from bot.automation.generations import held_since
from bot.config.runtime import runtime
from bot.core.database_faults import database_fault
from bot.core.errors import BotException, registry
from bot.lanes.redis_health import RedisTrouble, redis_troubles
from bot.storage.engine import db
from bot.storage.schema import MIGRATIONS
from bot.storage.tenancy import IdentitySession, identity


@dataclass(frozen=True)
class Part:
    """One requirement of serving. `trouble` is its problem in words, `code` the name of it."""

    name: str
    code: str
    trouble: str


UNGUARDED = Part(
    "database",
    "ROW_SECURITY_MISSING",
    "DATABASE_SINGLE_ROLE is set: the code alone keeps users apart, and no row-level security stands behind it.",
)
HELD = Part("bots", "DATABASE_RESTORED", "The database was restored, so every bot is held: check it, and release them.")
OUTDATED = Part(
    "bots",
    "INSTAGRAM_CLIENT_OUTDATED",
    "Instagram refuses the app version that Troupe uses, so every bot is held: install a newer version of Troupe.",
)
WORKERS = Part("workers", "NO_WORKER", "No worker is running.")


def check_ready() -> list[Part]:
    """Return the problems that do not stop serving. Raises NOT_READY, whose `errors` name each missing part."""
    troubles = redis_troubles(runtime().config.redis_address)
    # If Redis is down, its workers are unknown.
    queue = [_part(trouble) for trouble in troubles if trouble.stops] or _workers()
    missing = [*_database(), *queue]
    if missing:
        errors = [{"field": part.name, "code": part.code, "message": part.trouble} for part in missing]
        raise BotException("NOT_READY", errors=errors)
    held = ([HELD] if held_since() else []) + ([OUTDATED] if outdated_since() else [])
    unguarded = [UNGUARDED] if runtime().config.database_single_role else []
    return [*held, *unguarded, *(_part(trouble) for trouble in troubles)]


def _part(trouble: RedisTrouble) -> Part:
    return Part("redis", trouble.code, trouble.text)


def _database() -> list[Part]:
    try:
        with identity(reading=True) as session:
            current = MigrationContext.configure(session.connection()).get_current_heads()
            read_only = _is_read_only(session)
    except SQLAlchemyError as error:
        return [_fault(database_fault(error) or "DATABASE_UNAVAILABLE")]
    if read_only:
        return [_fault("DATABASE_READ_ONLY")]
    trouble = schema_trouble(current)
    return [Part("schema", "SCHEMA_OUTDATED", trouble)] if trouble else []


def _fault(name: str) -> Part:
    return Part("database", name, registry()[name].description)


def _is_read_only(session: IdentitySession) -> bool:
    """Ask the server or the file. Trying to write would take the turn of a writer."""
    if db.engine.dialect.name == "postgresql":
        return session.scalar(select(func.current_setting("transaction_read_only"))) == "on"
    path = db.engine.url.database
    return bool(path) and not os.access(str(path), os.W_OK)


def schema_trouble(current: Collection[str]) -> str | None:
    """Return the problem of a schema with these revisions and its remedy, or None if it is this version's."""
    known = _known()
    if set(current) == {known[0]}:
        return None
    if not current:
        return "The database is empty: run `flask --app wsgi release`."
    at = ", ".join(sorted(current))
    if set(current) <= set(known):
        return f"The schema is older, {at}, than this version's, {known[0]}: run `flask --app wsgi release`."
    return f"The schema, {at}, is of a newer version than this one, whose is {known[0]}: install the newer version."


@cache
def _known() -> list[str]:
    """Return the revisions of this version, newest first."""
    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def _workers() -> list[Part]:
    """Check the registrations of workers. That of a dead worker expires within two minutes."""
    redis = runtime().redis
    try:
        keys = get_keys(connection=redis)
        alive = redis.exists(*keys) if keys else 0
    except RedisError:
        return [WORKERS]
    return [] if alive else [WORKERS]
