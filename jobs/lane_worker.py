"""RQ's worker on lanes: the thread that calls work() claims, others run the jobs, one renews the leases."""

import signal
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from queue import SimpleQueue
from types import FrameType, TracebackType
from typing import Any, NoReturn, TypeVar, cast

import structlog
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue
from rq.executions import Execution
from rq.job import Job, Retry
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty
from rq.utils import now
from rq.worker import BaseWorker

from bot.core.backoff import Backoff
from bot.core.causes import cause_of
from bot.lanes.queue import NOTIFICATIONS, REGISTERED_SECONDS
from jobs.lanes import LEASE_SECONDS, Idle, LaneJob, Lanes, Lease, delay_of, hold, still_mine

CRASH_PAUSE = 60.0
"""Seconds until the next step after one that raised: a bug neither ends a lane nor makes it spin."""
END_SECONDS = 25.0
"""Seconds from the signal to the moment at which running jobs are given up. Platforms kill after 30."""
SAME_SIGNAL = timedelta(seconds=1)
MAX_REST = 1.0
BLOCKING_STEP = 0.11
"""Redis checks blocked clients ten times a second, so it does not end a shorter wait on time."""
BACKOFF = Backoff(initial=0.1, maximum=5.0)

Reply = TypeVar("Reply")

log = structlog.get_logger()


class NoDeathPenalty(BaseDeathPenalty):
    """No time limit of RQ's, which needs a main thread: leases are not renewed past ours."""

    def setup_death_penalty(self) -> None:
        pass

    def cancel_death_penalty(self) -> None:
        pass


