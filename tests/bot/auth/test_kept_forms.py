"""What was typed before a confirmation is kept sealed with the sign-in, and not for long."""

import pytest
from sqlalchemy import select

from bot.auth.kept_forms import MAX_LENGTH, TTL, forget_form, forget_old_forms, keep_form, kept_form
from bot.auth.sessions import sessions
from bot.storage.models import UserSession
from bot.storage.tenancy import identity

FIELDS = {"email": ["canary@example.org"], "filters.scripts": ["latin", "thai"]}


@pytest.fixture
def who(alice):
    return sessions.find(alice.token, "bearer")


def test_it_is_there_until_it_is_forgotten_or_replaced(who):
    assert kept_form(who) is None
    keep_form(who, "/settings/profile", FIELDS)
    assert kept_form(who) == ("/settings/profile", FIELDS)
    keep_form(who, "/admin/people", {})
    assert kept_form(who) == ("/admin/people", {})
    forget_form(who)
    assert kept_form(who) is None


def test_it_is_sealed_and_too_old_after_ten_minutes(who, clock):
    keep_form(who, "/settings/profile", FIELDS)
    with identity(reading=True) as session:
        sealed = session.scalars(select(UserSession.kept_form_encrypted).where(UserSession.id == who.session_id)).one()
    assert b"canary" not in sealed
    forget_old_forms()
    assert kept_form(who)
    clock.moment += TTL
    assert kept_form(who) is None
    forget_old_forms()
    with identity(reading=True) as session:
        assert session.get_one(UserSession, who.session_id).kept_form_encrypted is None


def test_it_belongs_to_one_sign_in(who, bob):
    keep_form(who, "/settings/profile", FIELDS)
    assert kept_form(sessions.find(bob.token, "bearer")) is None


def test_what_is_too_long_is_not_kept(who):
    keep_form(who, "/settings/profile", {"email": ["x" * MAX_LENGTH]})
    assert kept_form(who) is None


def test_what_cannot_be_read_any_more_counts_as_none(who):
    keep_form(who, "/settings/profile", FIELDS)
    with identity() as session:
        session.get_one(UserSession, who.session_id).kept_form_encrypted = b"sealed by another key"
        session.commit()
    assert kept_form(who) is None
