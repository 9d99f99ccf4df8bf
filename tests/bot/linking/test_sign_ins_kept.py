"""An accepted sign-in is kept whatever the next page says, and a code can come in more than one way."""

import pytest

from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.linking import outcomes, requests
from bot.linking.claimed import claim
from bot.linking.link_forms import Code, Link, SendCode
from bot.linking.outcomes import Question
from bot.linking.requests import MAX_SENDS, SENDS_WITHIN
from bot.phones.devices import keep_device

pytestmark = pytest.mark.usefixtures("base_app")
PASSWORD = "canary instagram password"


def ask(user):
    answer = requests.link(user.id, Link(username="insta", password=PASSWORD), wait=0)
    return answer.id, claim(user.id, answer.id)


def let_in(user, trouble):
    """A link that Instagram accepts, with what it says to the page after that."""
    request_id, taken = ask(user)
    outcomes.linked(
        user.id,
        taken,
        session_data='{"s": 1}',
        instagram_id="7",
        username="insta",
        trouble=BotException(trouble, delivered="no"),
    )
    return requests.get_request(user.id, request_id)


@pytest.mark.parametrize("trouble", ["INSTAGRAM_PLEASE_WAIT", "INSTAGRAM_THROTTLED", "INSTAGRAM_ACTION_BLOCKED"])
def test_a_refusal_that_passes_leaves_a_valid_session_and_a_bot_at_rest(alice, trouble):
    answer = let_in(alice, trouble)
    report = bot_report(alice.id)

    assert answer.result == {"session_valid": True}
    assert (report.session_valid, report.linked) == (True, True)
    assert len(report.rests) == len(report.limits)
    assert report.last_error_code == BotException(trouble).code


@pytest.mark.parametrize("trouble", ["INSTAGRAM_CONSENT", "INSTAGRAM_SUSPENDED"])
def test_a_demand_to_the_owner_leaves_a_session_that_a_test_makes_valid(alice, trouble):
    answer = let_in(alice, trouble)
    report = bot_report(alice.id)

    assert answer.result == {"session_valid": False, "error": trouble}
    assert (report.session_valid, report.linked) == (False, True)
    assert report.last_error_code == BotException(trouble).code
    taken = claim(alice.id, requests.test_session(alice.id, wait=0).id)
    assert taken.instagram_session == '{"s": 1}'
    outcomes.tested(alice.id, taken, '{"s": 2}')
    assert bot_report(alice.id).session_valid


def waiting(user, **more):
    _, taken = ask(user)
    outcomes.needs_code(user.id, taken, Question("two_factor", "SMS to …42", "{}", **more))


BOTH = {"method": "sms", "methods": ("app", "sms")}


def test_the_ways_of_a_code_are_told(alice):
    waiting(alice, **BOTH)
    shown = bot_report(alice.id).verification
    assert (shown.method, list(shown.methods)) == ("sms", ["app", "sms"])


@pytest.mark.parametrize(("chosen", "sent"), [(None, "sms"), ("sms", "sms"), ("app", "app")])
def test_a_code_is_sent_again_or_comes_another_way(alice, chosen, sent):
    waiting(alice, **BOTH)
    taken = claim(alice.id, requests.send_code(alice.id, SendCode(method=chosen), wait=0).id)
    assert (taken.method, taken.state) == (sent, "{}")
    outcomes.needs_code(alice.id, taken, Question("two_factor", "there", '{"n": 2}', sent, ("app", "sms")))
    assert bot_report(alice.id).verification.method == sent


def test_sending_it_again_gives_no_more_tries(alice):
    waiting(alice, **BOTH)
    for _ in range(outcomes.MAX_WRONG_CODES):
        taken = claim(alice.id, requests.verify(alice.id, Code(code="1234"), wait=0).id)
        outcomes.failed(alice.id, taken, BotException("INSTAGRAM_WRONG_CODE"))
        if bot_report(alice.id).verification is None:
            break
        taken = claim(alice.id, requests.send_code(alice.id, SendCode(), wait=0).id)
        outcomes.needs_code(alice.id, taken, Question("two_factor", "there", "{}", **BOTH))
    with pytest.raises(BotException, match="NO_CODE_EXPECTED"):
        requests.send_code(alice.id, SendCode(), wait=0)


def test_a_way_that_the_account_does_not_have_is_refused(alice):
    waiting(alice, **BOTH)
    with pytest.raises(BotException, match="INVALID_INPUT"):
        requests.send_code(alice.id, SendCode(method="whatsapp"), wait=0)


def test_messages_to_a_phone_have_an_end(alice, clock):
    waiting(alice, **BOTH)
    for _ in range(MAX_SENDS):
        taken = claim(alice.id, requests.send_code(alice.id, SendCode(), wait=0).id)
        outcomes.needs_code(alice.id, taken, Question("two_factor", "there", "{}", **BOTH))
    with pytest.raises(BotException, match="TOO_MANY_ATTEMPTS") as refused:
        requests.send_code(alice.id, SendCode(), wait=0)
    assert 0 < refused.value.meta["retry_after"] <= SENDS_WITHIN.total_seconds()


@pytest.mark.parametrize(
    "refusal", ["INSTAGRAM_UNKNOWN_STEP", "INSTAGRAM_SIGN_IN_LATER", "INSTAGRAM_SIGN_IN_CHANGED", "INSTAGRAM_TIMEOUT"]
)
def test_what_says_nothing_of_the_code_uses_up_no_try(alice, refusal):
    keep_device(alice.id, "insta", '{"uuids": {}}')
    waiting(alice, **BOTH)
    for _ in range(outcomes.MAX_WRONG_CODES + 1):
        taken = claim(alice.id, requests.verify(alice.id, Code(code="1234"), wait=0).id)
        outcomes.failed(alice.id, taken, BotException(refusal))
    assert bot_report(alice.id).verification is not None
    again = claim(alice.id, requests.test_session(alice.id, wait=0).id)
    assert again.device == ('{"uuids": {}}' if refusal == "INSTAGRAM_UNKNOWN_STEP" else None)
