"""All lanes at one moment: counts, waiting lanes, lag, throughput, workers, Redis, and problems.

The cost hardly depends on the number of lanes: it reads the ends and counts of the index, never all of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from redis import Redis
from rq.utils import as_text

from bot.config.runtime import runtime
from bot.core.errors import BotException, ErrorCode, registry
from bot.lanes.inspection import MAX_LEASES, RunningLane, moment, reached, running_lanes, seconds_of
from bot.lanes.metrics import RECENT_MINUTES, Counts, Minute, minute_key, minutes, minutes_before, total
from bot.lanes.queue import DUE, LEASE, RESCUED, RESCUED_SECONDS, RUN, TOTALS
from bot.lanes.redis_health import AWAY, HANGING, LOADING, REFUSING, UNTRUSTED, RedisTrouble, redis_troubles
from bot.lanes.redis_memory import SECTIONS, RedisMemory
from bot.lanes.workers import Worker, registered

LATE_SECONDS = 180.0
"""A lane that is due for longer although workers are there is worth a look."""
CLOCK_SECONDS = 180.0
"""The clock rescues lanes every minute. After this time without a rescue it is down."""
MAX_WAITING = 20


@dataclass(frozen=True)
class WaitingLane:
    """A lane that is due, and the time since then."""

    user_id: str
    due_at: datetime


@dataclass(frozen=True)
class Overview:
    """Counts and lists of lanes. `planned` lanes are due later, `due` ones wait for a thread, and `leased` ones run.

    `late` lanes are due for more than LATE_SECONDS. `waiting` lists the first due lanes and `running` the leased ones,
    longest first. Before `opens_at` no job is handed out: Redis was restarted, and an earlier lease holder may still be
    active.
    """

    at: datetime
    planned: int
    due: int
    late: int
    leased: int
    next_at: datetime | None
    waiting: list[WaitingLane]
    running: list[RunningLane]
    workers: list[Worker]
    minutes: list[Minute]
    totals: Counts
    swept_at: datetime | None
    opens_at: datetime | None
    redis: RedisMemory
    troubles: list[RedisTrouble]

    @property
    def stuck(self) -> list[RunningLane]:
        return [lane for lane in self.running if lane.stuck]

    @property
    def oldest_due_at(self) -> datetime | None:
        return self.waiting[0].due_at if self.waiting else None

    @property
    def threads(self) -> int | None:
        """The threads of all workers, or None if one of them does not report its number."""
        said = [worker.threads for worker in self.workers if worker.threads is not None]
        return sum(said) if len(said) == len(self.workers) else None

    @property
    def silent(self) -> int:
        """The number of workers that have not reported for SILENT_SECONDS."""
        return sum(worker.silent for worker in self.workers)

    @property
    def recent(self) -> Counts:
        """Counts of the last whole minutes and of the current one."""
        return total(minute.counts for minute in self.minutes[-1 - RECENT_MINUTES :])

    @property
    def per_minute(self) -> float:
        """Jobs that ended a minute, on average over the last whole minutes."""
        return sum(minute.counts.ended for minute in self.minutes[-1 - RECENT_MINUTES : -1]) / RECENT_MINUTES

    @property
    def concerns(self) -> list[ErrorCode]:
        """The problems, worst first."""
        return [registry()[name] for name in self._concerns()]

    def _concerns(self) -> Iterator[str]:
        yield from (trouble.code for trouble in self.troubles if trouble.stops)
        if not self.workers:
            yield "NO_WORKER"
        if self.stuck:
            yield "LANES_STUCK"
        if self.late and self.workers:
            yield "LANES_LATE"
        if self.swept_at is None or (self.at - self.swept_at).total_seconds() > CLOCK_SECONDS:
            yield "CLOCK_SILENT"
        yield from (trouble.code for trouble in self.troubles if not trouble.stops)


def overview() -> Overview:
    """Read all lanes, within two seconds. Raises QUEUE_UNAVAILABLE, QUEUE_LOADING and QUEUE_SLOW."""
    troubles = redis_troubles(runtime().config.redis_address)
    for trouble in troubles:
        if trouble in (AWAY, REFUSING, UNTRUSTED, LOADING, HANGING):
            raise BotException(trouble.code)
    with reached() as redis:
        return read(redis, troubles)


def read(redis: Redis, troubles: list[RedisTrouble]) -> Overview:
    """Read all lanes of this Redis. Raises RedisError."""
    with redis.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.zcard(LEASE)
        pipe.zrange(LEASE, 0, MAX_LEASES - 1, withscores=True)
        pipe.hgetall(TOTALS)
        pipe.pttl(RESCUED)
        pipe.hget(RUN, "opens")
        for section in SECTIONS:
            pipe.info(section)
        time, leased, leases, totals, swept, opens, *info = pipe.execute()
    now = seconds_of(time)
    due, late, later, first, coming, kept = _index(redis, now)
    running = running_lanes(redis, now, leases)
    return Overview(
        at=moment(now),
        planned=later,
        due=due,
        late=late,
        leased=leased,
        next_at=moment(coming[0][1]) if coming else None,
        waiting=[WaitingLane(as_text(user), moment(at)) for user, at in first],
        running=running,
        workers=registered(redis, now, running),
        minutes=kept,
        totals=Counts.of(totals),
        swept_at=moment(now - RESCUED_SECONDS + swept / 1000) if swept >= 0 else None,
        opens_at=moment(float(opens)) if float(opens or 0) > now else None,
        redis=RedisMemory.of({name: value for section in info for name, value in section.items()}),
        troubles=troubles,
    )


Places = Sequence[tuple[bytes, float]]


def _index(redis: Redis, now: float) -> tuple[int, int, int, Places, Places, list[Minute]]:
    """Return the counts of due, late and later lanes, the first due ones, the next one, and the minutes."""
    numbers = minutes_before(now)
    with redis.pipeline(transaction=False) as pipe:
        pipe.zcount(DUE, "-inf", now)
        pipe.zcount(DUE, "-inf", now - LATE_SECONDS)
        pipe.zcount(DUE, f"({now}", "+inf")
        pipe.zrangebyscore(DUE, "-inf", now, 0, MAX_WAITING, withscores=True)
        pipe.zrangebyscore(DUE, f"({now}", "+inf", 0, 1, withscores=True)
        for number in numbers:
            pipe.hgetall(minute_key(number))
        due, late, later, first, coming, *kept = pipe.execute()
    return due, late, later, first, coming, minutes(numbers, kept)
