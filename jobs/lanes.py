"""Leases on lanes: the right to act for a user, and the worker's calls that claim, start, renew and release.

A worker runs and finishes a job only while it holds the lane's lease. A worker that is killed, stopped or cut off loses
it, and the next claim of any worker settles what it left.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ctypes import Array, c_double
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast

import structlog
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import as_text, now, utcformat

from bot.lanes.queue import JOB_SECONDS, LaneScript, run_id, step_job_id

LEASE_SECONDS = 30.0
TRUSTED_PART = 0.9
"""The part of a lease in which its holder may act. The rest allows for clocks of different speed."""

_LUA = Path(__file__).parent / "lua"
_CLAIM = LaneScript(_LUA / "claim.lua")
_REGISTER_RUN = LaneScript(_LUA / "register_run.lua")
_START = LaneScript(_LUA / "start.lua")
_RELEASE = LaneScript(_LUA / "release.lua")
_RENEW = LaneScript(_LUA / "renew.lua")

log = structlog.get_logger()


def boot_seconds() -> float:
    """Return the seconds since boot. They go on while this process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(eq=False)
class Lease:
    """One worker's right to one lane. `token` is new for each claim, so none passes for an earlier one."""

    user_id: str
    token: str
    seconds: float
    job_id: str = ""
    renewed: float = field(default_factory=lambda: boot_seconds())
    taken: float = field(default_factory=lambda: boot_seconds())
    lost: bool = False
    shared: "Array[c_double] | None" = None
    """`renewed` and `lost` for the process of an isolated job; None if the job runs in a thread."""

    def share(self, numbers: "Array[c_double]") -> None:
        """Write every later change there as well."""
        self.shared = numbers
        self.note(self.renewed, lost=self.lost)

    def note(self, renewed: float, *, lost: bool) -> None:
        """Store the result of a renewal, or its failure."""
        self.renewed, self.lost = renewed, lost
        if self.shared is not None:
            self.shared[0], self.shared[1] = renewed, float(lost)

    def alive(self) -> bool:
        return self.left() > 0

    def left(self) -> float:
        """Return the seconds for which its holder may still act, if it is not renewed."""
        renewed, lost = self.shared or (self.renewed, self.lost)
        return 0.0 if lost else self.seconds * TRUSTED_PART - (boot_seconds() - renewed)

    def overdue(self) -> bool:
        """Return whether the job has run longer than any may. Such a lease is left to end."""
        return boot_seconds() - self.taken > JOB_SECONDS


_lease: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextmanager
def hold(lease: Lease) -> Iterator[None]:
    """Let the block act as the holder of `lease`."""
    token = _lease.set(lease)
    try:
        yield
    finally:
        _lease.reset(token)


def still_mine() -> bool:
    """Return whether this thread may still act for its lane. Ask right before every side effect.

    Local, without a round trip. False outside a lane.
    """
    lease = held_lease()
    return lease is not None and lease.alive()


def held_lease() -> Lease | None:
    """Return the lease that this thread acts under; None outside a lane."""
    return _lease.get()


class LaneJob(Job):
    """A claimed job with the lease that it runs under."""

    lease: Lease
    rest: float | None = None
    """Seconds to the next job of any lane, at its claim; None if none was planned."""
    abandoned: bool = False
    """True if its worker died after it had started, and it may not run again."""
    delay: float | None = None
    """Seconds from its end to the lane's next step, once that is known."""
    perform_elsewhere: "Callable[[LaneJob], object] | None" = None
    """Runs the job's function outside this thread."""

    def _execute(self) -> Any:
        return self.perform_elsewhere(self) if self.perform_elsewhere else super()._execute()

    @property
    def is_step(self) -> bool:
        return self.id == step_job_id(self.lease.user_id)


def delay_of(result: object, now_seconds: float) -> float | None:
    """Return the seconds until the time that a step returned; None if it returned none.

    Raises TypeError for any other value.
    """
    if result is None:
        return None
    if isinstance(result, bool) or not isinstance(result, int | float) or not math.isfinite(result):
        raise TypeError("a step returns the epoch seconds of the next one, or None")
    return max(0.0, result - now_seconds)


