"""A limit on expensive responses: each user gets two at a time, over all processes.

These are downloads of tables, exports and uploads of long lists. Redis counts the places. While Redis is down each
process counts on its own, as the general throttle does: a user gets at most two in each process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from typing import cast

from redis import RedisError

from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.storage.models.base import new_id

MAX_AT_ONCE = 2
# The place of a dead process expires with this lease. Each part of a response renews it.
LEASE = timedelta(seconds=60)
RETRY_SECONDS = 5
ORDINARY_UPLOAD = 256 * 1024
# One thread of this process works on them at a time. More would be no faster and would slow down all other requests.
_turn = threading.Lock()

_TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
  return redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return false
"""


class _Here:
    """The places of this process: user → place → time of its release, in epoch seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, dict[str, float]] = {}

    def take(self, user_id: str, place: str, until: float) -> float | None:
        """Take a place, or return the time at which the first taken one is released."""
        with self._lock:
            taken = {one: free for one, free in self._until.get(user_id, {}).items() if free > now().timestamp()}
            if len(taken) >= MAX_AT_ONCE:
                return min(taken.values())
            self._until[user_id] = taken | {place: until}
            return None

    def keep(self, user_id: str, place: str, until: float) -> None:
        with self._lock:
            taken = self._until.get(user_id, {})
            if until > now().timestamp():
                taken[place] = until
            else:
                taken.pop(place, None)
            if not taken:
                self._until.pop(user_id, None)


class _Everywhere:
    """The places of all processes, as long as Redis answers."""

    def take(self, user_id: str, place: str, until: float) -> float | None:
        arguments = (place, now().timestamp(), until, MAX_AT_ONCE, int(2 * LEASE.total_seconds()))
        try:
            free = runtime().redis.eval(_TAKE, 1, _key(user_id), *arguments)
        except RedisError as error:
            get_logger().warning("costly_counted_here", error=type(error).__name__)
            return None
        return float(cast(bytes, free)) if free else None

    def keep(self, user_id: str, place: str, until: float) -> None:
        try:
            if until > now().timestamp():
                runtime().redis.zadd(_key(user_id), {place: until}, xx=True)
            else:
                runtime().redis.zrem(_key(user_id), place)
        except RedisError as error:
            get_logger().warning("costly_counted_here", error=type(error).__name__)


_here, _everywhere = _Here(), _Everywhere()


class Place:
    """One place of a user. After its release it rests for as long as it was held.

    So a client that asks for many at once gets two of them, however quick they are. Raises TOO_MANY_AT_ONCE with
    `retry_after` seconds if no place is free.
    """

    def __init__(self, user_id: str) -> None:
        self._user_id, self._id = user_id, new_id()
        self._began = self._kept = now()
        self._held = False
        until = (self._began + LEASE).timestamp()
        self._refuse_after(_here.take(user_id, self._id, until))
        free = _everywhere.take(user_id, self._id, until)
        if free is not None:
            _here.keep(user_id, self._id, 0)
        self._refuse_after(free)
        self._held = True

    def _refuse_after(self, free: float | None) -> None:
        if free is not None:
            wait = ceil(free - now().timestamp())
            raise BotException("TOO_MANY_AT_ONCE", retry_after=max(1, min(RETRY_SECONDS, wait)))

    def keep(self) -> None:
        if now() - self._kept > LEASE / 4:
            self._kept = now()
            self._set_end((self._kept + LEASE).timestamp())

    def give_back(self) -> None:
        """Release the place. A second call does nothing."""
        if self._held:
            self._held = False
            self._set_end((now() + min(now() - self._began, LEASE)).timestamp())

    def _set_end(self, until: float) -> None:
        _here.keep(self._user_id, self._id, until)
        _everywhere.keep(self._user_id, self._id, until)


@contextmanager
def costly(user_id: str) -> Iterator[None]:
    """Hold one of the user's places during the block. Raises TOO_MANY_AT_ONCE."""
    place = Place(user_id)
    try:
        with _turn:
            yield
    finally:
        place.give_back()


@contextmanager
def uploaded(user_id: str, size: int) -> Iterator[None]:
    """Hold a place during the block if the upload is larger than an ordinary form. `size` is in bytes."""
    if size <= ORDINARY_UPLOAD:
        yield
        return
    with costly(user_id):
        yield


class Parts(Iterator[str]):
    """The parts of a streamed response. It takes a place when it is made and releases it after the last part or on
    close.

    Raises TOO_MANY_AT_ONCE.
    """

    def __init__(self, user_id: str, parts: Iterator[str]) -> None:
        self._parts = parts
        self._place = Place(user_id)

    def __next__(self) -> str:
        try:
            with _turn:
                part = next(self._parts)
        except BaseException:
            self.close()
            raise
        self._place.keep()
        return part

    def close(self) -> None:
        self._place.give_back()


def _key(user_id: str) -> str:
    return f"troupe:costly:{user_id}"
