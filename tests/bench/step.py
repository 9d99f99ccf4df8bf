"""What a step of each kind costs, from the action to its end: CPU against the same instagrapi calls bare, and requests.

`python -m tests.bench.step [rounds]`. Both sides take turns with sessions that were signed in before; only this
process is measured, without Redis and without the sandbox.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

from instagrapi import Client

from bot.actions.filters import Filters
from bot.app import create_base_app
from bot.config.runtime import runtime
from bot.lanes.queue import connect
from bot.settings.preferences import DAYS, Settings, TimeSpan, Week, change_settings
from bot.storage.models import ActionTarget
from jobs.worker import make_worker
from sandbox.people import Person
from tests.bench.page import table
from tests.support.environment import config_for, prepare
from tests.support.live_bots import PEOPLE, SEED, Bot, SharedClock, World, lift_limits, link
from tests.support.redis_process import RedisProcess
from tests.support.sandbox_process import SandboxProcess

STEPS = 40
WARM_UP = 5
ROUNDS = 3
MAX_BURSTS = 50
AROUND_THE_CLOCK = TimeSpan(start="00:00", end="24:00")


@dataclass(frozen=True)
class Flow:
    """An action for so many steps, and what a step of its kind is in bare calls for a target that it did."""

    kind: str
    place: Callable[[Bot, int], str]
    bare: Callable[[Client, ActionTarget], object]
    before: Callable[[Bot], object] = lambda _bot: None


@dataclass(frozen=True)
class Figures:
    """One kind in one round: CPU seconds and requests of all steps on both sides, and candidates that were examined."""

    cpu: float
    bare_cpu: float
    requests: int
    bare_requests: int
    examined: int


def _somebody(bot: Bot) -> str:
    return bot.world.people(lambda person: not person.is_private and person.followers > 4 * STEPS, 1)[0].username


def _people(bot: Bot, amount: int, fits: Callable[[Person], bool]) -> list[str]:
    """Others for each amount, so that a warm-up takes none of them."""
    found = bot.world.people(lambda person: not person.is_private and fits(person), STEPS + WARM_UP)
    return [person.username for person in (found[:WARM_UP] if amount == WARM_UP else found[WARM_UP:])]


def _watch(bot: Bot, amount: int) -> str:
    return bot.place("view-stories", usernames=_people(bot, amount, bot.world.shows_story))


def _write(bot: Bot, amount: int) -> str:
    return bot.write_to(_people(bot, amount, lambda _person: True))


def _bare_follow(client: Client, row: ActionTarget) -> None:
    # It looks at the friendship itself.
    client.user_follow(row.instagram_id)


def _bare_unfollow(client: Client, row: ActionTarget) -> None:
    client.user_friendship_v1(row.instagram_id)
    client.user_unfollow(row.instagram_id)


def _bare_like(client: Client, row: ActionTarget) -> None:
    client.media_info_v1(str(row.instagram_id).partition("_")[0])
    client.media_like(row.instagram_id)


def _bare_story(client: Client, row: ActionTarget) -> None:
    person = client.user_info_by_username_v1(row.person)
    client.media_seen([story.id for story in client.user_stories_v1(person.pk)])


def _bare_message(client: Client, row: ActionTarget) -> None:
    person = client.user_info_by_username_v1(row.person)
    client.direct_send(f"Hello {row.person}", user_ids=[int(person.pk)])


ANYBODY = Filters(skip_private=False)
FLOWS = (
    Flow(
        "follow-hashtag",
        lambda bot, amount: bot.place("follow-hashtag", hashtag="coffee", amount=amount, filters=ANYBODY),
        _bare_follow,
    ),
    Flow(
        "follow-followers",
        lambda bot, amount: bot.place("follow-followers", account=_somebody(bot), amount=amount),
        _bare_follow,
    ),
    Flow(
        "like-hashtag",
        lambda bot, amount: bot.place("like-hashtag", hashtag="travel", amount=amount, filters=ANYBODY),
        _bare_like,
    ),
    Flow("view-stories", _watch, _bare_story),
    Flow("send-messages", _write, _bare_message),
    Flow(
        "unfollow",
        lambda bot, amount: bot.place("unfollow", amount=amount, older_than_days=1),
        _bare_unfollow,
        lambda bot: bot.world.advance(days=2),
    ),
)


def measure(rounds: int = ROUNDS) -> dict[str, list[Figures]]:
    """The figures of every round, by kind."""
    figures: dict[str, list[Figures]] = {flow.kind: [] for flow in FLOWS}
    with stage() as (world, ca_file), world.app.app_context():
        for number in range(rounds):
            bot = link(world, f"bench{number}", f"plain_{2 * number + 1:02}")
            week = Week(**dict.fromkeys(DAYS, AROUND_THE_CLOCK))
            change_settings(bot.id, Settings(week=week))
            client = _bare_client(world, ca_file, f"plain_{2 * number + 2:02}")
            for flow in FLOWS:
                figures[flow.kind].append(_round(bot, client, f"plain_{2 * number + 2:02}", flow))
    return figures


@contextmanager
def stage() -> Iterator[tuple[World, Path]]:
    with (
        _silence(),
        RedisProcess() as redis,
        SandboxProcess.start(0, "--seed", str(SEED), "--people", str(PEOPLE), "--plain", "40") as sandbox,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        port = int(sandbox.url.rsplit(":", 1)[1])
        config = config_for(folder, f"sqlite:///{folder}/bench.db", redis.url, sandbox_port=port)
        clock = SharedClock(folder / "ahead")
        app = create_base_app(config, clock=clock, uniform=lambda _low, _high: 0.0)
        prepare(app)
        with app.app_context():
            lift_limits()
        yield World(app, sandbox, clock), sandbox.write_ca(folder)


@contextmanager
def _silence() -> Iterator[None]:
    """Nobody reads the log; and variables that would beat the sandbox's certificate in the bare client are away."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)
    kept, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(silence)