@dataclass(frozen=True)
class Idle:
    """Nothing is due for `rest` seconds, or nothing is planned if it is None. `leased` lanes run at this moment."""

    rest: float | None
    leased: int


class Lanes:
    """The worker's side of the lanes in Redis. A method is one call of one script. All raise RedisError."""

    def __init__(self, redis: Redis, worker_name: str, lease_seconds: float = LEASE_SECONDS) -> None:
        self.redis = redis
        self.worker_name = worker_name
        self.lease_seconds = lease_seconds
        self._numbers = count(1)
        self._has_claimed = False

    def claim(self) -> LaneJob | Idle:
        """Claim the first job of the lane that has waited longest, or return how long nothing is due."""
        asked = boot_seconds()
        token = f"{self.worker_name}-{next(self._numbers)}"
        kind, *reply = self._claim(token)
        if kind == b"unregistered":
            return Idle(0.0, leased=1)
        rest = float(reply[0]) if reply[0] else None
        if kind == b"idle":
            return Idle(rest, reply[1])
        user_id, job_id, raw = as_text(reply[1]), as_text(reply[2]), reply[3]
        job = LaneJob(job_id, connection=self.redis, serializer=JSONSerializer)
        job.rest = rest
        job.lease = Lease(user_id, token, self.lease_seconds, job_id, renewed=asked)
        job.abandoned = kind == b"abandoned"
        try:
            job.restore(dict(zip(raw[::2], raw[1::2], strict=True)))
        except Exception as error:
            # A worker that ended on it would take it up again at its next start.
            log.error("job_unreadable", user_id=user_id, job_id=job_id, exc_info=error)
            self.redis.delete(job.key)
            self.release(job.lease)
            return Idle(0.0, leased=1)
        return job

    def _claim(self, token: str) -> list[Any]:
        # A restarted Redis has forgotten the script, and an emptied one its run.
        reply = _CLAIM.if_known(self.redis, token, self.lease_seconds)
        if reply is None or cast(list[Any], reply)[0] == b"unregistered":
            self._register_run()
            reply = _CLAIM(self.redis, token, self.lease_seconds)
        self._has_claimed = True
        return cast(list[Any], reply)

    def _register_run(self) -> None:
        """Register this run of Redis before its first claim. If it had another run before, claims wait for a lease."""
        run = run_id(self.redis)
        if _REGISTER_RUN(self.redis, run, self.lease_seconds, int(self._has_claimed)) and self._has_claimed:
            log.warning("redis_began_anew", worker=self.worker_name, pause=self.lease_seconds)

    def start(self, job: LaneJob) -> bool:
        """Mark a claimed job as started. Return False if the lease has passed on or the job is gone."""
        lease = job.lease
        return bool(_START(self.redis, lease.user_id, lease.token, job.id, self.worker_name, utcformat(now())))

    def release(self, lease: Lease, delay: float | None = None) -> bool:
        """Release the lane, with its next step planned `delay` seconds from now. Return False if the lease was lost.

        A job that never started goes back to the head of its lane.
        """
        return bool(_RELEASE(self.redis, lease.user_id, lease.token, "" if delay is None else max(0.0, delay)))

    def renew(self, leases: list[Lease]) -> None:
        """Renew the leases that are alive, and mark the others as lost."""
        for lease in leases:
            lease.note(lease.renewed, lost=not lease.alive())
        alive = [lease for lease in leases if not lease.lost]
        if not alive:
            return
        asked = boot_seconds()
        named = [name for lease in alive for name in (lease.user_id, lease.token, lease.job_id)]
        lost = {as_text(token) for token in cast(list[bytes], _RENEW(self.redis, self.lease_seconds, *named))}
        for lease in alive:
            lease.note(asked, lost=lease.token in lost)
