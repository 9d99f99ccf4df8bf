"""Linking: what is asked for, what a worker answers, and where the secrets are meanwhile."""

import pytest
from sqlalchemy import select

from bot.actions.control import get_action
from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.automation.status import bot_report
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.linking import outcomes, requests, unlinking
from bot.linking.claimed import claim
from bot.linking.link_forms import Code, Link, SendCode
from bot.linking.outcomes import MAX_WRONG_CODES, Question
from bot.linking.stored_sessions import load_instagram_session, store_instagram_session
from bot.storage.models import AccountRequest, BotStatus, InstagramCredentials
from bot.storage.tenancy import tenant
from tests.support.people import give_valid_session, set_running

pytestmark = pytest.mark.usefixtures("base_app")
PASSWORD = "canary instagram password"


def ask(user):
    """A link request that no worker has taken, and it taken."""
    answer = requests.link(user.id, Link(username="@Insta.Name", password=PASSWORD), wait=0)
    assert answer.pending
    return answer.id, claim(user.id, answer.id)


def ask_for_code(user):
    request_id, taken = ask(user)
    outcomes.needs_code(user.id, taken, Question("two_factor", "your app", "{}"))
    return request_id


def version_of(user):
    stored = load_instagram_session(user.id)
    assert stored
    return stored[1]


def submit_code(user):
    answer = requests.verify(user.id, Code(code="123 456"), wait=0)
    return answer.id, claim(user.id, answer.id)


def test_the_worker_gets_the_secrets_once(alice):
    request_id, taken = ask(alice)
    assert (taken.username, taken.password) == ("insta.name", PASSWORD)
    assert PASSWORD not in repr(taken)
    assert claim(alice.id, request_id) is None


def test_a_stranger_cannot_take_or_see_it(alice, bob):
    answer = requests.link(alice.id, Link(username="insta", password=PASSWORD), wait=0)
    assert claim(bob.id, answer.id) is None
    with pytest.raises(BotException, match="REQUEST_NOT_FOUND"):
        requests.get_request(bob.id, answer.id)


def test_the_password_is_nowhere_in_the_clear(alice):
    requests.link(alice.id, Link(username="insta", password=PASSWORD), wait=0)
    redis = runtime().redis
    stored = b"".join(repr(redis.dump(key)).encode() + (redis.dump(key) or b"") for key in redis.scan_iter())
    assert PASSWORD.encode() not in stored
    with tenant(alice.id) as session:
        assert PASSWORD.encode() not in session.scalars(select(AccountRequest)).one().secret_encrypted


def test_the_secret_of_a_request_is_forgotten_when_it_ends(alice):
    _, taken = ask(alice)
    outcomes.failed(alice.id, taken, BotException("INSTAGRAM_WRONG_PASSWORD"))
    with tenant(alice.id) as session:
        assert session.scalars(select(AccountRequest)).one().secret_encrypted is None


def test_only_one_thing_is_asked_at_a_time(alice):
    ask(alice)
    with pytest.raises(BotException, match="INSTANCE_BUSY"):
        requests.link(alice.id, Link(username="insta", password=PASSWORD), wait=0)


def test_a_request_that_nobody_ends_is_abandoned(alice, clock):
    answer = requests.link(alice.id, Link(username="insta", password=PASSWORD), wait=0)
    clock.advance(seconds=121)
    with pytest.raises(BotException, match="REQUEST_ABANDONED"):
        requests.get_request(alice.id, answer.id)
    assert requests.link(alice.id, Link(username="insta", password=PASSWORD), wait=0).pending


def test_what_instagram_answered_is_raised_for_the_person(alice):
    request_id, taken = ask(alice)
    outcomes.failed(alice.id, taken, BotException("INSTAGRAM_WRONG_PASSWORD"))
    with pytest.raises(BotException, match="INSTAGRAM_WRONG_PASSWORD"):
        requests.get_request(alice.id, request_id)
    assert bot_report(alice.id).last_error_code == BotException("INSTAGRAM_WRONG_PASSWORD").code


