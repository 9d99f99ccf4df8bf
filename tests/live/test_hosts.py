"""Several machines at one Redis and one PostgreSQL: cut off, gone, asleep, or with a wrong clock."""

import signal
import time
from collections.abc import Iterator

import pytest

from local.processes import wait_until
from tests.support.hosts import LEASE, Host, Hosts
from tests.support.live_bots import Bot, link

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

ACCOUNT = "plain_01"
AMOUNT = 4
# Longer than a lease: a call that hangs outlasts its host's right to the lane.
CALL_SECONDS = 2 * LEASE
PATIENCE = 20.0


@pytest.fixture
def config(config):
    return config.model_copy(update={"instagram_timeout": CALL_SECONDS})


@pytest.fixture
def hosts(config, clock, tmp_path) -> Iterator[Hosts]:
    with Hosts(config, clock, tmp_path) as hosts:
        yield hosts


@pytest.fixture
def bot(world) -> Bot:
    """Alice's running bot; nobody works for it yet."""
    return link(world, "alice", ACCOUNT)


def until(condition) -> None:
    assert wait_until(lambda: bool(condition()), PATIENCE), "it did not come about"


def write_to_some(bot: Bot) -> str:
    people = bot.world.people(lambda person: not person.is_private, AMOUNT)
    return bot.write_to([person.username for person in people])


def in_the_middle_of_a_message(bot: Bot, host: Host, others: list[Host]) -> None:
    """Returns when a message has arrived at Instagram whose sender waits for the reply, which does not come."""
    before = len(bot.world.sandbox.targets(ACCOUNT, "message"))
    bot.world.sandbox.fault(ACCOUNT, "message", "hang", 1, processed=True)
    bot.drive(lambda: len(bot.world.sandbox.targets(ACCOUNT, "message")) > before, patience=PATIENCE)
    assert len(host.lines("call")) == 1
    assert not [other for other in others if other.lines("call")]


def assert_each_got_one(bot: Bot, action: str, hosts: Hosts) -> None:
    reached = bot.world.sandbox.targets(ACCOUNT, "message")
    assert len(reached) == len(set(reached)) == AMOUNT
    # A second try under the first one's token would not show in the ledger, but it is a request more.
    assert bot.world.sandbox.requests(ACCOUNT)["message"] == AMOUNT
    assert bot.counts(action) == {"done": AMOUNT}
    assert hosts.late_calls() == []


def test_a_host_that_is_cut_off_from_redis_in_the_middle_of_a_call_does_nothing_more(bot, hosts):
    first = hosts.start("first")
    action = write_to_some(bot)
    in_the_middle_of_a_message(bot, first, [])
    first.way.cut()
    second = hosts.start("second")
    bot.drive(action, patience=PATIENCE)
    assert len(second.lines("call")) == AMOUNT - 1
    assert len(first.lines("call")) == 1
    assert_each_got_one(bot, action, hosts)
    first.way.mend()
    second.kill()
    bot.lose_worker()
    later = bot.place("follow-hashtag", hashtag="coffee", amount=1)
    bot.drive(later, patience=PATIENCE)
    assert len(bot.world.sandbox.targets(ACCOUNT, "follow")) == 1


def test_a_host_that_is_gone_is_followed_by_another_after_its_lease(bot, hosts):
    first = hosts.start("first")
    action = write_to_some(bot)
    in_the_middle_of_a_message(bot, first, [])
    second = hosts.start("second")
    gone = time.monotonic()
    first.kill()
    until(lambda: second.lines("begin"))
    assert second.lines("begin")[0].at - gone < LEASE + 5
    bot.drive(action, patience=PATIENCE)
    assert_each_got_one(bot, action, hosts)


def test_a_host_that_slept_past_its_leases_wakes_up_and_changes_nothing(bot, hosts):
    first = hosts.start("first")
    action = write_to_some(bot)
    in_the_middle_of_a_message(bot, first, [])
    first.signal_all(signal.SIGSTOP)
    second = hosts.start("second")
    bot.drive(lambda: second.lines("call"), patience=PATIENCE)
    first.signal_all(signal.SIGCONT)
    bot.drive(action, patience=PATIENCE)
    assert_each_got_one(bot, action, hosts)


def test_hosts_whose_clocks_are_hours_apart_lose_and_double_nothing(world, hosts):
    bots = [link(world, name, f"plain_0{number}") for number, name in enumerate(("alice", "bob", "carol"), 1)]
    hosts.start("ahead", hours=1)
    hosts.start("behind", hours=-1)
    actions = [bot.place("follow-hashtag", hashtag="coffee", amount=3) for bot in bots]

    def ended() -> bool:
        # What one host has written lies in the future of the other, which waits for it.
        idle = [bot for bot, action in zip(bots, actions, strict=True) if bot.is_idle() and not bot.ended(action)]
        if idle:
            world.advance(minutes=30)
        for bot in idle:
            bot.notify_bot()
        return all(bot.ended(action) for bot, action in zip(bots, actions, strict=True))

    until(ended)
    for bot, action in zip(bots, actions, strict=True):
        followed = world.sandbox.targets(bot.account, "follow")
        assert len(followed) == len(set(followed)) == bot.counts(action)["done"] == 3
    assert hosts.hosts_at_work() == {"ahead", "behind"}
    assert hosts.late_calls() == []
