"""One device for a user and an Instagram name, from the first try on."""

import pytest
from sqlalchemy import func, select

from bot.linking import unlinking
from bot.phones.devices import MAX_DEVICES, device_for, keep_device
from bot.storage.models import InstagramDevice
from bot.storage.tenancy import tenant
from tests.support.people import give_valid_session

pytestmark = pytest.mark.usefixtures("base_app")


def device(user, name):
    with tenant(user.id, reading=True) as session:
        return device_for(session, name)


def test_each_name_of_a_user_has_its_own_and_the_last_state_of_it_is_kept(alice, bob):
    keep_device(alice.id, "insta", '{"uuids": 1}')
    keep_device(alice.id, "other", '{"uuids": 2}')
    keep_device(alice.id, "insta", '{"uuids": 1, "mid": 3}')

    assert device(alice, "insta") == '{"uuids": 1, "mid": 3}'
    assert device(alice, "other") == '{"uuids": 2}'
    assert device(alice, "never_tried") is None
    assert device(bob, "insta") is None


def test_it_is_sealed(alice):
    keep_device(alice.id, "insta", '{"uuids": "canary"}')
    with tenant(alice.id, reading=True) as session:
        assert b"canary" not in session.scalars(select(InstagramDevice.device_encrypted)).one()


def test_it_outlasts_unlinking(alice):
    give_valid_session(alice.id, username="insta")
    keep_device(alice.id, "insta", "{}")
    unlinking.unlink(alice.id)
    assert device(alice, "insta") == "{}"


def test_names_that_were_tried_long_ago_are_forgotten_but_not_the_linked_one(alice, clock):
    give_valid_session(alice.id, username="linked")
    keep_device(alice.id, "linked", "{}")
    for number in range(MAX_DEVICES + 5):
        clock.advance(seconds=1)
        keep_device(alice.id, f"name{number}", "{}")

    with tenant(alice.id, reading=True) as session:
        assert session.scalar(select(func.count(InstagramDevice.id))) == MAX_DEVICES + 1
    assert device(alice, "linked") == "{}"
    assert device(alice, "name0") is None
    assert device(alice, f"name{MAX_DEVICES + 4}") == "{}"


def test_one_whose_key_is_lost_counts_as_none(alice):
    keep_device(alice.id, "insta", "{}")
    with tenant(alice.id) as session:
        session.scalars(select(InstagramDevice)).one().device_encrypted = b"sealed by another key"
        session.commit()
    assert device(alice, "insta") is None
    keep_device(alice.id, "insta", '{"new": 1}')
    assert device(alice, "insta") == '{"new": 1}'
