"""The full simulated month: fifty bots, thirty days, every promise judged; its table goes into docs/benchmarks.md.

`python -m tests.bench.month [--seed 1] [--bots 50] [--days 30] [--trouble 1] [--one-in 1]`. `--trouble 5` is five times
the refusals of tests/support/simulated_answers.json; `--one-in` is EFFECT_CHECK_ONE_IN. Only the month of the defaults
is written down.
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

from tests.bench.page import machine, table, write
from tests.support.redis_process import RedisProcess
from tests.support.simulated_bots import SimulatedBot
from tests.support.simulated_month import simulated_month
from tests.support.simulated_records import audit
from tests.support.simulated_rules import FIGURES, LOOK, RULES, Breach

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
    on_word: int = 0

    def add(self, other: "Outcome") -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def run(
    folder: Path, redis_url: str, seed: int, numbers: range, days: int, trouble: float = 1.0, one_in: int = 1
) -> Outcome:
    """Simulates these bots together, in one process."""
    with simulated_month(folder, redis_url, seed, numbers, timedelta(days=days), trouble, one_in) as month:
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
        on_word=referee.on_word,
    )


@dataclass(frozen=True)
class Options:
    """What is simulated: `trouble` times the assumed refusals, and one of `one_in` likes and story views looked up."""

    seed: int = 1
    bots: int = 50
    days: int = 30
    trouble: float = 1.0
    one_in: int = 1


def _group(options: Options, numbers: range) -> Outcome:
    with tempfile.TemporaryDirectory() as folder, RedisProcess() as redis:
        return run(Path(folder), redis.url, options.seed, numbers, options.days, options.trouble, options.one_in)


def measure(options: Options) -> Outcome:
    """Groups of bots side by side, one for each core; which core is free first changes nothing."""
    groups = [range(first, min(first + GROUP, options.bots)) for first in range(0, options.bots, GROUP)]
    outcome = Outcome()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for part in pool.map(_group, repeat(options), groups):
            outcome.add(part)
    return outcome


def report(outcome: Outcome, options: Options) -> str:
    found = Counter(breach.rule for breach in outcome.breaches)
    rules = ((words, outcome.judged[rule], outcome.tight[rule] or "", found[rule]) for rule, words in RULES.items())
    names = sorted({name for _, name in outcome.refusals})
    told = ((name, *_of_both(outcome.refusals, name)) for name in names)
    kinds = ((kind, outcome.calls[kind], outcome.effects[kind]) for kind in FIGURES)
    actions = ", ".join(f"{count} {status}" for status, count in sorted(outcome.actions.items()))
    return "\n\n".join(
        (
            f"Seed {options.seed}, {outcome.bots} bots, {options.days} days, {options.trouble:g} times the assumed"
            f" refusals, 1 of {options.one_in} likes and story views looked up, on {machine()}: {outcome.steps} times a"
            f" lane was due, {outcome.cpu:.0f} s of CPU, {len(outcome.breaches)} breaches. Told as done on Instagram's"
            f" word alone, and not done: {outcome.on_word}. Actions at the end: {actions}.",
            table(("Rule", "Judged", "At the limit", "Broken"), rules),
            table(("Kind of step", "Calls", "Took effect"), kinds),
            table(("Instagram's answer", "To a step", "To a look-up"), told),
        )
    )


def _of_both(refusals: Counter[tuple[str, str]], name: str) -> tuple[int, int]:
    return sum(refusals[kind, name] for kind in FIGURES), refusals[LOOK, name]


def _options() -> Options:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for field_ in fields(Options):
        name, default = field_.name.replace("_", "-"), field_.default
        parser.add_argument(f"--{name}", type=type(default), default=default)
    return Options(**vars(parser.parse_args()))


def main() -> None:
    options = _options()
    outcome = measure(options)
    text = report(outcome, options)
    print(text)
    for breach in outcome.breaches:
        print(f"{breach.rule}: {breach.what}")
    if options == Options():
        write("month", text)
    sys.exit(bool(outcome.breaches))


if __name__ == "__main__":
    main()
