"""Outcomes of follows in an account's first week, when nothing is read."""

import pytest

from bot.actions.placing import FollowHashtag, follow_hashtag
from tests.bot.results.test_measures import ACCOUNT, BEFORE_READINGS, follow, link, measures, outcome


@pytest.fixture
def action(ready):
    link(ready, ACCOUNT)
    return follow_hashtag(ready.id, FollowHashtag(hashtag="coffee", amount=5)).action.id


UNMET = {
    "a request": ({"reason": "requested"}, "none", "open", "unsure"),
    "somebody who followed the account before": ({"followed_us": True}, "none", "none", "none"),
    "somebody who did not": ({"followed_us": False}, "open", "none", "none"),
}


@pytest.mark.parametrize(("step", "back", "accepted", "later"), UNMET.values(), ids=UNMET)
def test_before_the_first_reading_it_is_told_what_the_step_saw(ready, clock, action, step, back, accepted, later):
    """A request has no days to follow back in, and who followed the account before cannot begin to."""
    follow(ready, action, clock.moment, BEFORE_READINGS, **step)
    clock.advance(days=2)
    found = measures(ready)
    assert (outcome(found["follow_back_7"]), outcome(found["accepted"])) == (back, accepted)
    clock.advance(days=13)
    assert outcome(measures(ready)["accepted"]) == later
