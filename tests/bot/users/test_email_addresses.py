"""The address of a user: when a new one counts, who is told, and which links it ends."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import select

from bot.auth.sessions import SessionInfo
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.core.tokens import new_token
from bot.core.visitor import Visitor
from bot.mail import links
from bot.operations.user_admin import UserChange, change_user
from bot.storage.models import AuditEntry, MailToken, User
from bot.storage.tenancy import identity
from bot.users.email_addresses import NewEmail, change_email, confirm_address, email_report
from bot.users.password_change import PasswordChange, change_password
from bot.users.password_reset import ForgotPassword, check_link, forgot_password
from tests.support.attempts import side_by_side
from tests.support.mails import mails_to, the_clock_ticks, token_for, verified
from tests.support.people import PASSWORD, VISITOR

OLD, NEW = "alice@example.org", "alice@example.net"


@pytest.fixture
def alice(alice):
    verified(alice.id, OLD)
    return alice


def ask(user, email=NEW):
    change_email(user.id, NewEmail(email=email), VISITOR)
    return token_for(email)


def address(user):
    with identity(reading=True) as session:
        return session.get_one(User, user.id).email


def test_a_new_address_counts_once_its_link_was_opened(alice):
    token = ask(alice)
    assert address(alice) == OLD
    report = email_report(alice.id)
    assert (report.email, report.pending.address) == (OLD, NEW)
    confirm_address(token, VISITOR)
    report = email_report(alice.id)
    assert (report.email, report.pending) == (NEW, None)
    assert report.verified_at
    with pytest.raises(BotException, match="LINK_INVALID"):
        confirm_address(token, VISITOR)


def test_the_former_address_is_told_when_and_from_where(alice, clock):
    token = ask(alice)
    assert mails_to(OLD) == []
    clock.advance(minutes=7)
    confirm_address(token, Visitor("192.0.2.7", "Firefox"))
    (told,) = mails_to(OLD)
    assert told.subject == "Your e-mail address was changed"
    assert "10 March 2026, 12:07 UTC" in told.text
    assert "192.0.2.7" in told.text
    assert NEW not in told.text


def test_an_address_that_was_never_verified_is_told_nothing(bob):
    confirm_address(ask(bob), VISITOR)
    assert len(mails_to(NEW)) == 1
    assert address(bob) == NEW


def test_whether_somebody_else_has_the_address_makes_no_difference(alice, bob):
    confirm_address(ask(bob, OLD), VISITOR)
    assert address(bob) == address(alice) == OLD


def test_a_newer_link_takes_the_place_of_an_older_one(alice, clock):
    older = ask(alice)
    clock.advance(seconds=1)
    newer = ask(alice, "another@example.org")
    with pytest.raises(BotException, match="LINK_INVALID"):
        confirm_address(older, VISITOR)
    assert confirm_address(newer, VISITOR).email == "another@example.org"


def test_of_two_that_are_asked_for_at_once_one_link_is_good(base_app, alice, monkeypatch):
    both = threading.Barrier(2)

    def after_the_older_ones_are_void():
        """Both get here together where nothing keeps the second one waiting."""
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)
        return new_token()

    monkeypatch.setattr(links, "new_token", after_the_older_ones_are_void)
    asked = side_by_side(base_app, 2, lambda n: change_email(alice.id, NewEmail(email=f"a{n}@example.org"), VISITOR))
    assert asked == ["passed", "passed"]
    assert email_report(alice.id).pending
    with identity(reading=True) as session:
        assert len(session.scalars(select(MailToken.id)).all()) == 1


def test_a_link_is_good_for_a_day(alice, clock):
    token = ask(alice)
    clock.advance(days=1)
    with pytest.raises(BotException, match="LINK_INVALID"):
        confirm_address(token, VISITOR)
    assert email_report(alice.id).pending is None


def test_a_change_of_the_password_voids_it(alice):
    token = ask(alice)
    change_password(alice.id, PasswordChange(current_password=PASSWORD, new_password="a brand new phrase"), VISITOR)
    with pytest.raises(BotException, match="LINK_INVALID"):
        confirm_address(token, VISITOR)


def test_a_change_of_the_address_voids_links_to_a_new_password(alice):
    forgot_password(ForgotPassword(username="alice"), VISITOR)
    the_clock_ticks()
    reset = token_for(OLD)
    confirm_address(ask(alice), VISITOR)
    with pytest.raises(BotException, match="LINK_INVALID"):
        check_link(reset)


def test_a_link_of_one_kind_is_none_of_another(alice):
    forgot_password(ForgotPassword(username="alice"), VISITOR)
    the_clock_ticks()
    reset, verification = token_for(OLD), ask(alice)
    with pytest.raises(BotException, match="LINK_INVALID"):
        confirm_address(reset, VISITOR)
    with pytest.raises(BotException, match="LINK_INVALID"):
        check_link(verification)


def test_a_disabled_user_verifies_nothing(alice):
    token = ask(alice)
    with identity() as session:
        session.get_one(User, alice.id).is_active = False
        session.commit()
    with pytest.raises(BotException, match="LINK_INVALID"):
        confirm_address(token, VISITOR)


def test_an_address_that_an_administrator_sets_has_to_be_verified_and_the_former_is_told(alice, ada):
    admin = SessionInfo(ada.id, "", "ada", None, "admin", False, "bearer")
    change_user(admin, alice.id, UserChange(email=NEW))
    assert email_report(alice.id).verified_at is None
    assert "Your admin has changed" in mails_to(OLD)[0].text
    forgot_password(ForgotPassword(username="alice"), VISITOR)
    the_clock_ticks()
    (letter,) = mails_to(NEW)
    assert letter.subject == "Verify your e-mail address"
    assert confirm_address(token_for(NEW), VISITOR).email_verified_at


def test_the_verified_address_is_not_verified_again(alice):
    with pytest.raises(BotException, match="INVALID_INPUT"):
        ask(alice, OLD)


def test_without_mail_no_address_can_be_verified(alice):
    runtime().config = runtime().config.model_copy(update={"instagram_sandbox": False})
    with pytest.raises(BotException, match="MAIL_NOT_CONFIGURED"):
        ask(alice)


def test_it_is_audited(alice):
    confirm_address(ask(alice), VISITOR)
    with identity(reading=True) as session:
        events = session.scalars(select(AuditEntry.event).where(AuditEntry.actor_id == alice.id)).all()
    assert {"email_change_asked", "email_verified"} <= set(events)
