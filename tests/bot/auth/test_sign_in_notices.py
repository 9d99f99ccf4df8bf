"""Notices about sign-ins: the previous one, failed ones since, and new devices."""

import pytest
from sqlalchemy import select

from bot.auth.sessions import sessions
from bot.auth.sign_in_notices import last_sign_in
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.storage.models import AuditEntry
from bot.storage.tenancy import identity
from bot.users.password_change import PasswordInitialization, change_password, initialize_password
from bot.users.sign_in import SignIn, sign_in
from tests.support.mails import mails_to, verified
from tests.support.people import PASSWORD, VISITOR
from tests.support.statements import statements

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
HOME = Visitor("192.0.2.7", FIREFOX)
EMAIL = "alice@example.org"


def enter(visitor=HOME, password=PASSWORD, name="alice"):
    """Return the signed-in user, or None if it failed."""
    try:
        signed_in = sign_in(SignIn(username=name, password=password), visitor)
    except BotException:
        return None
    return sessions.find(signed_in.token, "bearer")


@pytest.fixture
def alice(alice, clock):
    clock.advance(minutes=1)
    return alice


def test_the_first_sign_in_has_none_before_it(alice):
    assert last_sign_in(sessions.find(alice.token, "bearer")) is None


def test_the_sign_in_before_is_told_with_time_address_and_device(alice, clock):
    first = clock.now()
    enter()
    clock.advance(hours=3)
    last = last_sign_in(enter(Visitor("198.51.100.1", "curl/8")))
    assert (last.at, last.ip, last.device, last.failed) == (first, "192.0.2.7", "Firefox on Windows", 0)


def test_failed_ones_since_then_are_counted_whoever_tried(alice, bob, clock):
    enter()
    clock.advance(minutes=1)
    for address in ("198.51.100.1", "198.51.100.2"):
        enter(Visitor(address, "curl/8"), "a wrong password")
    enter(password="a wrong password")
    enter(password="a wrong password", name="bob")
    enter(password="a wrong password", name="nobody")
    clock.advance(minutes=1)
    assert last_sign_in(enter()).failed == 3
    clock.advance(minutes=1)
    assert last_sign_in(enter()).failed == 0


def test_a_failed_sign_in_is_written_down_in_the_same_way_whether_there_is_such_a_user_or_not(alice):
    done = []
    for name in ("alice", "nobody"):
        with statements() as executed:
            assert enter(password="a wrong password", name=name) is None
        done.append(executed)
    assert done[0] == done[1]
    with identity(reading=True) as session:
        failed = session.scalars(select(AuditEntry).where(AuditEntry.event == "sign_in_failed")).all()
    assert {(row.subject_id, row.ip) for row in failed} == {(alice.id, HOME.ip), (None, HOME.ip)}


def test_a_sign_in_with_a_new_program_or_from_a_new_network_is_mailed_once(alice, clock):
    verified(alice.id, EMAIL)
    enter(VISITOR)
    assert mails_to(EMAIL) == []
    for visitor in (HOME, HOME, Visitor(HOME.ip, "curl/8"), Visitor("198.51.100.1", FIREFOX)):
        clock.advance(minutes=1)
        enter(visitor)
    told = mails_to(EMAIL)
    assert {letter.subject for letter in told} == {"A sign-in on a new device"}
    assert len(told) == 3
    assert "192.0.2.7, Firefox on Windows" in told[-1].text
    assert "10 March 2026, 12:02 UTC" in told[-1].text


def test_a_neighbour_in_the_network_of_an_ipv6_address_is_no_new_device(alice, clock):
    verified(alice.id, EMAIL)
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3"):
        enter(Visitor(address, FIREFOX))
    assert len(mails_to(EMAIL)) == 1


def test_what_a_device_calls_itself_is_not_repeated_to_its_owner(alice):
    verified(alice.id, EMAIL)
    enter(Visitor("192.0.2.7", "Your account is locked, call evil.example\r\nBcc: eve@example.org"))
    (told,) = mails_to(EMAIL)
    assert "evil.example" not in told.text
    assert "eve@example.org" not in told.text


def test_nobody_is_told_at_an_address_that_was_not_verified(alice, bob):
    enter(HOME, name="bob")
    assert mails_to(EMAIL) == []
    with identity(reading=True) as session:
        assert "signed_in" in session.scalars(select(AuditEntry.event)).all()


@pytest.mark.parametrize("change", [change_password, initialize_password])
def test_whoever_changes_the_password_is_told_of_by_mail(ada, change):
    verified(ada.id, EMAIL)
    params = PasswordInitialization(username="ada", current_password=PASSWORD, new_password="a brand new phrase")
    change(*([ada.id] if change is change_password else []), params, HOME)
    (told,) = mails_to(EMAIL)
    assert told.subject == "Your password was changed"
    assert "192.0.2.7, Firefox on Windows" in told.text
    assert "a brand new phrase" not in told.text
