"""An acknowledgement is no effect: what Instagram took and did not do is not told as done, and is looked up."""

from datetime import timedelta

import pytest

from bot.actions import control
from bot.core.errors import BotException
from bot.decision.pushback import BLOCK_REST, NOT_DONE, REPEATED_BLOCK_REST
from bot.steps import effect_checks
from bot.steps.effect_checks import DEMO_RECONCILE_AFTER
from sandbox.people import People
from sandbox.stories import Stories
from tests.live.test_kinds import EFFECT
from tests.live.test_pushback import AMOUNT, ENOUGH, PLACE, lengths, names
from tests.support.live_bots import PEOPLE, SEED


def used(bot, kind):
    return next(limit.used for limit in bot.report().limits if limit.kind == kind)


def test_a_follow_that_is_acknowledged_and_not_done_uses_the_limit_and_counts_as_nothing(bot, sandbox):
    sandbox.fault(bot.account, "follow", "not_followed", 1)
    action = bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT)
    bot.drive(action)
    progress = bot.progress(action)
    assert (progress.action.status, progress.outcome, progress.done, progress.failed) == (
        "succeeded",
        "done",
        AMOUNT,
        1,
    )
    assert sorted(bot.named(action, "done")) == sorted(sandbox.targets(bot.account, "follow"))
    assert [row.error_code for row in bot.rows(action) if row.status == "failed"] == [BotException(NOT_DONE).code]
    assert (used(bot, "follow"), bot.rests()) == (AMOUNT + 1, [])


@pytest.mark.parametrize("arrived", [True, False])
def test_what_was_acknowledged_and_not_done_is_looked_up_minutes_later(bot, sandbox, arrived):
    sandbox.fault(bot.account, "follow", "not_followed", 1, processed=arrived)
    action = bot.place("follow-hashtag", hashtag="coffee", amount=1)
    bot.drive(lambda: any(row.status == "failed" for row in bot.rows(action)))
    [first] = [row for row in bot.rows(action) if row.status == "failed"]
    assert first.look_up_at == first.finished_at + DEMO_RECONCILE_AFTER
    # Another follow would be one too many if this one comes late.
    assert bot.report().verdict.reason == "LOOKING_UP"
    bot.drive(action)
    row, done = bot.row(action, first.person), bot.named(action, "done")
    assert (row.status, row.reason, row.look_up_at) == (
        ("done", "came_late", None) if arrived else ("failed", None, None)
    )
    assert done == sandbox.targets(bot.account, "follow")
    assert (len(done), used(bot, "follow")) == (1, 1 if arrived else 2)


def test_what_was_acknowledged_and_not_done_is_looked_up_after_its_action_was_canceled(bot, sandbox):
    sandbox.fault(bot.account, "follow", "not_followed", 1, processed=True)
    action = bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT)
    bot.drive(lambda: bot.counts(action).get("failed"))
    control.cancel(bot.id, action)
    bot.drive(lambda: not bot.counts(action).get("failed"))
    assert bot.named(action, "done") == sandbox.targets(bot.account, "follow")
    assert bot.report().verdict.reason == "NO_WORK"


def test_an_unfollow_that_is_acknowledged_and_not_done_leaves_the_person_followed(bot, sandbox, world):
    bot.drive(bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT))
    world.advance(days=8)
    sandbox.fault(bot.account, "unfollow", "still_followed", 1)
    action = bot.place("unfollow", amount=AMOUNT)
    bot.drive(action)
    progress = bot.progress(action)
    assert (progress.done, progress.failed, progress.outcome) == (AMOUNT - 1, 1, "partly")
    assert sorted(bot.named(action, "done")) == sorted(sandbox.targets(bot.account, "unfollow"))
    assert (used(bot, "unfollow"), bot.rests()) == (AMOUNT, [])


