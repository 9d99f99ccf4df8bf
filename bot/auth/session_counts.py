"""Counts of open and ended sign-ins in Redis, so that a scrape of /metrics needs no database."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

KEY = "troupe:sign-ins"


@dataclass(frozen=True)
class SignInCounts:
    """`in_use` is the number at the last clean-up, at `cleaned_at`. `ended` and `forgotten` add up since Redis has
    data.
    """

    in_use: int
    ended: int
    forgotten: int
    cleaned_at: datetime | None


def add_clean_up(redis: Redis, moment: datetime, *, in_use: int, ended: int, forgotten: int) -> None:
    """Count one clean-up. If Redis is down, its figures are lost and nothing waits."""
    with suppress(RedisError), redis.pipeline() as pipe:
        pipe.hset(KEY, mapping={"in_use": in_use, "cleaned_at": moment.timestamp()})
        pipe.hincrby(KEY, "ended", ended)
        pipe.hincrby(KEY, "forgotten", forgotten)
        pipe.execute()


def read_counts(redis: Redis) -> SignInCounts:
    """Return the counts, all 0 before the first clean-up. Raises RedisError."""
    kept = cast(dict[bytes, bytes], redis.hgetall(KEY))
    seconds = kept.get(b"cleaned_at")
    return SignInCounts(
        in_use=int(kept.get(b"in_use", 0)),
        ended=int(kept.get(b"ended", 0)),
        forgotten=int(kept.get(b"forgotten", 0)),
        cleaned_at=datetime.fromtimestamp(float(seconds), UTC) if seconds else None,
    )
