import pytest
from flask import Flask

from bot.auth.throttle import ATTEMPT_LIMITS
from bot.config.runtime import EXTENSION
from middleware.access import COOKIE, require_confirmed, require_role
from tests.api.caller import field_codes, json_of, refusal
from tests.api.conftest import Calls
from tests.support.environment import FixedClock
from tests.support.people import PASSWORD, Somebody


@pytest.fixture
def newcomer(calls: Calls, ada: Somebody) -> Somebody:
    """A user who has signed in with a first password and not changed it."""
    created = json_of(calls(ada).post("/users", json={"username": "newcomer"}))
    password = created["initial_password"]
    token = json_of(calls().post("/auth/login", json={"username": "newcomer", "password": password}))["token"]
    return Somebody(created["user"]["id"], "newcomer", token, password)


def login(calls: Calls, **values):
    return calls().post("/auth/login", json={"username": "alice", "password": PASSWORD} | values)


def test_it_signs_in(calls, alice):
    answer = json_of(login(calls, username=" Alice "))
    assert answer["success"] is True
    assert answer["must_change_password"] is False
    assert answer["user"] == {"id": alice.id, "username": "alice", "role": "user", "email": None}
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    assert json_of(calls().get("/auth/me", headers=bearer))["user"] == answer["user"]


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(calls, alice):
    wrong, unknown = login(calls, password="something else"), login(calls, username="nobody")
    assert refusal(wrong) == refusal(unknown) == (401, "WRONG_CREDENTIALS")
    assert {**json_of(wrong), "request_id": ""} == {**json_of(unknown), "request_id": ""}
    assert wrong.headers["WWW-Authenticate"].startswith("Bearer")


def test_it_refuses_more_tries_and_says_for_how_long(calls, alice, clock: FixedClock):
    for _ in range(ATTEMPT_LIMITS["sign_in"].account_and_network):
        assert refusal(login(calls, password="something else"))[0] == 401
    response = login(calls)
    assert refusal(response) == (429, "TOO_MANY_SIGN_INS")
    clock.advance(seconds=int(response.headers["Retry-After"]))
    assert login(calls).status_code == 200


def test_a_program_that_brings_its_device_token_is_counted_apart(calls, alice):
    token = json_of(login(calls))["device_token"]
    for _ in range(ATTEMPT_LIMITS["sign_in"].account_and_network):
        login(calls, password="something else")
    assert refusal(login(calls)) == (429, "TOO_MANY_SIGN_INS")
    body = {"username": "alice", "password": PASSWORD}
    known = calls().post("/auth/login", json=body, headers={"X-Device-Token": token})
    assert json_of(known)["device_token"] == token