def test_a_code_is_waited_for_and_leads_to_a_valid_session(alice):
    request_id = ask_for_code(alice)
    answer = requests.get_request(alice.id, request_id)
    assert answer.result["requires_verification"]
    assert answer.result["verification"]["kind"] == "two_factor"
    assert bot_report(alice.id).verification.sent_to == "your app"
    _, taken = submit_code(alice)
    assert (taken.code, taken.password, taken.state) == ("123456", PASSWORD, "{}")
    outcomes.linked(alice.id, taken, session_data='{"s": 1}', instagram_id="7", username="insta.name")
    report = bot_report(alice.id)
    assert (report.session_valid, report.verification, report.instagram_username) == (True, None, "insta.name")


def test_a_wrong_code_may_be_tried_again_but_not_for_ever(alice):
    ask_for_code(alice)
    for _ in range(MAX_WRONG_CODES):
        _, taken = submit_code(alice)
        outcomes.failed(alice.id, taken, BotException("INSTAGRAM_WRONG_CODE"))
    with pytest.raises(BotException, match="NO_CODE_EXPECTED"):
        submit_code(alice)


def test_an_expired_code_is_refused_without_asking_instagram(alice, clock):
    ask_for_code(alice)
    clock.advance(minutes=11)
    with pytest.raises(BotException, match="INSTAGRAM_CODE_EXPIRED"):
        submit_code(alice)
    assert bot_report(alice.id).verification is None


def test_a_code_that_nobody_waits_for_is_refused(alice):
    with pytest.raises(BotException, match="NO_CODE_EXPECTED"):
        submit_code(alice)


def test_a_sign_in_to_confirm_in_the_app_can_be_tested_later(alice):
    request_id, taken = ask(alice)
    error = BotException("INSTAGRAM_CONFIRM_IN_APP")
    question = Question("app", "the Instagram app", '{"d": 1}')
    outcomes.await_app_confirmation(alice.id, taken, error, question)
    with pytest.raises(BotException, match="INSTAGRAM_CONFIRM_IN_APP"):
        requests.get_request(alice.id, request_id)
    answer = requests.test_session(alice.id, wait=0)
    taken = claim(alice.id, answer.id)
    assert (taken.instagram_session, taken.state, taken.password) == (None, '{"d": 1}', PASSWORD)


def test_a_tested_session_that_is_over_is_an_answer_and_stops_the_bot(alice):
    give_valid_session(alice.id)
    answer = requests.test_session(alice.id, wait=0)
    taken = claim(alice.id, answer.id)
    outcomes.failed(alice.id, taken, BotException("INSTAGRAM_LOGGED_OUT"))
    answer = requests.get_request(alice.id, answer.id)
    assert answer.result == {"session_valid": False, "error": "INSTAGRAM_LOGGED_OUT"}
    assert not bot_report(alice.id).session_valid


def test_why_a_session_is_over_stays_the_reason_while_linking_again_fails(alice):
    give_valid_session(alice.id)
    taken = claim(alice.id, requests.test_session(alice.id, wait=0).id)
    outcomes.failed(alice.id, taken, BotException("INSTAGRAM_LOGGED_OUT"))
    for name, reason in (
        ("INSTAGRAM_WRONG_PASSWORD", "INSTAGRAM_LOGGED_OUT"),
        ("INSTAGRAM_CHALLENGE", "INSTAGRAM_CHALLENGE"),
    ):
        _, taken = ask(alice)
        outcomes.failed(alice.id, taken, BotException(name))
        assert bot_report(alice.id).verdict.reason == reason


def test_a_test_that_instagram_does_not_answer_leaves_the_session_as_it_was(alice):
    give_valid_session(alice.id)
    answer = requests.test_session(alice.id, wait=0)
    outcomes.failed(alice.id, claim(alice.id, answer.id), BotException("INSTAGRAM_TIMEOUT"))
    with pytest.raises(BotException, match="INSTAGRAM_TIMEOUT"):
        requests.get_request(alice.id, answer.id)
    assert bot_report(alice.id).session_valid


