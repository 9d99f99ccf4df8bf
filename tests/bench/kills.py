"""Workers killed and stopped at random while they follow and write: what came of it, by their diaries and the ledger.

`python -m tests.bench.kills [kills] [runs]`. Real workers with short leases, the real client, the sandbox.
"""

import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from multiprocessing.process import BaseProcess
from os import kill
from pathlib import Path
from statistics import quantiles

from bot.app import create_base_app
from bot.automation.wakeups import rescue_all
from bot.config.environment import Config
from local.processes import wait_until
from tests.bench.page import machine, sandbox_mode, table, write
from tests.support.environment import config_for, prepare
from tests.support.live_bots import PEOPLE, SEED, Bot, SharedClock, World, lift_limits, link
from tests.support.mortal_workers import MortalWorkers
from tests.support.redis_process import RedisProcess
from tests.support.sandbox_process import SandboxProcess

KILLS, RUNS, STOPS = 300, 5, 20
BOTS, WORKERS = 4, 3
LEASE = 2.0
LIFE = (0.2, 1.2)
STEPS_OF_AN_ACTION = 40
PATIENCE = 120.0
TAGS = ("coffee", "travel", "food", "art", "music", "fitness")


@dataclass
class Turn:
    """One job under one lease: when it began and ended, and when it called Instagram with an effect."""

    user: str
    process: int
    began: float
    ended: float | None = None
    calls: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Tally:
    kills: int
    stops: int
    steps: Counter[str]
    overlaps: int
    late_calls: int
    lost: int
    doubled: int
    idle: list[float]


class PlacedActions:
    """Bots that always have something to write and somebody to follow."""

    def __init__(self, world: World, bots: int, steps: int) -> None:
        self._steps = steps
        self.bots = [link(world, f"bot{number}", f"plain_{number + 1:02}") for number in range(bots)]
        self._placed: dict[str, list[str]] = defaultdict(list)
        self._people = [person.username for person in world.people(lambda person: not person.is_private, 2000)]
        self._tags = {bot.id: count() for bot in self.bots}

    def fill_up(self) -> None:
        for bot in self.bots:
            if all(bot.ended(action_id) for action_id in self._placed[bot.id][-2:]):
                turn = next(self._tags[bot.id])
                people = self._people[turn * self._steps : (turn + 1) * self._steps]
                tag = TAGS[turn % len(TAGS)]
                self._placed[bot.id] += [
                    bot.write_to(people, "Hello {username}, {nice|good} to see your pictures"),
                    bot.place("follow-hashtag", hashtag=tag, amount=self._steps),
                ]

    def end(self, world: World) -> None:
        """Time passes until all have ended."""
        redis = world.app.extensions["troupe"].redis

        def ended() -> bool:
            rescue_all(redis)
            for bot in self.bots:
                bot.skip_wait()
            return all(bot.ended(*self._placed[bot.id]) for bot in self.bots)

        wait_until(ended, PATIENCE)

    def lost(self) -> int:
        """Steps that did not end, that are recorded and did not happen, or that happened and are not recorded."""
        return sum(self._lost_of(bot) for bot in self.bots)

    def _lost_of(self, bot: Bot) -> int:
        rows = bot.rows()
        unended = sum(not bot.ended(action_id) for action_id in self._placed[bot.id])
        # People whom a search found beyond the amount stay as they are.
        unended += sum(row.status == "working" or (row.step_kind, row.status) == ("message", "pending") for row in rows)
        messages = {row.person for row in rows if row.step_kind == "message" and row.status in ("done", "unknown")}
        follows = {row.target for row in rows if row.step_kind == "follow" and row.status == "done"}
        sent = {row.person for row in rows if row.step_kind == "message" and row.status == "done"}
        sandbox = bot.world.sandbox
        reached, followed = set(sandbox.targets(bot.account, "message")), set(sandbox.targets(bot.account, "follow"))
        return unended + len(sent - reached) + len(reached - messages) + len(followed ^ follows)

    def doubled(self) -> int:
        """Requests with an effect beyond one for each person."""
        sandbox = self.bots[0].world.sandbox
        return sum(
            sandbox.requests(bot.account).get(kind, 0) - len(set(sandbox.targets(bot.account, kind)))
            for bot in self.bots
            for kind in ("message", "follow")
        )

    def steps(self) -> Counter[str]:
        sandbox = self.bots[0].world.sandbox
        return Counter(one["kind"] for bot in self.bots for one in sandbox.ledger(bot.account))


class Reaper:
    """Keeps some workers alive, and kills or stops one of them after another."""

    def __init__(self, workers: MortalWorkers, dice: random.Random) -> None:
        self._workers = workers
        self._dice = dice
        self._alive = [workers.start() for _ in range(WORKERS)]
        self.killed: dict[int, float] = {}
        self.stops = 0

    def kill_one(self) -> None:
        victim = self._victim()
        self.killed[victim.pid or 0] = time.monotonic()
        self._workers.kill(victim)
        self._alive.append(self._workers.start())

    def stop_one(self) -> None:
        """It sleeps past its lease, and goes on."""
        victim = self._victim()
        kill(victim.pid or 0, signal.SIGSTOP)
        threading.Event().wait(LEASE + self._dice.uniform(*LIFE))
        kill(victim.pid or 0, signal.SIGCONT)
        self._alive.append(victim)
        self.stops += 1

    def _victim(self) -> BaseProcess:
        threading.Event().wait(self._dice.uniform(*LIFE))
        return self._alive.pop(self._dice.randrange(len(self._alive)))


