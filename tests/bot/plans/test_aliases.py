"""The plans of the kinds of actions that have a form of their own."""

import pytest

from bot.decision.kinds import STEP_KIND
from bot.plans.aliases import plan_of
from bot.plans.sources.followed_by_bot import FollowedByBot
from bot.plans.sources.hashtag import Hashtag
from bot.plans.sources.own_following import OwnFollowing
from bot.plans.steps.message import Message
from bot.plans.steps.unfollow import Unfollow
from bot.storage.models.values import ActionKind

STORED = {
    "follow-hashtag": {"hashtag": "coffee", "order": "top", "filters": {}},
    "follow-followers": {"account": "roaster", "filters": {}},
    "like-hashtag": {"hashtag": "coffee", "order": "clips", "filters": {}},
    "view-stories": {"usernames": ["ann", "ben"], "filters": {}},
    "unfollow": {"older_than_days": 3, "keep": ["ann"], "only_not_following_back": True, "filters": {}},
    "send-messages": {"message": "Hello", "again": True},
    "reply": {"usernames": ["ann"]},
}


def test_every_kind_but_plans_is_an_alias():
    assert set(STORED) == set(STEP_KIND) == set(ActionKind) - {"plan"}


@pytest.mark.parametrize("kind", STORED)
def test_each_kind_is_a_plan_of_one_step(kind):
    (step,) = plan_of(kind, STORED[kind]).steps
    assert step.do == STEP_KIND[kind]


@pytest.mark.parametrize(
    ("kind", "labels", "unit"),
    [
        ("follow-hashtag", ["#coffee"], "person"),
        ("follow-followers", ["followers of @roaster"], "person"),
        ("like-hashtag", ["#coffee"], "post"),
        ("view-stories", ["your list"], "person"),
        ("unfollow", ["people your bot followed"], "person"),
        ("send-messages", [], "person"),
        ("reply", [], "person"),
    ],
)
def test_its_people_or_posts_come_from_where_its_parameters_say(kind, labels, unit):
    plan = plan_of(kind, STORED[kind])
    assert ([part.label for part in plan.parts], plan.unit) == (labels, unit)


def test_what_a_step_needs_is_in_it():
    assert plan_of("send-messages", STORED["send-messages"]).steps == [Message(text="Hello", again=True)]
    unfollow = plan_of("unfollow", STORED["unfollow"])
    assert unfollow.steps == [Unfollow(only_not_following_back=True)]
    assert unfollow.sources == [FollowedByBot(older_than_days=3, keep=["ann"])]


@pytest.mark.parametrize(("params", "tab"), [({"order": "clips"}, "clips"), ({}, "recent")])
def test_an_action_of_an_earlier_version_searches_the_newest_posts(params, tab):
    assert plan_of("follow-hashtag", {"hashtag": "coffee", **params}).sources == [Hashtag(tags=["coffee"], tab=tab)]


def test_messages_and_stories_of_earlier_versions_say_less():
    assert plan_of("send-messages", {"message": "Hello"}).steps == [Message(text="Hello")]
    assert plan_of("view-stories", {"filters": {}}).sources == [OwnFollowing()]
