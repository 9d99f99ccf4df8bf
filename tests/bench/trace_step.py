"""Trace of one follow step: changes of file, returns to a file left before, and how often it works out the local day.

`python -m tests.bench.trace_step [--calls]`. A change of file is a call of a function of bot/ or jobs/ that is in
another file than the call before it; a return is a change to a file that an earlier call of the step was in. Both are
counted twice: for all files, and without the ground (clock, log, sessions, column types), which a reader does not
follow. `--calls` prints each call too.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from itertools import pairwise
from pathlib import Path
from types import FrameType

from bot.config.runtime import runtime
from bot.lanes.queue import connect
from jobs import tasks
from jobs.instagram import InstagramClient
from jobs.worker import make_worker
from tests.bench.page import table
from tests.bench.step import ANYBODY, Flow, stage
from tests.support.live_bots import Bot, link

ROOT = Path(__file__).resolve().parents[2]
OWN = tuple(f"{ROOT / name}/" for name in ("bot", "jobs"))
ACT = InstagramClient.follow.__code__
GROUND = tuple(f"bot/{name}/" for name in ("core", "config", "inputs", "storage"))
# Steps that act before the one that is shown: by then statements are compiled and the client is warm.
WARM_UP = 2
MAX_BURSTS = 30
FOLLOW = Flow(
    "follow-hashtag",
    lambda bot, amount: bot.place("follow-hashtag", hashtag="coffee", amount=amount, filters=ANYBODY),
    lambda _client, _row: None,
)


@dataclass(frozen=True)
class Call:
    """One call of a function of the product: the file below the root, and the name of the function."""

    file: str
    name: str


@dataclass(frozen=True)
class Trace:
    """The calls of one step, in order."""

    calls: tuple[Call, ...]

    def without(self, *folders: str) -> "Trace":
        """Return the trace without the calls in these folders."""
        return Trace(tuple(call for call in self.calls if not call.file.startswith(folders)))

    @property
    def path(self) -> list[str]:
        """The files of the calls in order, without immediate repetitions."""
        files = [call.file for call in self.calls]
        return files[:1] + [after for before, after in pairwise(files) if before != after]

    @property
    def changes(self) -> int:
        return len(self.path) - 1

    @property
    def returns(self) -> int:
        return len(self.path) - len(set(self.path))

    def count(self, name: str) -> int:
        """Count the calls of functions with this name."""
        return sum(call.name == name for call in self.calls)


@contextmanager
def traced() -> Iterator[list[Trace]]:
    """Collect the traces of all steps in this process that follow a person."""
    found: list[Trace] = []
    real = tasks.step

    @wraps(real)
    def step(user_id: str) -> float | None:
        calls: list[Call] = []
        acted = False

        def see(frame: FrameType, event: str, _: object) -> None:
            nonlocal acted
            code = frame.f_code
            # What is generated or has no name of its own is part of the function that it is in.
            if event == "call" and code.co_filename.startswith(OWN) and not code.co_name.startswith("<"):
                calls.append(Call(str(Path(code.co_filename).relative_to(ROOT)), code.co_name))
                acted = acted or code is ACT

        sys.setprofile(see)
        try:
            return real(user_id)
        finally:
            sys.setprofile(None)
            if acted:
                found.append(Trace(tuple(calls)))

    tasks.step = step
    try:
        yield found
    finally:
        tasks.step = real


def trace() -> Trace:
    """Return the trace of one follow step."""
    with stage() as (world, _), world.app.app_context(), traced() as found:
        bot = link(world, "traced", "plain_01")
        action = FOLLOW.place(bot, WARM_UP + 1)
        _work_off(bot, lambda: bot.ended(action))
    return found[WARM_UP]


def _work_off(bot: Bot, ended: Callable[[], bool]) -> None:
    worker = make_worker(bot.world.app, connect(runtime().config.redis_url))
    for _ in range(MAX_BURSTS):
        worker.work(burst=True, logging_level=None)
        if ended():
            return
        bot.skip_wait()
    raise AssertionError(f"the action did not end: {bot.report().verdict}")


def report(found: Trace) -> str:
    inside = found.without(*GROUND)
    figures = [
        ("Calls of own functions", len(found.calls), len(inside.calls)),
        ("Files", len(set(found.path)), len(set(inside.path))),
        ("Changes of file", found.changes, inside.changes),
        ("Returns to a file left before", found.returns, inside.returns),
        *((f"Calls of `{name}`", found.count(name), inside.count(name)) for name in ("local_midnight", "local_date")),
    ]
    most = [(file, count) for file, count in Counter(inside.path).most_common() if count > 1]
    return "\n\n".join(
        (
            table(("One follow step", "All files", "Without the ground"), figures),
            table(("File above the ground that is returned to", "Times it is entered"), most),
        )
    )


if __name__ == "__main__":
    one = trace()
    if "--calls" in sys.argv:
        print("\n".join(f"{call.file:45} {call.name}" for call in one.calls))
    print(report(one))
