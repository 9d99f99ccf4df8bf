"""Replies by hand at the sandbox: once whatever fails, and none after a stop, wherever that was written."""

from datetime import timedelta
from functools import partial

import pytest

from bot.contacts import conversations, do_not_contact
from bot.contacts.people import people_by_name
from bot.core.errors import BotException
from bot.messages import replying
from bot.messages.replying import Typed
from tests.live.test_kinds import public
from tests.support.live_bots import Bot, World, link
from tests.support.mortal_workers import POINTS, died

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ACCOUNT = "plain_01"


@pytest.fixture
def people(world: World) -> list[str]:
    return [person.username for person in world.people(public, 6)]


def writes(bot: Bot, name: str, text: str, **more: object) -> None:
    bot.world.sandbox.post("/messages", account=bot.account, username=name, text=text, **more)


def heard(bot: Bot, *names: str) -> None:
    """The bot reads its inbox, and the answers of these people in it."""
    bot.world.advance(seconds=20)
    bot.notify_bot()
    bot.drive(lambda: {*names} <= {*bot.activity("reply", "done")})


def person_of(bot: Bot, name: str) -> str:
    return people_by_name(bot.id, [name])[name]


def reply(bot: Bot, name: str, text: str, form: str | None = None) -> str:
    return replying.reply(bot.id, person_of(bot, name), Typed(text=text), form).action_id


def answered(bot: Bot, *names: str) -> None:
    """These people have got a message, and have answered it."""
    bot.drive(bot.write_to([*names]))
    bot.world.advance(seconds=5)
    for name in names:
        writes(bot, name, "how much is it?")
    heard(bot, *names)


def requests(bot: Bot) -> int:
    return bot.world.sandbox.requests(bot.account)["message"]


def test_a_reply_whose_answer_is_lost_is_looked_up_and_one_that_did_not_arrive_is_not_guessed(bot, sandbox, people):
    ann = people[0]
    answered(bot, ann)
    sandbox.fault(bot.account, "message", "drop", processed=True)
    lost = reply(bot, ann, "20 euros", "form")
    assert reply(bot, ann, "20 euros", "form") == lost
    bot.drive(lost)
    assert (bot.row(lost, ann).status, requests(bot)) == ("done", 2)
    sandbox.fault(bot.account, "message", "drop", processed=False)
    missing = reply(bot, ann, "And it is blue")
    bot.drive(lambda: bot.row(missing, ann).status == "unknown" and bot.row(missing, ann).look_up_at is None)
    assert requests(bot) == 3
    assert sandbox.targets(bot.account, "message") == [ann, ann]


def test_a_reply_is_sent_once_at_whatever_point_the_worker_dies(world, sandbox, workers, people):
    bot = link(world, "alice", ACCOUNT)
    ann = people[0]
    worker = workers.start()
    answered(bot, ann)
    workers.kill(worker)
    bot.lose_worker()
    sent: dict[str, str] = {}
    for number, point in enumerate(POINTS):
        if number:
            writes(bot, ann, f"and {number}?")
        placed = reply(bot, ann, f"number {number}", form=point)
        worker = workers.start(point)
        bot.drive(partial(died, worker))
        bot.lose_worker()
        worker = workers.start()
        bot.drive(placed)
        heard(bot, ann)
        workers.kill(worker)
        bot.lose_worker()
        sent[point] = bot.row(placed, ann).status
        assert requests(bot) == 1 + [*sent.values()].count("done"), point
    # Nothing proves that a call was not made, so these are for the user to decide.
    unsure = {"after the claim", "before the call"}
    assert sent == {point: "unknown" if point in unsure else "done" for point in POINTS}
    assert sandbox.targets(ACCOUNT, "message") == [ann] * (1 + len(POINTS) - len(unsure))


def test_a_stop_is_read_wherever_it_is_written_and_nothing_is_sent_after_it(world, sandbox, workers, people):
    bot = link(world, "alice", ACCOUNT)
    ann, ben, cleo, dee, zoe, yan = people
    worker = workers.start()
    answered(bot, ann, ben, cleo, dee)
    bot.drive(reply(bot, cleo, "20 euros"))
    # No worker lives between the reply and the stop, or the reply could be sent before the stop is written.
    workers.kill(worker)
    bot.lose_worker()
    late = reply(bot, dee, "20 euros")
    writes(bot, dee, "stop")
    writes(bot, ann, "stop", others=[yan])
    writes(bot, ben, "stop", kind="reel_share")
    writes(bot, cleo, "stop")
    writes(bot, zoe, "stop", pending=True)
    writes(bot, yan, "hello, is this a shop?", pending=True)
    workers.start()
    bot.drive(late)
    assert bot.reasons(late) == {dee: "do_not_contact"}
    world.advance(seconds=20)
    bot.notify_bot()

    def listed() -> set[str]:
        return {row.username for row in do_not_contact.list_people(bot.id, 20, None).items}

    bot.drive(lambda: listed() == {ann, ben, cleo, dee, zoe})
    before = sandbox.ledger(bot.account)
    actions = [bot.write_to([ann, ben, cleo, dee, zoe], again=True), bot.place("view-stories", usernames=[zoe, ann])]
    world.advance(minutes=10)
    bot.drive(*actions)
    assert {*bot.reasons(actions[0]).values()} == {"do_not_contact"}
    assert sandbox.ledger(bot.account) == before
    for name in (ann, ben, cleo, dee):
        with pytest.raises(BotException, match="not to be contacted"):
            reply(bot, name, "please?")
    assert conversations.count_unread(bot.id) == len([ann, ben, cleo, dee]) + 4


def test_strangers_are_read_without_any_message_once_a_day_after_the_first_week(bot, world, sandbox, people):
    zoe, yan = people[:2]
    writes(bot, zoe, "please leave me alone", pending=True)
    writes(bot, yan, "nice pictures", pending=True)
    world.advance(days=8)
    bot.notify_bot()
    bot.drive(lambda: [row.username for row in do_not_contact.list_people(bot.id, 20, None).items] == [zoe])
    read = sandbox.requests(bot.account)["inbox"]
    do_not_contact.remove_own(bot.id, zoe)
    world.advance(seconds=timedelta(days=1, hours=1).total_seconds())
    bot.notify_bot()
    bot.drive(lambda: sandbox.requests(bot.account)["inbox"] >= read + 2)
    assert do_not_contact.list_people(bot.id, 20, None).items == []
