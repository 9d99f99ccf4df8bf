"""A database that was put back to an earlier state: whoever was written to since gets no second message."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis.exceptions import ConnectionError as RedisAway

from bot.automation.generations import release_bots
from bot.contacts import do_not_contact
from bot.decision.limits import limit_reports
from bot.lanes.queue import connect
from bot.operations.readiness import check_ready
from bot.steps import restores
from jobs.worker import make_worker
from local.processes import wait_until
from tests.live.conftest import PATIENCE, working
from tests.live.test_kinds import public
from tests.support.live_bots import Bot, World, link
from tests.support.restores import Copy, copy, empty_redis, lose_disk

ACCOUNT = "plain_01"
BEFORE, AFTER, ALL = 3, 6, 9
# Long enough for a bot that is not held to have sent something.
A_WHILE = 0.5


class Everything:
    """The worker of a test, to be stopped and started with all that a start looks for."""

    def __init__(self, world: World, config, tmp_path: Path) -> None:
        self._world, self._config, self._folder = world, config, tmp_path
        self._running = ExitStack()
        self._copies = 0
        self.start()

    def start(self, *, looks: bool = True) -> None:
        if looks:
            restores.find_restore()
        app = self._world.app
        self._running.enter_context(working(app, make_worker(app, connect(self._config.redis_url))))

    def stop(self) -> None:
        self._running.close()

    def copy(self) -> Copy:
        self._copies += 1
        return copy(self._folder / f"copy-{self._copies}")

    @contextmanager
    def stopped(self, *, looks: bool = True) -> Iterator[None]:
        self.stop()
        yield
        self.start(looks=looks)


@pytest.fixture(autouse=True)
def slow(app: Flask) -> None:
    """No step comes before a test skips the wait for it."""
    app.extensions["troupe"].uniform = lambda _low, _high: 600.0


@pytest.fixture
def everything(world: World, config, tmp_path: Path) -> Iterator[Everything]:
    everything = Everything(world, config, tmp_path)
    yield everything
    everything.stop()


@pytest.fixture
def bot(world: World, everything: Everything) -> Bot:
    return link(world, "alice", ACCOUNT)


@pytest.fixture
def people(world: World) -> list[str]:
    return [person.username for person in world.people(public, ALL + 3)]


def reached(bot: Bot) -> list[str]:
    return bot.world.sandbox.targets(bot.account, "message")


def drive_to(bot: Bot, count: int) -> None:
    """Until so many were written to; the bot waits for its next step then."""
    bot.drive(lambda: len(reached(bot)) >= count)
    assert wait_until(bot.is_idle, PATIENCE)
    assert len(reached(bot)) == count


def sent_on_after_a_copy(bot: Bot, everything: Everything, people: list[str]) -> tuple[str, Copy]:
    """An action of which some messages are in the copy, and some were sent after it."""
    action = bot.write_to(people[:ALL])
    drive_to(bot, BEFORE)
    copied = everything.copy()
    drive_to(bot, AFTER)
    return action, copied


def is_held(bot: Bot) -> bool:
    return bot.report().verdict.reason == "DATABASE_RESTORED"


def stays_as_it_is(bot: Bot) -> None:
    before = reached(bot)
    bot.notify_bot()
    time.sleep(A_WHILE)
    assert reached(bot) == before


def assert_nobody_got_two(bot: Bot, people: list[str]) -> None:
    assert sorted(reached(bot)) == sorted(people)
    # A second try under the first one's token would not show in the ledger, but it is a request more.
    assert bot.world.sandbox.requests(bot.account)["message"] == len(people)


def declare(_copy: Copy) -> None:
    """What `release --restored` does."""
    restores.hold_all("declared")


HEALS = "INSTANCE_DIR is lost and Redis emptied"
KEPT: dict[str, tuple[Callable[[Copy], None], ...]] = {
    "everything else is kept": (),
    "Redis is kept": (lose_disk,),
    "Redis is emptied": (empty_redis,),
    "all of INSTANCE_DIR is put back, and said so": (Copy.put_disk_back, Copy.put_redis_back, declare),
    HEALS: (lose_disk, empty_redis),
}


@pytest.mark.parametrize("kept", KEPT)
def test_nobody_gets_a_second_message_after_a_restore(bot, everything, people, kept):
    action = bot.write_to(people[:ALL], "Hello {username}, {nice|good} to see your pictures")
    drive_to(bot, BEFORE)
    copied = everything.copy()
    assert bot.counts(action)["done"] == BEFORE
    drive_to(bot, AFTER)
    with everything.stopped():
        copied.put_back()
        for change in KEPT[kept]:
            change(copied)
    assert bot.counts(action)["done"] == BEFORE
    assert is_held(bot) is (kept != HEALS)
    if kept != HEALS:
        stays_as_it_is(bot)
        assert "DATABASE_RESTORED" in [part.code for part in check_ready()]
        assert release_bots(None)
    bot.notify_bot()
    bot.drive(action)
    assert_nobody_got_two(bot, people[:ALL])
    assert bot.counts(action) == {"done": ALL}
    found = [row.person for row in bot.rows(action) if row.reason == "found_sent"]
    assert found == people[BEFORE:AFTER]


def test_a_message_that_was_answered_after_the_copy_is_shown_as_sent(bot, world, everything, people):
    action, copied = sent_on_after_a_copy(bot, everything, people)
    thanks, stop, _ = people[BEFORE:AFTER]
    with everything.stopped():
        copied.put_back()
        world.advance(seconds=5)
        for person, answer in ((thanks, "Thank you"), (stop, "STOP"), (people[ALL - 1], "Who are you?")):
            world.sandbox.post("/messages", account=bot.account, username=person, text=answer)
    release_bots(None)
    bot.notify_bot()
    bot.drive(action)
    assert_nobody_got_two(bot, people[:ALL])
    assert bot.counts(action) == {"done": ALL}
    assert {row.person for row in bot.rows(action) if row.reason == "found_sent"} == set(people[BEFORE:AFTER])
    assert [row.username for row in do_not_contact.list_people(bot.id, 10, None).items] == [stop]


def test_a_claim_finds_out_what_no_start_has_looked_for(bot, everything, people):
    action, copied = sent_on_after_a_copy(bot, everything, people)
    with everything.stopped(looks=False):
        copied.put_back()
    bot.notify_bot()
    bot.drive(lambda: is_held(bot))
    assert reached(bot) == people[:AFTER]
    assert bot.counts(action) == {"done": BEFORE, "pending": ALL - BEFORE}
    release_bots(None)
    bot.notify_bot()
    bot.drive(action)
    assert_nobody_got_two(bot, people[:ALL])


def test_a_disk_of_another_machine_that_is_behind_holds_nobody(bot, everything, people):
    """With Redis emptied as well the bot looks messages up, as nobody knows of the other machine's disk."""
    action, copied = sent_on_after_a_copy(bot, everything, people)
    with everything.stopped():
        copied.put_disk_back()
    assert not is_held(bot)
    drive_to(bot, AFTER + 1)
    assert bot.world.sandbox.requests(bot.account).get("thread", 0) == 0
    copied = everything.copy()
    drive_to(bot, AFTER + 2)
    with everything.stopped():
        copied.put_back()
        copied.put_disk_back()
        empty_redis()
    assert not is_held(bot)
    bot.notify_bot()
    bot.drive(action)
    assert_nobody_got_two(bot, people[:ALL])


