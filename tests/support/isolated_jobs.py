"""Jobs for their own processes: each reports what it sees there, or ends as its process can."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import cast

from rq.serializers import JSONSerializer

from bot.config.clock import Clock
from bot.config.environment import Config
from bot.lanes.queue import connect
from jobs.isolation import IsolatedJobs
from jobs.lanes import LaneJob, Lease, still_mine
from local.processes import wait_until
from tests.support.environment import config_for

HERE = "tests.support.isolated_jobs"


def job(config: Config, function: str, argument: str) -> LaneJob:
    """Return the job that runs this function, by its path, under a lease."""
    made = cast(
        LaneJob,
        LaneJob.create(
            function,
            (argument,),
            id="step-alice",
            connection=connect(config.redis_url),
            serializer=JSONSerializer,
        ),
    )
    made.lease = Lease("alice", "a-token", 30.0, made.id)
    return made


def who_am_i(_user_id: str) -> float:
    """Return the process id."""
    return float(os.getpid())


def raises(_user_id: str) -> None:
    raise RuntimeError("canary-text-of-an-exception")


def is_killed(_user_id: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def outlives_a_request_to_end(_user_id: str) -> float:
    """Send the signal with which platforms end all processes."""
    os.kill(os.getpid(), signal.SIGTERM)
    return 1.0


def tells_when_the_lease_is_lost(path: str) -> float:
    """Write `mine` into the file once, then wait until the lease is lost."""
    Path(path).write_text("mine" if still_mine() else "lost")
    return float(wait_until(lambda: not still_mine(), 20))


def hangs(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    while True:
        time.sleep(60)


if __name__ == "__main__":
    folder, database_url, redis_url, told = sys.argv[1:]
    of_worker = config_for(Path(folder), database_url, redis_url)
    IsolatedJobs(of_worker, Clock())(job(of_worker, f"{HERE}.hangs", told))
