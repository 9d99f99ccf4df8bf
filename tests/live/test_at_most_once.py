"""Messages to many people while everything fails: workers die, replies are lost, Instagram refuses. Nobody gets two."""

import random
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import pytest

from bot.messages.sending import RESULT_STATUS
from tests.support.live_bots import Bot, link
from tests.support.mortal_workers import POINTS, MortalWorkers, died

REFUSED, LOST, REPLY_LOST, LAGGING = 0.05, 0.03, 0.05, 0.3
ENOUGH = 100_000
# A look is taken after so many hundredths of a second, and a worker lives for so many looks.
LOOK_EVERY = 8
RUN = (4, 14)
LAST_LIFE = 1_000
ACCOUNT = "plain_01"


@dataclass
class Watch:
    """Looks at an action again and again while it is worked on."""

    bot: Bot
    action: str
    people: list[str]
    looks: int = 0
    ever_unknown: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Raises AssertionError unless all counts add up and nobody who has a message is open for another."""
        reached = self.bot.world.sandbox.targets(ACCOUNT, "message")
        rows = self.bot.rows(self.action)
        progress = self.bot.progress(self.action)
        shown = Counter(RESULT_STATUS.get(row.status, row.status) for row in rows)
        assert shown.keys() <= {"sent", "pending", "failed", "skipped", "unknown"}
        assert shown.total() == len(self.people)
        counted = progress.done + progress.pending + progress.failed + progress.skipped + progress.unknown
        assert counted == len(self.people)
        assert len(reached) == len(set(reached)), "somebody got two"
        status = {row.person: row.status for row in rows}
        assert {status[person] for person in reached} <= {"working", "done", "unknown"}
        self.ever_unknown |= {row.person for row in rows if row.status == "unknown"}
        self.looks += 1


def fail_at_random(sandbox) -> None:
    for call, fault, share, more in (
        ("message", "throttled", REFUSED, {}),
        ("message", "drop", LOST, {"processed": False}),
        ("message", "drop", REPLY_LOST / 2, {"processed": True}),
        ("message", "cut", REPLY_LOST / 2, {"processed": True}),
        ("thread", "stale", LAGGING, {}),
    ):
        sandbox.fault(ACCOUNT, call, fault, ENOUGH, share=share, **more)


def strikes(sandbox, *faults: tuple[str, bool]) -> int:
    """How often these faults, each processed or not, met a message."""
    waiting = [one for one in sandbox.get("/faults") if one["call"] == "message"]
    return sum(ENOUGH - one["count"] for one in waiting if (one["fault"], one["processed"]) in faults)


def killed_at_every_point(bot: Bot, workers: MortalWorkers, watch: Watch) -> int:
    """How many workers died of it."""
    for point in POINTS:
        worker = workers.start(point)
        bot.drive(partial(died, worker))
        watch.look()
        bot.lose_worker()
    return len(POINTS)


def killed_while_the_call_hangs(sandbox, bot: Bot, workers: MortalWorkers, watch: Watch, *, processed: bool) -> None:
    before = sandbox.requests(ACCOUNT).get("message", 0)
    sandbox.clear_faults()
    sandbox.fault(ACCOUNT, "message", "hang", 1, processed=processed)
    worker = workers.start()
    bot.drive(lambda: sandbox.requests(ACCOUNT).get("message", 0) > before)
    workers.kill(worker)
    watch.look()
    bot.lose_worker()


def killed_at_random(bot: Bot, workers: MortalWorkers, watch: Watch, chance: random.Random) -> int:
    """Until the action has ended; returns how many workers it took."""
    lives = [*(chance.randrange(*RUN) for _ in range(len(watch.people) // 16)), LAST_LIFE]
    for number, life in enumerate(lives, 1):
        worker = workers.start()
        for _ in range(life):
            for _ in range(LOOK_EVERY):
                worker.join(0.01)
                assert not died(worker)
                bot.skip_wait()
            watch.look()
            if bot.ended(watch.action):
                return number
        workers.kill(worker)
        bot.lose_worker()
    raise AssertionError(f"it did not come to an end: {bot.report().verdict}")


@pytest.mark.parametrize(("database_url", "amount"), [("sqlite", 400), ("postgresql", 100)], indirect=["database_url"])
def test_nobody_gets_two_messages_whatever_fails(world, sandbox, workers, amount, capsys):
    bot = link(world, "alice", ACCOUNT)
    people = [person.username for person in world.people(lambda person: not person.is_private, amount)]
    watch = Watch(bot, bot.write_to(people, "Hello {username}, {nice|good} to see your pictures"), people)
    kills = killed_at_every_point(bot, workers, watch)
    for processed in (True, False):
        killed_while_the_call_hangs(sandbox, bot, workers, watch, processed=processed)
    fail_at_random(sandbox)
    kills += killed_at_random(bot, workers, watch, random.Random(amount))  # noqa: S311  no secret
    told(watch, sandbox, kills + 2, capsys)


def told(watch: Watch, sandbox, kills: int, capsys) -> None:
    """The reckoning at the end, and what is printed of it."""
    watch.look()
    bot, rows = watch.bot, watch.bot.rows(watch.action)
    reached = set(sandbox.targets(ACCOUNT, "message"))
    sent = {row.person for row in rows if row.status == "done"}
    unknown = {row.person for row in rows if row.status == "unknown"}
    assert sent <= reached
    assert sent | unknown == set(watch.people)
    assert reached <= sent | unknown
    # A second try under the first one's token would not show in the ledger, but it is a request more.
    refused = strikes(sandbox, ("throttled", False), ("drop", False))
    assert sandbox.requests(ACCOUNT)["message"] == len(reached) + refused + 1
    assert len({message.token for message in bot.messages().values()}) == len(watch.people)
    with capsys.disabled():
        print(
            f"\n{len(watch.people)} recipients, {kills} workers killed, "
            f"{strikes(sandbox, ('throttled', False))} x 429, {strikes(sandbox, ('drop', False))} requests lost, "
            f"{strikes(sandbox, ('drop', True), ('cut', True))} replies lost, {watch.looks} looks: "
            f"{len(sent)} sent, 0 doubled; {len(watch.ever_unknown)} were unknown, of whom "
            f"{len(watch.ever_unknown & sent)} were found sent by look-ups and {len(unknown)} are left to the user, "
            f"{len(unknown & reached)} of them sent."
        )
