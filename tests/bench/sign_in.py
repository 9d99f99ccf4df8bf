"""Sign-ins a second of the web process, against argon2id alone in the same run: `python -m tests.bench.sign_in`.

The process is started as the Procfile says, on loopback, and told by a proxy that everybody has a network of their own.
"""

import http.client
import itertools
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import psutil

from bot.app import create_base_app
from bot.auth.passwords import hash_password, verify_password
from local import postgres
from tests.bench.page import table
from tests.support.environment import config_for, dispose, prepare
from tests.support.people import PASSWORD, make_somebody
from tests.support.redis_process import RedisProcess
from tests.support.web_process import web_process

SECONDS, ROUNDS, PEOPLE, CROWD = 3.0, 3, 20, 200
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Row:
    """One database: medians of what argon2id alone does and of sign-ins a second, taken in turns, and of their ratio;
    the 95th percentile of a sign-in; seconds and the largest memory of a crowd.
    """

    database: str
    hashes: float
    sign_ins: float
    ratio: float
    p95_ms: float
    crowd_mib: float
    crowd_seconds: float


def measure() -> Iterator[Row]:
    with RedisProcess() as redis, postgres.running() as server:
        yield _row("SQLite", "", redis.url)
        yield _row("PostgreSQL", postgres.create_database(server), redis.url)


def _row(name: str, database_url: str, redis_url: str) -> Row:
    with TemporaryDirectory() as folder:
        url = database_url or f"sqlite:///{folder}/troupe.db"
        _make_people(Path(folder), url, redis_url)
        with web_process(Path(folder), url, redis_url, TRUSTED_PROXIES="1") as web:
            process, port = psutil.Process(web.process_id), web.port
            _sign_in(port, 0)
            rounds = [(hashes_a_second(), sign_ins(port, PEOPLE)) for _ in range(ROUNDS)]
            began = time.monotonic()
            with ThreadPoolExecutor(CROWD) as crowd:
                list(crowd.map(lambda number: _sign_in(port, number % PEOPLE), range(CROWD)))
            took = time.monotonic() - began
            children = [process, *process.children(recursive=True)]
            peak = sum(_peak_mib(child.pid) for child in children)
    return Row(
        name,
        hashes=median(hashes for hashes, _ in rounds),
        sign_ins=median(len(times) / SECONDS for _, times in rounds),
        ratio=median(len(times) / SECONDS / hashes for hashes, times in rounds),
        p95_ms=quantiles([one for _, times in rounds for one in times], n=20)[-1] * 1000,
        crowd_mib=peak,
        crowd_seconds=took,
    )


def hashes_a_second() -> float:
    """What argon2id does on all cores."""
    stored, ends = hash_password(PASSWORD), time.monotonic() + SECONDS

    def work(_number: int) -> int:
        for done in itertools.count():
            if time.monotonic() > ends:
                return done
            verify_password(stored, PASSWORD)
        return 0

    with ThreadPoolExecutor(CORES) as pool:
        return sum(pool.map(work, range(CORES))) / SECONDS


def sign_ins(port: int, people: int) -> list[float]:
    ends = time.monotonic() + SECONDS

    def work(number: int) -> list[float]:
        times = []
        while time.monotonic() < ends:
            began = time.monotonic()
            _sign_in(port, number)
            times.append(time.monotonic() - began)
        return times

    with ThreadPoolExecutor(people) as pool:
        return [one for times in pool.map(work, range(people)) for one in times]


_networks = itertools.count()


def _sign_in(port: int, number: int) -> None:
    network = next(_networks)
    headers = {
        "Content-Type": "application/json",
        "X-Forwarded-For": f"10.{network >> 16 & 255}.{network >> 8 & 255}.{network & 255}",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"username": f"person{number}", "password": PASSWORD})
    connection.request("POST", "/api/auth/login", body, headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(text.decode())


def _make_people(folder: Path, url: str, redis_url: str) -> None:
    app = create_base_app(config_for(folder, url, redis_url))
    prepare(app)
    with app.app_context():
        for number in range(PEOPLE):
            make_somebody(f"person{number}")
    dispose(app)


def _peak_mib(process_id: int) -> float:
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def report() -> str:
    head = (
        f"{PEOPLE} people at once, on {CORES} cores",
        "argon2id alone /s",
        "Sign-ins /s",
        "Ratio",
        "p95 ms",
        f"{CROWD} at once s",
        "Peak MiB",
    )
    rows = [
        (
            row.database,
            f"{row.hashes:.1f}",
            f"{row.sign_ins:.1f}",
            f"{row.ratio:.2f}",
            f"{row.p95_ms:.0f}",
            f"{row.crowd_seconds:.1f}",
            f"{row.crowd_mib:.0f}",
        )
        for row in measure()
    ]
    return table(head, rows)


if __name__ == "__main__":
    print(report())
