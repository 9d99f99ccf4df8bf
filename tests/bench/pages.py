"""Pages of a user with sixty days behind them, among a thousand users; and sign-ins while many tabs are open.

`python -m tests.bench.pages [--days 60] [--tabs 200]`. The past is lived by the product, as `make run PAST=60` does it.
The web process is started as the Procfile says, on loopback. One reader asks for each page again and again; a tab
polls as often as the page says that is open in it.
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import requests
from sqlalchemy import select

from bot.app import create_base_app
from bot.auth.sessions import sessions
from bot.demo.users import PAST_USER
from bot.storage.models import User
from bot.storage.tenancy import identity
from local import postgres
from tests.bench.page import table
from tests.bench.sign_in import PEOPLE, sign_ins
from tests.support.environment import KEY, config_for, dispose, prepare
from tests.support.people import VISITOR, make_somebody
from tests.support.redis_process import RedisProcess
from tests.support.sandbox_process import ROOT, SandboxProcess
from tests.support.web_process import web_process

USERS, READS = 1000, 20
# A page and its fragments, as a signed-in user reads them; `<action>` and `<person>` are of the lived past.
PAGES = (
    "/", "/bot", "/now", "/actions", "/actions/log", "/actions/<action>", "/actions/new", "/inbox", "/results",
    "/results?days=90", "/people/<person>", "/settings/schedule", "/settings/limits", "/settings/lists",
    "/settings/connection", "/settings/security", "/settings/notifications", "/settings/data", "/help",
)  # fmt: skip
OF_ADMINISTRATORS = ("/admin", "/admin/people", "/admin/limits", "/admin/health", "/admin/errors", "/admin/audit")
# What Home polls while its bot works, in seconds between two calls.
POLL, FRAGMENTS = 3.0, ("/bot", "/now")
WITHOUT_FONT = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@contextmanager
def lived(folder: Path, url: str, redis_url: str, days: int) -> Iterator[dict[str, str]]:
    """Let the past be lived and make the other users. Yield tokens: `past`, `admin`, and a tab's by its number."""
    with SandboxProcess.start(0, "--seed", "1") as sandbox:
        settings = {
            "INSTANCE_DIR": str(folder),
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "ENCRYPTION_KEYS": KEY,
            "INSTAGRAM_SANDBOX": "1",
            "SANDBOX_PORT": str(urlsplit(sandbox.url).port),
        }
        app = create_base_app(config_for(folder, url, redis_url))
        prepare(app)
        command = [sys.executable, "-m", "jobs.past", "--days", str(days)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, check=True, stdout=sys.stderr)
        with app.app_context():
            tokens = {f"tab {n}": make_somebody(f"person{n}").token for n in range(USERS - 2)}
            tokens["admin"] = make_somebody("ada", role="admin").token
            with identity() as session:
                user = session.scalars(select(User).where(User.username == PAST_USER)).one()
                tokens["past"] = sessions.issue(session, user, VISITOR)
                session.commit()
        dispose(app)
        yield tokens


def reader(port: int, token: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Cookie"] = f"troupe_session={token}"
    session.headers["Host"] = f"127.0.0.1:{port}"
    return session


def timed(session: requests.Session, address: str) -> tuple[float, requests.Response]:
    began = time.perf_counter()
    response = session.get(address, timeout=60)
    return (time.perf_counter() - began) * 1000, response


def pages_of(port: int, tokens: dict[str, str]) -> Iterator[tuple[str, float, float, float]]:
    """Yield each page with median and 95th percentile in ms, and its KB without the files that it loads."""
    own, admin = reader(port, tokens["past"]), reader(port, tokens["admin"])
    base = f"http://127.0.0.1:{port}"
    action = own.get(f"{base}/api/bot/actions?limit=1").json()["items"][0]["id"]
    person = own.get(f"{base}/api/people?limit=1").json()["items"][0]["id"]
    for session, paths in ((own, PAGES), (admin, OF_ADMINISTRATORS)):
        for path in paths:
            address = base + path.replace("<action>", action).replace("<person>", person)
            taken = [timed(session, address) for _ in range(READS)]
            if taken[0][1].status_code >= 400:
                raise RuntimeError(f"{path} answers {taken[0][1].status_code}")
            times = [milliseconds for milliseconds, _ in taken[READS // 8 :]]
            yield path, median(times), quantiles(times, n=20)[-1], len(taken[0][1].content) / 1000


def home_kb(port: int, token: str) -> float:
    """Return the KB of Home and of all that it loads, uncompressed, without the font."""
    session, base = reader(port, token), f"http://127.0.0.1:{port}"
    page = session.get(f"{base}/")
    files = {one for one in WITHOUT_FONT.findall(page.text) if not one.endswith(".woff2")}
    files |= {one.partition("#")[0] for one in re.findall(r'<use href="([^"]+)"', page.text)}
    return (len(page.content) + sum(len(session.get(base + one).content) for one in files)) / 1000


@contextmanager
def open_tabs(port: int, tokens: dict[str, str], tabs: int) -> Iterator[list[float]]:
    """Let so many users each have Home open while a bot works. Yield the times of their polls in ms."""
    over, times = threading.Event(), list[float]()

    def poll(number: int) -> None:
        session = reader(port, tokens[f"tab {number}"])
        over.wait(POLL * number / tabs)
        while not over.is_set():
            for path in FRAGMENTS:
                times.append(timed(session, f"http://127.0.0.1:{port}{path}")[0])
            over.wait(POLL)

    threads = [threading.Thread(target=poll, args=(number,), daemon=True) for number in range(tabs)]
    for thread in threads:
        thread.start()
    time.sleep(POLL)
    yield times
    over.set()
    for thread in threads:
        thread.join()


def report(days: int = 60, tabs: int = 200) -> str:
    parts = []
    with RedisProcess() as redis, postgres.running() as server, TemporaryDirectory() as folder:
        for name, url in (
            ("SQLite", f"sqlite:///{folder}/troupe.db"),
            ("PostgreSQL", postgres.create_database(server)),
        ):
            with lived(Path(folder), url, redis.url, days) as tokens:
                settings = {"TRUSTED_PROXIES": "1", "RATE_LIMIT": "100000"}
                with web_process(Path(folder), url, redis.url, **settings) as web:
                    rows = [
                        (f"`{path}`", f"{mid:.0f}", f"{p95:.0f}", f"{kb:.0f}")
                        for path, mid, p95, kb in pages_of(web.port, tokens)
                    ]
                    home = home_kb(web.port, tokens["past"])
                    alone = _p95(sign_ins(web.port, PEOPLE))
                    with open_tabs(web.port, tokens, tabs) as polls:
                        among = _p95(sign_ins(web.port, PEOPLE))
            figures = table(("Page", "median ms", "p95 ms", "KB"), rows)
            parts.append(
                f"{name}, {USERS} users, {days} days behind the one who reads:\n\n{figures}\n\n"
                f"Home with all that it loads, without the font: {home:.0f} KB. Sign-ins, {PEOPLE} at once: p95"
                f" {alone:.0f} ms; with {tabs} open tabs of working bots {among:.0f} ms, {among / alone:.2f} times that"
                f" (polls: median {median(polls):.0f} ms, p95 {quantiles(polls, n=20)[-1]:.0f} ms)."
            )
    return "\n\n".join(parts)


def _p95(seconds: list[float]) -> float:
    """Return the 95th percentile in ms."""
    return quantiles(seconds, n=20)[-1] * 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--tabs", type=int, default=200)
    options = parser.parse_args()
    print(report(options.days, options.tabs))
