"""Large tables downloaded by many people at once, and how long a sign-in takes meanwhile:
`python -m tests.bench.downloads`.
"""

import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bot.app import create_base_app
from bot.history.activity import activity_csv
from local import postgres
from tests.bench.page import table
from tests.support.environment import config_for, dispose, prepare
from tests.support.long_activity import ROWS, add_activity, downloaded, stored
from tests.support.people import PASSWORD, make_somebody
from tests.support.redis_process import RedisProcess
from tests.support.web_process import Web, web_process

PEOPLE, EACH, CALM_SECONDS, ROUNDS = 17, 2, 5.0, 3


@dataclass(frozen=True)
class Row:
    """One database: the CPU of one table alone, the time until the last of all has arrived, how many of them were
    complete, and the 95th percentile of a sign-in while nothing else happens and while they are downloaded.
    """

    database: str
    cpu_seconds: float
    seconds: float
    complete: int
    calm_p95_ms: float
    p95_ms: float


def measure() -> Iterator[Row]:
    with RedisProcess() as redis, postgres.running() as server:
        yield _row("SQLite", "", redis.url)
        yield _row("PostgreSQL", postgres.create_database(server), redis.url)


def _row(name: str, database_url: str, redis_url: str) -> Row:
    with TemporaryDirectory() as folder:
        url = database_url or f"sqlite:///{folder}/troupe.db"
        app = create_base_app(config_for(Path(folder), url, redis_url))
        prepare(app)
        with app.app_context():
            people = [make_somebody(f"person{number}") for number in range(PEOPLE)]
            for one in people:
                add_activity(one.id)
            rows = {one.token: stored(one.id) for one in people}
            cpu = median(_cpu_of_a_table(people[0].id) for _ in range(ROUNDS))
        dispose(app)
        with web_process(Path(folder), url, redis_url, TRUSTED_PROXIES="1") as web:
            calm = _sign_ins(web, lambda began: time.monotonic() - began < CALM_SECONDS)
            wanted = [token for token in rows for _ in range(EACH)]
            began = time.monotonic()
            with ThreadPoolExecutor(len(wanted)) as pool:
                downloads = [pool.submit(_download, web, token) for token in wanted]
                busy = _sign_ins(web, lambda _began: not all(one.done() for one in downloads))
            took = time.monotonic() - began
    complete = sum(downloaded(one.result()) == rows[token] for one, token in zip(downloads, wanted, strict=True))
    return Row(name, cpu, took, complete, _p95(calm), _p95(busy))


def _cpu_of_a_table(user_id: str) -> float:
    began = time.thread_time()
    for _ in activity_csv(user_id):
        pass
    return time.thread_time() - began


def _download(web: Web, token: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=300)
    connection.request("GET", "/api/activity?format=csv", headers={"Authorization": f"Bearer {token}"})
    body = connection.getresponse().read()
    connection.close()
    return body


_counter = itertools.count()


def _sign_ins(web: Web, goes_on: Callable[[float], bool]) -> list[float]:
    """The seconds of each, one after the other, each from a network of its own."""
    times: list[float] = []
    began = time.monotonic()
    while goes_on(began):
        number = next(_counter)
        network = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=300)
        body = json.dumps({"username": f"person{number % PEOPLE}", "password": PASSWORD})
        started = time.monotonic()
        headers = {"Content-Type": "application/json", "X-Forwarded-For": network}
        connection.request("POST", "/api/auth/login", body, headers)
        response = connection.getresponse()
        text = response.read()
        times.append(time.monotonic() - started)
        connection.close()
        if response.status != 200:
            raise RuntimeError(text.decode())
    return times


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1] * 1000 if len(times) > 1 else times[0] * 1000


def report() -> str:
    head = (
        f"{PEOPLE} people, {EACH} tables each of {ROWS} rows, at once",
        "CPU of one s",
        "All s",
        "Complete",
        "Sign-in p95 ms",
        "meanwhile ms",
    )
    rows = [
        (
            row.database,
            f"{row.cpu_seconds:.2f}",
            f"{row.seconds:.1f}",
            f"{row.complete} of {PEOPLE * EACH}",
            f"{row.calm_p95_ms:.0f}",
            f"{row.p95_ms:.0f}",
        )
        for row in measure()
    ]
    return table(head, rows)


if __name__ == "__main__":
    print(report())