def test_without_a_linked_account_nobody_has_to_be_asked(alice):
    answer = requests.test_session(alice.id, wait=0)
    assert (answer.pending, answer.result) == (False, {"session_valid": False, "error": "NOT_LINKED"})


def test_unlinking_forgets_everything_and_stops_the_bot(alice):
    give_valid_session(alice.id)
    unlinking.unlink(alice.id)
    with tenant(alice.id) as session:
        assert session.scalars(select(InstagramCredentials)).all() == []
        status = session.scalars(select(BotStatus)).one()
    assert (status.session_valid, status.bot_running, status.instagram_username) == (False, False, None)


def test_unlinking_withdraws_what_is_being_asked(alice):
    request_id, taken = ask(alice)
    unlinking.unlink(alice.id)
    answer = {"session_data": "{}", "instagram_id": "7", "username": "insta.name"}
    outcomes.linked(alice.id, taken, **answer)
    outcomes.needs_code(alice.id, taken, Question("two_factor", "app", "{}"))
    report = bot_report(alice.id)
    assert (report.session_valid, report.linked, report.verification) == (False, False, None)
    with pytest.raises(BotException, match="REQUEST_WITHDRAWN"):
        requests.get_request(alice.id, request_id)
    with tenant(alice.id) as session:
        assert session.scalars(select(InstagramCredentials)).all() == []
        assert session.scalars(select(AccountRequest)).one().secret_encrypted is None


def test_another_account_does_not_go_on_with_what_was_asked_for_for_the_first(alice):
    give_valid_session(alice.id, username="first")
    set_running(alice.id)
    action_id = follow_hashtag(alice.id, FollowHashtag(hashtag="coffee", amount=1)).action.id
    version = version_of(alice)
    give_valid_session(alice.id, username="second")
    assert not bot_report(alice.id).bot_running
    assert get_action(alice.id, action_id).action.status == "cancelled"
    assert load_instagram_session(alice.id, unless_version=version) is not None


def test_a_session_of_before_an_unlinking_never_passes_for_the_new_one(alice):
    give_valid_session(alice.id, username="first", session_data="one")
    version = version_of(alice)
    unlinking.unlink(alice.id)
    give_valid_session(alice.id, username="second", session_data="two")
    assert load_instagram_session(alice.id, unless_version=version)[0] == "two"
    store_instagram_session(alice.id, version, "one, refreshed")
    assert load_instagram_session(alice.id)[0] == "two"


def test_a_request_told_as_abandoned_is_not_begun_later(alice, clock):
    answer = requests.link(alice.id, Link(username="insta", password=PASSWORD), wait=0)
    clock.advance(seconds=121)
    assert claim(alice.id, answer.id) is None
    with tenant(alice.id) as session:
        assert session.scalars(select(AccountRequest)).one().secret_encrypted is None


def test_linking_anew_works_where_a_lost_key_has_sealed_the_old_account(alice):
    give_valid_session(alice.id)
    with tenant(alice.id) as session:
        session.scalars(select(InstagramCredentials)).one().session_data_encrypted = b"sealed by a key that is gone"
        session.commit()
    _, taken = ask(alice)
    # The device is kept apart from the session.
    assert (taken.password, taken.device) == (PASSWORD, "{}")


def test_a_new_session_is_noticed_by_its_version(alice):
    give_valid_session(alice.id, session_data="one")
    stored = load_instagram_session(alice.id)
    assert stored
    version = stored.version
    assert stored.text == "one"
    assert load_instagram_session(alice.id, unless_version=version) is None
    give_valid_session(alice.id, session_data="two")
    store_instagram_session(alice.id, version, "stale")
    assert load_instagram_session(alice.id, unless_version=version)[0] == "two"


