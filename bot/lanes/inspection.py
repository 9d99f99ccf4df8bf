"""One lane as a person sees it: the holder of its lease, its waiting or running time, and its next job.

All times are Redis's, so the clocks of web and workers do not matter.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job
from rq.registry import ScheduledJobRegistry
from rq.utils import as_text

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.lanes.queue import DUE, JOB_SECONDS, LEASE, OWNER, RUNNING, step_job_id

LAPSED_SECONDS = 15.0
"""Any claim settles an expired lease. One that stays longer than this has found no worker."""
MAX_LEASES = 1000
"""Leases that one look reads at most. There are no more than threads."""

_QUEUE, _JOB = Queue.redis_queue_namespace_prefix, Job.redis_job_namespace_prefix
_PLANNED = ScheduledJobRegistry.key_template.format("")

State = Literal["running", "due", "planned", "empty", "unplaced"]
Work = Literal["step", "request"]


@dataclass(frozen=True)
class RunningLane:
    """A leased lane. `since` is None while its job is handed over. `stuck` tells that it should have ended."""

    user_id: str
    job: Work
    worker: str
    since: datetime | None
    lease_ends_at: datetime
    stuck: bool


@dataclass(frozen=True)
class Lane:
    """One lane. `due_at` is the past or future time at which it is due. `run` is set while it runs.

    An `unplaced` lane has jobs but no place in the index. The next rescue gives it one.
    """

    user_id: str
    at: datetime
    state: State
    due_at: datetime | None
    run: RunningLane | None
    jobs_waiting: int
    jobs_planned: int


def lane(user_id: str) -> Lane:
    """Return the lane of one user, without reading any other. Raises QUEUE_UNAVAILABLE."""
    with reached() as redis:
        with redis.pipeline(transaction=True) as pipe:
            pipe.time()
            pipe.zscore(DUE, user_id)
            pipe.zscore(LEASE, user_id)
            pipe.llen(f"{_QUEUE}{user_id}")
            pipe.zcard(f"{_PLANNED}{user_id}")
            time, due, lease, waiting, planned = pipe.execute()
        now = seconds_of(time)
        runs = running_lanes(redis, now, [(user_id.encode(), lease)]) if lease is not None else []
    return Lane(
        user_id=user_id,
        at=moment(now),
        state="running" if runs else _state(now, due, waiting + planned),
        due_at=moment(due) if due is not None and not runs else None,
        run=runs[0] if runs else None,
        jobs_waiting=waiting,
        jobs_planned=planned,
    )


def _state(now: float, due: float | None, jobs: int) -> State:
    if due is not None:
        return "due" if due <= now else "planned"
    return "unplaced" if jobs else "empty"


def running_lanes(redis: Redis, now: float, leases: Sequence[tuple[bytes, float]]) -> list[RunningLane]:
    """Return the lanes of these leases, longest running first, without those that were given back meanwhile."""
    if not leases:
        return []
    users = [as_text(user) for user, _ in leases]
    with redis.pipeline(transaction=True) as pipe:
        pipe.hmget(OWNER, users)
        pipe.hmget(RUNNING, users)
        owners, jobs = pipe.execute()
    with redis.pipeline(transaction=False) as pipe:
        for job in jobs:
            pipe.hget(f"{_JOB}{as_text(job or b'')}", "since")
        began = pipe.execute()
    found = [
        _running_lane(user, as_text(job), as_text(owner), float(since) if since else None, ends, now)
        for user, (_, ends), owner, job, since in zip(users, leases, owners, jobs, began, strict=True)
        if owner and job
    ]
    return sorted(found, key=lambda lane: lane.since or moment(now))


def _running_lane(user: str, job: str, owner: str, since: float | None, ends: float, now: float) -> RunningLane:
    return RunningLane(
        user_id=user,
        job="step" if job == step_job_id(user) else "request",
        # A worker appends the number of the claim to its name.
        worker=owner.rpartition("-")[0],
        since=moment(since) if since else None,
        lease_ends_at=moment(ends),
        stuck=ends < now - LAPSED_SECONDS or (since is not None and since < now - JOB_SECONDS),
    )


@contextmanager
def reached() -> Iterator[Redis]:
    """Yield the app's Redis. Inside the block its failures become QUEUE_UNAVAILABLE."""
    try:
        yield runtime().redis
    except RedisError:
        raise BotException("QUEUE_UNAVAILABLE") from None


def seconds_of(time: Any) -> float:
    """Return the reply to TIME in epoch seconds."""
    seconds, microseconds = time
    return float(seconds) + float(microseconds) / 1_000_000


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
