"""What one account costs on the client's side, ours beside instagrapi alone: CPU, memory, descriptors.

`python -m tests.bench.client [rounds]`. A step is a like: a look at the post, then the like, which of ours goes over a
connection of its own. Times are of this thread and taken in turns; memory is of a process for each side.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any, Protocol

from instagrapi import Client

from jobs.instagram import AppRun, Endpoint, InstagramAuth, InstagramClient, Linked
from jobs.instance import BotInstance
from tests.bench.page import table
from tests.support.sandbox_process import SandboxProcess

ROUNDS = 5
TIMES = 40
ACCOUNTS = 200
KNOWN = 2_000


class Side(Protocol):
    def made(self) -> Any: ...
    def step(self, client: Any) -> None: ...
    def close(self, client: Any) -> None: ...


@dataclass(frozen=True)
class Ours:
    """As `jobs.instance` makes them."""

    session: str
    endpoint: Endpoint
    post: str

    def made(self) -> InstagramClient:
        return InstagramClient(self.session, self.endpoint)

    def step(self, client: InstagramClient) -> None:
        client.post(self.post)
        client.like(self.post)

    def close(self, client: InstagramClient) -> None:
        client.close()


@dataclass(frozen=True)
class Bare:
    """As its handbook says."""

    session: str
    endpoint: Endpoint
    post: str

    def made(self) -> Client:
        settings = json.loads(self.session)
        ca_file = self.endpoint.ca_file
        return Client(settings=settings, proxy=self.endpoint.proxy, tls_verify=ca_file, request_timeout=0)

    def step(self, client: Client) -> None:
        client.media_info_v1(self.post)
        client.media_like(self.post)

    def close(self, client: Client) -> None:
        for session in (client.private, client.public, client.graphql):
            session.close()


SIDES: dict[str, type[Ours] | type[Bare]] = {"ours": Ours, "bare": Bare}


@dataclass(frozen=True)
class Held:
    """KB and descriptors of an account: just made, and warm after a step."""

    made: float
    warm: float
    descriptors: float


def _cpu_of(work: Callable[[], object]) -> float:
    began = thread_time()
    for _ in range(TIMES):
        work()
    return (thread_time() - began) / TIMES * 1000


def _restored(side: Side) -> None:
    side.close(side.made())


def _cold(side: Side) -> None:
    client = side.made()
    side.step(client)
    side.close(client)


def times(sides: dict[str, Side], rounds: int) -> dict[str, dict[str, float]]:
    """For each kind of work the median milliseconds of each side."""
    warm = {name: side.made() for name, side in sides.items()}
    works: dict[str, Callable[[str], None]] = {
        "restore and close": lambda name: _restored(sides[name]),
        "step of a warm client": lambda name: sides[name].step(warm[name]),
        "step of a cold client": lambda name: _cold(sides[name]),
    }
    found: dict[str, dict[str, float]] = {}
    for what, work in works.items():
        for name in sides:
            work(name)
        taken = [{name: _cpu_of(partial(work, name)) for name in sides} for _ in range(rounds)]
        found[what] = {name: median(one[name] for one in taken) for name in sides}
    for name, client in warm.items():
        sides[name].close(client)
    return found


def held(side: Side) -> Held:
    """Of this process, which does nothing else."""
    _cold(side)
    before, open_before = _private_kb(), _descriptors()
    clients = [side.made() for _ in range(ACCOUNTS)]
    made = _private_kb()
    for client in clients:
        side.step(client)
    return Held(
        (made - before) / ACCOUNTS, (_private_kb() - before) / ACCOUNTS, (_descriptors() - open_before) / ACCOUNTS
    )


def _private_kb() -> int:
    gc.collect()
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def at_rest() -> float:
    """KB of an account whose client a worker has let go of."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    known: dict[str, BotInstance] = {}
    for number in range(KNOWN):
        user_id = f"{number:036}"
        instance = known[user_id] = BotInstance(user_id, lambda _proxy: Endpoint())
        instance._version = f"{number:036}"
        instance._run = AppRun(f"UFS-{number:036}-1", "x" * 150 + str(number), number)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / KNOWN / 1024


def report(rounds: int = ROUNDS) -> str:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder, SandboxProcess.start(0, "--people", "5000") as sandbox:
        endpoint = Endpoint(sandbox.proxy, str(sandbox.write_ca(Path(folder))))
        linked = InstagramAuth(endpoint).login("plain_01", sandbox.account("plain_01")["password"])
        assert isinstance(linked, Linked)
        client = InstagramClient(linked.session, endpoint)
        post = client.hashtag_posts("coffee", tab="recent").posts[0].id
        client.close()
        found = times({name: side(linked.session, endpoint, post) for name, side in SIDES.items()}, rounds)
        memory = {name: _apart(name, linked.session, endpoint, post) for name in SIDES}
    rows = [(f"CPU ms, {what}", *(f"{found[what][name]:.2f}" for name in SIDES)) for what in found]
    rows += [
        ("KB, just made", *(f"{memory[name].made:.0f}" for name in SIDES)),
        ("KB, warm", *(f"{memory[name].warm:.0f}" for name in SIDES)),
        ("KB, at rest", f"{at_rest():.1f}", ""),
        ("Descriptors, warm", *(f"{memory[name].descriptors:.1f}" for name in SIDES)),
        ("Descriptors, at rest", "0", ""),
    ]
    return table((f"One account, median of {rounds} rounds of {TIMES}", "Troupe", "Bare"), rows)


def _apart(name: str, session: str, endpoint: Endpoint, post: str) -> Held:
    """What `held` says of it in a process of its own."""
    asked = json.dumps([name, session, endpoint.proxy, endpoint.ca_file, post])
    answer = subprocess.run(
        [sys.executable, "-m", "tests.bench.client", "held"], input=asked, capture_output=True, text=True, check=True
    )
    return Held(*json.loads(answer.stdout))


def _answer() -> None:
    name, session, proxy, ca_file, post = json.load(sys.stdin)
    found = held(SIDES[name](session, Endpoint(proxy, ca_file), post))
    print(json.dumps([found.made, found.warm, found.descriptors]))


if __name__ == "__main__":
    if "held" in sys.argv:
        _answer()
    else:
        print(report(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
