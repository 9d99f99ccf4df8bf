"""Where it is kept when each sign-in was used last: in the database, in Redis, or in the memory of the web process."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil
from threading import Lock
from typing import Protocol, cast

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError

from bot.core.errors import BotException
from bot.storage.models import UserSession

_EXTENSION = "troupe.session_store"

# The row of a sign-in that is kept elsewhere tells its owner where they were, and need not be exact for that.
_SELDOM = timedelta(minutes=5)
_PREFIX = "troupe:sign-in:"
_RETRY_AFTER = 5
# After how long without use a sign-in of a kind ends.
IdleTimeout = Callable[[str], timedelta]


class SessionStore(Protocol):
    """Which sign-ins are in use. Each has its row in the database with every store: whose it is, and whether it ended.

    A sign-in that its store does not know signs nobody in. `recorded_every`: how far `last_seen_at` of the row may be
    behind what the store knows. What is kept elsewhere raises SESSIONS_UNAVAILABLE while it cannot be reached.
    """

    recorded_every: timedelta

    def start(self, sign_in: UserSession) -> None:
        """From now on it is in use."""

    def last_seen(self, sign_ins: Sequence[UserSession]) -> list[datetime | None]:
        """When each was used last; None for one that this store does not know."""

    def seen(self, sign_in: UserSession, moment: datetime) -> None:
        """It was used; one that the store does not know stays so."""


class DatabaseStore:
    """In the row itself."""

    recorded_every = timedelta(seconds=30)

    def start(self, sign_in: UserSession) -> None:
        pass

    def last_seen(self, sign_ins: Sequence[UserSession]) -> list[datetime | None]:
        return [sign_in.last_seen_at for sign_in in sign_ins]

    def seen(self, sign_in: UserSession, moment: datetime) -> None:
        pass


class RedisStore:
    """A key for each, with the time and no more: neither the token nor its hash. It goes with the idle end."""

    recorded_every = _SELDOM

    def __init__(self, redis: Redis, timeout: IdleTimeout) -> None:
        self._redis, self._timeout = redis, timeout

    def start(self, sign_in: UserSession) -> None:
        self._set(sign_in, sign_in.created_at)

    def last_seen(self, sign_ins: Sequence[UserSession]) -> list[datetime | None]:
        with _reachable():
            found = self._redis.mget([_PREFIX + sign_in.id for sign_in in sign_ins]) if sign_ins else []
        return [datetime.fromisoformat(text.decode()) if text else None for text in cast(list[bytes | None], found)]

    def seen(self, sign_in: UserSession, moment: datetime) -> None:
        self._set(sign_in, moment, known=True)

    def _set(self, sign_in: UserSession, moment: datetime, *, known: bool = False) -> None:
        seconds = ceil(min(self._timeout(sign_in.kind), sign_in.expires_at - moment).total_seconds())
        with _reachable():
            self._redis.set(_PREFIX + sign_in.id, moment.isoformat(), ex=max(1, seconds), xx=known)


class MemoryStore:
    """Of one process, and gone with it."""

    recorded_every = _SELDOM

    def __init__(self, timeout: IdleTimeout) -> None:
        self._timeout = timeout
        self._lock = Lock()
        # Time of the last use and the kind, by the id of the sign-in.
        self._seen: dict[str, tuple[datetime, str]] = {}

    def start(self, sign_in: UserSession) -> None:
        moment = sign_in.created_at
        with self._lock:
            self._seen = {
                sign_in_id: (at, kind)
                for sign_in_id, (at, kind) in self._seen.items()
                if at > moment - self._timeout(kind)
            }
            self._seen[sign_in.id] = moment, sign_in.kind

    def last_seen(self, sign_ins: Sequence[UserSession]) -> list[datetime | None]:
        with self._lock:
            found = [self._seen.get(sign_in.id) for sign_in in sign_ins]
        return [seen[0] if seen else None for seen in found]

    def seen(self, sign_in: UserSession, moment: datetime) -> None:
        with self._lock:
            if sign_in.id in self._seen:
                self._seen[sign_in.id] = moment, sign_in.kind


@contextmanager
def _reachable() -> Iterator[None]:
    """Whatever is wrong with Redis, nobody is signed in on trust."""
    try:
        yield
    except RedisError as error:
        raise BotException("SESSIONS_UNAVAILABLE", retry_after=_RETRY_AFTER) from error


def make_store(storage: str, redis: Redis, timeout: IdleTimeout) -> SessionStore:
    """The store of that name, as SESSION_STORAGE has it."""
    if storage == "redis":
        return RedisStore(redis, timeout)
    return MemoryStore(timeout) if storage == "memory" else DatabaseStore()


def init_session_store(app: Flask, store: SessionStore) -> None:
    app.extensions[_EXTENSION] = store


def session_store() -> SessionStore:
    """The store of the current app."""
    return cast(SessionStore, current_app.extensions[_EXTENSION])
