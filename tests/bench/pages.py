"""Pages of a user with sixty days behind them, among a thousand users; and sign-ins while many tabs are open.

`python -m tests.bench.pages [--days 60] [--tabs 200] [--database SQLite] [--part tabs]`. The past is lived by the
product, as `make run PAST=60` does it. The web process is started as the Procfile says, on loopback. One reader asks
for each page again and again. A tab has Home open, of a user whose bot works, and polls its panel as a browser does: as
often as the page says, at the address that the last answer gave. If that brings something new, it asks for the page's
own part. Meanwhile each of these bots takes a step a minute, about the pace of a real account: a line of activity is
written, as a step does at its end. No worker runs. Each table is printed as soon as it is there.
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from html import unescape
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from sqlalchemy import select
from urllib3.util import Retry

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.app import create_base_app
from bot.auth.sessions import sessions
from bot.automation import lifecycle
from bot.demo.users import PAST_USER
from bot.history.activity import record
from bot.storage.models import User
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import identity, tenant
from local import postgres
from tests.bench.page import machine, table
from tests.bench.sign_in import PEOPLE, ROUNDS, sign_ins
from tests.support.environment import KEY, config_for, dispose, prepare
from tests.support.people import VISITOR, Somebody, give_valid_session, make_somebody
from tests.support.redis_process import RedisProcess
from tests.support.sandbox_process import ROOT, SandboxProcess
from tests.support.web_process import Web, web_process

USERS, WARM = 1000, 4
READS = 40
"""Enough that one answer that something else held up is no percentile."""
PATIENCE = 120
"""Seconds in which all tabs have to be open."""
STEP_SECONDS = 60
"""Seconds between two steps of a bot whose tab is open."""
Tokens = dict[str, str]
Settings = dict[str, str]
# A page and its fragments, as a signed-in user reads them; `<action>` and `<person>` are of the lived past.
PAGES = (
    "/", "/bot", "/now", "/actions", "/actions/log", "/actions/<action>", "/actions/new", "/inbox", "/results",
    "/results?days=90", "/people/<person>", "/settings/schedule", "/settings/limits", "/settings/lists",
    "/settings/connection", "/settings/security", "/settings/notifications", "/settings/data", "/help",
)  # fmt: skip
OF_ADMINISTRATORS = ("/admin", "/admin/people", "/admin/limits", "/admin/health", "/admin/errors", "/admin/audit")
DATABASES = ("SQLite", "PostgreSQL")
POLL = re.compile(r'id="(bot|live)"[^>]*? hx-get="([^"]+)" hx-trigger="every (\d+)s')
"""A part of a page that is polled: its id, its address, and the seconds between two polls."""
FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@contextmanager
def lived(folder: Path, url: str, redis_url: str, days: int, tabs: int) -> Iterator[tuple[Settings, Tokens]]:
    """Let the past be lived, and make the other users, of whom as many as `tabs` have a bot that works.

    Yield the settings of a process, and tokens: `past`, `admin`, and a tab's by its number.
    """
    with SandboxProcess.start(0, "--seed", "1") as sandbox:
        settings = {
            "INSTANCE_DIR": str(folder),
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "ENCRYPTION_KEYS": KEY,
            "INSTAGRAM_SANDBOX": "1",
            "SANDBOX_PORT": str(urlsplit(sandbox.url).port),
            "SECURE_COOKIES": "0",
        }
        app = create_base_app(config_for(folder, url, redis_url))
        prepare(app)
        command = [sys.executable, "-m", "jobs.past", "--days", str(days)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, check=True, stdout=sys.stderr)
        with app.app_context():
            people = [make_somebody(f"person{number}") for number in range(USERS - 2)]
            for person in people[:tabs]:
                _let_work(person)
            tokens = {f"tab {number}": person.token for number, person in enumerate(people)}
            tokens |= {f"user {number}": person.id for number, person in enumerate(people[:tabs])}
            tokens["admin"] = make_somebody("ada", role="admin").token
            with identity() as session:
                user = session.scalars(select(User).where(User.username == PAST_USER)).one()
                tokens["past"] = sessions.issue(session, user, VISITOR)
                session.commit()
        dispose(app)
        yield settings, tokens


def _let_work(person: Somebody) -> None:
    give_valid_session(person.id, username=f"insta.{person.username}")
    lifecycle.start(person.id)
    follow_hashtag(person.id, FollowHashtag(hashtag="coffee", amount=50))


def reader(port: int, token: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Cookie"] = f"troupe_session={token}"
    # The server ends a connection on which nothing came for two seconds, and a browser opens another one then.
    session.mount("http://", HTTPAdapter(max_retries=Retry(total=3, backoff_factor=0)))
    session.headers["Host"] = f"127.0.0.1:{port}"
    return session


def timed(session: requests.Session, address: str) -> tuple[float, requests.Response]:
    began = time.perf_counter()
    response = session.get(address, timeout=60)
    return (time.perf_counter() - began) * 1000, response


def pages_of(web: Web, tokens: Tokens) -> Iterator[tuple[str, float, float, float, float]]:
    """Yield each page with CPU ms of the server, median and 95th percentile in ms, and KB without the files it loads.

    On a machine that others use too, the CPU says most.
    """
    own, admin = reader(web.port, tokens["past"]), reader(web.port, tokens["admin"])
    base = f"http://127.0.0.1:{web.port}"
    action = own.get(f"{base}/api/bot/actions?limit=1").json()["items"][0]["id"]
    person = own.get(f"{base}/api/people?limit=1").json()["items"][0]["id"]
    for session, paths in ((own, PAGES), (admin, OF_ADMINISTRATORS)):
        for path in paths:
            address = base + path.replace("<action>", action).replace("<person>", person)
            for _ in range(WARM):
                timed(session, address)
            before = web.cpu_seconds()
            taken = [timed(session, address) for _ in range(READS)]
            cpu = (web.cpu_seconds() - before) * 1000 / READS
            if refused := [response.status_code for _, response in taken if response.status_code >= 400]:
                raise RuntimeError(f"{path} answers {refused[0]}")
            times = [milliseconds for milliseconds, _ in taken]
            yield path, cpu, median(times), quantiles(times, n=20)[-1], len(taken[0][1].content) / 1000


def home_kb(port: int, token: str) -> float:
    """Return the KB of Home and of all that it loads, uncompressed, without the font."""
    session, base = reader(port, token), f"http://127.0.0.1:{port}"
    page = session.get(f"{base}/")
    files = {one.partition("#")[0] for one in FILES.findall(page.text)}
    files -= {one for one in files if one.endswith(".woff2")}
    return (len(page.content) + sum(len(session.get(base + one).content) for one in files)) / 1000


@contextmanager
def open_tabs(port: int, tokens: Tokens, tabs: int) -> Iterator[list[tuple[float, bool]]]:
    """Let so many users have Home open, each with a bot that works. Yield ms of each poll, and whether it brought news.

    All have polled once before the block begins.
    """
    over, polls, base = threading.Event(), list[tuple[float, bool]](), f"http://127.0.0.1:{port}"
    open_ones = threading.Barrier(tabs + 1)

    def tab(number: int) -> None:
        session = reader(port, tokens[f"tab {number}"])
        parts = _parts_of(session.get(f"{base}/", timeout=60).text)
        pause, asked = parts["bot"][1], time.monotonic()

        def ask(name: str) -> bool:
            taken, response = timed(session, base + parts[name][0])
            polls.append((taken, response.status_code == 200))
            parts.update(_parts_of(response.text))
            return response.status_code == 200

        open_ones.wait(PATIENCE)
        # As they come, not all at the same moment.
        over.wait(pause * number / tabs)
        while not over.is_set():
            began = time.monotonic()
            if ask("bot") or began - asked >= parts["live"][1]:
                ask("live")
                asked = began
            over.wait(max(0.0, pause - (time.monotonic() - began)))

    threads = [threading.Thread(target=tab, args=(number,), daemon=True) for number in range(tabs)]
    for thread in threads:
        thread.start()
    open_ones.wait(PATIENCE)
    yield polls
    over.set()
    for thread in threads:
        thread.join()


@contextmanager
def stepping(settings: Settings, tokens: Tokens, tabs: int) -> Iterator[None]:
    """Let the bots of the tabs take a step a minute each, in turns."""
    folder, url, redis_url = (settings[name] for name in ("INSTANCE_DIR", "DATABASE_URL", "REDIS_URL"))
    app, over = create_base_app(config_for(Path(folder), url, redis_url)), threading.Event()

    def step() -> None:
        with app.app_context():
            for number in cycle(range(tabs)):
                if over.wait(STEP_SECONDS / tabs):
                    return
                with tenant(tokens[f"user {number}"]) as session:
                    record(session, "follow", ActivityStatus.DONE, target="somebody")
                    session.commit()

    thread = threading.Thread(target=step)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        dispose(app)


def _parts_of(text: str) -> dict[str, tuple[str, float]]:
    return {name: (unescape(address), float(seconds)) for name, address, seconds in POLL.findall(text)}


def tables(days: int, tabs: int, databases: Sequence[str], parts: Sequence[str]) -> Iterator[str]:
    with ExitStack() as stack:
        redis = stack.enter_context(RedisProcess())
        for name in databases:
            folder = stack.enter_context(TemporaryDirectory())
            url = f"sqlite:///{folder}/troupe.db"
            if name == "PostgreSQL":
                url = postgres.create_database(stack.enter_context(postgres.running()))
            with lived(Path(folder), url, redis.url, days, tabs) as (settings, tokens):
                for part in parts:
                    yield from PARTS[part](name, settings, tokens, days, tabs)


def _table_of_pages(name: str, settings: Settings, tokens: Tokens, days: int, _tabs: int) -> Iterator[str]:
    with _web(settings) as web:
        rows = [
            (f"`{path}`", f"{cpu:.0f}", f"{middle:.0f}", f"{p95:.0f}", f"{kb:.0f}")
            for path, cpu, middle, p95, kb in pages_of(web, tokens)
        ]
        home = home_kb(web.port, tokens["past"])
    yield table((f"{name}, {USERS:,} users, {days} days", "CPU ms", "Median ms", "p95 ms", "KB"), rows)
    yield f"Home with all that it loads, without the font: {home:.0f} KB uncompressed."


def _table_of_tabs(name: str, settings: Settings, tokens: Tokens, _days: int, tabs: int) -> Iterator[str]:
    # Sign-ins come from a network each, as a proxy says.
    with _web(settings | {"TRUSTED_PROXIES": "1"}) as web:
        _p95(sign_ins(web.port, PEOPLE))
        alone, among, polls = list[float](), list[float](), list[tuple[float, bool]]()
        for _ in range(ROUNDS):
            alone += sign_ins(web.port, PEOPLE)
            with open_tabs(web.port, tokens, tabs) as seen, stepping(settings, tokens, tabs):
                among += sign_ins(web.port, PEOPLE)
            polls += seen
    times = [milliseconds for milliseconds, _ in polls]
    brought = sum(news for _, news in polls)
    yield table(
        (f"{name}, {PEOPLE} people sign in at once", "p95 ms", "Times that of no tab"),
        [
            ("no tab is open", f"{_p95(alone):.0f}", ""),
            (f"{tabs} tabs of working bots are open", f"{_p95(among):.0f}", f"{_p95(among) / _p95(alone):.2f}"),
        ],
    )
    yield (
        f"{len(polls):,} polls: median {median(times):.0f} ms, p95 {quantiles(times, n=20)[-1]:.0f} ms;"
        f" {brought:,} of them brought something new."
    )


def _web(settings: Settings) -> AbstractContextManager[Web]:
    return web_process(Path(settings["INSTANCE_DIR"]), settings["DATABASE_URL"], settings["REDIS_URL"], **settings)


PARTS: dict[str, Callable[[str, Settings, Tokens, int, int], Iterator[str]]] = {
    "pages": _table_of_pages,
    "tabs": _table_of_tabs,
}


def report(days: int = 60, tabs: int = 200) -> str:
    return "\n\n".join(tables(days, tabs, DATABASES, tuple(PARTS)))


def _p95(seconds: list[float]) -> float:
    """Return the 95th percentile in ms."""
    return quantiles(seconds, n=20)[-1] * 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--tabs", type=int, default=200)
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--part", choices=PARTS, action="append")
    options = parser.parse_args()
    print(f"On {machine()}, {os.getloadavg()[0]:.0f} processes at work at the begin.\n", flush=True)
    for one in tables(options.days, options.tabs, options.database or DATABASES, options.part or tuple(PARTS)):
        print(f"{one}\n", flush=True)