def test_the_session_does_not_open_in_another_users_row(alice, bob):
    give_valid_session(alice.id, session_data="of alice")
    give_valid_session(bob.id, session_data="of bob")
    with tenant(alice.id, reading=True) as session:
        sealed = session.scalars(select(InstagramCredentials)).one().session_data_encrypted
    with tenant(bob.id) as session:
        session.scalars(select(InstagramCredentials)).one().session_data_encrypted = sealed
        session.commit()
    with pytest.raises(BotException, match="VAULT_REFUSED"):
        load_instagram_session(bob.id)


ANSWER = {"session_data": "{}", "instagram_id": "7", "username": "insta.name"}


def is_refused_as_taken(user, taken):
    """Act as a worker whose sign-in turns out to belong to another person's account."""
    with pytest.raises(BotException, match="INSTAGRAM_ACCOUNT_TAKEN") as error:
        outcomes.linked(user.id, taken, **ANSWER)
    outcomes.failed(user.id, taken, error.value)
    with pytest.raises(BotException, match="INSTAGRAM_ACCOUNT_TAKEN"):
        requests.get_request(user.id, taken.id)


@pytest.fixture
def bobs(bob):
    """Bob has linked the account already."""
    outcomes.linked(bob.id, ask(bob)[1], **ANSWER)
    return bob


def test_an_account_is_one_users(alice, bobs):
    is_refused_as_taken(alice, ask(alice)[1])
    report = bot_report(alice.id)
    assert (report.session_valid, report.linked, report.instagram_username) == (False, False, None)
    with tenant(alice.id, reading=True) as session:
        assert session.scalars(select(InstagramCredentials)).all() == []
    assert bot_report(bobs.id).session_valid


def test_an_account_that_is_anothers_is_refused_after_its_code_too(alice, bobs):
    ask_for_code(alice)
    is_refused_as_taken(alice, submit_code(alice)[1])
    with tenant(alice.id, reading=True) as session:
        assert session.scalars(select(InstagramCredentials)).all() == []


def test_who_asks_for_an_account_that_is_anothers_keeps_their_own(alice, bobs):
    give_valid_session(alice.id, username="first", session_data="mine")
    set_running(alice.id)
    is_refused_as_taken(alice, ask(alice)[1])
    assert load_instagram_session(alice.id).text == "mine"
    assert (bot_report(alice.id).bot_running, bot_report(alice.id).instagram_username) == (True, "first")


def test_an_account_that_was_unlinked_is_anybodys(alice, bobs):
    unlinking.unlink(bobs.id)
    outcomes.linked(alice.id, ask(alice)[1], **ANSWER)
    assert bot_report(alice.id).session_valid


def linked_at(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(InstagramCredentials.linked_at)).one()


def test_since_when_an_account_is_linked_counts_from_its_first_valid_session(alice, clock):
    ask_for_code(alice)
    assert linked_at(alice) is None
    clock.advance(minutes=5)
    first = clock.moment
    outcomes.linked(alice.id, submit_code(alice)[1], **ANSWER)
    clock.advance(days=3)
    outcomes.linked(alice.id, ask(alice)[1], **ANSWER)
    assert linked_at(alice) == first
    outcomes.linked(alice.id, ask(alice)[1], **{**ANSWER, "instagram_id": "8"})
    assert linked_at(alice) == clock.moment


def test_a_refusal_to_send_a_code_again_is_told_as_it_is(alice):
    ask_for_code(alice)
    with tenant(alice.id) as session:
        account = session.scalars(select(InstagramCredentials)).one()
        account.verification_method, account.verification_methods = "sms", ["sms"]
        session.commit()
    answer = requests.send_code(alice.id, SendCode(), wait=0)
    outcomes.failed(alice.id, claim(alice.id, answer.id), BotException("INSTAGRAM_THROTTLED"))
    with pytest.raises(BotException, match="INSTAGRAM_THROTTLED") as told:
        requests.get_request(alice.id, answer.id)
    assert "ask for the code again" in told.value.remedy
