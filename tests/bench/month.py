"""The full simulated month: fifty bots, thirty days, every promise judged; its table goes into docs/benchmarks.md.

`python -m tests.bench.month [seed] [bots] [days]`. Only the seed that is the default is written down.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import timedelta
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from tests.bench.page import machine, table, write
from tests.support.redis_process import RedisProcess
from tests.support.simulated_bots import SimulatedBot
from tests.support.simulated_month import simulated_month
from tests.support.simulated_records import audit
from tests.support.simulated_rules import FIGURES, LOOK, RULES, Breach

SEED, BOTS, DAYS = 1, 50, 30
GROUP = 10


@dataclass
class Outcome:
    """What a month came to, over some bots; `cpu` in seconds."""

    bots: int = 0
    steps: int = 0
    cpu: float = 0.0
    judged: Counter[str] = field(default_factory=Counter)
    tight: Counter[str] = field(default_factory=Counter)
    breaches: list[Breach] = field(default_factory=list)
    actions: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: "Outcome") -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def run(folder: Path, redis_url: str, seed: int, numbers: range, days: int, trouble: float = 1.0) -> Outcome:
    """Simulates these bots together, in one process."""
    with simulated_month(folder, redis_url, seed, numbers, timedelta(days=days), trouble) as month:
        began = time.process_time()
        month.run()
        outcome = Outcome(cpu=time.process_time() - began)
        for bot in month.bots:
            outcome.add(_of(bot, audit(bot, month.clock.moment)))
    return outcome


def _of(bot: SimulatedBot, actions: Counter[str]) -> Outcome:
    referee = bot.referee
    return Outcome(
        bots=1,
        steps=bot.steps,
        judged=referee.judged,
        tight=referee.tight,
        breaches=[Breach(one.rule, f"{bot.name}: {one.what}") for one in referee.breaches],
        actions=actions,
        effects=Counter({kind: len(times) for kind, times in referee.arrived.items()}),
        calls=Counter(call.kind for call in referee.calls),
        refusals=referee.refusals,
    )


def _group(seed: int, numbers: range, days: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder, RedisProcess() as redis:
        return run(Path(folder), redis.url, seed, numbers, days)


def measure(seed: int, bots: int, days: int) -> Outcome:
    """Groups of bots side by side, one for each core; which core is free first changes nothing."""
    groups = [range(first, min(first + GROUP, bots)) for first in range(0, bots, GROUP)]
    outcome = Outcome()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for part in pool.map(_group, repeat(seed), groups, repeat(days)):
            outcome.add(part)
    return outcome


def report(outcome: Outcome, seed: int, days: int) -> str:
    found = Counter(breach.rule for breach in outcome.breaches)
    rules = ((words, outcome.judged[rule], outcome.tight[rule] or "", found[rule]) for rule, words in RULES.items())
    names = sorted({name for _, name in outcome.refusals})
    told = ((name, *_of_both(outcome.refusals, name)) for name in names)
    kinds = ((kind, outcome.calls[kind], outcome.effects[kind]) for kind in FIGURES)
    actions = ", ".join(f"{count} {status}" for status, count in sorted(outcome.actions.items()))
    return "\n\n".join(
        (
            f"Seed {seed}, {outcome.bots} bots, {days} days, on {machine()}: {outcome.steps} times a lane was due,"
            f" {outcome.cpu:.0f} s of CPU, {len(outcome.breaches)} breaches. Actions at the end: {actions}.",
            table(("Rule", "Judged", "At the limit", "Broken"), rules),
            table(("Kind of step", "Calls", "Took effect"), kinds),
            table(("Instagram's answer", "To a step", "To a look-up"), told),
        )
    )


def _of_both(refusals: Counter[tuple[str, str]], name: str) -> tuple[int, int]:
    return sum(refusals[kind, name] for kind in FIGURES), refusals[LOOK, name]


def _numbers(given: Iterable[str]) -> tuple[int, int, int]:
    seed, bots, days = [*map(int, given), *(SEED, BOTS, DAYS)[len(sys.argv) - 1 :]]
    return seed, bots, days


def main() -> None:
    seed, bots, days = _numbers(sys.argv[1:])
    outcome = measure(seed, bots, days)
    text = report(outcome, seed, days)
    print(text)
    for breach in outcome.breaches:
        print(f"{breach.rule}: {breach.what}")
    if (seed, bots, days) == (SEED, BOTS, DAYS):
        write("month", text)
    sys.exit(bool(outcome.breaches))


if __name__ == "__main__":
    main()
