"""Whether the product can serve: database, schema, Redis and workers."""

from dataclasses import dataclass
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from rq.worker_registration import get_keys
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import BotException
from bot.release import MIGRATIONS
from bot.runtime import runtime
from bot.scope import identity


@dataclass(frozen=True)
class Part:
    """One thing that serving needs; `trouble` is what is wrong with it, by code and in words."""

    name: str
    code: str
    trouble: str


DATABASE = Part("database", "DATABASE_UNAVAILABLE", "The database cannot be reached.")
SCHEMA = Part("schema", "SCHEMA_OUTDATED", "The schema is not the one of this version: run the release step.")
REDIS = Part("redis", "QUEUE_UNAVAILABLE", "Redis cannot be reached.")
WORKERS = Part("workers", "NO_WORKER", "No worker is running.")
PARTS = (DATABASE, SCHEMA, REDIS, WORKERS)


def check_ready() -> None:
    """Raises NOT_READY whose `errors` name each part that is missing."""
    missing = [*_database(), *_queue()]
    if missing:
        errors = [{"field": part.name, "code": part.code, "message": part.trouble} for part in missing]
        raise BotException("NOT_READY", errors=errors)


def _database() -> list[Part]:
    try:
        with identity(reading=True) as session:
            current = MigrationContext.configure(session.connection()).get_current_heads()
    except SQLAlchemyError:
        return [DATABASE]
    return [] if set(current) == _newest() else [SCHEMA]


@cache
def _newest() -> set[str]:
    return set(ScriptDirectory(str(MIGRATIONS)).get_heads())


def _queue() -> list[Part]:
    """Workers renew their registration; what is left of one that died ends by itself within two minutes."""
    redis = runtime().redis
    try:
        keys = get_keys(connection=redis)
        alive = redis.exists(*keys) if keys else 0
    except RedisError:
        return [REDIS]
    return [] if alive else [WORKERS]
