"""Running workers, by their registrations and leases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from redis import Redis
from rq.utils import as_text, utcparse
from rq.worker_registration import get_keys

from bot.lanes.inspection import MAX_LEASES, RunningLane, moment, reached, running_lanes, seconds_of
from bot.lanes.queue import LEASE, REGISTERED_SECONDS

SILENT_SECONDS = 30.0
"""A worker renews its registration every ten seconds."""
MAX_WORKERS = 1000
_PREFIX = "rq:worker:"
_FIELDS = ["birth", "hostname", "pid", "threads", "death"]


@dataclass(frozen=True)
class Worker:
    """One worker process. `since` is by its own clock. `threads` is None if it does not report its number."""

    name: str
    host: str
    pid: int | None
    threads: int | None
    since: datetime
    last_seen_at: datetime
    silent: bool
    lanes: list[str]


def list_workers() -> list[Worker]:
    """Return the running workers by host and process. Raises QUEUE_UNAVAILABLE."""
    with reached() as redis:
        now = seconds_of(redis.time())
        leases = cast(list[tuple[bytes, float]], redis.zrange(LEASE, 0, MAX_LEASES - 1, withscores=True))
        return registered(redis, now, running_lanes(redis, now, leases))


def registered(redis: Redis, now: float, running: Sequence[RunningLane]) -> list[Worker]:
    """Read RQ's register of workers. A dead one stays there for a while without fields, or with the time of its end."""
    keys = sorted(map(as_text, get_keys(connection=redis)))[:MAX_WORKERS]
    with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hmget(key, _FIELDS)
            pipe.pttl(key)
        replies = pipe.execute()
    held: dict[str, list[str]] = {}
    for lane in running:
        held.setdefault(lane.worker, []).append(lane.user_id)
    found = [
        _worker(key.removeprefix(_PREFIX), fields, lives_on, now, held)
        for key, fields, lives_on in zip(keys, replies[::2], replies[1::2], strict=True)
        if fields[0] and not fields[4]
    ]
    return sorted(found, key=lambda worker: (worker.host, worker.pid or 0, worker.name))


def _worker(name: str, fields: Sequence[Any], lives_on: int, now: float, held: dict[str, list[str]]) -> Worker:
    birth, host, pid, threads, _ = fields
    # The remaining lifetime of the key gives the last renewal by Redis's clock.
    silence = max(0.0, REGISTERED_SECONDS - lives_on / 1000)
    return Worker(
        name=name,
        host=as_text(host or b""),
        pid=int(pid) if pid else None,
        threads=int(threads) if threads else None,
        since=utcparse(as_text(birth)),
        last_seen_at=moment(now - silence),
        silent=silence > SILENT_SECONDS,
        lanes=held.get(name, []),
    )
