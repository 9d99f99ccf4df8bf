"""A worker that claims a request gets what its kind needs, and shows none of it in a log."""

import pytest

from bot.core.errors import BotException
from bot.linking import outcomes, requests
from bot.linking.claimed import ClaimedDryRun, ClaimedLink, ClaimedSessionTest, ClaimedVerification, claim
from bot.linking.link_forms import Code, Link
from bot.storage.models.values import VerificationKind
from tests.support.people import give_valid_session, set_running

PASSWORD, CODE, SESSION = "canary instagram password", "123456", "canary session"


def a_link(user):
    return requests.link(user.id, Link(username="insta.name", password=PASSWORD), wait=0)


def a_verification(user):
    outcomes.needs_code(
        user.id, claim(user.id, a_link(user).id), kind=VerificationKind.TWO_FACTOR, sent_to="app", state="canary state"
    )
    return requests.verify(user.id, Code(code=CODE), wait=0)


def a_session_test(user):
    give_valid_session(user.id, session_data=SESSION)
    return requests.test_session(user.id, wait=0)


def a_test_after_the_app(user):
    error = BotException("INSTAGRAM_CONFIRM_IN_APP")
    outcomes.await_app_confirmation(user.id, claim(user.id, a_link(user).id), error, device="canary device")
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
        (a_session_test, ClaimedSessionTest, {"instagram_session": SESSION, "device": None}),
        (a_test_after_the_app, ClaimedSessionTest, {"instagram_session": None, "device": "canary device"}),
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