def test_a_sign_in_ends(calls, alice):
    assert json_of(calls(alice).post("/auth/logout")) == {"success": True}
    assert refusal(calls(alice).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")


def test_who_is_signed_in_by_a_token_needs_no_form_token(calls, alice):
    answer = json_of(calls(alice).get("/auth/me"))
    assert (answer["user"]["role"], answer["must_change_password"], answer["csrf_token"]) == ("user", False, None)


def test_who_is_signed_in_by_cookie_needs_a_form_token(calls, alice):
    caller = calls()
    caller.client.set_cookie(COOKIE, alice.token)
    assert refusal(caller.post("/bot/stop")) == (403, "CSRF_FAILED")
    token = json_of(caller.get("/auth/me"))["csrf_token"]
    assert refusal(caller.post("/bot/stop", headers={"X-CSRFToken": token + "x"})) == (403, "CSRF_FAILED")
    assert caller.post("/bot/stop", headers={"X-CSRFToken": token}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_cannot_call(calls, alice, headers):
    assert refusal(calls(alice).post("/bot/stop", headers=headers)) == (403, "CSRF_FAILED")


def test_a_first_password_allows_nothing_but_its_change(calls, newcomer):
    caller = calls(newcomer)
    assert json_of(caller.get("/auth/me"))["must_change_password"] is True
    for path in ("/bot/status", "/activity", f"/users/{newcomer.id}", "/errors"):
        assert refusal(caller.get(path)) == (403, "PASSWORD_CHANGE_REQUIRED")
    own = {"current_password": newcomer.password, "new_password": "a password of my own"}
    changed = json_of(caller.put(f"/users/{newcomer.id}/change-password", json=own))
    assert changed["must_change_password"] is False
    bearer = {"Authorization": f"Bearer {changed['token']}"}
    assert calls().get("/bot/status", headers=bearer).status_code == 200


def test_the_problems_of_a_sign_in_name_the_fields(calls):
    response = calls().post("/auth/login", json={"password": "", "remember": "yes", "device": True})
    assert refusal(response) == (422, "INVALID_INPUT")
    codes = {"username": "MISSING", "password": "TOO_SHORT", "remember": "WRONG_TYPE", "device": "UNKNOWN_FIELD"}
    assert field_codes(response) == codes


def test_a_token_in_the_address_signs_nobody_in(app: Flask, calls, alice):
    assert refusal(calls().get(f"/auth/me?token={alice.token}"))[0] == 401


@pytest.fixture
def guarded(app: Flask) -> str:
    """The path below /api of something that only who is confirmed may do."""
    view = require_confirmed(lambda: {"success": True})
    app.add_url_rule("/api/guarded", "guarded", view, methods=["POST"])
    return "/guarded"


def test_what_only_who_is_confirmed_may_do_opens_with_the_password(app, calls, alice, guarded, clock: FixedClock):
    client = app.test_client()
    path, headers = f"/api{guarded}", alice.headers
    assert client.post(path, headers=headers).status_code == 200
    clock.advance(minutes=10)
    assert refusal(client.post(path, headers=headers)) == (403, "CONFIRMATION_REQUIRED")
    answer = json_of(calls(alice).post("/auth/confirm", json={"password": PASSWORD}))
    assert answer["confirmed_until"] == "2026-03-10T12:20:00Z"
    assert client.post(path, headers=headers).status_code == 200


def test_a_wrong_password_confirms_nothing(app, calls, alice, guarded, clock: FixedClock):
    clock.advance(minutes=10)
    response = calls(alice).post("/auth/confirm", json={"password": "a guess"})
    assert refusal(response) == (400, "WRONG_CURRENT_PASSWORD")
    assert field_codes(response) == {"password": "WRONG_CURRENT_PASSWORD"}
    assert refusal(app.test_client().post(f"/api{guarded}", headers=alice.headers))[1] == "CONFIRMATION_REQUIRED"


def test_whose_role_does_not_allow_it_is_not_asked_to_confirm(app, alice, clock: FixedClock):
    app.add_url_rule("/api/hidden", "hidden", require_role("admin")(require_confirmed(lambda: {})), methods=["POST"])
    clock.advance(minutes=10)
    assert refusal(app.test_client().post("/api/hidden", headers=alice.headers)) == (403, "FORBIDDEN")


def test_the_sign_in_before_this_one_is_told(calls, alice, clock):
    assert json_of(calls(alice).get("/auth/last-sign-in"))["last"] is None
    clock.advance(minutes=1)
    token = json_of(calls().post("/auth/login", json={"username": "alice", "password": PASSWORD}))["token"]
    headers = {"Authorization": f"Bearer {token}"}
    last = json_of(calls().get("/auth/last-sign-in", headers=headers))["last"]
    assert (last["ip"], last["device"], last["failed"]) == ("127.0.0.1", "tests", 0)


def test_a_refresh_gives_a_new_token_and_the_same_end(calls, alice, clock: FixedClock):
    clock.advance(minutes=20)
    answer = json_of(calls(alice).post("/auth/refresh"))
    assert answer["expires_at"] == "2026-03-11T12:00:00Z"
    assert refusal(calls(alice).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    assert refusal(calls(alice).post("/auth/refresh")) == (401, "AUTHENTICATION_REQUIRED")
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    assert json_of(calls().get("/auth/me", headers=bearer))["user"]["username"] == "alice"


def test_a_refresh_by_cookie_sets_the_cookie_and_tells_no_script_the_token(app, calls, alice):
    caller = calls()
    caller.client.set_cookie(COOKIE, alice.token)
    assert refusal(caller.post("/auth/refresh")) == (403, "CSRF_FAILED")
    token = json_of(caller.get("/auth/me"))["csrf_token"]
    answer = caller.post("/auth/refresh", headers={"X-CSRFToken": token})
    assert json_of(answer)["token"] is None
    (line,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{COOKIE}=")]
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(line.split("; "))
    assert "Max-Age" not in line
    assert caller.client.get_cookie(COOKIE).value != alice.token
    assert caller.get("/auth/me").status_code == 200


def test_a_sign_in_is_remembered_where_the_server_does_that(app, calls, alice, monkeypatch):
    refused = login(calls, remember=True)
    assert field_codes(refused) == {"remember": "INVALID_INPUT"}
    parts = app.extensions[EXTENSION]
    monkeypatch.setattr(parts, "config", parts.config.model_copy(update={"session_remember": 7}))
    bearer = {"Authorization": f"Bearer {json_of(login(calls, remember=True))['token']}"}
    shown = next(item for item in json_of(calls().get("/auth/sessions", headers=bearer))["items"] if item["current"])
    assert (shown["kind"], shown["expires_at"]) == ("remembered", "2026-03-17T12:00:00Z")
    assert json_of(calls().post("/auth/refresh", headers=bearer))["expires_at"] == "2026-03-17T12:00:00Z"
