"""Search in actions: by name, source and person, kind and status."""

import pytest

from bot.actions import control, placing
from bot.actions.placing import FollowFollowers, FollowHashtag, LikeHashtag, Unfollow
from bot.actions.search import EVERY_ACTION, ActionSearch
from bot.messages.sending import SendMessages, recipients_of, send_messages
from tests.bot.driving import found
from tests.support.statements import statements


@pytest.fixture
def placed(ready, clock):
    """The titles of alice's actions by id, the newest last: five of each kind that has people or a source."""
    message = SendMessages(usernames=["ann", "farid.brook"], message="Hello {username}", name="Cafés in Saxony")
    actions = {
        "coffee": placing.follow_hashtag(ready.id, FollowHashtag(hashtag="coffee", amount=5)),
        "thebarn": placing.follow_followers(ready.id, FollowFollowers(account="the_barn", amount=5)),
        "likes": placing.like_hashtag(ready.id, LikeHashtag(hashtag="filtercoffee", amount=5)),
        "message": send_messages(ready.id, message, recipients_of(message)),
        "unfollow": placing.unfollow(ready.id, Unfollow(amount=5)),
    }
    found(ready, actions["coffee"].action.id, ["ann", "lena.brews"])
    control.cancel(ready.id, actions["thebarn"].action.id)
    control.pause(ready.id, actions["likes"].action.id)
    return {progress.action.id: name for name, progress in actions.items()}


def names_of(placed, page):
    return {placed[progress.action.id] for progress in page.items}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({}, {"coffee", "thebarn", "likes", "message", "unfollow"}),
        ({"q": "coffee"}, {"coffee", "likes"}),
        ({"q": "#FilterCoffee"}, {"likes"}),
        ({"q": "@the_barn"}, {"thebarn"}),
        ({"q": "ann"}, {"coffee", "message"}),
        ({"q": "@lena.brews"}, {"coffee"}),
        ({"q": "Brook"}, {"message"}),
        ({"q": "saxony"}, {"message"}),
        ({"q": "the%barn"}, set()),
        ({"q": "lenaxbrews"}, set()),
        ({"q": "#"}, set()),
        ({"kind": "follow"}, {"coffee", "thebarn"}),
        ({"kind": "follow-hashtag"}, {"coffee"}),
        ({"kind": "unfollow"}, {"unfollow"}),
        ({"kind": "message"}, {"message"}),
        ({"status": "open"}, {"coffee", "likes", "message", "unfollow"}),
        ({"status": "ended"}, {"thebarn"}),
        ({"status": "paused"}, {"likes"}),
        ({"q": "coffee", "kind": "like", "status": "open"}, {"likes"}),
        ({"q": "coffee", "kind": "message"}, set()),
    ],
)
def test_all_parts_of_a_search_have_to_fit(ready, placed, search, expected):
    found_actions = control.list_actions(ready.id, 50, None, ActionSearch(**search))
    assert names_of(placed, found_actions) == expected


def test_it_counts_open_and_ended_ones_whatever_status_is_searched(ready, placed):
    assert control.count_actions(ready.id) == {"open": 4, "ended": 1}
    assert control.count_actions(ready.id, ActionSearch(kind="follow", status="open")) == {"open": 1, "ended": 1}


def test_a_stranger_finds_nothing(ready, placed, bob):
    assert set(control.actions_by_id(ready.id, placed)) == set(placed)
    assert control.actions_by_id(bob.id, placed) == {}
    for search in (EVERY_ACTION, ActionSearch(q="ann"), ActionSearch(q="coffee")):
        assert control.list_actions(bob.id, 50, None, search).items == []


def test_the_number_of_actions_changes_no_number_of_statements(ready, placed):
    search = ActionSearch(q="a")
    with statements() as one:
        control.list_actions(ready.id, 1, None, search)
    with statements() as all_of_them:
        assert len(control.list_actions(ready.id, 50, None, search).items) > 1
    assert len(all_of_them) == len(one)
