"""What a soak measures: CPU and memory of every process, the product's own counts, and the likes that arrived."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import cast

import psutil
from redis import Redis
from sqlalchemy import func, select

from bot.lanes.metrics import LAG_BOUNDS, Counts
from bot.lanes.queue import TOTALS
from bot.storage.engine import db
from bot.storage.models import ActionTarget
from bot.storage.tenancy import tenant
from tests.bench.soak_bots import Soaked
from tests.bench.soak_programs import Programs, Stage
from tests.support.live_bots import timestamp
from tests.support.sandbox_process import SandboxControl

OURS = ("web", "worker", "clock")


@dataclass(frozen=True)
class Memory:
    """Bytes: the share of each program (PSS), all of them resident (RSS), and what Redis uses."""

    share: Mapping[str, int]
    resident: int
    redis: int

    @property
    def ours(self) -> int:
        return sum(self.share.values())


@dataclass(frozen=True)
class Moment:
    """All that has been used and counted until now: CPU in seconds, `machine` of all its cores."""

    at: float
    counts: Counts
    cpu: Mapping[str, float]
    machine: float


def memory(stage: Stage, programs: Programs) -> Memory:
    share: Counter[str] = Counter()
    resident = 0
    for name, tree in programs.trees().items():
        for process in tree:
            # One that was killed a moment ago has none.
            with suppress(psutil.Error):
                used = process.memory_full_info()
                share[name] += used.pss
                resident += used.rss
    return Memory(share, resident, int(cast(dict[str, int], stage.redis.client().info("memory"))["used_memory"]))


def moment(stage: Stage, programs: Programs) -> Moment:
    redis = stage.redis.client()
    trees = programs.trees() | {
        "Redis": _tree(int(cast(dict[str, int], redis.info("server"))["process_id"])),
        "sandbox": _tree(stage.sandbox.process.pid),
    }
    if server := _database_server():
        trees["PostgreSQL"] = _tree(server)
    counts = totals(redis)
    return Moment(time.time(), counts, {name: _cpu(tree) for name, tree in trees.items()}, _machine())


def totals(redis: Redis) -> Counts:
    """The product's own counts, of all time."""
    return Counts.of(cast(dict[bytes, bytes], redis.hgetall(TOTALS)))


def between(first: Counts, last: Counts) -> Counts:
    lags = tuple(after - before for before, after in zip(first.lags, last.lags, strict=True))
    return Counts(lags, last.ended - first.ended, last.lapsed - first.lapsed)


def share_within(counts: Counts, seconds: float) -> float:
    """Which share of the starts lagged no more; `seconds` is one of the bounds."""
    known = sum(count for bound, count in zip(LAG_BOUNDS, counts.lags, strict=True) if bound <= seconds * 1000)
    return known / counts.started if counts.started else 1.0


def descriptors(programs: Programs) -> list[int]:
    """How many files each worker process has open."""
    found = []
    for process in programs.workers() or programs.trees()["worker"]:
        with suppress(psutil.Error):
            found.append(process.num_fds())
    return found


def _tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _cpu(tree: Iterable[psutil.Process]) -> float:
    """User and system seconds, of children that have died too: their parents know them."""
    spent = 0.0
    for process in tree:
        with suppress(psutil.Error):
            spent += sum(process.cpu_times()[:4])
    return spent


def _machine() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq + times.steal)


def _database_server() -> int | None:
    """The process of a PostgreSQL on this machine."""
    if db.engine.dialect.name != "postgresql":
        return None
    with db.engine.connect() as connection:
        backend = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(backend)
        if process.name().startswith("postgres"):
            return process.ppid()
    return None


@dataclass(frozen=True)
class Likes:
    """When each account's likes arrived, in order, and how many arrived for a post that the account had liked."""

    times: Mapping[str, Sequence[float]]
    twice: int

    def done(self, began: float, ended: float) -> dict[str, int]:
        return {account: sum(began <= at < ended for at in times) for account, times in self.times.items()}

    def gaps(self, began: float, ended: float) -> list[float]:
        """Seconds between two likes of one account, both in this time."""
        within = ([at for at in times if began <= at < ended] for times in self.times.values())
        return [after - before for times in within for before, after in pairwise(times)]

    def halted(self, began: float, ended: float, longest: float) -> int:
        """Accounts that went for longer without a like in this time."""
        within = ([began, *(at for at in times if began <= at < ended), ended] for times in self.times.values())
        return sum(any(after - before > longest for before, after in pairwise(times)) for times in within)


def likes(sandbox: SandboxControl, soaked: Sequence[Soaked]) -> Likes:
    times: dict[str, list[float]] = {bot.account: [] for bot in soaked}
    targets: Counter[tuple[str, str]] = Counter()
    for line in sandbox.ledger(kind="like"):
        times[line["account"]].append(timestamp(line["at"]))
        targets[line["account"], line["target"]] += 1
    return Likes(times, sum(targets.values()) - len(targets))


def target_counts(soaked: Sequence[Soaked]) -> Counter[str]:
    """The targets of all bots by their status."""
    query = select(ActionTarget.status, func.count()).group_by(ActionTarget.status)
    found: Counter[str] = Counter()
    for bot in soaked:
        with tenant(bot.user_id, reading=True) as session:
            found.update({status: count for status, count in session.execute(query)})  # noqa: C416
    return found


_TELLING = ("event", "error_code", "error_name", "exception", "file", "line")


def complaints(log: Path) -> Counter[str]:
    """The warnings and errors in a program's log, by what they say."""
    found: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        with suppress(ValueError, AttributeError):
            said = json.loads(line)
            if said.get("level") in ("warning", "error", "critical"):
                found[" ".join(str(said[name])[:80] for name in _TELLING if said.get(name))] += 1
    return found
