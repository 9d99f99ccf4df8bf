"""Candidates of an action to unfollow: people the bot followed with the currently linked account."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions.past_follows import followed
from bot.actions.placing import Unfollow, unfollow
from bot.storage.models import InstagramCredentials
from bot.storage.tenancy import tenant
from tests.bot.driving import do_step, follow_action, found, id_of, refuse_step, target_of


def names(user, days=7):
    people, _ = followed(user.id, days, [], None)
    return sorted(name for name, _ in people)


def link_another(user, instagram_id):
    """The user's account is another one from now on, and nothing of the actions is left to be done."""
    with tenant(user.id) as session:
        session.scalars(select(InstagramCredentials)).one().instagram_id = instagram_id
        session.commit()


@pytest.fixture
def followers(ready, clock):
    """Alice's bot has followed two people, eight days ago."""
    follow_action(ready, people=2, amount=2)
    for _ in range(2):
        do_step(ready, clock)
    clock.advance(days=8)
    return ready


def test_only_what_the_linked_account_followed_is_unfollowed(followers):
    assert names(followers) == ["person0", "person1"]
    link_another(followers, "another")
    assert names(followers) == []


def test_what_another_account_unfollowed_is_still_followed_by_the_first(followers, clock):
    with tenant(followers.id, reading=True) as session:
        first = session.scalars(select(InstagramCredentials.instagram_id)).one()
    link_another(followers, "another")
    action_id = unfollow(followers.id, Unfollow(amount=1)).action.id
    found(followers, action_id, ["person0"], kind="unfollow")
    assert do_step(followers, clock).person == "person0"
    assert target_of(followers, action_id, "person0").account_id == "another"
    link_another(followers, first)
    assert names(followers) == ["person0", "person1"]


def test_a_step_that_is_done_again_belongs_to_the_account_that_did_it(ready, clock):
    action_id = follow_action(ready, people=0)
    found(ready, action_id, ["ann"])
    refuse_step(ready, clock, "INSTAGRAM_UNREACHABLE", "no")
    assert target_of(ready, action_id, "ann").status == "pending"
    link_another(ready, "another")
    do_step(ready, clock)
    row = target_of(ready, action_id, "ann")
    assert (row.instagram_id, row.account_id) == (id_of("ann"), "another")
    clock.moment += timedelta(days=8)
    assert names(ready) == ["ann"]
