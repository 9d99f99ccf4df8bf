"""When an action may start."""

from datetime import timedelta

import pytest

from bot.actions import control, placing
from bot.actions.placing import FollowHashtag
from bot.core.errors import BotException
from bot.messages.sending import Writing, send_messages
from bot.recipients.reading import Recipient, Recipients
from tests.bot.driving import work_of


def test_a_start_a_few_minutes_ago_means_now(ready, clock):
    params = FollowHashtag(hashtag="x", amount=1, start_at=clock.moment - timedelta(minutes=5))
    action_id = placing.follow_hashtag(ready.id, params).action.id
    assert work_of(ready).action_id == action_id


START_REFUSED = pytest.mark.parametrize(
    ("ahead", "code"), [(timedelta(minutes=-6), "BELOW_MINIMUM"), (timedelta(days=367), "ABOVE_MAXIMUM")]
)


def start_problems(call, *args):
    with pytest.raises(BotException) as raised:
        call(*args)
    return [(problem["field"], problem["code"]) for problem in raised.value.meta["errors"]]


@START_REFUSED
def test_a_start_that_is_over_or_more_than_a_year_ahead_is_refused(ready, clock, ahead, code):
    params = FollowHashtag(hashtag="x", amount=1, start_at=clock.moment + ahead)
    writing = Writing(message="Hi {first_name}", start_at=clock.moment + ahead)
    people = Recipients(accepted=[Recipient("ann")])
    for call in (
        (placing.follow_hashtag, ready.id, params),
        (placing.dry_run, ready.id, "follow-hashtag", params),
        (send_messages, ready.id, writing, people),
    ):
        assert start_problems(*call) == [("start_at", code)]
    assert control.list_actions(ready.id, 10, None).items == []


def test_a_request_sent_again_after_its_start_is_the_same(ready, clock):
    params = FollowHashtag(hashtag="x", amount=1, start_at=clock.moment + timedelta(hours=1))
    first = placing.follow_hashtag(ready.id, params, "key").action
    clock.advance(hours=2)
    assert placing.follow_hashtag(ready.id, params, "key").action.id == first.id
