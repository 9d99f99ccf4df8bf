"""The worker: runs the jobs of lanes inside the app, in one process or several, with the request's id in the log."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NoReturn

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq.job import Job
from rq.utils import import_attribute
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers
from structlog.contextvars import bound_contextvars

from bot.alerts.sentry import init_sentry
from bot.app import create_base_app
from bot.automation.client_versions import note_started
from bot.automation.memory_files import delete_orphan_files
from bot.config.environment import Config
from bot.config.runtime import EXTENSION, Runtime
from bot.core.backoff import Backoff
from bot.core.causes import cause_of
from bot.core.log import configure_logging, finish_telling
from bot.history.activity import log_error
from bot.lanes.queue import REQUEST_ABANDONED, REQUEST_JOB, STEP_JOB, connect
from bot.operations.last_words import end_with_a_sentence
from bot.steps.restores import find_restore
from jobs.instagram import APP_VERSION, CLIENT_VERSION
from jobs.isolation import IsolatedJobs, JobCrashed
from jobs.lane_worker import LaneWorker
from jobs.tracing import about_job
from jobs.worker_pool import WorkerPool

BACKOFF = Backoff(initial=0.1, maximum=5.0)

log = structlog.get_logger()


def main() -> NoReturn:
    """Work until SIGTERM. Running jobs end, and nothing new is taken. A second signal ends it immediately."""
    end_with_a_sentence()
    configure_logging()
    config = Config.from_env()
    configure_logging(config.log_level)
    init_sentry(config)
    config.master_keys()
    preload(config.sqlalchemy_url)
    if config.processes == 1:
        work(config)
        sys.stderr.flush()
        # Jobs that were given up still run in their threads. Do not wait for them.
        os._exit(os.EX_OK)
    log.info("workers_started", count=config.processes)
    sys.exit(WorkerPool(partial(work, config), config.processes).run())


def preload(*database_urls: str) -> None:
    """Import all that work() and a first step of any kind need, so that forked processes share it."""
    for path in (STEP_JOB, REQUEST_JOB, REQUEST_ABANDONED):
        import_attribute(path)
    configure_mappers()
    for url in database_urls:
        make_url(url).get_dialect().import_dbapi()


def work(config: Config, serves: Callable[[], None] = lambda: None) -> None:
    """Work in this process with its own connections. Call `serves` once it can."""
    app = create_base_app(config)
    redis = connect(config.redis_address)
    wait_for(redis)
    with app.app_context(), suppress(SQLAlchemyError):
        delete_orphan_files()
        find_restore()
        note_started(CLIENT_VERSION, APP_VERSION)
    worker = make_worker(app, redis)
    log.info("worker_started", worker=worker.name, threads=config.worker_threads)
    serves()
    with suppress(SystemExit):
        worker.work()
    log.info("worker_ended", worker=worker.name)
    finish_telling()


def make_worker(app: Flask, redis: Redis) -> LaneWorker:
    """Return a lane worker that runs the product's jobs in `app`."""
    runtime = _runtime(app)
    isolated = runtime.config.worker_isolation == "process"
    return LaneWorker(
        redis,
        perform=IsolatedJobs(runtime.config, runtime.clock) if isolated else None,
        threads=runtime.config.worker_threads,
        surround=partial(job_context, app),
        on_abandoned=_abandoned,
        on_crash=_crashed,
        clock=lambda: runtime.clock.now().timestamp(),
    )


@contextmanager
def job_context(app: Flask, job: Job) -> Iterator[None]:
    """Enter the app's context, and put the job, its user and the request behind it (or a new id) on every log line."""
    about = about_job(job.id, str(job.func_name), str(job.origin), job.meta.get("request_id"))
    with app.app_context(), bound_contextvars(**about):
        yield


def wait_for(redis: Redis) -> None:
    """Block until Redis answers. Log each failure, and pause by BACKOFF in between."""
    failures = 0
    while True:
        try:
            redis.ping()
        except RedisError as error:
            failures += 1
            pause = BACKOFF.after(failures)
            log.warning("redis_away", pause=pause, **cause_of(error))
            time.sleep(pause)
        else:
            return


def _abandoned(job: Job) -> None:
    import_attribute(REQUEST_ABANDONED)(*job.args)


def _crashed(job: Job, error: BaseException) -> None:
    if isinstance(error, JobCrashed):
        # Its process has logged it, with its stack.
        return
    log_error(error, job_id=job.id, user_id=job.origin)


def _runtime(app: Flask) -> Runtime:
    runtime: Runtime = app.extensions[EXTENSION]
    return runtime


if __name__ == "__main__":
    main()
