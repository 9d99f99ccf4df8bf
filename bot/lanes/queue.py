"""The shared contract of web and workers: names, job paths, and the calls that notify, fill, read and erase a lane.

A lane is one user: a stock `rq.Queue` named by the user id, and a place in an index by the due time of its next job.
The Lua scripts next to this module hold the rules. Every change of a lane is one call of one script.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import structlog
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.utils import as_text

from bot.core.causes import cause_of

STEP_JOB = "jobs.tasks.step"
REQUEST_JOB = "jobs.tasks.account_request"
REQUEST_ABANDONED = "jobs.tasks.request_abandoned"

JOB_SECONDS = 300
"""A job that runs longer loses its lane. Its later side effects are refused."""
FAILURE_SECONDS = 3600
"""RQ's own registry keeps a failed request readable for this long."""

REGISTERED_SECONDS = 120
"""A worker's registration expires this long after its last renewal."""

STEP_PREFIX = "step-"
REQUEST_PREFIX = "request-"

DUE = "troupe:due"
LEASE = "troupe:lease"
OWNER = "troupe:owner"
RUNNING = "troupe:running"
NOTIFICATIONS = "troupe:wake"
TOTALS = "troupe:counts"
MINUTE = "troupe:counts:"
"""Key of one minute's counts, followed by the number of the minute since the epoch. Kept for 70 minutes."""
RUN = "troupe:life"
"""The run of Redis that the lanes know, the time from which it hands out jobs, and the run in which all lanes were
notified. The key keeps its old name, because it lives across an upgrade.
"""
RESCUED = "troupe:swept"
SPREAD_SECONDS = 60.0
RESCUED_SECONDS = 86_400
"""Lifetime of the mark of a rescue. Its remaining time gives the age of the rescue by Redis's own clock."""

_KEYS = (
    *(DUE, LEASE, OWNER, RUNNING, NOTIFICATIONS),
    *(Queue.redis_queue_namespace_prefix, Job.redis_job_namespace_prefix),
    *(
        registry.key_template.format("")
        for registry in (ScheduledJobRegistry, StartedJobRegistry, FailedJobRegistry, FinishedJobRegistry)
    ),
    *(Queue.redis_queues_keys, STEP_PREFIX, TOTALS, MINUTE, RUN),
)
_LUA = Path(__file__).parent / "lua"
_SHARED = (_LUA / "lane.lua").read_text(encoding="utf-8")
_BATCH = 500

log = structlog.get_logger()

Argument = str | bytes | int | float


class LaneScript:
    """One Lua script of the lanes. Call it with a client or a pipeline, and the script's own arguments."""

    def __init__(self, path: Path) -> None:
        self._text = _SHARED + path.read_text(encoding="utf-8")
        # Each call would build redis-py's Script again, which costs as much as the call.
        self._digest = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, client: Redis, *arguments: Argument) -> object:
        if isinstance(client, Pipeline):
            return client.register_script(self._text)(keys=_KEYS, args=arguments)
        try:
            return client.evalsha(self._digest, len(_KEYS), *_KEYS, *arguments)
        except NoScriptError:
            return client.eval(self._text, len(_KEYS), *_KEYS, *arguments)

    def if_known(self, client: Redis, *arguments: Argument) -> object | None:
        """Return the script's reply, or None without doing anything if Redis has not loaded it since its start."""
        try:
            return cast(object, client.evalsha(self._digest, len(_KEYS), *_KEYS, *arguments))
        except NoScriptError:
            return None


_NOTIFY = LaneScript(_LUA / "notify.lua")
_SUBMIT = LaneScript(_LUA / "submit.lua")
_FORGET = LaneScript(_LUA / "forget.lua")
_REINDEX = LaneScript(_LUA / "reindex.lua")


def connect(url: str, timeout: float = 10.0) -> Redis:
    """Return a client that fits lanes: bytes for RQ, and no wait for a reply beyond `timeout` seconds.

    It retries a call twice after a lost connection. A script that ran without its reply being read changes nothing the
    second time, or leaves a lease that expires.
    """
    return Redis.from_url(url, socket_timeout=timeout, health_check_interval=30, retry=retry_policy(retries=2))


def retry_policy(retries: int) -> Retry:
    """Return the retry policy for lost or refused connections. A silent Redis is not retried: the caller has waited
    already.
    """
    return Retry(ExponentialBackoff(cap=1.0, base=0.05), retries, supported_errors=(RedisAway,))


def run_id(redis: Redis) -> str:
    """Return the id of this run of Redis. It differs after each start and on each replica."""
    return str(cast(dict[str, object], redis.info("server")).get("run_id", "unnamed"))


def step_job_id(user_id: str) -> str:
    return STEP_PREFIX + user_id


