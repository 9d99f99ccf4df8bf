"""Whatever Instagram does wrong: what the API, the page, the log and the database say of it."""

import time
from dataclasses import dataclass

import pytest
from markupsafe import escape
from sqlalchemy import select

from bot.core.backoff import Backoff
from bot.core.errors import BotException
from bot.storage.models import Activity, CoolDown
from bot.storage.tenancy import tenant
from tests.live.test_following import place, started


@dataclass(frozen=True)
class Case:
    """A fault of the sandbox met by a follow, and what comes of it.

    `reason` is the verdict afterwards; `kept` whether the session stays valid; `follows` how many of the two
    people asked for have really been followed once it has settled.
    """

    fault: str
    name: str
    reason: str
    kept: bool = True
    follows: int = 0
    rests: str | None = None


PUSHED_BACK = [
    Case("login_required", "INSTAGRAM_LOGGED_OUT", "INSTAGRAM_LOGGED_OUT", kept=False),
    Case("challenge", "INSTAGRAM_CHALLENGE", "INSTAGRAM_CHALLENGE", kept=False),
    Case("consent", "INSTAGRAM_CONSENT", "INSTAGRAM_CONSENT", kept=False),
    Case("suspended", "INSTAGRAM_SUSPENDED", "INSTAGRAM_SUSPENDED", kept=False),
    Case("feedback_required", "INSTAGRAM_ACTION_BLOCKED", "COOL_DOWN", rests="follow"),
    Case("please_wait", "INSTAGRAM_PLEASE_WAIT", "COOL_DOWN", rests="*"),
    Case("throttled", "INSTAGRAM_THROTTLED", "COOL_DOWN", rests="*"),
]
PASSING = [
    Case("server_error", "INSTAGRAM_SERVER_ERROR", "NO_WORK", follows=2),
    Case("html", "INSTAGRAM_UNREADABLE", "NO_WORK", follows=2),
    Case("cut", "INSTAGRAM_UNREACHABLE", "NO_WORK", follows=2),
    Case("drop", "INSTAGRAM_UNREACHABLE", "NO_WORK", follows=2),
    Case("hang", "INSTAGRAM_TIMEOUT", "NO_WORK", follows=2),
]


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch):
    """A failure of the network is tried again after seconds; here at once."""
    monkeypatch.setattr("bot.steps.outcomes.DEMO_BACKOFF", Backoff(initial=0.05, maximum=3600.0))


@pytest.mark.parametrize("case", PUSHED_BACK + PASSING, ids=lambda case: case.fault)
def test_a_fault_is_told_the_same_everywhere(app, person, sandbox, eventually, log, case):
    user = started(person, sandbox)
    sandbox.fault("plain_01", "follow", case.fault, 1)
    action = place(user, 2)
    eventually(lambda: user.status()["verdict"]["reason"] == case.reason)

    code = BotException(case.name).code
    entry = BotException(case.name).entry
    status = user.status()
    assert status["session_valid"] is status["bot_running"] is case.kept
    assert status["last_error_code"] == code
    assert status["last_error_message"] == entry.description
    assert status["verdict"]["state"] == ("waiting" if case.reason == "COOL_DOWN" else "halted")
    failures = user.get(f"/api/activity?code={code}").get_json()["items"]
    assert [one["message"] for one in failures if one["action"] == "follow"] == [entry.description]

    page = user.page("/")
    assert f"/help/errors/{code}" in page
    assert str(escape(entry.description)) in page
    assert code in user.page("/actions/log")

    assert f"'error_code': '{code}'" in log()

    with app.app_context(), tenant(user.id, reading=True) as session:
        row = session.scalars(select(Activity).where(Activity.error_code == code, Activity.action == "follow")).one()
        rests = session.scalars(select(CoolDown.kind)).all()
    assert row.details["file"].startswith("jobs/")
    assert row.details["line"] > 0
    assert row.details["stack_trace"]
    assert row.details["request_id"]
    assert rests == ([case.rests] if case.rests else [])

    followed = sandbox.targets("plain_01", "follow")
    assert len(followed) == len(set(followed)) == case.follows
    assert user.action(action)["status"] == ("succeeded" if case.follows else "running")


@pytest.mark.parametrize(
    ("username", "name", "status"),
    [
        ("challenge_phone_only", "INSTAGRAM_CONFIRM_IN_APP", 409),
        ("hangs_at_sign_in", "INSTAGRAM_TIMEOUT", 504),
    ],
)
def test_a_sign_in_that_cannot_go_on_says_why(person, sandbox, username, name, status):
    user = person("alice")
    began = time.monotonic()
    answer = user.link(sandbox.account(username))
    assert time.monotonic() - began < 30
    problem = answer.get_json()
    assert (answer.status_code, problem["error"]) == (status, name)
    entry = BotException(name).entry
    assert problem["action"] == (entry.if_asked or entry.remedy).format(again="sign in again")
    assert user.status()["session_valid"] is False


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"password": "not the password"}, "INSTAGRAM_WRONG_PASSWORD"),
        ({"username": "nobody_here_at_all"}, "INSTAGRAM_UNKNOWN_USER"),
    ],
)
def test_wrong_names_and_passwords_each_have_their_code(person, sandbox, change, name):
    user = person("alice")
    answer = user.link(sandbox.account("plain_01") | change)
    assert (answer.status_code, answer.get_json()["error"]) == (422, name)
    assert sandbox.ledger("plain_01") == []


def test_an_account_confirmed_in_the_app_is_linked_by_a_test(person, sandbox):
    user = person("alice")
    user.link(sandbox.account("challenge_phone_only"))
    assert user.status()["verification"]["kind"] == "app"
    sandbox.post("/challenges/confirm", account="challenge_phone_only")
    answer = user.post(f"/api/users/{user.id}/test-session")
    assert answer.get_json()["session_valid"] is True
    assert user.status()["session_valid"] is True


def test_a_fault_while_looking_for_people_is_told_too(person, sandbox, eventually):
    user = started(person, sandbox)
    sandbox.fault("plain_01", "hashtag", "feedback_required", 1)
    place(user)
    eventually(lambda: user.status()["verdict"]["reason"] == "COOL_DOWN")
    assert sandbox.requests("plain_01").get("follow", 0) == 0
