"""What Redis and INSTANCE_DIR remember of the claims of each bot: a database that knows less was restored.

Each claim has a number, which is committed with it. Both memories have it before the call to Instagram is made, so that
neither is ever behind what was sent.
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
# A file is one line of always the same length, so that a write is whole or not there.
_LINE = 128


@dataclass(frozen=True)
class Mark:
    """The latest claim of a bot that a memory knows: the life of the database, the claim's number in it, and when.

    `nonce` tells a claim from another one of the same number, as there is after a restore.
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

    def __str__(self) -> str:
        return f"{self.generation}:{self.number}:{self.nonce}:{self.at}"


@dataclass(frozen=True)
class Remembered:
    """What the memories knew before a claim. `written` says that Redis knew just what comes before it, and has it."""

    marks: list[Mark]
    written: bool


def begin_memory() -> None:
    """Notes when the memory in Redis begins, if it is new: of users who come later it knows all. Redis may be away."""
    with suppress(RedisError):
        runtime().redis.hsetnx(CLAIMS, _BEGAN.decode(), str(now().timestamp()))


def remember(user_id: str, mark: Mark, user_since: datetime) -> Remembered:
    """Writes a claim into both memories, unless Redis knows something else than what comes right before it.

    Raises RedisError: then the call of the claim may not be made.
    """
    on_disk = _on_disk(user_id)
    written, in_redis = _into_redis(user_id, mark, user_since)
    if written:
        _onto_disk(user_id, mark)
    return Remembered([known for known in (on_disk, in_redis) if known and known != mark], written)


def correct(user_id: str, mark: Mark) -> None:
    """Writes a claim into both memories whatever they know. Raises RedisError."""
    _into_redis(user_id, mark, now(), anyhow=True)
    _onto_disk(user_id, mark)


def begin_anew(marks: Mapping[str, Mark]) -> None:
    """Has Redis remember these in place of what it knew of the users. Redis may be away: it knows too little then."""
    if marks:
        with suppress(RedisError):
            runtime().redis.hset(CLAIMS, mapping={user_id: str(mark) for user_id, mark in marks.items()})


def all_marks() -> list[tuple[str, Mark]]:
    """Everything that both memories know: user ids, each with a mark. A Redis that is away knows nothing."""
    marks: list[tuple[str, str]] = []
    with suppress(RedisError):
        known = cast(dict[bytes, bytes], runtime().redis.hgetall(CLAIMS))
        marks += [(user.decode(), mark.decode()) for user, mark in known.items() if user != _BEGAN]
    for path in _folder().glob("*"):
        marks.append((path.name, path.read_text(encoding="ascii", errors="replace")))
    return [(user, mark) for user, text in marks if (mark := Mark.read(text))]


def forget_claims(user_ids: Iterable[str]) -> None:
    """Forgets users who are erased. What is missed here names an id only."""
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
    """A disk that takes nothing holds up no bot: Redis knows."""
    try:
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(_path(user_id), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(file, f"{mark}".ljust(_LINE - 1).encode() + b"\n", 0)
        finally:
            os.close(file)
    except OSError as error:
        get_logger().warning("claims_not_written", user_id=user_id, error=type(error).__name__)
