"""`make soak`: many bots for some minutes, a like a minute each, by the real programs against the sandbox.

`python -m tests.bench.soak [--bots 3000] [--minutes 10] [--kill-every SECONDS] [--processes 2] [--threads 16]
[--pace 60] [--write]`. It runs on SQLite, or on PostgreSQL where `SOAK_DATABASE_URL` names a superuser of a server; a
database is made there for it and dropped at the end.
"""

import argparse
import os
import secrets
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from statistics import quantiles
from typing import TypeVar

import psutil

from bot.lanes.metrics import Counts
from jobs.lanes import LEASE_SECONDS
from local.processes import wait_until
from tests.bench import soak_figures
from tests.bench.page import machine, sandbox_mode, table, write
from tests.bench.soak_bots import Soaked, make_bots, start_evenly
from tests.bench.soak_figures import OURS, Likes, Memory, Moment
from tests.bench.soak_programs import Programs, Stage, programs, stage

A_MINUTE = 60.0
STARTS_A_MINUTE = 2_500
BEGIN_SECONDS = 900.0
NOTICE_SECONDS = 5.0
"""How long after its lease a lane whose worker died may take to go on."""
MAX_LIKES = 150
TELL_SECONDS = 30.0
LOOK_SECONDS = 0.2
T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """What is asked for; `pace` is seconds between two likes of a bot, `kill_every` 0 for never."""

    bots: int
    minutes: float
    kill_every: float
    processes: int
    threads: int
    pace: float
    write: bool

    @property
    def seconds(self) -> float:
        return self.minutes * A_MINUTE

    @property
    def starting(self) -> float:
        """Seconds over which the bots are started: whole paces, so that their likes are spread evenly as well."""
        return self.pace * ceil(self.bots / STARTS_A_MINUTE * A_MINUTE / self.pace)

    @property
    def patience(self) -> float:
        """Seconds within which a bot likes again even if its worker was killed."""
        return self.pace + LEASE_SECONDS + NOTICE_SECONDS

    @property
    def command(self) -> str:
        sizes: dict[str, float] = {"BOTS": self.bots, "MINUTES": self.minutes}
        sizes |= {"PROCESSES": self.processes, "THREADS": self.threads}
        if self.kill_every:
            sizes["KILL_EVERY"] = self.kill_every
        if self.pace != A_MINUTE:
            sizes["PACE"] = self.pace
        return f"make soak {' '.join(f'{name}={value:g}' for name, value in sizes.items())} WRITE=1"


@dataclass(frozen=True)
class Run:
    """All that was seen: between `first` and `last` it was measured, until `ended` watched."""

    options: Options
    database: str
    fixed: Memory
    first: Moment
    last: Moment
    memory: Memory
    descriptors: list[int]
    kills: int
    ended: float
    likes: Likes
    targets: Counter[str]

    @property
    def seconds(self) -> float:
        return self.last.at - self.first.at

    @property
    def counts(self) -> Counts:
        return soak_figures.between(self.first.counts, self.last.counts)

    @property
    def cpu(self) -> dict[str, float]:
        return {name: spent - self.first.cpu[name] for name, spent in self.last.cpu.items()}

    @property
    def done(self) -> dict[str, int]:
        return self.likes.done(self.first.at, self.last.at)

    @property
    def due(self) -> int:
        """Likes of one bot: what a pace allows."""
        return int(self.seconds / self.options.pace)