def run(
    world: World,
    diary: Path,
    workers: MortalWorkers,
    *,
    kills: int,
    stops: int,
    seed: int,
    bots: int = BOTS,
    steps: int = STEPS_OF_AN_ACTION,
) -> Tally:
    """In the app's context. `workers` write the diary; an action has so many `steps`, and a bot two at a time."""
    actions = PlacedActions(world, bots, steps)
    actions.fill_up()
    reaper = Reaper(workers, random.Random(seed))  # noqa: S311  no secret
    for deed in [reaper.kill_one] * kills + [reaper.stop_one] * stops:
        deed()
        actions.fill_up()
    actions.end(world)
    turns = read(diary, reaper.killed)
    return Tally(
        kills=kills,
        stops=stops,
        steps=actions.steps(),
        overlaps=0 if stops else sum(_overlap(mine) for mine in turns.values()),
        late_calls=sum(_late_calls(mine) for mine in turns.values()),
        lost=actions.lost(),
        doubled=actions.doubled(),
        idle=[pause for mine in turns.values() for pause in _idle(mine, reaper.killed)],
    )


def read(diary: Path, killed: dict[int, float]) -> dict[str, list[Turn]]:
    """The turns of each lane in order; one that a kill has ended ends with it."""
    turns: dict[str, Turn] = {}
    for line in diary.read_text().splitlines():
        what, process, user, token, at = line.split()
        if what == "begin":
            turns[token] = Turn(user, int(process), float(at))
        elif what == "call":
            turns[token].calls.append(float(at))
        else:
            turns[token].ended = float(at)
    lanes: dict[str, list[Turn]] = defaultdict(list)
    for turn in sorted(turns.values(), key=lambda turn: turn.began):
        turn.ended = turn.ended or killed.get(turn.process)
        lanes[turn.user].append(turn)
    return lanes


def _overlap(turns: list[Turn]) -> int:
    return sum(earlier.ended is None or later.began < earlier.ended for earlier, later in _pairs(turns))


def _late_calls(turns: list[Turn]) -> int:
    """Calls with an effect that began after the lane had passed on."""
    return sum(call > later.began for earlier, later in _pairs(turns) for call in earlier.calls)


def _idle(turns: list[Turn], killed: dict[int, float]) -> Iterator[float]:
    for earlier, later in _pairs(turns):
        if earlier.ended is not None and earlier.ended == killed.get(earlier.process):
            yield later.began - earlier.ended


def _pairs(turns: list[Turn]) -> Iterator[tuple[Turn, Turn]]:
    return pairwise(turns)


@contextmanager
def _stage() -> Iterator[tuple[World, Config]]:
    with (
        tempfile.TemporaryDirectory() as name,
        RedisProcess() as redis,
        SandboxProcess.start(0, "--seed", str(SEED), "--people", str(PEOPLE)) as sandbox,
    ):
        folder, port = Path(name), int(sandbox.url.rsplit(":", 1)[1])
        config = config_for(folder, f"sqlite:///{folder}/kills.db", redis.url, sandbox_port=port)
        clock = SharedClock(folder / "ahead")
        app = create_base_app(config, clock=clock, uniform=lambda _low, _high: 0.0)
        prepare(app)
        with app.app_context():
            lift_limits()
            yield World(app, sandbox, clock), config


def measure(kills: int, runs: int) -> Iterator[Tally]:
    """Runs with kills, then one in which workers are stopped past their leases."""
    for number in range(runs + 1):
        stopping = number == runs
        with _stage() as (world, config):
            diary = config.instance_dir / "diary"
            diary.touch()
            log = config.instance_dir / "log"
            workers = MortalWorkers(config, world.clock, lease_seconds=LEASE, diary=diary, log=log)
            try:
                todo = {"kills": 0, "stops": STOPS} if stopping else {"kills": kills // runs, "stops": 0}
                yield run(world, diary, workers, seed=number, **todo)
            finally:
                workers.kill_all()


def report(kills: int = KILLS, runs: int = RUNS) -> str:
    head = (
        f"{WORKERS} workers, {BOTS} lanes, leases of {LEASE:g} s",
        *("Killed", "Stopped", "Messages", "Follows", "Overlaps", "Calls after the lane passed on"),
        *("Lost", "Doubled", "Idle p50 s", "Idle p95 s"),
    )
    return table(head, (_row(number, tally) for number, tally in enumerate(measure(kills, runs), 1)))


def _row(number: int, tally: Tally) -> tuple[object, ...]:
    middle, most = _quantile(tally.idle, 50), _quantile(tally.idle, 95)
    overlaps = "" if tally.stops else tally.overlaps
    counts = (tally.kills, tally.stops, tally.steps["message"], tally.steps["follow"], overlaps, tally.late_calls)
    return (f"Run {number}", *counts, tally.lost, tally.doubled, middle, most)


def _quantile(figures: list[float], part: int) -> str:
    return f"{quantiles(figures, n=100, method='inclusive')[part - 1]:.2f}" if len(figures) > 1 else ""


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    text = f"On {machine()}, against {sandbox_mode()}, by `python -m tests.bench.kills --write`.\n\n{report(*numbers)}"
    print(text)
    if "--write" in sys.argv:
        write("kills", text)
