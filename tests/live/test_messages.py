"""Whom a message goes to, once: answers, stop words, later actions, equal texts, and what may not have arrived."""

from datetime import timedelta
from functools import partial

import pytest

from bot.contacts import do_not_contact, replies
from bot.contacts.do_not_contact import LeaveAlone
from bot.core.errors import BotException
from bot.lanes.queue import connect
from bot.messages import deliveries, sending
from bot.steps import decisions
from jobs import chores
from jobs.instance import BotInstance
from jobs.tasks import instances
from jobs.worker import make_worker
from tests.live.conftest import working
from tests.live.test_kinds import public
from tests.support.environment import dispose
from tests.support.live_bots import Bot, World
from wsgi import create_app

SURE = "Hello {username}"


@pytest.fixture
def people(world: World) -> list[str]:
    return [person.username for person in world.people(public, 12)]


@pytest.fixture
def real_reconcile_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-ups as far apart as in a real deployment."""
    monkeypatch.setattr(deliveries, "DEMO_RECONCILE_AFTER", deliveries.RECONCILE_AFTER)


def reached(bot: Bot) -> list[str]:
    return bot.world.sandbox.targets(bot.account, "message")


def answers(bot: Bot, username: str, text: str = "thank you") -> None:
    """Somebody answers, and the bot reads it."""
    bot.world.advance(seconds=5)
    bot.world.sandbox.post("/messages", account=bot.account, username=username, text=text)
    bot.world.advance(seconds=20)
    bot.notify_bot()
    bot.drive(lambda: username in bot.activity("reply", "done"))


def sent_to(bot: Bot, names: list[str], message: str = SURE, **params: object) -> str:
    action = bot.write_to(names, message, **params)
    bot.drive(action)
    return action


def test_an_answer_ends_what_was_asked_for_before_it(bot, world, people):
    ann, *others = people[:3]
    first = sent_to(bot, [ann])
    waiting = bot.write_to([ann, *others], again=True, start_at=world.now() + timedelta(hours=1))
    answers(bot, ann)
    assert bot.reasons(waiting) == {ann: "answered"}
    bot.drive(waiting)
    assert reached(bot) == [ann, *others]
    assert [result.answered for result in sending.list_results(bot.id, first, 10, None).items] == [True]


def test_an_answer_that_comes_while_the_bot_rests_is_read_before_it_writes_on(bot, world, sandbox, people):
    ann, ben = people[:2]
    sent_to(bot, [ann])
    sandbox.fault(bot.account, "message", "throttled", 1)
    action = bot.write_to([ann, ben], again=True)
    bot.drive(bot.rests)
    sandbox.post("/messages", account=bot.account, username=ann, text="nice to meet you")
    bot.drive(action)
    assert bot.reasons(action) == {ann: "answered"}
    assert reached(bot) == [ann, ben]


def test_who_asks_to_be_left_alone_is_touched_by_no_kind_any_more(bot, world, sandbox, people):
    followed = bot.place("follow-hashtag", hashtag="coffee", amount=2)
    bot.drive(followed)
    ann, ben = bot.named(followed, "done")
    waiting = bot.write_to([ben], start_at=world.now() + timedelta(days=1))
    sent_to(bot, [ann])
    answers(bot, ann, "Please stop writing to me")
    do_not_contact.add_own(bot.id, LeaveAlone(username=f"@{ben.upper()}"))
    listed = {row.username: row.source for row in do_not_contact.list_people(bot.id, 10, None).items}
    assert listed == {ann: "answer", ben: "user"}

    before = [one for one in sandbox.ledger(bot.account) if one["target"] in (ann, ben)]
    world.advance(days=8)
    again = bot.write_to([ann, people[0]], again=True)
    actions = [
        again,
        waiting,
        bot.place("unfollow", amount=5),
        bot.place("view-stories", usernames=[ann, ben]),
        bot.place("follow-hashtag", hashtag="coffee", amount=2, filters={"skip_followed_before": False}),
        bot.place("like-hashtag", hashtag="coffee", amount=3),
    ]
    bot.drive(*actions)
    assert bot.reasons(again) == {ann: "do_not_contact"}
    for action in actions:
        concerned = [(row.status, row.reason) for row in bot.rows(action) if row.person in (ann, ben)]
        assert set(concerned) == {("skipped", "do_not_contact")}, bot.progress(action).action.kind
    assert before == [one for one in sandbox.ledger(bot.account) if one["target"] in (ann, ben)]


@pytest.mark.parametrize("pages", [chores.MAX_OLDER_PAGES, 1])
def test_a_stop_behind_many_more_messages_is_read_at_once_or_a_little_later(
    bot, world, sandbox, people, monkeypatch, pages
):
    monkeypatch.setattr(chores, "MAX_OLDER_PAGES", pages)
    ann, ben = people[:2]
    sent_to(bot, [ann, ben])
    for name, texts in {ben: ["hello"] * 15, ann: ["STOP", *["and another thing"] * 50]}.items():
        for text in texts:
            sandbox.post("/messages", account=bot.account, username=name, text=text)
    answers(bot, ann)
    read = sandbox.requests(bot.account)["thread"]
    assert read <= pages
    bot.drive(lambda: [row.username for row in do_not_contact.list_people(bot.id, 10, None).items] == [ann])
    bot.drive(lambda: replies.unread(bot.id) == [])
    assert sandbox.requests(bot.account)["thread"] >= 4
    later = sent_to(bot, [ann, ben], "One more thing, {username}")
    assert bot.reasons(later) == {ann: "do_not_contact"}


def test_nobody_is_written_to_again_by_a_later_action_after_a_restart_of_everything(bot, world, worker, config, people):
    sent_to(bot, people[:2])
    worker.stop()
    instances().close()
    world.app.extensions["troupe"].redis.flushall()
    app = create_app(config, clock=world.clock, uniform=lambda _low, _high: 0.0)
    with app.app_context(), working(app, make_worker(app, connect(config.redis_url))):
        later = Bot(World(app, world.sandbox, world.clock), bot.id, bot.account)
        action = sent_to(later, people[:3], "Something else for {username}")
        assert later.reasons(action) == dict.fromkeys(people[:2], "already_messaged")
        assert reached(later) == people[:3]
    dispose(app)


def test_after_an_answer_one_more_may_be_written_and_so_may_who_is_written_to_again(bot, people):
    ann, ben = people[:2]
    sent_to(bot, [ann, ben])
    answers(bot, ann)
    sent_to(bot, [ann, ben], "Glad to hear, {username}")
    assert reached(bot) == [ann, ben, ann]
    # One answer opens one message.
    sent_to(bot, [ann], "And another thing, {username}")
    assert reached(bot) == [ann, ben, ann]
    sent_to(bot, [ann, ben], "Once more, {username}", again=True)
    assert reached(bot) == [ann, ben, ann, ann, ben]


def test_the_same_words_go_to_a_few_people_only(bot, people):
    with pytest.raises(BotException, match="TEXTS_ALIKE"):
        bot.write_to(people[:6], "Have a look at my shop")
    first = sent_to(bot, people[:5], "Have a look at my shop")
    second = sent_to(bot, people[5:8], "Have a look at my shop")
    assert bot.progress(first).done == 5
    assert bot.reasons(second) == dict.fromkeys(people[5:8], "identical_text")
    assert reached(bot) == people[:5]


@pytest.mark.parametrize("fault", ["drop", "cut", "hang", "server_error", "html"])
def test_a_message_whose_reply_was_lost_is_found_by_its_token(bot, sandbox, people, fault):
    sandbox.fault(bot.account, "message", fault, 1, processed=True)
    action = sent_to(bot, people[:2])
    assert bot.named(action, "done") == people[:2]
    assert sorted(reached(bot)) == sorted(people[:2])
    assert sandbox.requests(bot.account)["message"] == 2
    found = bot.messages()[bot.row(action, people[0]).id]
    assert found.item_id
    assert found.thread_id


def test_a_message_that_instagram_gave_another_token_is_found_by_text_and_time(bot, sandbox, people):
    sandbox.fault(bot.account, "message", "drop", 1, processed=False)
    action = bot.write_to(people[:1])
    bot.drive(lambda: bot.named(action, "unknown"))
    row = bot.rows(action)[0]
    by_hand(bot, row.instagram_id, f"Hello {people[0]}")
    bot.drive(action)
    assert bot.named(action, "done") == people[:1]
    assert reached(bot) == people[:1]


def by_hand(bot: Bot, instagram_id: str, text: str) -> None:
    """The same words to the same person under another token, as the owner would write them in the app."""
    owner = BotInstance(bot.id, instances().endpoint)
    owner.refresh()
    owner.client.send_message(instagram_id, text, "6912345678901234567")
    owner.close()


@pytest.mark.usefixtures("real_reconcile_times")
def test_a_look_up_that_lags_behind_or_fails_decides_nothing(bot, sandbox, people):
    sandbox.fault(bot.account, "message", "cut", 1, processed=True)
    sandbox.fault(bot.account, "thread", "server_error", 2)
    action = sent_to(bot, people[:1])
    assert bot.named(action, "done") == people[:1]
    assert bot.messages()[bot.rows(action)[0].id].look_ups == 0
    assert sandbox.requests(bot.account)["message"] == 1


def test_a_message_to_somebody_who_has_left_since_stays_unknown(bot, sandbox, people):
    sandbox.fault(bot.account, "message", "cut", 1, processed=True)
    sandbox.fault(bot.account, "thread", "server_error", deliveries.MAX_RECONCILIATIONS, status=404)
    action = sent_to(bot, people[:1])
    row = bot.row(action, people[0])
    assert (row.status, row.look_up_at, bot.messages()[row.id].look_ups) == (
        "unknown",
        None,
        deliveries.MAX_RECONCILIATIONS,
    )
    assert reached(bot) == people[:1]


def test_people_who_take_no_messages_keep_nobody_else_from_theirs(bot, sandbox, people):
    sandbox.fault(bot.account, "message", "messages_closed", 8)
    action = sent_to(bot, people[:9])
    assert bot.counts(action) == {"failed": 8, "done": 1}
    assert reached(bot) == people[8:9]
    assert bot.rests() == []


@pytest.fixture
def lost(bot: Bot, sandbox, people: list[str], real_reconcile_times: None) -> str:
    """An action of which three messages did not arrive, which nobody can know."""
    sandbox.fault(bot.account, "message", "drop", 3, processed=False)
    action = sent_to(bot, people[:4])
    assert sorted(bot.named(action, "unknown")) == sorted(people[:3])
    return action


def test_what_two_good_look_ups_do_not_find_stays_unknown_until_the_user_decides(bot, world, sandbox, people, lost):
    assert bot.counts(lost) == {"unknown": 3, "done": 1}
    assert bot.progress(lost).pending == 0
    assert {message.look_ups for message in bot.messages().values()} == {0, 2}
    looked = sandbox.requests(bot.account)["thread"]
    assert looked == 6
    for row in bot.rows(lost)[:3]:
        assert row.look_up_at is None
        assert row.finished_at >= row.claimed_at + 2 * deliveries.RECONCILE_AFTER
    world.advance(days=2)
    sent_to(bot, people[:3], "Another try for {username}")
    assert reached(bot) == people[3:4]
    assert sandbox.requests(bot.account)["thread"] == looked
    assert sorted(bot.activity("message", "unknown")) == sorted(people[:3])


def test_the_user_settles_an_unknown_message(bot, sandbox, people, lost):
    ann, ben, cleo = people[:3]
    for person, outcome in ((ann, "sent"), (ben, "not_sent"), (cleo, "send_again")):
        decisions.resolve(bot.id, lost, bot.row(lost, person).id, decisions.Decision(outcome=outcome))
    bot.drive(lost, partial(bot.named, lost, "done"))
    assert bot.counts(lost) == {"done": 3, "failed": 1}
    assert reached(bot) == [people[3], cleo]
    assert (bot.row(lost, ann).reason, bot.row(lost, ben).reason) == ("you_said_sent", "you_said_not_sent")
    with pytest.raises(BotException, match="TARGET_NOT_UNKNOWN"):
        decisions.resolve(bot.id, lost, bot.row(lost, ann).id, decisions.Decision(outcome="send_again"))
    # Who was said to have it is not written to again; who has not may be.
    later = sent_to(bot, people[:3], "Later, {username}")
    assert bot.reasons(later) == {ann: "already_messaged", cleo: "already_messaged"}
    assert reached(bot) == [people[3], cleo, ben]


def test_nobody_but_the_asked_person_is_ever_written_to(bot, world, sandbox, people):
    asked, ben, stranger = people[:3]
    other = {"pk": world.people(public, 3)[2].id, "username": stranger, "full_name": "", "is_private": False}
    sandbox.answer(bot.account, {"status": 200, "body": {"user": other, "status": "ok"}}, call="usernameinfo", count=3)
    action = sent_to(bot, [asked, ben])
    assert reached(bot) == [ben]
    assert (bot.reasons(action), bot.named(action, "done")) == ({asked: "refused"}, [ben])
    assert bot.row(action, asked).error_code == BotException("INSTAGRAM_UNREADABLE").code