def soak(options: Options) -> Run:
    with stage(options.bots, options.processes, options.threads) as place:
        tell(f"making {options.bots} bots")
        soaked = list(told(make_bots(place, options.bots, options.pace), "made", options.bots))
        with programs(place) as running:
            fixed = soak_figures.memory(place, running)
            tell(f"programs serve in {fixed.ours / 1e6:.0f} MB; starting the bots over {options.starting:.0f} s")
            list(told(start_evenly(soaked, options.starting), "started", options.bots))
            wait_for_likes(place, soaked)
            first = soak_figures.moment(place, running)
            kills = wear(place, running, options, first.at + options.seconds)
            last, used = soak_figures.moment(place, running), soak_figures.memory(place, running)
            open_files = soak_figures.descriptors(running)
            if kills:
                tell("waiting until all lanes have gone on")
                time.sleep(max(0.0, kills[-1] + options.patience - time.time()) + 1)
            ended = time.time()
        tell("reading what arrived")
        for name in OURS:
            for said, count in soak_figures.complaints(place.folder / f"{name}.log").most_common():
                tell(f"{name} said {count} times: {said}")
        database = "PostgreSQL" if os.environ.get("SOAK_DATABASE_URL") else "SQLite"
        arrived, targets = soak_figures.likes(place.sandbox, soaked), soak_figures.target_counts(soaked)
        return Run(options, database, fixed, first, last, used, open_files, len(kills), ended, arrived, targets)


def wait_for_likes(place: Stage, soaked: list[Soaked]) -> None:
    """Returns when every bot has searched and liked for the first time: from then on it has its pace."""
    accounts = {bot.account for bot in soaked}

    def waiting() -> int:
        return len(accounts - {one["account"] for one in place.sandbox.get("/requests", call="like")})

    if not wait_until(lambda: not waiting(), BEGIN_SECONDS, every=2):
        raise RuntimeError(f"{waiting()} bots have not begun: {soak_figures.complaints(place.folder / 'worker.log')}")


def wear(place: Stage, running: Programs, options: Options, until: float) -> list[float]:
    """Waits, and kills a worker process every so often, once all of them are there; returns when it did."""
    tell(f"measuring for {options.minutes:g} minutes")
    kills: list[float] = []
    redis, told_at = place.redis.client(), time.time()
    kill_at = told_at + options.kill_every if options.kill_every else until
    while (now := time.time()) < until:
        if now >= kill_at and len(workers := running.workers()) == options.processes:
            with suppress(psutil.NoSuchProcess):
                secrets.choice(workers).kill()
            kills.append(now)
            kill_at = now + options.kill_every
        if now - told_at > TELL_SECONDS:
            tell(f"{until - now:.0f} s to go; {soak_figures.totals(redis).started} starts, {len(kills)} kills")
            told_at = now
        time.sleep(min(LOOK_SECONDS, max(0.0, until - now)))
    return kills


def told(items: Iterable[T], done: str, wanted: int) -> Iterator[T]:
    """The items; says every ten seconds how many there were."""
    last = time.monotonic()
    for number, item in enumerate(items, 1):
        if time.monotonic() - last > 10 or number == wanted:
            tell(f"{done} {number} of {wanted}")
            last = time.monotonic()
        yield item


def tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def report(run: Run) -> str:
    options = run.options
    head = f"{options.bots:,} bots, a like every {options.pace:g} s each, {options.minutes:g} minutes, {run.database}"
    # A worker that has just been started again has not met its bots yet.
    rows = [*_steps(run), *_lags(run), *_cpu(run), *([] if run.kills else _memory(run)), *_losses(run)]
    return table((head, ""), rows)


Row = tuple[str, str]


def _steps(run: Run) -> Iterator[Row]:
    done, due, bots = sum(run.done.values()), run.due * run.options.bots, run.options.bots
    short = [run.due - 1 - count for count in run.done.values() if count < run.due - 1]
    yield "likes that arrived, of those due", f"{done:,} of {due:,}"
    yield f"bots with fewer than {run.due - 1}, and likes they lack of that", f"{len(short)} of {bots:,}, {sum(short)}"
    yield "jobs ended a second", f"{run.counts.ended / run.seconds:.1f}"


