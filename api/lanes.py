"""Lanes and workers, for administrators: waiting and running lanes, lag, throughput, problems."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from bot.core.errors import ErrorCode, Severity
from bot.lanes.inspection import Lane, RunningLane, State, Work, lane
from bot.lanes.metrics import Minute
from bot.lanes.overview import Overview, WaitingLane, overview
from bot.lanes.redis_memory import RedisMemory
from bot.lanes.workers import Worker, list_workers
from bot.users.directory import get_user, usernames
from middleware.access import require_role

bp = blueprint("lanes", "Lanes and workers")


class LaneOwner(Schema):
    """The user that a lane belongs to."""

    user_id: str
    username: str | None = Field(description="null if the user was erased meanwhile.")


class Waiting(LaneOwner):
    """A lane that waits for a worker."""

    due_at: datetime

    @classmethod
    def of(cls, found: WaitingLane, names: dict[str, str]) -> Self:
        return cls.model_validate({**vars(found), "username": names.get(found.user_id)})


class Running(LaneOwner):
    """A lane that a worker holds."""

    job: Work = Field(description="A `step` of an action or chore, or a `request` that a person waits for.")
    worker: str = Field(description="The name of the worker that holds the lease.")
    since: datetime | None = Field(description="When the job began; null while it is handed out.")
    lease_ends_at: datetime = Field(description="Unless the worker renews it.")
    stuck: bool = Field(description="It runs longer than a job may, or its lease ended and no worker took over.")

    @classmethod
    def of(cls, found: RunningLane, names: dict[str, str]) -> Self:
        return cls.model_validate({**vars(found), "username": names.get(found.user_id)})


class LaneOut(LaneOwner):
    """One user's lane at the moment `at`: its state, the job that runs, and the jobs it holds."""

    at: datetime
    state: State = Field(
        description="`unplaced` has jobs that no worker sees until the next sweep, a minute later at most."
    )
    due_at: datetime | None = Field(description="Since when it has been due, or when it will be.")
    run: Running | None
    jobs_waiting: int
    jobs_planned: int

    @classmethod
    def of(cls, found: Lane, username: str) -> Self:
        run = found.run and Running.of(found.run, {found.user_id: username})
        return cls.model_validate({**vars(found), "username": username, "run": run})


class LaneAnswer(Answer):
    lane: LaneOut


class WorkerOut(Schema):
    """One worker process, by what its registration in Redis says. The registration expires if it is not renewed."""

    name: str
    host: str
    pid: int | None
    threads: int | None = Field(description="null if it does not say.")
    since: datetime = Field(description="By the worker's own clock.")
    last_seen_at: datetime
    silent: bool = Field(description="It has not renewed its registration for half a minute.")
    lanes: list[str] = Field(description="The user ids of the lanes that it holds.")

    @classmethod
    def of(cls, found: Worker) -> Self:
        return cls.model_validate(found)


class WorkersAnswer(Answer):
    items: list[WorkerOut]


class Concern(Schema):
    """One problem of lanes, workers or Redis."""

    code: str
    name: str
    severity: Severity
    description: str
    recommended_action: str
    help: str

    @classmethod
    def of(cls, entry: ErrorCode) -> Self:
        beside = {"severity": entry.severity, "recommended_action": entry.remedy, "help": f"/help/errors/{entry.code}"}
        return cls.model_validate({**vars(entry), **beside})


class MinuteOut(Schema):
    """Jobs that all workers started and ended in one minute, and the lag: seconds between due and started."""

    at: datetime
    started: int
    ended: int
    lapsed: int = Field(description="Leases that were not released: their worker died or was cut off.")
    lag_p99: float | None

    @classmethod
    def of(cls, minute: Minute) -> Self:
        counts = minute.counts
        return cls(
            at=minute.at,
            started=counts.started,
            ended=counts.ended,
            lapsed=counts.lapsed,
            lag_p99=counts.lag_percentile(0.99),
        )