@pytest.mark.parametrize(("kind", "fault"), [("follow", "not_followed"), ("unfollow", "still_followed")])
def test_the_second_in_a_row_that_is_not_done_rests_the_kind_like_a_block(bot, sandbox, world, kind, fault):
    if kind == "unfollow":
        bot.drive(bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT))
        world.advance(days=8)
    sandbox.fault(bot.account, kind, fault, ENOUGH)
    before = sandbox.requests(bot.account).get(kind, 0)
    action = (
        bot.place("unfollow", amount=AMOUNT)
        if kind == "unfollow"
        else bot.place("follow-hashtag", hashtag="travel", amount=AMOUNT)
    )
    bot.drive(bot.rests)
    assert sandbox.requests(bot.account)[kind] == before + 2
    [rest] = bot.rests()
    assert (rest.kind, rest.error_code, rest.until - rest.created_at) == (kind, BotException(NOT_DONE).code, BLOCK_REST)
    # A reading may be due, which no rest of one kind of step holds up.
    bot.drive(lambda: bot.report().verdict.reason == "COOL_DOWN")
    assert bot.report().verdict.until == rest.until
    assert (bot.progress(action).done, used(bot, kind)) == (0, 2)
    # After the rest one more is enough, and a person has to look, as after a second block.
    bot.drive(lambda: not bot.status().bot_running)
    assert lengths(bot) == [BLOCK_REST, REPEATED_BLOCK_REST]
    assert bot.report().verdict.reason == "BLOCKED_AGAIN"


@pytest.fixture
def all_checked(app, monkeypatch):
    """Every like and story view is looked up."""
    runtime = app.extensions["troupe"]
    monkeypatch.setattr(runtime, "config", runtime.config.model_copy(update={"effect_check_one_in": 1}))


def done_at_instagram(bot, kind, action):
    """The posts or stories that the ledger has, and those of the targets that are told as done."""
    told = [row.instagram_id.partition("_")[0] for row in bot.rows(action) if row.status == "done"]
    arrived = bot.world.sandbox.targets(bot.account, EFFECT[kind])
    if kind == "story":
        stories = Stories(SEED, People(SEED, PEOPLE))
        arrived = list(dict.fromkeys(stories.with_id(one).owner.id for one in arrived))
    return arrived, told


@pytest.mark.parametrize("kind", ["like", "story"])
def test_what_is_acknowledged_in_the_same_words_is_looked_up_and_told_as_it_is(bot, sandbox, all_checked, kind):
    sandbox.fault(bot.account, EFFECT[kind], "acknowledged", 1)
    action = PLACE[kind](bot)
    bot.drive(action)
    failed = [row for row in bot.rows(action) if row.status == "failed"]
    assert [row.error_code for row in failed] == [BotException(NOT_DONE).code]
    arrived, told = done_at_instagram(bot, kind, action)
    assert sorted(arrived) == sorted(told)
    assert {row.reason for row in bot.rows(action) if row.status == "done"} == {"confirmed"}
    done = AMOUNT if kind == "like" else AMOUNT - 1
    assert (len(told), used(bot, kind), bot.rests()) == (done, done + 1, [])
    assert (len(bot.activity(kind, "done")), len(bot.activity(kind, "failed"))) == (done, 1)


@pytest.mark.parametrize("kind", ["like", "story"])
def test_the_second_that_is_not_found_rests_the_kind_like_a_block(bot, sandbox, all_checked, kind):
    sandbox.fault(bot.account, EFFECT[kind], "acknowledged", ENOUGH)
    action = PLACE[kind](bot)
    bot.drive(bot.rests)
    [rest] = bot.rests()
    assert (rest.kind, rest.error_code, rest.until - rest.created_at) == (kind, BotException(NOT_DONE).code, BLOCK_REST)
    # What else was acknowledged by then is looked up after the rest.
    assert bot.counts(action)["failed"] == 2
    # If the first was found missing before the second was due, one more was done in its place.
    assert sandbox.requests(bot.account)[EFFECT[kind]] in (AMOUNT, AMOUNT + 1)


def test_a_story_that_is_gone_before_it_is_looked_up_stays_as_it_was_answered(bot, world, all_checked, monkeypatch):
    monkeypatch.setattr(effect_checks, "DEMO_RECONCILE_AFTER", timedelta(hours=1))
    person = names(bot, world.shows_story)[0]
    action = bot.place("view-stories", usernames=[person])
    bot.drive(lambda: bot.counts(action).get("done"))
    story = world.people(lambda one: one.username == person, 1)[0]
    while world.stories_of(story):
        world.advance(days=1)
    bot.notify_bot()
    bot.drive(action)
    assert (bot.row(action, person).status, bot.row(action, person).reason) == ("done", None)
    assert bot.activity("story", "done") == [person]
