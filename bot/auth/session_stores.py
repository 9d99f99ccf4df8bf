"""Stores of the last use of each sign-in: the database, Redis, or the memory of the web process."""

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

# With another store, the row only shows its owner where they were, and need not be exact.
_SELDOM = timedelta(minutes=5)
_PREFIX = "troupe:sign-in:"
_RETRY_AFTER = 5
# Returns the idle time after which a sign-in of a kind ends.
IdleTimeout = Callable[[str], timedelta]


class SessionStore(Protocol):
    """Tells which sign-ins are in use. The database has a row for each in any case, with its user and its end.

    A sign-in that its store does not know is void. `recorded_every` is how far `last_seen_at` of the row may lag behind
    the store. A store outside the database raises SESSIONS_UNAVAILABLE while it is unreachable.
    """

    recorded_every: timedelta

    def start(self, sign_in: UserSession) -> None:
        """Mark a new sign-in as in use."""

    def last_seen(self, sign_ins: Sequence[UserSession]) -> list[datetime | None]:
        """Return the time of each one's last use, or None for one that this store does not know."""

    def seen(self, sign_in: UserSession, moment: datetime) -> None:
        """Record a use. A sign-in that the store does not know stays unknown."""


class DatabaseStore:
    """Stores the last use in the row itself."""

    recorded_every = timedelta(seconds=30)

    def start(self, sign_in: UserSession) -> None:
        pass

    def last_seen(self, sign_ins: Sequence[UserSession]) -> list[datetime | None]:
        return [sign_in.last_seen_at for sign_in in sign_ins]

    def seen(self, sign_in: UserSession, moment: datetime) -> None:
        pass


class RedisStore:
    """Stores one key for each sign-in with the time alone: no token and no hash. The key expires at the idle end."""

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
    """Stores the last use in one process, and loses it when the process ends."""

    recorded_every = _SELDOM

    def __init__(self, timeout: IdleTimeout) -> None:
        self._timeout = timeout
        self._lock = Lock()
        # Sign-in id → time of the last use, and kind.
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
    """Turn a failure of Redis into SESSIONS_UNAVAILABLE: no one is signed in on trust."""
    try:
        yield
    except RedisError as error:
        raise BotException("SESSIONS_UNAVAILABLE", retry_after=_RETRY_AFTER) from error


def make_store(storage: str, redis: Redis, timeout: IdleTimeout) -> SessionStore:
    """Return the store that SESSION_STORAGE names."""
    if storage == "redis":
        return RedisStore(redis, timeout)
    return MemoryStore(timeout) if storage == "memory" else DatabaseStore()


def init_session_store(app: Flask, store: SessionStore) -> None:
    app.extensions[_EXTENSION] = store


def session_store() -> SessionStore:
    """Return the store of the current app."""
    return cast(SessionStore, current_app.extensions[_EXTENSION])