class RedisOut(Schema):
    """The Redis that holds the lanes."""

    version: str
    memory_used: int = Field(description="Bytes.")
    memory_limit: int | None = Field(description="Bytes: its maxmemory, or all memory of its machine.")
    memory_limited: bool = Field(description="Whether a maxmemory is set.")

    @classmethod
    def of(cls, memory: RedisMemory) -> Self:
        return cls(
            version=memory.version,
            memory_used=memory.used,
            memory_limit=memory.limit,
            memory_limited=memory.limited,
        )


class LanesAnswer(Answer):
    """All lanes. Times are by the clock of Redis."""

    at: datetime
    planned: int = Field(description="Lanes that are due later.")
    due: int = Field(description="Lanes that wait for a worker now.")
    late: int = Field(description="Those that have waited for three minutes.")
    running: int = Field(description="Lanes that a worker holds.")
    next_at: datetime | None = Field(description="When the next planned lane is due.")
    oldest_due_at: datetime | None
    opens_at: datetime | None = Field(description="After a start of Redis: when workers may claim lanes again.")
    swept_at: datetime | None = Field(description="When the clock last swept the lanes.")
    lag_p50: float | None = Field(description="Seconds from due to started, of the last five minutes, rounded up.")
    lag_p99: float | None
    ended_per_minute: float = Field(description="Jobs that ended, on average of the last five whole minutes.")
    workers: int
    threads: int | None
    waiting: list[Waiting] = Field(description="The 20 that have waited longest.")
    held: list[Running] = Field(description="The lanes that workers hold, the longest first; 1,000 at most.")
    minutes: list[MinuteOut] = Field(description="The last hour, the current minute last.")
    redis: RedisOut
    concerns: list[Concern] = Field(description="Problems, worst first.")

    @classmethod
    def of(cls, seen: Overview) -> Self:
        names = usernames([*(lane.user_id for lane in seen.waiting), *(lane.user_id for lane in seen.running)])
        beside = {
            "running": seen.leased,
            "oldest_due_at": seen.oldest_due_at,
            "lag_p50": seen.recent.lag_percentile(0.5),
            "lag_p99": seen.recent.lag_percentile(0.99),
            "ended_per_minute": seen.per_minute,
            "workers": len(seen.workers),
            "threads": seen.threads,
            "waiting": [Waiting.of(lane, names) for lane in seen.waiting],
            "held": [Running.of(lane, names) for lane in seen.running],
            "minutes": [MinuteOut.of(minute) for minute in seen.minutes],
            "redis": RedisOut.of(seen.redis),
            "concerns": [Concern.of(entry) for entry in seen.concerns],
        }
        return cls.model_validate({**vars(seen), **beside})


@bp.get("/admin/lanes")
@require_role("admin")
@bp.output(LanesAnswer)
@raises("QUEUE_UNAVAILABLE", "QUEUE_LOADING", "QUEUE_SLOW")
def show_lanes() -> LanesAnswer:
    """Show all lanes: counts, waiting and running ones, lag, throughput and problems."""
    return LanesAnswer.of(overview())


@bp.get("/admin/lanes/<uuid:user_id>")
@require_role("admin")
@bp.output(LaneAnswer)
@raises("USER_NOT_FOUND", "QUEUE_UNAVAILABLE")
def show_lane(user_id: UUID) -> LaneAnswer:
    """Show the lane of one user."""
    user = get_user(str(user_id))
    return LaneAnswer(lane=LaneOut.of(lane(user.id), user.username))


@bp.get("/admin/workers")
@require_role("admin")
@bp.output(WorkersAnswer)
@raises("QUEUE_UNAVAILABLE")
def show_workers() -> WorkersAnswer:
    """List the workers that are registered."""
    return WorkersAnswer(items=[WorkerOut.of(worker) for worker in list_workers()])
