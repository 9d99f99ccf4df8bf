"""Diagnosis of Redis: a word, a code, and the effect on lanes."""

import time
from dataclasses import dataclass
from typing import Any, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from bot.core.causes import cause_of

WAIT_SECONDS = 1.0
SLOW_SECONDS = 0.25
"""A healthy Redis answers within a millisecond."""
ALMOST_FULL = 0.7
_PROBE, _PROBE_SECONDS = "troupe:probe", 60


@dataclass(frozen=True)
class RedisTrouble:
    """One problem of Redis. `stops`: no action notifies its lane, and no user can link or test an account."""

    word: str
    code: str
    text: str
    stops: bool = False


AWAY = RedisTrouble("away", "QUEUE_UNAVAILABLE", "Redis cannot be reached.", stops=True)
REFUSING = RedisTrouble("refusing", "QUEUE_UNAVAILABLE", "Redis refuses the name or password of REDIS_URL.", stops=True)
UNTRUSTED = RedisTrouble(
    "not trusted",
    "QUEUE_UNAVAILABLE",
    "Redis shows a certificate that is not to be trusted: name the one that signs it in REDIS_CA_FILE, or set "
    "REDIS_TLS_VERIFY=off if the host gives none.",
    stops=True,
)
LOADING = RedisTrouble("loading", "QUEUE_LOADING", "Redis was started and still reads its data.", stops=True)
HANGING = RedisTrouble("slow", "QUEUE_SLOW", f"Redis does not answer within {WAIT_SECONDS:g} s.", stops=True)
FULL = RedisTrouble("full", "QUEUE_FULL", "Redis has no memory left: give it more.", stops=True)
READ_ONLY = RedisTrouble("read-only", "QUEUE_READ_ONLY", "Redis takes no writes.", stops=True)
SLOW = RedisTrouble("slow", "QUEUE_SLOW", f"Redis takes more than {SLOW_SECONDS:g} s to answer.")
FILLING = RedisTrouble("almost full", "QUEUE_ALMOST_FULL", f"Redis uses over {ALMOST_FULL:.0%} of its memory.")
EVICTING = RedisTrouble("evicting", "QUEUE_EVICTS", "Redis may throw lanes away: set maxmemory-policy to noeviction.")
NOT_KEPT = RedisTrouble("not kept", "QUEUE_NOT_KEPT", "Redis forgets the lanes when it stops: set appendonly to yes.")


def redis_troubles(url: str) -> list[RedisTrouble]:
    """Return all problems of the Redis at `url`, those that stop the lanes first. Empty if it is well.

    It uses its own connection, for two seconds at most, and writes one key that expires.
    """
    client = Redis.from_url(
        url, socket_timeout=WAIT_SECONDS, socket_connect_timeout=WAIT_SECONDS, retry=Retry(NoBackoff(), 0)
    )
    try:
        with client:
            client.ping()
            return _asked(client)
    except BusyLoadingError:
        return [LOADING]
    except RedisTimeout:
        return [HANGING]
    except AuthenticationError:
        return [REFUSING]
    except RedisError as error:
        return [UNTRUSTED if "tls_reason" in cause_of(error) else AWAY]


def _asked(client: Redis) -> list[RedisTrouble]:
    began = time.monotonic()
    with client.pipeline(transaction=False) as pipe:
        pipe.info("memory")
        pipe.info("persistence")
        pipe.set(_PROBE, 1, ex=_PROBE_SECONDS)
        memory, persistence, written = pipe.execute(raise_on_error=False)
    slow = time.monotonic() - began > SLOW_SECONDS
    found = [_refusal(written), SLOW if slow else None, *_settings(memory, persistence)]
    return [trouble for trouble in found if trouble]


def _refusal(written: object) -> RedisTrouble | None:
    if isinstance(written, AuthenticationError):
        raise written
    if isinstance(written, OutOfMemoryError):
        return FULL
    if isinstance(written, ResponseError):
        return READ_ONLY
    if isinstance(written, RedisError):
        raise written
    return None


def _settings(memory: object, persistence: object) -> list[RedisTrouble]:
    """Return the problems of its settings. A server that hides them counts as well configured."""
    memory, persistence = (cast(dict[str, Any], it if isinstance(it, dict) else {}) for it in (memory, persistence))
    most, policy = memory.get("maxmemory", 0), memory.get("maxmemory_policy", "noeviction")
    found = [
        (FILLING, most and memory.get("used_memory", 0) > ALMOST_FULL * most),
        (EVICTING, most and policy != "noeviction"),
        (NOT_KEPT, not persistence.get("aof_enabled", True)),
    ]
    return [trouble for trouble, holds in found if holds]
