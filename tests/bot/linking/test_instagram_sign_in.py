"""Signing in by one's Instagram account while strangers try the same name and Instagram takes its time."""

import pytest
from sqlalchemy import select, update

from bot.auth.sessions import FIRST_VERSION, sessions
from bot.auth.sign_in_notices import last_sign_in
from bot.auth.throttle import ATTEMPT_LIMITS
from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.linking import outcomes, requests, unlinking
from bot.linking.claimed import claim
from bot.linking.instagram_sign_in import CredentialsWithCode, sign_in_by_instagram
from bot.linking.link_forms import Code, Link
from bot.linking.outcomes import Question
from bot.linking.provisioning import find_user, is_proven
from bot.storage.models import AccountRequest, Attempt, BotStatus, User
from bot.storage.tenancy import identity, tenant
from bot.users.directory import NewUser, create_user
from bot.users.sign_in import SignIn, sign_in
from tests.support.mails import mails_to, verified
from tests.support.people import give_valid_session

OWNER, STRANGER = Visitor("203.0.113.9", "owner"), Visitor("198.51.100.7", "stranger")
NAME, RIGHT = "victim", "the right one"


@pytest.fixture(autouse=True)
def _open(base_app, monkeypatch):
    config = runtime().config.model_copy(update={"allow_instagram_sign_in": True})
    monkeypatch.setattr(runtime(), "config", config)


def login(visitor=OWNER, password=RIGHT, name=NAME):
    """Somebody who does not wait for Instagram's answer."""
    return sign_in_by_instagram(CredentialsWithCode(username=name, password=password), visitor, wait=0)


def refused(visitor, password):
    with pytest.raises(BotException) as error:
        login(visitor, password)
    return error.value.name


def taken(name=NAME):
    """The request that is open for the user, in the hands of a worker."""
    user = find_user(name)
    with tenant(user.id, reading=True) as session:
        request = session.scalars(select(AccountRequest.id).where(AccountRequest.status == "queued")).one()
    return user, claim(user.id, request)


def answer(right=RIGHT, instagram_id="9", name=NAME):
    """Instagram says whether the password of the open request is right."""
    user, request = taken(name)
    if request.password == right:
        link(user, request, instagram_id)
    else:
        outcomes.failed(user.id, request, BotException("INSTAGRAM_WRONG_PASSWORD"))
    return user


def link(user, request, instagram_id="9"):
    outcomes.linked(user.id, request, session_data="{}", instagram_id=instagram_id, username=NAME)


def ask_for_code():
    user, request = taken()
    outcomes.needs_code(user.id, request, Question("two_factor", "app", "{}"))
    return user


def send_code(user, token):
    requests.verify(user.id, Code(code="123456"), sign_in_id=who(token).session_id, wait=0)
    link(*taken())


def who(token):
    return sessions.find(token, "bearer", kinds=FIRST_VERSION)


def end_instagram_session(user):
    with tenant(user.id) as session:
        session.scalars(select(BotStatus)).one().session_valid = False
        session.commit()


def asked_of(user):
    """The states of what Instagram was asked for this user."""
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(AccountRequest.status).order_by(AccountRequest.created_at)).all()


@pytest.fixture
def linked():
    """Return a user that Instagram has let in once."""
    assert login().answer.pending
    user = answer()
    assert login().signed_in
    return user


def test_a_strangers_guess_signs_nobody_in_whoever_was_first(clock):
    assert login(STRANGER, "a guess").answer.pending
    answer()
    clock.advance(seconds=5)
    assert login().answer.pending
    answer()
    assert login().signed_in
    assert refused(STRANGER, "a guess") == "WRONG_CREDENTIALS"


def test_until_instagram_has_proved_it_no_password_signs_in():
    login(STRANGER, "a guess")
    for password in ("a guess", " "):
        with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
            sign_in(SignIn(username=f"ig.{NAME}", password=password), STRANGER)
    assert not is_proven(find_user(NAME))


def test_the_owner_waits_for_a_strangers_turn_to_end_and_is_not_refused():
    login(STRANGER, "a guess")
    assert login().answer.pending
    answer()
    assert login().answer.pending
    answer()
    assert login().signed_in


def test_each_is_told_what_instagram_said_to_what_they_typed():
    login(STRANGER, "a guess")
    answer()
    assert login().answer.pending
    assert refused(STRANGER, "a guess") == "INSTAGRAM_WRONG_PASSWORD"
    answer()
    assert login().signed_in


def test_what_was_typed_is_marked_so_that_the_database_does_not_tell_it(linked):
    end_instagram_session(linked)
    login(STRANGER, "a guess")
    with tenant(linked.id, reading=True) as session:
        marks = [row.asked_with for row in session.scalars(select(AccountRequest))]
    assert len([mark for mark in marks if mark]) == 1
    assert "a guess" not in str(marks)


def test_a_password_that_was_changed_at_instagram_is_the_one_that_counts(linked):
    end_instagram_session(linked)
    assert login(password="the new one").answer.pending
    answer(right="the new one")
    assert refused(STRANGER, RIGHT) == "WRONG_CREDENTIALS"
    assert login(password="the new one").signed_in


def test_a_new_proof_ends_every_other_sign_in(linked):
    earlier = login().signed_in.token
    end_instagram_session(linked)
    login()
    answer()
    assert who(earlier) is None
    assert who(login().signed_in.token).id == linked.id


