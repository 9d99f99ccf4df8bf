"""The own account among whom an action finds or lists: it is left out, and no limit is used for it."""

import pytest

from bot.actions import placing
from bot.actions.filters import REASONS, Filters
from bot.actions.placing import FollowFollowers
from tests.live.test_kinds import follow_some, public

ANYBODY = Filters(skip_private=False)


def used(bot, kind):
    return next(limit.used for limit in bot.report().limits if limit.kind == kind)


@pytest.fixture
def followed(bot):
    """Somebody whom the bot follows, so that it is among their followers."""
    (name,) = follow_some(bot, 1)
    return name


def test_an_action_that_finds_the_own_account_follows_the_others_only(bot, sandbox, followed):
    before = used(bot, "follow")
    shown = placing.dry_run(bot.id, "follow-followers", FollowFollowers(account=followed, amount=2, filters=ANYBODY))
    candidates = shown.result["candidates"]
    assert isinstance(candidates, list)
    own = next(one for one in candidates if one["person"] == bot.account)
    assert (own["accepted"], own["reason"], own["message"]) == (False, "own_account", REASONS["own_account"])
    action = bot.place("follow-followers", account=followed, amount=2, filters=ANYBODY)
    bot.drive(action)
    assert bot.reasons(action)[bot.account] == "own_account"
    assert (bot.progress(action).done, bot.progress(action).failed) == (2, 0)
    assert used(bot, "follow") == before + 2
    assert bot.account not in sandbox.targets(bot.account, "follow")


def test_the_own_account_in_a_list_of_stories_or_recipients_is_left_out(bot, world, sandbox):
    friend = world.people(public, 1)[0].username
    action = bot.write_to([bot.account, friend])
    bot.drive(action)
    assert bot.reasons(action) == {bot.account: "own_account"}
    assert sandbox.targets(bot.account, "message") == [friend]
    stories = bot.place("view-stories", usernames=[bot.account])
    bot.drive(stories)
    assert bot.reasons(stories) == {bot.account: "own_account"}
    assert (used(bot, "message"), used(bot, "story")) == (1, 0)
