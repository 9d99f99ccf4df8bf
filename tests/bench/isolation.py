"""What a process of its own adds to a job: CPU, time and memory, beside the same job in the worker's thread.

`python -m tests.bench.isolation`. The job reads the user's next work from SQLite, as every step does first, and finds
none; both sides in turns in one run.
"""

import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil
from rq.utils import import_attribute

from bot.app import create_base_app
from bot.config.clock import Clock
from bot.config.environment import Config
from bot.operations.release import release
from jobs.isolation import IsolatedJobs, JobProcessDied
from jobs.lanes import LaneJob, hold
from local.processes import wait_until
from tests.bench.page import machine, sandbox_mode, table, write
from tests.support.environment import config_for
from tests.support.isolated_jobs import HERE, job
from tests.support.people import make_somebody
from tests.support.redis_process import RedisProcess

ROUNDS, JOBS = 5, 20
STEP = "jobs.tasks.step"


def _server() -> psutil.Process:
    return next(child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline()))


def _cpu(*processes: psutil.Process) -> float:
    """Seconds of these processes and of what they started and saw end."""
    return sum(sum(process.cpu_times()[:4]) for process in processes)


def _thread_ms(config: Config, user_id: str) -> float:
    own, began = psutil.Process(), _cpu(psutil.Process())
    for _ in range(JOBS):
        made = job(config, STEP, user_id)
        with hold(made.lease):
            import_attribute(STEP)(user_id)
    return (_cpu(own) - began) / JOBS * 1000


def _process_ms(config: Config, run: IsolatedJobs, user_id: str) -> tuple[float, float]:
    """CPU and time of one job."""
    processes = (psutil.Process(), _server())
    began, at = _cpu(*processes), time.perf_counter()
    for _ in range(JOBS):
        run(job(config, STEP, user_id))
    return (_cpu(*processes) - began) / JOBS * 1000, (time.perf_counter() - at) / JOBS * 1000


def _memory_mib(config: Config, run: IsolatedJobs, folder: Path) -> float:
    """Memory that one process has for itself alone while its job runs."""
    said = folder / "pid"
    hanging = job(config, f"{HERE}.hangs", str(said))
    threading.Thread(target=_until_killed, args=(run, hanging), daemon=True).start()
    assert wait_until(lambda: said.exists() and said.read_text() != "", 30)
    process = psutil.Process(int(said.read_text()))
    used = process.memory_full_info().uss / 2**20
    process.kill()
    return float(used)


def _until_killed(run: IsolatedJobs, hanging: LaneJob) -> None:
    with suppress(JobProcessDied):
        run(hanging)


def report() -> str:
    with RedisProcess() as server, TemporaryDirectory() as name:
        config = config_for(Path(name), f"sqlite:///{name}/troupe.db", server.url)
        app = create_base_app(config)
        with app.app_context():
            release()
            user_id = make_somebody("alice").id
            run = IsolatedJobs(config, Clock())
            run(job(config, STEP, user_id))
            threads = [_thread_ms(config, user_id) for _ in range(ROUNDS)]
            processes = [_process_ms(config, run, user_id) for _ in range(ROUNDS)]
            memory = _memory_mib(config, run, Path(name))
    in_thread, in_process = median(threads), median(cpu for cpu, _ in processes)
    rows = [
        ("CPU ms in a thread", f"{in_thread:.1f}"),
        ("CPU ms in a process of its own", f"{in_process:.1f}"),
        ("what that adds to a step, CPU ms", f"{in_process - in_thread:.1f}"),
        ("ms from start to answer", f"{median(wall for _, wall in processes):.0f}"),
        ("MiB of its own while it runs", f"{memory:.0f}"),
    ]
    return table((f"A job that finds nothing to do, median of {ROUNDS} rounds of {JOBS}", ""), rows)


if __name__ == "__main__":
    text = f"On {machine()}, against {sandbox_mode()}, by `python -m tests.bench.isolation`.\n\n{report()}"
    print(text)
    if "--write" in sys.argv:
        write("isolation", text)
