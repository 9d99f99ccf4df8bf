"""The identity of a request: it is the same before and after an upgrade that added fields."""

import pytest

from bot.actions.filters import Filters
from bot.actions.placing import FollowHashtag
from bot.inputs.params import Params
from bot.linking.link_forms import Link

LOGIN = {"username": "ann", "password": "secret", "proxy": None}


def models(model=Params):
    for sub in model.__subclasses__():
        yield sub
        yield from models(sub)


def test_a_login_of_before_is_recognized():
    assert Link(username="ann", password="secret").identity() == LOGIN
    assert Link(username="ann", password="secret", country="DE").identity() == {**LOGIN, "country": "DE"}


@pytest.mark.parametrize(("tab", "more"), [("recent", {}), ("clips", {"order": "clips"})])
def test_an_action_of_before_is_recognized(tab, more):
    identity = FollowHashtag(hashtag="coffee", amount=1, order=tab).identity()
    assert {name: value for name, value in identity.items() if name == "order"} == more
    assert identity["hashtag"] == "coffee"


@pytest.mark.parametrize("more", [{}, {"posts_min": 3}])
def test_filters_of_before_are_recognized(more):
    identity = FollowHashtag(hashtag="coffee", amount=1, filters={"followers_min": 1, **more}).identity()
    assert identity["filters"]["followers_min"] == 1
    assert {name: value for name, value in identity["filters"].items() if name in Filters.ADDED_LATER} == more


def test_every_field_that_was_added_later_is_one_with_a_default():
    for model in models():
        for name in model.ADDED_LATER:
            assert not model.model_fields[name].is_required()