def test_a_sign_in_that_a_code_is_awaited_for_is_whole_once_instagram_took_it(linked, clock):
    earlier = login().signed_in.token
    end_instagram_session(linked)
    login()
    ask_for_code()
    waiting = login()
    clock.advance(seconds=1)
    thief = login(STRANGER)
    assert waiting.requires_verification
    assert thief.answer.pending
    ask_for_code()
    thief = login(STRANGER)
    assert who(waiting.signed_in.token).needs_code
    assert who(earlier).id == linked.id
    send_code(linked, waiting.signed_in.token)
    assert not who(waiting.signed_in.token).needs_code
    assert who(thief.signed_in.token) is None
    assert who(earlier) is None


def test_a_password_without_its_code_becomes_nobodys():
    login()
    user = ask_for_code()
    assert login().requires_verification
    assert not is_proven(find_user(NAME))
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        sign_in(SignIn(username=user.username, password=RIGHT), STRANGER)


def test_a_name_that_changed_hands_does_not_open_what_its_old_owner_did(linked):
    unlinking.unlink(linked.id)
    login(STRANGER, "of the new owner")
    user, request = taken()
    with pytest.raises(BotException, match="INSTAGRAM_ACCOUNT_TAKEN") as error:
        link(user, request, instagram_id="10")
    outcomes.failed(user.id, request, error.value)
    assert refused(STRANGER, "of the new owner") == "INSTAGRAM_ACCOUNT_TAKEN"
    assert not bot_report(linked.id).session_valid
    assert find_user(NAME).id == linked.id


def test_who_linked_another_account_keeps_it(linked):
    give_valid_session(linked.id, username="other")
    assert login().signed_in
    assert refused(STRANGER, "a guess") == "WRONG_CREDENTIALS"
    assert bot_report(linked.id).instagram_username == "other"


def test_wrong_passwords_are_counted_once_whichever_way_they_come(linked):
    for number in range(ATTEMPT_LIMITS["sign_in"].account_and_network):
        if number % 2:
            assert refused(STRANGER, f"guess {number}") == "WRONG_CREDENTIALS"
        else:
            with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
                sign_in(SignIn(username=linked.username, password=f"guess {number}"), STRANGER)
    assert refused(STRANGER, RIGHT) == "TOO_MANY_SIGN_INS"
    with pytest.raises(BotException, match="TOO_MANY_SIGN_INS"):
        sign_in(SignIn(username=linked.username, password=RIGHT), STRANGER)


def test_each_question_for_a_code_stays_counted(linked):
    end_instagram_session(linked)
    login(STRANGER)
    ask_for_code()
    assert login(STRANGER).requires_verification
    with identity(reading=True) as session:
        names = session.scalars(select(Attempt.name).where(Attempt.network == STRANGER.network))
        assert set(names) == {linked.username}


def test_a_bot_that_its_owner_stopped_is_not_started_by_a_sign_in(linked):
    assert bot_report(linked.id).bot_running
    lifecycle.stop(linked.id)
    assert login().signed_in
    assert not bot_report(linked.id).bot_running
    lifecycle.start(linked.id)
    assert bot_report(linked.id).bot_running


def test_a_bot_starts_when_its_code_is_taken_also_when_nobody_waits_for_that(clock):
    assert login().answer.pending
    user = ask_for_code()
    waiting = login().signed_in.token
    assert not bot_report(user.id).bot_running
    send_code(user, waiting)
    assert bot_report(user.id).bot_running


def test_a_code_starts_no_bot_that_its_owner_stopped(linked):
    lifecycle.stop(linked.id)
    end_instagram_session(linked)
    login()
    ask_for_code()
    send_code(linked, login().signed_in.token)
    assert bot_report(linked.id).session_valid
    assert not bot_report(linked.id).bot_running


def test_a_code_of_who_is_signed_in_as_usual_starts_nothing(linked):
    token = login().signed_in.token
    with tenant(linked.id) as session:
        session.execute(update(BotStatus).values(session_valid=False, bot_running=False))
        session.commit()
    requests.link(linked.id, Link(username=NAME, password=RIGHT), sign_in_id=who(token).session_id, wait=0)
    ask_for_code()
    send_code(linked, token)
    assert bot_report(linked.id).session_valid
    assert not bot_report(linked.id).bot_running


def test_nobody_else_takes_a_name_of_those_who_sign_in_by_instagram():
    with pytest.raises(BotException, match="USERNAME_TAKEN"):
        create_user(NewUser(username="IG.victim"), None)
    with identity(reading=True) as session:
        assert session.scalars(select(User)).all() == []


def test_a_code_that_is_taken_on_a_new_device_is_told_by_mail_and_one_that_never_comes_makes_none_known(linked, clock):
    verified(linked.id, "owner@example.org")
    end_instagram_session(linked)
    login(STRANGER)
    ask_for_code()
    assert login(STRANGER).requires_verification
    assert mails_to("owner@example.org") == []
    clock.advance(seconds=1)
    login(STRANGER)
    ask_for_code()
    send_code(linked, login(STRANGER).signed_in.token)
    (told,) = mails_to("owner@example.org")
    assert (told.subject, STRANGER.ip in told.text) == ("A sign-in on a new device", True)


def test_wrong_passwords_by_this_way_are_told_at_the_next_sign_in(linked, clock):
    for valid in (True, False):
        clock.advance(minutes=1)
        if not valid:
            end_instagram_session(linked)
            login(STRANGER, "a guess")
            answer()
        refused(STRANGER, "a guess")
    login()
    answer()
    clock.advance(minutes=1)
    assert last_sign_in(who(login().signed_in.token)).failed == 2