class LaneWorker(BaseWorker):
    """A worker that runs the jobs of all lanes, at most one of a lane at a time, `threads` in all.

    `surround(job)` is entered around each job. `on_abandoned(job)` is called inside it for every job, except a step,
    that raised or whose worker died after its start: it is not run again. It may be called twice. `on_crash(job,
    error)` has to log a job's exception; nothing else does. `perform(job)` runs the job's function outside a thread of
    this process.
    """

    job_class = LaneJob
    death_penalty_class = NoDeathPenalty
    log_result_lifespan = False

    def __init__(
        self,
        connection: Redis,
        *,
        on_abandoned: Callable[[Job], None],
        on_crash: Callable[[Job, BaseException], None],
        surround: Callable[[Job], AbstractContextManager[object]] = lambda _job: nullcontext(),
        perform: Callable[[LaneJob], object] | None = None,
        threads: int = 16,
        lease_seconds: float = LEASE_SECONDS,
        end_seconds: float = END_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        # RQ adds a minute.
        ttl = REGISTERED_SECONDS - 60
        super().__init__(
            [], connection=connection, serializer=JSONSerializer, worker_ttl=ttl, log_job_description=False
        )
        self.lanes = Lanes(connection, self.name, lease_seconds)
        self._on_abandoned = on_abandoned
        self._on_crash = on_crash
        self._surround = surround
        self._perform = perform
        self._clock = clock
        self._end_seconds = end_seconds
        self._given_up = False
        self._failures = 0
        self._slots = threading.BoundedSemaphore(threads)
        self._inbox: SimpleQueue[LaneJob | None] = SimpleQueue()
        self._runners = [
            threading.Thread(target=self._run_jobs, name=f"lane-{number}", daemon=True) for number in range(threads)
        ]
        self._held: dict[str, Lease] = {}
        # A renewal holds it, so that no lease is released and renewed at the same time.
        self._renewing = threading.Lock()
        self._ended = threading.Event()
        self._renewer = threading.Thread(target=self._keep_alive, name="lease", daemon=True)

    # The life of the worker.

    def work(self, burst: bool = False, logging_level: str | None = "WARNING", *_: Any, **__: Any) -> bool:
        """Run jobs until a signal; with `burst` until nothing is due or running.

        Returns True if a signal ended it. Raises RedisError if Redis is away at the start; later it waits for it.
        Raises SystemExit if jobs were given up: their threads may still run, and their leases end without renewal.
        """
        if threading.current_thread() is threading.main_thread():
            # Install them before the worker is registered: from then on a signal ends it in order.
            self._install_signal_handlers()  # type: ignore[no-untyped-call]  # RQ
        self.bootstrap(logging_level)
        for thread in (*self._runners, self._renewer):
            thread.start()
        try:
            self._hand_out(burst)
        finally:
            self.teardown()
        return self._stop_requested

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ
        signal.signal(signal.SIGALRM, self._give_up)
        signal.setitimer(signal.ITIMER_REAL, self._end_seconds)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """End immediately on a second signal. RQ takes two within a second for one."""
        first = self._shutdown_requested_date
        if first is None or now() - first > SAME_SIGNAL:
            self._give_up(signum, frame)

    def _give_up(self, _signum: int, _frame: FrameType | None) -> NoReturn:
        self._given_up = True
        raise SystemExit

    def stop(self) -> None:
        """Take nothing new. work() returns when the running jobs have ended."""
        self._stop_requested = True

    def teardown(self) -> None:
        try:
            self._end_in_order()
        finally:
            if self._given_up:
                log.warning("jobs_given_up", worker=self.name, jobs=[one.job_id for one in self._held.values()])

    def _end_in_order(self) -> None:
        if self._given_up:
            return
        for _ in self._runners:
            self._inbox.put(None)
        for runner in self._runners:
            runner.join()
        self._ended.set()
        self._renewer.join()
        try:
            self.register_death()  # type: ignore[no-untyped-call]  # RQ
        except RedisError as error:
            log.warning("worker_death_not_registered", worker=self.name, **cause_of(error))
        signal.setitimer(signal.ITIMER_REAL, 0)

    def subscribe(self) -> None:
        """Do nothing: RQ's remote commands end forked jobs, which do not exist here."""

    def _shutdown(self) -> None:
        self.stop()

    def _set_connection(self, connection: Redis) -> Redis:
        """Keep the connection's time-outs. RQ would let each call wait for seven minutes."""
        return connection

    # The calling thread claims jobs and hands them out.

    def _hand_out(self, burst: bool) -> None:
        while not self._stop_requested:
            if not self._slots.acquire(timeout=0.5):
                continue
            claimed = self._reach(self.lanes.claim)
            if isinstance(claimed, LaneJob):
                self._held[claimed.lease.token] = claimed.lease
                self._inbox.put(claimed)
            else:
                self._slots.release()
            if isinstance(claimed, Idle) and burst and not claimed.leased:
                return
            if claimed is not None:
                self._rest(claimed.rest)

    def _rest(self, seconds: float | None) -> None:
        pause = MAX_REST if seconds is None else min(MAX_REST, seconds)
        if pause < BLOCKING_STEP:
            time.sleep(pause)
        else:
            self._reach(lambda: self.connection.blpop([NOTIFICATIONS], pause if seconds is None else pause - 0.1))

    def _reach(self, call: Callable[[], Reply]) -> Reply | None:
        """Return the reply of Redis; None, after a growing pause, if it is away or refuses."""
        try:
            reply = call()
        except RedisError as error:
            self._failures += 1
            pause = BACKOFF.after(self._failures)
            log.warning("redis_away", worker=self.name, pause=pause, **cause_of(error))
            time.sleep(pause)
            return None
        if not isinstance(reply, Idle):
            # A Redis that takes no writes still says that nothing is due. Only successful work ends the pauses.
            self._failures = 0
        return reply

    # The runners do one job at a time each.

    def _run_jobs(self) -> None:
        while job := self._inbox.get():
            try:
                with hold(job.lease):
                    self.execute_job(job, self._queue_of(job))
            except Exception:
                # How far the job came is unknown. Its lease is left to end, and the next claim settles it.
                self._held.pop(job.lease.token, None)
                log.exception("lane_broken", user_id=job.lease.user_id, job_id=job.id)
            finally:
                self._slots.release()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a claimed job. Release it unstarted if the worker is stopping or the lease is lost."""
        job = cast(LaneJob, job)
        if job.abandoned:
            self._fail_abandoned(job, queue)
        elif not self._stop_requested and still_mine() and self.lanes.start(job):
            execution = Execution(job.lease.token, job.id, self.connection, worker_name=self.name)
            job.perform_elsewhere = self._perform
            with self._surround(job):
                self.perform_job(job, queue, execution)
        self._give_back(job)

    def _fail_abandoned(self, job: LaneJob, queue: Queue) -> None:
        log.warning("job_abandoned", user_id=job.lease.user_id, job_id=job.id, worker=job.worker_name)
        with self._surround(job):
            self.handle_job_failure(job, queue)

    def _give_back(self, job: LaneJob) -> None:
        with self._renewing:
            self._held.pop(job.lease.token, None)
        while job.lease.alive():
            returned = self._reach(lambda: self.lanes.release(job.lease, job.delay))
            if returned:
                return
            if returned is False:
                break
        log.warning("lane_lost", user_id=job.lease.user_id, job_id=job.id)

    def _queue_of(self, job: LaneJob) -> Queue:
        return Queue(job.lease.user_id, connection=self.connection, job_class=LaneJob, serializer=JSONSerializer)

    # RQ's perform_job() calls these. A job's end is written by one release, and only while the lease is ours.

    def prepare_job_execution(self, job: Job, remove_from_intermediate_queue: bool = False) -> None:
        """Do nothing: Lanes.start() has done it."""

    def handle_execution_ended(self, job: Job, queue: Queue, heartbeat_ttl: int) -> None:
        job.ended_at = now()

    def cleanup_execution(self, job: Job, pipeline: Pipeline, execution: Execution | None = None) -> None:
        """Do nothing: an execution is the lease, and the release ends it."""

    def handle_job_success(
        self, job: Job, queue: Queue, started_job_registry: StartedJobRegistry, execution: Execution
    ) -> None:
        """Read the time of the next step from a step's return value. Raises TypeError for any other value."""
        job = cast(LaneJob, job)
        if job.is_step and still_mine():
            job.delay = delay_of(job._result, self._clock())

    def handle_job_retry(
        self,
        job: Job,
        queue: Queue,
        retry: Retry,
        started_job_registry: StartedJobRegistry,
        execution: Execution,
    ) -> None:
        if still_mine():
            super().handle_job_retry(job, queue, retry, started_job_registry, execution)

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: StartedJobRegistry | None = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """Plan the next step after a pause; fail any other job. RQ's record gets no text of the exception."""
        job = cast(LaneJob, job)
        if not still_mine():
            return
        if job.is_step:
            job.delay = CRASH_PAUSE
            return
        self._on_abandoned(job)
        super().handle_job_failure(job, queue)

    def handle_exception(self, job: Job, *exc_info: type[BaseException] | BaseException | TracebackType | None) -> None:
        try:
            self._on_crash(job, cast(BaseException, exc_info[1]))
        except Exception:
            log.exception("crash_not_recorded", job_id=job.id, crash=type(exc_info[1]).__name__)

    # The renewing thread.

    def _keep_alive(self) -> None:
        while not self._ended.wait(self.lanes.lease_seconds / 3):
            try:
                self._renew_leases()
                self._register_again()
            except RedisError as error:
                log.warning("leases_not_renewed", worker=self.name, **cause_of(error))

    def _renew_leases(self) -> None:
        with self._renewing:
            held = list(self._held.values())
            for lease in held:
                if lease.overdue():
                    log.error("job_overdue", user_id=lease.user_id, job_id=lease.job_id)
                    self._held.pop(lease.token, None)
            self.lanes.renew([lease for lease in held if not lease.overdue()])

    def serialize(self) -> dict[str, Any]:
        """Return RQ's registration with the number of jobs that run here at the same time."""
        return {**super().serialize(), "threads": len(self._runners)}

    def _register_again(self) -> None:
        """Send RQ's heartbeat with the whole registration: Redis may have been emptied."""
        self.last_heartbeat = now()
        # In one transaction a full Redis would refuse the renewal with the rest.
        with self.connection.pipeline(transaction=False) as pipe:
            pipe.sadd(self.redis_workers_keys, self.key)
            pipe.hset(self.key, mapping={**self.serialize(), "state": "busy" if self._held else "idle"})
            pipe.expire(self.key, REGISTERED_SECONDS)
            pipe.execute()
