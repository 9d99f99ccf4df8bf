"""Every step of the worker uses its action's turn: what one action only reads or skips does not hold up another."""

import pytest

from bot.actions import control, placing
from bot.actions.filters import Filters
from bot.actions.placing import FollowFollowers, FollowHashtag, LikeHashtag, ViewStories
from sandbox.people import People
from tests.live.test_steps import app as app
from tests.live.test_steps import linked, step
from tests.support.live_bots import PEOPLE, SEED

EVERYBODY = People(SEED, PEOPLE)
KNOWN = next(
    person.username
    for person in map(EVERYBODY.numbered, range(PEOPLE))
    if person.followers > 1000 and not person.is_private
)
NOBODY = Filters(followers_min=999_999_999)
STARVERS = {
    "whom filters skip": lambda user: placing.follow_hashtag(
        user, FollowHashtag(hashtag="travel", amount=5, filters=NOBODY)
    ),
    "of a long list": lambda user: placing.follow_followers(
        user, FollowFollowers(account=KNOWN, amount=5, filters=NOBODY)
    ),
    "whose stories are not there": lambda user: placing.view_stories(
        user, ViewStories(usernames=[f"nobody.{number}" for number in range(150)])
    ),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("place", STARVERS.values(), ids=STARVERS)
def test_an_action_that_only_finds_people_to_skip_does_not_starve_another(app, sandbox, clock, place):
    user_id = linked(app, sandbox)
    skipping = place(user_id).action.id
    clock.advance(seconds=1)
    fit = placing.like_hashtag(user_id, LikeHashtag(hashtag="coffee", amount=3)).action.id
    for _ in range(25):
        step(user_id)
        clock.advance(seconds=2)
        if (ended := control.get_action(user_id, fit)).action.finished_at:
            break
    assert (ended.action.status, ended.done) == ("succeeded", 3)
    # It had its turns as well: one after each of the other's.
    looked_at = control.get_action(user_id, skipping)
    assert (looked_at.done, looked_at.skipped > 0) == (0, True)