def _lags(run: Run) -> Iterator[Row]:
    counts = run.counts
    bounds = " / ".join(f"≤ {_time(counts.lag_percentile(share))}" for share in (0.5, 0.99, 1.0))
    yield "start lag p50 / p99 / longest, by the counters of the lanes", bounds
    within = " / ".join(f"{soak_figures.share_within(counts, seconds):.3%}" for seconds in (1, 5))
    yield "starts that lagged 1 s at most / 5 s", within
    late = sorted(gap - run.options.pace for gap in run.likes.gaps(run.first.at, run.last.at))
    if len(late) > 1:
        cuts = quantiles(late, n=100, method="inclusive")
        yield (
            "a bot's like after the pace since its last p50 / p99 / longest, by the ledger",
            " / ".join(_time(seconds) for seconds in (cuts[49], cuts[98], late[-1])),
        )


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _cpu(run: Run) -> Iterator[Row]:
    done = max(1, sum(run.done.values()))
    groups = {"web, worker and clock": OURS, **{name: (name,) for name in run.cpu if name not in OURS}}
    apart = ", ".join(f"{name} {run.cpu[name] / done * 1000:.1f}" for name in OURS)
    for words, names in groups.items():
        spent = sum(run.cpu[name] for name in names)
        figure = f"{spent / run.seconds:.2f}, {spent / done * 1000:.1f}"
        yield f"CPU of {words}: cores, ms a like", f"{figure} ({apart})" if names is OURS else figure
    busy = (run.last.machine - run.first.machine) / run.seconds
    others = busy - sum(run.cpu.values()) / run.seconds
    yield (
        "cores busy with anything, of it with what is not named here",
        f"{busy:.2f} of {psutil.cpu_count()}, {others:.2f}",
    )


def _memory(run: Run) -> Iterator[Row]:
    for words, used in (("before any bot ran", run.fixed), ("at the end", run.memory)):
        apart = ", ".join(f"{name} {used.share[name] / 1e6:.0f}" for name in OURS)
        yield f"memory {words}, MB (PSS)", f"{used.ours / 1e6:.0f} ({apart}; RSS {used.resident / 1e6:.0f})"
    yield "memory a bot, KB", f"{(run.memory.ours - run.fixed.ours) / run.options.bots / 1e3:.1f}"
    redis = run.memory.redis - run.fixed.redis
    yield "Redis a planned bot, bytes", f"{redis / run.options.bots:.0f}"
    yield "files open in each worker process", ", ".join(map(str, run.descriptors))


def _losses(run: Run) -> Iterator[Row]:
    if run.options.kill_every:
        yield "worker processes killed with -9", str(run.kills)
        seconds = run.options.patience
        halted = run.likes.halted(run.first.at, run.ended, seconds)
        yield f"bots that once went {seconds:g} s without a like", str(halted)
    yield "likes that arrived twice", str(run.likes.twice)
    left = ", ".join(f"{run.targets[status]} {status}" for status in ("working", "unknown", "failed"))
    yield "targets left", left


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description="Many bots for some minutes.")
    parser.add_argument("--bots", type=int, default=3_000)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long it is measured (default: 10)")
    parser.add_argument("--kill-every", type=float, default=0.0, help="seconds between two kill -9 (default: none)")
    parser.add_argument("--processes", type=int, default=2, help="of the worker (default: 2)")
    parser.add_argument("--threads", type=int, default=16, help="of each of them (default: 16)")
    parser.add_argument("--pace", type=float, default=A_MINUTE, help="seconds between two likes of a bot (default: 60)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = Options(**vars(parser.parse_args()))
    if options.kill_every and options.processes < 2:
        parser.error("a worker of one process has no parent that would start it again")
    if options.seconds / options.pace > MAX_LIKES:
        parser.error(f"an action is for fewer than {MAX_LIKES} likes of each bot")
    return options


def main() -> None:
    # So that whatever ends it, ends all that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = _options()
    text = f"On {machine()}, against {sandbox_mode()}, by `{options.command}`.\n\n{report(soak(options))}"
    print(text, flush=True)
    if options.write:
        write("soak-kills" if options.kill_every else "soak", text)


if __name__ == "__main__":
    main()