def _bare_client(world: World, ca_file: Path, username: str) -> Client:
    def made() -> Client:
        proxy = world.sandbox.proxy
        return Client(proxy=proxy, tls_verify=str(ca_file), request_timeout=0, with_challenge_flow=False)

    client, restored = made(), made()
    client.login(username, world.sandbox.account(username)["password"])
    restored.set_settings(json.loads(json.dumps(client.get_settings())))
    return restored


def _round(bot: Bot, client: Client, bare_account: str, flow: Flow) -> Figures:
    """The action first, then the same targets in bare calls; a small action before each warms both up."""
    sandbox = bot.world.sandbox
    flow.before(bot)
    for row in _placed(bot, flow, WARM_UP):
        if row.status == "done":
            flow.bare(client, row)
    asked, bare_asked = _count(sandbox, bot.account), _count(sandbox, bare_account)
    began = process_time()
    rows = _placed(bot, flow, STEPS)
    cpu, began = process_time() - began, process_time()
    done = [row for row in rows if row.status == "done"]
    for row in done:
        flow.bare(client, row)
    bare_cpu = process_time() - began
    assert len(done) == STEPS, f"{flow.kind}: {len(done)} steps"
    return Figures(
        cpu / STEPS,
        bare_cpu / STEPS,
        _count(sandbox, bot.account) - asked,
        _count(sandbox, bare_account) - bare_asked,
        sum(row.status in ("done", "skipped", "failed") for row in rows),
    )


def _count(sandbox: SandboxProcess, account: str) -> int:
    return sum(sandbox.requests(account).values())


def _placed(bot: Bot, flow: Flow, amount: int) -> list[ActionTarget]:
    """Every target of an action that has been worked off."""
    action = flow.place(bot, amount)
    worker = make_worker(bot.world.app, connect(runtime().config.redis_url))
    for _ in range(MAX_BURSTS):
        worker.work(burst=True, logging_level=None)
        if bot.ended(action):
            return bot.rows(action)
        bot.skip_wait()
    raise AssertionError(f"{flow.kind} did not end: {bot.report().verdict}")


def report(rounds: int = ROUNDS) -> str:
    found = measure(rounds)
    costs = ((kind, *_costs(figures)) for kind, figures in found.items())
    requests = ((kind, *_requests(figures)) for kind, figures in found.items())
    return "\n\n".join(
        (
            table((f"CPU of a step, median of {rounds} rounds of {STEPS}", "Troupe ms", "Bare ms", "Ratio"), costs),
            table(("Requests", "A step", "A bare step", "Candidates examined", "Candidates a request"), requests),
        )
    )


def _costs(figures: list[Figures]) -> tuple[str, ...]:
    ratio = median(one.cpu / one.bare_cpu for one in figures)
    cpu, bare = (median(times) * 1000 for times in zip(*((one.cpu, one.bare_cpu) for one in figures), strict=True))
    return f"{cpu:.1f}", f"{bare:.1f}", f"{ratio:.1f}"


def _requests(figures: list[Figures]) -> tuple[object, ...]:
    requests, examined = sum(one.requests for one in figures), sum(one.examined for one in figures)
    steps = STEPS * len(figures)
    bare = sum(one.bare_requests for one in figures)
    return f"{requests / steps:.2f}", f"{bare / steps:.2f}", examined, f"{examined / requests:.2f}"


if __name__ == "__main__":
    print(report(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
