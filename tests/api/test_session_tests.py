"""An administrator tests the session of a user: valid or why not, noted, one at a time, and nothing else is told."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from bot.linking import outcomes, requests
from bot.linking.claimed import claim
from bot.storage.models import AccountRequest, UserSession
from bot.storage.tenancy import identity, tenant
from tests.api.caller import json_of, refusal
from tests.api.test_accounts import says_no
from tests.support.people import give_valid_session

SHOWN = {"success", "pending", "session_valid", "error", "code", "message", "action"}


@pytest.fixture
def linked(app: Flask, alice):
    with app.app_context():
        give_valid_session(alice.id)
    return alice


def path_of(user):
    return f"/users/{user.id}/test-session"


def noted(calls, admin):
    items = json_of(calls(admin).get("/admin/audit?event=session_tested"))["items"]
    return [(item["who"], item["whom"]) for item in items]


def test_it_tells_whether_it_is_valid_and_is_noted(calls, worker, linked, ada):
    with worker(linked, lambda taken: outcomes.tested(linked.id, taken, "{}")):
        answer = json_of(calls(ada).post(path_of(linked)))
    assert set(answer) == SHOWN
    assert (answer["session_valid"], answer["error"]) == (True, None)
    assert noted(calls, ada) == [("ada", "alice")]


def test_it_tells_why_it_is_not_in_words_that_name_nobody(calls, worker, linked, ada):
    with worker(linked, says_no("INSTAGRAM_LOGGED_OUT", "insta.name was logged out, write to a@example.org")):
        answer = json_of(calls(ada).post(path_of(linked)))
    assert set(answer) == SHOWN
    assert (answer["session_valid"], answer["error"]) == (False, "INSTAGRAM_LOGGED_OUT")
    with worker(linked, says_no("INSTAGRAM_UNREACHABLE", "insta.name by way of 203.0.113.9")):
        refused = calls(ada).post(path_of(linked))
    assert refusal(refused) == (502, "INSTAGRAM_UNREACHABLE")
    for told in (str(answer), refused.text):
        assert "insta.name" not in told
        assert "203.0.113.9" not in told


def test_of_a_user_without_a_link_it_tells_that(calls, alice, ada):
    answer = json_of(calls(ada).post(path_of(alice)))
    assert (answer["session_valid"], answer["error"]) == (False, "NOT_LINKED")
    assert noted(calls, ada) == [("ada", "alice")]


def test_one_at_a_time_whoever_asks(calls, linked, ada, monkeypatch):
    monkeypatch.setitem(requests.test_session.__kwdefaults__, "wait", 0.0)
    assert calls(linked).post(path_of(linked)).status_code == 202
    assert refusal(calls(ada).post(path_of(linked))) == (409, "INSTANCE_BUSY")


def test_what_takes_longer_is_asked_for_by_administrators_alone(app, calls, linked, bob, ada, monkeypatch):
    monkeypatch.setitem(requests.test_session.__kwdefaults__, "wait", 0.0)
    pending = calls(ada).post(path_of(linked))
    place = pending.headers["Location"].removeprefix("/api")
    assert place == f"{path_of(linked)}/{json_of(pending)['request']}"
    assert calls(ada).get(place).status_code == 202
    with app.app_context():
        outcomes.tested(linked.id, claim(linked.id, json_of(pending)["request"]), "{}")
    assert set(json_of(calls(ada).get(place))) == SHOWN
    assert refusal(calls(bob).get(place)) == (403, "FORBIDDEN")
    assert refusal(calls(ada).get(f"/bot/requests/{json_of(pending)['request']}")) == (404, "REQUEST_NOT_FOUND")


def test_no_other_request_of_a_user_is_shown_that_way(app, calls, linked, ada, monkeypatch):
    monkeypatch.setitem(requests.link.__kwdefaults__, "wait", 0.0)
    asked = calls(linked).post("/bot/login", json={"username": "insta.name", "password": "secret"})
    place = f"{path_of(linked)}/{json_of(asked)['request']}"
    assert refusal(calls(ada).get(place)) == (404, "REQUEST_NOT_FOUND")
    assert refusal(calls(ada).get(f"{path_of(linked)}/{uuid.uuid4()}")) == (404, "REQUEST_NOT_FOUND")
    nobody = f"/users/{uuid.uuid4()}/test-session"
    assert refusal(calls(ada).post(nobody)) == (404, "USER_NOT_FOUND")
    assert refusal(calls(ada).get(f"{nobody}/{uuid.uuid4()}")) == (404, "USER_NOT_FOUND")


def test_it_is_not_the_administrators_sign_in_that_is_kept_by_the_answer(app, calls, worker, linked, ada):
    """Where the owner has confirmed in the app, a test signs in anew, and all sign-ins but the one that asked end."""
    with worker(linked, lambda taken: outcomes.tested(linked.id, taken, "{}")):
        calls(ada).post(path_of(linked))
    with app.app_context(), tenant(linked.id, reading=True) as session:
        assert session.scalars(select(AccountRequest.sign_in_id)).all() == [None]
    with app.app_context(), identity(reading=True) as session:
        assert session.scalars(select(UserSession.ended_at)).all() == [None, None]


def test_a_disabled_user_is_not_asked_for_at_instagram(calls, linked, ada):
    assert calls(ada).patch(f"/users/{linked.id}", json={"is_active": False}).status_code == 200
    assert refusal(calls(ada).post(path_of(linked)))[1] == "USER_DISABLED"
