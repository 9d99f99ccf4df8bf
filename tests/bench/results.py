"""Sixty days of fifty bots among people who react: every number of the results compared with what happened.

`python -m tests.bench.results [--seed 1] [--first 0] [--bots 50] [--days 60] [--every 3]`.
The results are compared at the end of each `--every`-th day. Only the run of the defaults is written to
docs/benchmarks.md.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import timedelta
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import cast
from unittest.mock import patch

from bot.config.runtime import now
from bot.decision import chores
from bot.results.periods import MAX_PERIOD, Grouping, Period
from tests.bench.page import machine, table, write
from tests.support.lively_bots import BUDGET, MANNERS, LivelyBot, settle
from tests.support.lively_people import Manner
from tests.support.redis_process import RedisProcess
from tests.support.results_judgment import GROUPINGS, Judgment, judge
from tests.support.simulated_month import BEGINS, simulated_month
from tests.support.simulated_records import audit

GROUP = 5
INBOX_EVERY = timedelta(hours=2)
"""The inbox is read this often instead of every 20 minutes: the same answers with a sixth of the readings."""
EVERY_DAY: tuple[Grouping, ...] = ("day", "kind")


@dataclass
class Outcome:
    """What the days came to, over some bots; `cpu` in seconds. `by_manner` has the outcomes of each list's manner."""

    bots: int = 0
    cpu: float = 0.0
    judgment: Judgment = field(default_factory=Judgment)
    by_manner: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)
    reads: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Outcome") -> None:
        self.bots += other.bots
        self.cpu += other.cpu
        self.judgment.add(other.judgment)
        for name, counts in other.by_manner.items():
            self.by_manner.setdefault(name, Counter()).update(counts)
        self.rules += other.rules
        self.breaches += other.breaches
        self.effects += other.effects
        self.reads += other.reads


def run(
    folder: Path,
    redis_url: str,
    seed: int,
    numbers: range,
    days: int,
    every: int = 1,
    manners: dict[str, Manner] = MANNERS,
    size: int | None = None,
) -> Outcome:
    """Simulate these bots in one process, and compare at the end of each `every`-th day."""
    length, settled = timedelta(days=days), settle(days, manners, size)
    with (
        patch.object(chores, "READ_INTERVAL", INBOX_EVERY),
        simulated_month(folder, redis_url, seed, numbers, length, settle=settled) as month,
    ):
        began, outcome = time.process_time(), Outcome()
        ends = month.ends
        bots = cast(list[LivelyBot], month.bots)
        for day in range(1, days + 1):
            month.ends = BEGINS + timedelta(days=day)
            month.run()
            if day % every == 0 and day < days:
                for bot in bots:
                    outcome.judgment.add(judge(bot, _period(day), EVERY_DAY))
        month.ends = ends
        for bot in bots:
            outcome.judgment.add(last := judge(bot, _period(days), GROUPINGS))
            _note(outcome, bot, last, manners)
        outcome.cpu = time.process_time() - began
    return outcome


def _period(days: int) -> Period:
    until = now().date() + timedelta(days=1)
    return Period(until - timedelta(days=min(days + 45, MAX_PERIOD) - 1), until)


def _note(outcome: Outcome, bot: LivelyBot, last: Judgment, manners: dict[str, Manner]) -> None:
    audit(bot, now())
    name = list(manners)[int(bot.name.removeprefix("person")) % len(manners)]
    counts = outcome.by_manner.setdefault(name, Counter())
    for (measure, told, _), number in last.outcomes.items():
        counts[measure, told] += number
    outcome.bots += 1
    outcome.rules += bot.referee.judged
    outcome.breaches += [f"{bot.name}: {one.rule}: {one.what}" for one in bot.referee.breaches] + bot.broken
    outcome.effects += Counter(one.call.kind for one in bot.acted if one.call.arrived)
    outcome.reads += Counter(bot.reads.values())


@dataclass(frozen=True)
class Options:
    """The bots from number `first` on; results are compared at the end of each `every`-th day."""

    seed: int = 1
    first: int = 0
    bots: int = 50
    days: int = 60
    every: int = 3


def _group(options: Options, numbers: range) -> Outcome:
    with tempfile.TemporaryDirectory() as folder, RedisProcess() as redis:
        return run(Path(folder), redis.url, options.seed, numbers, options.days, options.every)


def measure(options: Options) -> Outcome:
    ends = options.first + options.bots
    groups = [range(first, min(first + GROUP, ends)) for first in range(options.first, ends, GROUP)]
    outcome = Outcome()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for part in pool.map(_group, repeat(options), groups):
            outcome.add(part)
            print(
                f"{outcome.bots} bots, {len(outcome.judgment.wrong)} numbers wrong, {len(outcome.breaches)} promises"
                " broken",
                file=sys.stderr,
                flush=True,
            )
    return outcome


def report(outcome: Outcome, options: Options) -> str:
    found = outcome.judgment
    hows = sorted({how for _, _, how in found.outcomes})
    told = sorted({(name, told) for name, told, _ in found.outcomes})
    people = ((f"{name}: {out}", *(found.outcomes[name, out, how] or "" for how in hows)) for name, out in told)
    cells = sorted({what for what, _ in found.cells})
    days_read = sum(outcome.reads.values())
    average = sum(reads * days for reads, days in outcome.reads.items()) / max(days_read, 1)
    held = {name: (found.intervals[name, True], found.intervals[name, False]) for name, _ in found.intervals}
    return "\n\n".join(
        (
            f"Seed {options.seed}, {outcome.bots} bots, {options.days} days, on {machine()}: {outcome.cpu:.0f} s of"
            f" CPU, {sum(outcome.effects.values())} steps took effect, {len(found.wrong)} numbers wrong,"
            f" {len(outcome.breaches)} promises broken. Reads of an account on a day: {max(outcome.reads, default=0)}"
            f" at most of {BUDGET}, {average:.1f} on average.",
            table(("Outcome of a person", *hows), people),
            table(
                ("Compared", "Equal", "Wrong"), ((w, found.cells[w, "exact"], found.cells[w, "WRONG"]) for w in cells)
            ),
            table(
                ("List of followers", "yes", "no", "unsure", "stayed: yes", "no", "unsure"),
                (
                    (
                        name,
                        *(counts["follow_back_7", out] for out in ("yes", "no", "unsure")),
                        *(counts["stayed", out] for out in ("yes", "no", "unsure")),
                    )
                    for name, counts in outcome.by_manner.items()
                ),
            ),
            table(
                ("Interval of a source", "Holds the true chance", "Does not"),
                ((name, *both) for name, both in sorted(held.items())),
            ),
            table(("Promise", "Judged"), ((rule, number) for rule, number in sorted(outcome.rules.items()))),
        )
    )


def _options() -> Options:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for one in fields(Options):
        parser.add_argument(f"--{one.name}", type=int, default=one.default)
    return Options(**vars(parser.parse_args()))


def main() -> None:
    options = _options()
    outcome = measure(options)
    text = report(outcome, options)
    print(text)
    for line in [*outcome.judgment.wrong, *outcome.breaches][:200]:
        print(line)
    if options == Options():
        write("results", text)
    sys.exit(bool(outcome.judgment.wrong or outcome.breaches))


if __name__ == "__main__":
    main()
