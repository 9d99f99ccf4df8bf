"""Results of a user and of all of them, in a database of a thousand users with a year behind them.

`python -m tests.bench.results_year [--users 1000] [--days 365] [--database SQLite]`. Four users act each day about as
much as the limits allow, and the others a little. The nightly count runs first, while another process writes. Then
users of each pace, and an administrator, read pages and answers of the web process, started as the Procfile says, on
loopback. Each table is printed as soon as it is there.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text

from bot.app import create_base_app
from bot.config.runtime import now
from bot.fleet import counting
from bot.storage.engine import engine_options
from local import postgres
from tests.bench.page import machine, table
from tests.bench.pages import reader, timed
from tests.bench.writer_beside import PAUSE, writer
from tests.support.environment import config_for, dispose, prepare
from tests.support.filled_year import Pace, Year, copy_rows, copy_user, fill
from tests.support.people import make_somebody
from tests.support.redis_process import RedisProcess
from tests.support.web_process import Web, web_process

BUSY, USUAL = Pace(follow=50, like=60, message=15, skipped=60), Pace(follow=2, like=1, message=1, skipped=1)
READERS, WARM, READS = 4, 2, 20
ALONE = 20
"""Seconds in which the process that writes has no count next to it."""
OF_USERS = (
    "/results", "/results?days=90", "/api/analytics/results?days=90&by=source", "/api/analytics/results?days=90&by=day",
    "/api/analytics/results?days=90&by=variant", "/api/analytics/results?days=90&by=hour",
)  # fmt: skip


OF_ADMINISTRATORS = ("/admin/results", "/admin/results?days=365", "/api/admin/results?days=365")
DATABASES = ("SQLite", "PostgreSQL")


@dataclass(frozen=True)
class Filled:
    """A filled database: tokens of its users and of the administrator, the number of its targets, and its count."""

    busy: list[str]
    usual: list[str]
    admin: str
    targets: int
    count: str


def filled(folder: Path, url: str, redis_url: str, users: int, days: int) -> Filled:
    config = config_for(folder, url, redis_url)
    app = create_base_app(config)
    prepare(app)
    with app.app_context():
        moment = now()
        busy = [make_somebody(f"busy{number}") for number in range(READERS)]
        usual = make_somebody("usual")
        admin = make_somebody("ada", role="admin")
        owner = create_engine(**engine_options(config, as_owner=True))
        with owner.connect() as connection:
            fill(connection, Year(usual.id, moment, days, USUAL, 1))
            fill(connection, Year(busy[0].id, moment, days, BUSY, 2))
            for number, one in enumerate(busy[1:], start=users):
                copy_rows(connection, busy[0].id, one.id, number)
            for number in range(users - READERS - 1):
                copy_user(connection, usual.id, number)
                connection.commit()
            targets = connection.scalar(text("SELECT count(*) FROM action_targets")) or 0
            connection.execute(text("ANALYZE"))
            connection.commit()
        owner.dispose()
        with writer(folder, url, redis_url, usual.id) as alone:
            time.sleep(ALONE)
        with writer(folder, url, redis_url, usual.id) as beside:
            count = _count()
        count += (
            f" A process that wrote every {PAUSE * 1000:.0f} ms {_waits(alone)} alone, and {_waits(beside)} meanwhile."
        )
    dispose(app)
    return Filled([one.token for one in busy], [usual.token], admin.token, targets, count)


def _waits(times: Sequence[float]) -> str:
    parts = quantiles(times, n=1000)
    return (
        f"took {median(times):.1f} ms (99 %: {parts[-10]:.0f}, 99.9 %: {parts[-1]:.0f}, at most {max(times):.0f};"
        f" {len(times):,} times)"
    )


def _count() -> str:
    """Count all results as the clock does each night, and tell how long each of its transactions takes that writes."""
    holds, write = list[float](), counting._write

    def timed_write(day: date, found: counting.Numbers) -> None:
        began = time.monotonic()
        write(day, found)
        holds.append(time.monotonic() - began)

    cpu, began = time.process_time(), time.monotonic()
    counting._write = timed_write
    parts = sum(1 for _ in counting.count_results())
    counting._write = write
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    return (
        f"The count of all of them took {took:.0f} s, {cpu:.0f} s of CPU here, in {parts:,} parts. {len(holds)}"
        f" transactions wrote: median {median(holds) * 1000:.0f} ms, the 95th percentile"
        f" {quantiles(holds, n=20)[-1] * 1000:.0f} ms, and {max(holds) * 1000:.0f} ms at most."
    )


def read(web: Web, tokens: Sequence[str], paths: Sequence[str]) -> Iterator[tuple[str, float, float, float]]:
    """Yield each path with CPU ms of the server, median and 95th percentile in ms. The users take turns."""
    sessions = [reader(web.port, token) for token in tokens]
    for path in paths:
        address = f"http://127.0.0.1:{web.port}{path}"
        for session in sessions:
            for _ in range(WARM):
                timed(session, address)
        before = web.cpu_seconds()
        taken = [timed(sessions[number % len(sessions)], address) for number in range(READS)]
        cpu = (web.cpu_seconds() - before) * 1000 / READS
        if refused := [response.status_code for _, response in taken if response.status_code >= 400]:
            raise RuntimeError(f"{path} answers {refused[0]}")
        times = [milliseconds for milliseconds, _ in taken]
        yield path, cpu, median(times), quantiles(times, n=20)[-1]


def report(users: int = 1000, days: int = 365, databases: Sequence[str] = DATABASES) -> str:
    return "\n\n".join(tables(users, days, databases))


def tables(users: int, days: int, databases: Sequence[str]) -> Iterator[str]:
    for name in databases:
        with ExitStack() as stack:
            redis, folder = stack.enter_context(RedisProcess()), stack.enter_context(TemporaryDirectory())
            url = f"sqlite:///{folder}/troupe.db"
            if name == "PostgreSQL":
                url = postgres.create_database(stack.enter_context(postgres.running()))
            yield from _tables_of(name, Path(folder), url, redis.url, users, days)


def _tables_of(name: str, folder: Path, url: str, redis_url: str, users: int, days: int) -> Iterator[str]:
    found = filled(folder, url, redis_url, users, days)
    yield f"{name}, {users:,} users, {days} days: {found.count}"
    with web_process(folder, url, redis_url, INSTAGRAM_SANDBOX="1", SECURE_COOKIES="0") as web:
        for who, tokens, paths in (
            ("little", found.usual, OF_USERS),
            ("much", found.busy, OF_USERS),
            ("all", [found.admin], OF_ADMINISTRATORS),
        ):
            rows = [
                (f"`{path}`, {who}", f"{cpu:.0f}", f"{middle:.0f}", f"{p95:.0f}")
                for path, cpu, middle, p95 in read(web, tokens, paths)
            ]
            head = (f"{name}, {users:,} users, {days} days, {found.targets:,} targets", "CPU ms", "Median ms", "p95 ms")
            yield table(head, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--database", choices=DATABASES, action="append")
    options = parser.parse_args()
    print(f"On {machine()}, {os.getloadavg()[0]:.0f} processes at work at the begin.\n", flush=True)
    for one in tables(options.users, options.days, options.database or DATABASES):
        print(f"{one}\n", flush=True)