def test_an_older_redis_holds_nobody_and_has_messages_looked_up(bot, everything, people):
    action, older = sent_on_after_a_copy(bot, everything, people)
    copied = everything.copy()
    drive_to(bot, AFTER + 1)
    with everything.stopped():
        copied.put_back()
        older.put_redis_back()
        lose_disk()
    assert not is_held(bot)
    bot.notify_bot()
    bot.drive(action)
    assert_nobody_got_two(bot, people[:ALL])


def test_restored_twice_from_one_copy_with_messages_between(bot, everything, people):
    action = bot.write_to(people[:ALL])
    drive_to(bot, BEFORE)
    copied = everything.copy()
    for sent in (AFTER, AFTER + 2):
        drive_to(bot, sent)
        with everything.stopped():
            copied.put_back()
        assert is_held(bot)
        release_bots(None)
        bot.notify_bot()
    bot.drive(action)
    assert_nobody_got_two(bot, people[:ALL])
    assert not is_held(bot)


def test_a_copy_that_was_made_while_the_bots_were_held_is_noticed_too(bot, everything, people):
    action = bot.write_to(people[:ALL])
    drive_to(bot, BEFORE)
    first = everything.copy()
    drive_to(bot, AFTER)
    with everything.stopped():
        first.put_back()
    held = everything.copy()
    release_bots(None)
    bot.notify_bot()
    drive_to(bot, AFTER + 1)
    with everything.stopped():
        held.put_back()
    assert is_held(bot)
    release_bots(None)
    bot.notify_bot()
    bot.drive(action)
    assert_nobody_got_two(bot, people[:ALL])


