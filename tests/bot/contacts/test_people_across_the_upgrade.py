"""The revision that adds people makes them from the ledger, each under the name of the latest sighting."""

from datetime import timedelta

import pytest
from flask import current_app
from flask_migrate import downgrade, upgrade

from bot.actions.placing import LikeHashtag, Unfollow, like_hashtag, unfollow
from bot.contacts import people
from bot.storage.engine import db
from bot.storage.schema import MIGRATIONS, init_migrations
from tests.bot.contacts.test_people import find, history, known
from tests.bot.driving import follow_action, message_action


@pytest.fixture
def upgraded(ready, clock):
    """A ledger in which two people swap names, made before the revision, and upgraded by it."""
    first, second = follow_action(ready, people=0), follow_action(ready, people=0)
    find(ready, first, ("ann", "ann", "1"), ("ben", "ben", "2"))
    clock.moment += timedelta(days=1)
    find(ready, second, ("ben", "ben", "1"), ("ann", "ann", "2"))
    clock.moment += timedelta(days=1)
    find(ready, unfollow(ready.id, Unfollow(amount=1)).action.id, ("ann", "ann", "1"), kind="unfollow")
    liked = like_hashtag(ready.id, LikeHashtag(hashtag="coffee", amount=2)).action.id
    find(ready, liked, ("Cabc", "cai", "77_3"), ("Cdef", "dee", "78"), kind="like-hashtag")
    message_action(ready, "eve")
    init_migrations(current_app)
    db.engine.dispose()
    downgrade(directory=str(MIGRATIONS), revision="0016")
    upgrade(directory=str(MIGRATIONS))
    return ready


def test_everybody_with_an_instagram_id_is_a_person_under_their_latest_name(upgraded):
    found = people.find_people(upgraded.id, None, 100, None).items
    assert {(one.person.instagram_id, one.person.username) for one in found} == {
        ("1", "ben"),
        ("2", "ann"),
        ("3", "cai"),
    }


def test_everybody_has_their_own_history(upgraded):
    assert [(kind, name) for kind, name, _ in history(upgraded, "1")] == [
        ("unfollow", "ann"),
        ("follow", "ben"),
        ("follow", "ann"),
    ]
    assert [(kind, name) for kind, name, _ in history(upgraded, "2")] == [("follow", "ann"), ("follow", "ben")]
    assert [(kind, name) for kind, name, _ in history(upgraded, "3")] == [("like", "cai")]
    assert people.get_person(upgraded.id, known(upgraded, "1").id).former_names[0].username == "ann"
