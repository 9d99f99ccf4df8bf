"""What the state of somebody's bot refuses leaves its line in their activity, and nothing else does."""

import pytest

from bot.core.errors import registry
from tests.api.caller import json_of, refusal

SESSION_INVALID = (409, "SESSION_INVALID")


def recorded(calls, user):
    items = json_of(calls(user).get("/activity?action=request"))["items"]
    return [(item["status"], item["error_code"], item["request_id"]) for item in items]


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/bot/actions/follow-hashtag", {"hashtag": "coffee", "amount": 5}, "SESSION_INVALID"),
        ("/bot/actions/unfollow", {"amount": 5}, "SESSION_INVALID"),
        ("/bot/actions/send-messages", {"usernames": ["ann"], "message": "Hello {username}"}, "SESSION_INVALID"),
        ("/bot/actions/follow-hashtag", {"hashtag": "coffee", "amount": 5, "dry_run": True}, "SESSION_INVALID"),
        ("/bot/start", {}, "SESSION_INVALID"),
        ("/bot/verify", {"code": "123456"}, "NO_CODE_EXPECTED"),
    ],
)
def test_a_refusal_leaves_its_line_with_code_and_request(calls, alice, path, body, name):
    answer = calls(alice).post(path, json=body)
    assert refusal(answer) == (409, name)
    assert recorded(calls, alice) == [("failed", registry()[name].code, json_of(answer)["request_id"])]


def test_the_pages_leave_it_too(calls, alice, app):
    client = app.test_client()
    client.set_cookie("troupe_session", alice.token)
    assert refusal(calls(alice).post("/bot/start")) == SESSION_INVALID
    assert len(recorded(calls, alice)) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "/bot/settings", {"timezone": "Nowhere/Land"}),
        ("post", "/auth/login", {"username": "alice", "password": "wrong"}),
        ("get", "/bot/actions/00000000-0000-4000-8000-000000000000", None),
        ("delete", "/auth/totp", {"code": "123456"}),
        ("get", "/nowhere", None),
    ],
)
def test_what_is_wrong_with_a_request_leaves_none(calls, alice, method, path, body):
    getattr(calls(alice), method)(path, json=body)
    assert [code for _, code, _ in recorded(calls, alice) if code != registry()["SECOND_FACTOR_OFF"].code] == []


def test_it_is_nobody_elses(calls, alice, bob):
    calls(alice).post("/bot/start")
    assert recorded(calls, bob) == []