def test_whoever_was_written_to_by_an_action_that_is_lost_gets_no_other_message(bot, everything, people):
    ann, ben, *others = people[:4]
    waiting = bot.write_to([ann, ben, *others], start_at=bot.world.now() + timedelta(days=3))
    copied = everything.copy()
    lost = bot.write_to([ben], "Something else for {username}", again=True)
    bot.drive(lost)
    with everything.stopped():
        copied.put_back()
    release_bots(None)
    bot.notify_bot()
    later = bot.write_to([ben], "A third text for {username}")
    bot.drive(waiting, later)
    assert bot.reasons(later) == {ben: "unknown_message"}
    assert bot.reasons(waiting) == {ben: "already_messaged"}
    assert sorted(reached(bot)) == sorted([ann, ben, *others])


def test_who_asked_to_be_left_alone_after_the_copy_is_left_alone(bot, world, everything, people):
    ann, ben = people[:2]
    copied = everything.copy()
    bot.drive(bot.write_to([ann, ben]))
    world.advance(seconds=5)
    world.sandbox.post("/messages", account=bot.account, username=ann, text="STOP")
    world.advance(minutes=30)
    bot.notify_bot()
    bot.drive(lambda: ann in bot.activity("reply", "done"))
    with everything.stopped():
        copied.put_back()
    release_bots(None)
    assert do_not_contact.list_people(bot.id, 10, None).items == []
    watched = bot.place("view-stories", usernames=[ann])
    bot.drive(watched)
    assert [row.username for row in do_not_contact.list_people(bot.id, 10, None).items] == [ann]
    assert bot.reasons(watched) == {ann: "do_not_contact"}


@pytest.mark.parametrize("call", ["thread", "inbox"])
def test_what_cannot_be_read_is_waited_for(bot, sandbox, everything, people, call):
    action, copied = sent_on_after_a_copy(bot, everything, people)
    with everything.stopped():
        copied.put_back()
    sandbox.fault(bot.account, call, "server_error", 3)
    release_bots(None)
    bot.notify_bot()
    bot.drive(action)
    assert_nobody_got_two(bot, people[:ALL])


def test_the_limits_of_the_day_of_a_restore_count_as_used(bot, world, everything, people):
    followed = bot.place("follow-hashtag", amount=3, hashtag="coffee")
    copied = everything.copy()
    bot.drive(followed)
    with everything.stopped():
        copied.put_back()
    assert is_held(bot)
    held_at = world.now()
    release_bots(None)
    bot.notify_bot()
    bot.drive(lambda: bot.report().verdict.reason == "LIMIT_REACHED")
    verdict = bot.report().verdict
    assert (verdict.rule, verdict.kind) == ("restored", "follow")
    assert verdict.until.date() == held_at.date() + timedelta(days=1)
    assert {report.used >= report.rule.effective for report in limit_reports(bot.id)} == {True}
    bot.drive(followed)
    assert bot.counts(followed)["done"] == 3


def test_a_user_who_came_after_the_copy_is_missed(bot, world, everything, people):
    copied = everything.copy()
    later = link(world, "bob", "plain_02")
    later.drive(later.write_to(people[:1]))
    with everything.stopped():
        copied.put_back()
    assert is_held(bot)


def test_a_message_goes_only_when_redis_has_its_claim(bot, world, everything, people, monkeypatch):
    action = bot.write_to(people[:2])
    redis = world.app.extensions["troupe"].redis
    monkeypatch.setattr(redis, "evalsha", away)
    bot.drive(lambda: bot.rows(action)[0].attempts > 1 and bot.counts(action) == {"pending": 2})
    assert reached(bot) == []
    monkeypatch.undo()
    bot.drive(action)
    assert reached(bot) == people[:2]


def away(*_: object) -> None:
    raise RedisAway
