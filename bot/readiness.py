"""Whether the product can serve: database, schema, Redis and workers."""

from dataclasses import dataclass
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from rq.worker_registration import get_keys
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import BotException
from bot.redis_state import RedisTrouble, redis_troubles
from bot.runtime import runtime
from bot.schema import MIGRATIONS
from bot.scope import identity


@dataclass(frozen=True)
class Part:
    """One thing that serving needs; `trouble` is what is wrong with it, by code and in words."""

    name: str
    code: str
    trouble: str


DATABASE = Part("database", "DATABASE_UNAVAILABLE", "The database cannot be reached.")
SCHEMA = Part("schema", "SCHEMA_OUTDATED", "The schema is not the one of this version: run the release step.")
WORKERS = Part("workers", "NO_WORKER", "No worker is running.")


def check_ready() -> list[Part]:
    """Returns what is wrong and not in the way. Raises NOT_READY whose `errors` name each part that is missing."""
    troubles = redis_troubles(runtime().config.redis_url)
    # Where Redis is out of order nobody knows of the workers.
    queue = [_part(trouble) for trouble in troubles if trouble.stops] or _workers()
    missing = [*_database(), *queue]
    if missing:
        errors = [{"field": part.name, "code": part.code, "message": part.trouble} for part in missing]
        raise BotException("NOT_READY", errors=errors)
    return [_part(trouble) for trouble in troubles]


def _part(trouble: RedisTrouble) -> Part:
    return Part("redis", trouble.code, trouble.text)


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


def _workers() -> list[Part]:
    """Workers renew their registration; what is left of one that died ends by itself within two minutes."""
    redis = runtime().redis
    try:
        keys = get_keys(connection=redis)
        alive = redis.exists(*keys) if keys else 0
    except RedisError:
        return [WORKERS]
    return [] if alive else [WORKERS]
