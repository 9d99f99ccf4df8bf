"""A worker that claims a request gets what its kind needs, and shows none of it in a log."""

import pytest

from bot.core.errors import BotException
from bot.linking import outcomes, requests
from bot.linking.claimed import (
    ClaimedDryRun,
    ClaimedLink,
    ClaimedSending,
    ClaimedSessionTest,
    ClaimedVerification,
    claim,
)
from bot.linking.link_forms import Code, Link, SendCode
from bot.linking.outcomes import Question
from bot.storage.models.values import VerificationKind
from tests.support.people import give_valid_session, set_running

PASSWORD, CODE, SESSION = "canary instagram password", "123456", "canary session"


def a_link(user):
    return requests.link(user.id, Link(username="insta.name", password=PASSWORD), wait=0)


def wait_for_a_code(user):
    question = Question(VerificationKind.TWO_FACTOR, "app", "canary state", "sms", ("app", "sms"))
    outcomes.needs_code(user.id, claim(user.id, a_link(user).id), question)


def a_verification(user):
    wait_for_a_code(user)
    return requests.verify(user.id, Code(code=CODE), wait=0)


def a_sending(user):
    wait_for_a_code(user)
    return requests.send_code(user.id, SendCode(), wait=0)


def a_session_test(user):
    give_valid_session(user.id, session_data=SESSION)
    return requests.test_session(user.id, wait=0)


def a_test_after_the_app(user):
    error = BotException("INSTAGRAM_CONFIRM_IN_APP")
    question = Question(VerificationKind.APP, "the app", "canary state")
    outcomes.await_app_confirmation(user.id, claim(user.id, a_link(user).id), error, question)
    return requests.test_session(user.id, wait=0)


def a_dry_run(user):
    give_valid_session(user.id)
    set_running(user.id)
    return requests.preview(user.id, "follow-hashtag", {"hashtag": "coffee"}, wait=0)


@pytest.mark.parametrize(
    ("asked", "kind", "fields"),
    [
        (a_link, ClaimedLink, {"password": PASSWORD, "device": None}),
        (a_verification, ClaimedVerification, {"password": PASSWORD, "code": CODE, "state": "canary state"}),
        (a_sending, ClaimedSending, {"method": "sms", "state": "canary state"}),
        (a_session_test, ClaimedSessionTest, {"instagram_session": SESSION, "state": None, "device": None}),
        (a_test_after_the_app, ClaimedSessionTest, {"instagram_session": None, "state": "canary state"}),
        (a_dry_run, ClaimedDryRun, {"action_kind": "follow-hashtag", "params": {"hashtag": "coffee"}}),
    ],
)
def test_each_kind_of_request_has_what_it_needs_and_shows_no_secret(alice, asked, kind, fields):
    request_id = asked(alice).id
    claimed = claim(alice.id, request_id)
    assert type(claimed) is kind
    assert fields.items() <= vars(claimed).items()
    assert repr(claimed) == f"{kind.__name__}({request_id})"
    assert claim(alice.id, request_id) is None