def notify_lane(redis: Redis, user_id: str, at: float | None = None, *, request_id: str | None = None) -> bool:
    """Plan the user's step at `at` (epoch seconds; None: now), unless it is planned earlier.

    If a step runs now, another one follows at that time. Returns False if Redis is down: the reason is in the database,
    and the clock notifies again.
    """
    try:
        _notify_lane(redis, user_id, at, request_id)
    except RedisError as error:
        log.warning("lane_not_rung", user_id=user_id, **cause_of(error))
        return False
    return True


def submit_request(redis: Redis, user_id: str, request_row_id: str | int, *, request_id: str | None) -> None:
    """Put a request that a person waits for at the front of the lane. A second call for the same row changes nothing.

    The task gets `(user_id, request_row_id)`. Raises RedisError if Redis is down. No other code submits it again.
    """
    row_id = str(request_row_id)
    job = _new_job(redis, REQUEST_JOB, REQUEST_PREFIX + row_id, user_id, (user_id, row_id), request_id)
    _SUBMIT(redis, user_id, job.id, *_fields(job))


def planned(redis: Redis, user_ids: Iterable[str]) -> dict[str, float | None]:
    """Return the epoch seconds of each lane's next run: now while it runs, None without a plan."""
    users = list(dict.fromkeys(user_ids))
    if not users:
        return {}
    with redis.pipeline(transaction=True) as pipe:
        pipe.zmscore(DUE, users)
        pipe.zmscore(LEASE, users)
        due, leased = pipe.execute()
    present = time.time()
    return {user: present if lease is not None else at for user, at, lease in zip(users, due, leased, strict=True)}


def forget(redis: Redis, user_id: str) -> None:
    """Erase a lane. A running job of it loses its lease at the worker's next renewal."""
    _FORGET(redis, user_id)


@dataclass(frozen=True)
class Rescued:
    """Counts of one rescue: lanes that got their place in the index back, and bots that were notified."""

    indexed: int
    notified: int


def rescue(redis: Redis, due_user_ids: Callable[[], Iterable[str]]) -> Rescued:
    """Restore the places of lanes that hold jobs, then notify the bots that have no plan.

    `due_user_ids` returns the users whose bots should have a plan. The first rescue after a start of Redis notifies all
    of them: the last writes may be lost, and with them a notification for an earlier time. It is safe at any time and
    in several processes. Raises RedisError, and the errors of `due_user_ids` after the lanes have their places.
    """
    indexed = _reindex(redis)
    run = run_id(redis)
    known = cast(bytes, redis.hget(RUN, "swept") or b"").decode() == run
    notified = sum(_notify_again(redis, users, everybody=not known) for users in _batches(due_user_ids()))
    redis.hset(RUN, "swept", run)
    redis.set(RESCUED, f"{indexed} {notified}", ex=RESCUED_SECONDS)
    return Rescued(indexed, notified)


def _notify_again(redis: Redis, users: list[str], *, everybody: bool) -> int:
    """Notify the users without a plan now. With `everybody`, spread the others over a minute."""
    present, plans = time.time(), planned(redis, users)
    soon = {user: present + SPREAD_SECONDS * number / len(users) for number, user in enumerate(plans)}
    late = {user: soon[user] if at else None for user, at in plans.items() if everybody or at is None}
    with redis.pipeline(transaction=False) as pipe:
        for user, at in late.items():
            _notify_lane(pipe, user, at, None)
        pipe.execute()
    return len(late)


def _reindex(redis: Redis) -> int:
    prefix = Queue.redis_queue_namespace_prefix
    names = (as_text(key).removeprefix(prefix) for key in redis.sscan_iter(Queue.redis_queues_keys, count=_BATCH))
    return sum(cast(int, _REINDEX(redis, *users)) for users in _batches(names))


def _notify_lane(client: Redis | Pipeline, user_id: str, at: float | None, request_id: str | None) -> None:
    job = _new_job(client, STEP_JOB, step_job_id(user_id), user_id, (user_id,), request_id)
    delay = 0.0 if at is None else max(0.0, at - time.time())
    meta = job.serializer.dumps(job.meta) if job.meta else b""
    _NOTIFY(client, user_id, delay, meta, *_fields(job))


def _new_job(
    client: Redis, path: str, job_id: str, user_id: str, arguments: Sequence[str], request_id: str | None
) -> Job:
    return Job.create(
        path,
        args=list(arguments),
        id=job_id,
        origin=user_id,
        meta={"request_id": request_id} if request_id else None,
        timeout=JOB_SECONDS,
        result_ttl=0,
        failure_ttl=FAILURE_SECONDS,
        serializer=JSONSerializer,
        connection=client,
    )


def _fields(job: Job) -> Iterator[Argument]:
    """Yield the job's hash as RQ writes it, flat, without empty fields and the description, which repeats the data."""
    fields: Mapping[str, Argument] = job.to_dict()
    for name, value in fields.items():
        if value != "" and name != "description":
            yield name
            yield value


def _batches(users: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(users)
    while batch := list(islice(rest, _BATCH)):
        yield batch
