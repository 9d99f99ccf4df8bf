"""Memories of each bot's claims in Redis and INSTANCE_DIR. If the database knows less than they do, it was restored.

Each claim has a number, which is committed with it. Both memories store it before the call to Instagram, so neither is
ever behind the calls.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self, cast

from redis.exceptions import NoScriptError, RedisError

from bot.config.runtime import now, runtime
from bot.core.log import get_logger

CLAIMS = "troupe:claims"
_BEGAN = b"*"
_SCRIPT = Path(__file__).with_name("remember_claim.lua").read_text(encoding="utf-8")
_DIGEST = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
_MARK = re.compile(r"([^:]+):([0-9]+):([0-9a-f]+):([0-9.]+)")
# A file is one line of fixed length, so that a write is whole or missing.
_LINE = 128


@dataclass(frozen=True)
class Mark:
    """The latest claim of a bot in a memory: the generation of the database, the claim's number in it, and its time.

    `nonce` tells it from another claim with the same number, which exists after a restore.
    """

    generation: str
    number: int
    nonce: str
    at: float

    @classmethod
    def make(cls, generation: str, number: int) -> Self:
        return cls(generation, number, secrets.token_hex(8), now().timestamp())

    @classmethod
    def read(cls, text: str) -> Self | None:
        found = _MARK.fullmatch(text.strip())
        return cls(found[1], int(found[2]), found[3], float(found[4])) if found else None

    def precedes(self, later: "Mark") -> bool:
        """Return whether it is of an earlier claim of the same generation."""
        return self.generation == later.generation and self.number < later.number

    def __str__(self) -> str:
        return f"{self.generation}:{self.number}:{self.nonce}:{self.at}"


@dataclass(frozen=True)
class RememberedClaims:
    """The marks in the memories before a claim. `written`: Redis knew exactly the preceding claim, and stored this
    one.
    """

    marks: list[Mark]
    written: bool


def begin_memory() -> None:
    """Store the begin of a new memory in Redis, which knows everything about later users. Redis may be down."""
    with suppress(RedisError):
        runtime().redis.hsetnx(CLAIMS, _BEGAN.decode(), str(now().timestamp()))


def remember(user_id: str, mark: Mark, user_since: datetime) -> RememberedClaims:
    """Store a claim in both memories, unless Redis knows anything but the preceding one.

    Raises RedisError: then the call of the claim may not be made.
    """
    on_disk = _on_disk(user_id)
    written, in_redis = _into_redis(user_id, mark, user_since)
    if written:
        _onto_disk(user_id, mark)
    return RememberedClaims([known for known in (on_disk, in_redis) if known and known != mark], written)


def correct(user_id: str, mark: Mark) -> None:
    """Store a claim in both memories, whatever they know. Raises RedisError."""
    _into_redis(user_id, mark, now(), anyhow=True)
    _onto_disk(user_id, mark)


def begin_anew(marks: Mapping[str, Mark]) -> None:
    """Replace what Redis knew of these users. If Redis is down, it knows too little afterwards."""
    if marks:
        with suppress(RedisError):
            runtime().redis.hset(CLAIMS, mapping={user_id: str(mark) for user_id, mark in marks.items()})


def all_marks() -> list[tuple[str, Mark]]:
    """Return every user id and mark in both memories. A Redis that is down contributes none."""
    marks: list[tuple[str, str]] = []
    with suppress(RedisError):
        known = cast(dict[bytes, bytes], runtime().redis.hgetall(CLAIMS))
        marks += [(user.decode(), mark.decode()) for user, mark in known.items() if user != _BEGAN]
    for path in _folder().glob("*"):
        marks.append((path.name, path.read_text(encoding="ascii", errors="replace")))
    return [(user, mark) for user, text in marks if (mark := Mark.read(text))]


def forget_claims(user_ids: Iterable[str]) -> None:
    """Forget erased users. Leftovers hold an id only."""
    for user_id in user_ids:
        _path(user_id).unlink(missing_ok=True)
        with suppress(RedisError):
            runtime().redis.hdel(CLAIMS, user_id)


def _into_redis(user_id: str, mark: Mark, user_since: datetime, *, anyhow: bool = False) -> tuple[bool, Mark | None]:
    redis, present = runtime().redis, str(now().timestamp())
    since, force = str(user_since.timestamp()), "1" if anyhow else ""
    call = (1, CLAIMS, user_id, mark.generation, str(mark.number), str(mark), since, present, force)
    try:
        reply = redis.evalsha(_DIGEST, *call)
    except NoScriptError:
        reply = redis.eval(_SCRIPT, *call)
    written, known = cast(list[Any], reply)
    return bool(written), Mark.read(known.decode())


def _folder() -> Path:
    return runtime().config.instance_dir / "claims"


def _path(user_id: str) -> Path:
    return _folder() / user_id


def _on_disk(user_id: str) -> Mark | None:
    try:
        return Mark.read(_path(user_id).read_text(encoding="ascii", errors="replace"))
    except FileNotFoundError:
        return None
    except OSError as error:
        get_logger().warning("claims_not_read", user_id=user_id, error=type(error).__name__)
        return None


def _onto_disk(user_id: str, mark: Mark) -> None:
    """Store the mark on disk. A disk that accepts nothing stops no bot, because Redis knows."""
    try:
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(_path(user_id), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(file, f"{mark}".ljust(_LINE - 1).encode() + b"\n", 0)
        finally:
            os.close(file)
    except OSError as error:
        get_logger().warning("claims_not_written", user_id=user_id, error=type(error).__name__)
