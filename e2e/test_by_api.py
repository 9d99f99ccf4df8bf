"""The first slice of the product by its API alone."""

from typing import Any

import pytest
import requests

from e2e.api import PASSWORD, Api
from e2e.installation import Installation, Login

KINDS = ["sqlite", "postgresql"]
PROBLEM = {"success", "error", "code", "message", "action", "help", "request_id", "status", "errors"}
FOLLOW = "/bot/actions/follow-hashtag"
FORM = {"hashtag": "coffee", "amount": 5}


def refusal(reply: requests.Response, status: int) -> str:
    """The name of the failure that the reply tells in the one shape of failures."""
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = reply.json()
    assert problem.keys() >= PROBLEM
    assert (problem["success"], problem["status"]) == (False, status)
    assert reply.headers["X-Request-ID"] == problem["request_id"]
    return str(problem["error"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_goes_from_sign_in_to_the_first_follows(installation: Installation) -> None:
    login = installation.newcomer("bea")
    account = installation.sandbox.account("challenge_at_sign_in")
    bea = sign_in(installation.api, login)
    meet_closed_doors(bea)
    link(bea, login, account)
    action = place_follows(bea)
    look_at_what_was_done(bea, action["id"], installation.sandbox.targets(account["username"], "follow"))
    leave(bea)


def sign_in(api: Api, login: Login) -> Api:
    assert refusal(api.call("GET", "/auth/me"), 401) == "AUTHENTICATION_REQUIRED"
    wrong = {"username": login.username, "password": "not this one"}
    assert refusal(api.call("POST", "/auth/login", wrong), 401) == "WRONG_CREDENTIALS"
    answer = api.post("/auth/login", username=login.username, password=login.password)
    assert answer["must_change_password"] is True
    assert answer["user"] == {"id": login.id, "username": login.username, "role": "user", "email": None}
    first = api.signed_in_with(answer["token"])
    for method, path in (("GET", "/bot/status"), ("POST", "/bot/start"), ("GET", "/activity")):
        assert refusal(first.call(method, path), 403) == "PASSWORD_CHANGE_REQUIRED"
    change = {"current_password": login.password, "new_password": PASSWORD}
    changed = first.put(f"/users/{login.id}/change-password", **change)
    assert changed["must_change_password"] is False
    assert refusal(first.call("GET", "/auth/me"), 401) == "AUTHENTICATION_REQUIRED"
    return api.signed_in_with(changed["token"])


def meet_closed_doors(bea: Api) -> None:
    assert refusal(bea.call("GET", "/users"), 403) == "FORBIDDEN"
    assert refusal(bea.call("POST", FOLLOW, FORM), 409) == "SESSION_INVALID"
    assert refusal(bea.call("POST", "/bot/start"), 409) == "SESSION_INVALID"
    status = bea.get("/bot/status")
    assert (status["bot_running"], status["session_valid"], status["verdict"]["state"]) == (False, False, "halted")


def link(bea: Api, login: Login, account: dict[str, str]) -> None:
    waiting = bea.post("/bot/login", username=account["username"], password=account["password"])
    assert waiting["requires_verification"] is True
    assert waiting["verification"].keys() == {"kind", "sent_to", "expires_at", "method", "methods"}
    assert waiting["verification"]["kind"] == "challenge"
    wrong_code = bea.call("POST", "/bot/verify", {"code": "111111"})
    assert refusal(wrong_code, 422) == "INSTAGRAM_WRONG_CODE"
    assert bea.post("/bot/verify", code=account["code"])["session_valid"] is True
    tested = bea.post(f"/users/{login.id}/test-session")
    assert tested["session_valid"] is True
    assert tested["last_tested"]
    status = bea.get("/bot/status")
    assert (status["session_valid"], status["instagram_username"]) == (True, account["username"])


def place_follows(bea: Api) -> Any:
    assert refusal(bea.call("POST", FOLLOW, FORM), 409) == "BOT_STOPPED"
    assert bea.post("/bot/start")["bot_running"] is True
    accepted = bea.call("POST", FOLLOW, FORM, **{"Idempotency-Key": "coffee-1"})
    assert accepted.status_code == 202
    action = accepted.json()["action"]
    assert (action["kind"], action["total"], action["done"]) == ("follow-hashtag", 5, 0)
    again = bea.call("POST", FOLLOW, FORM, **{"Idempotency-Key": "coffee-1"})
    assert again.json()["action"]["id"] == action["id"]
    ended = bea.wait_for(action["id"], status="succeeded")
    assert (ended["done"], ended["failed"], ended["unknown"], ended["pending"]) == (5, 0, 0, 0)
    return ended


def look_at_what_was_done(bea: Api, action_id: str, arrived: list[str]) -> None:
    assert len(arrived) == 5
    targets = bea.get(f"/bot/actions/{action_id}/targets?limit=100")["items"]
    assert {one["target"] for one in targets if one["status"] == "done"} == set(arrived)
    items = bea.get("/activity?action=follow&status=done")["items"]
    assert [one["target"] for one in reversed(items)] == arrived
    assert {one["action_id"] for one in items} == {action_id}
    limit = next(one for one in bea.get("/bot/status")["limits"] if one["kind"] == "follow")
    assert (limit["used"], limit["binding"]) == (5, "ramp")


def leave(bea: Api) -> None:
    bea.post("/bot/stop")
    assert refusal(bea.call("POST", FOLLOW, FORM), 409) == "BOT_STOPPED"
    bea.post("/bot/logout")
    assert refusal(bea.call("POST", FOLLOW, FORM), 409) == "SESSION_INVALID"
    bea.post("/auth/logout")
    assert refusal(bea.call("GET", "/auth/me"), 401) == "AUTHENTICATION_REQUIRED"


def test_the_first_administrator_may_change_the_first_password_without_a_page(installation: Installation) -> None:
    me = installation.admin.get("/auth/me")
    assert (me["user"]["role"], me["must_change_password"]) == ("admin", False)
    username, first = installation.stack.admin or ("", "")
    spent = installation.api.call("POST", "/auth/login", {"username": username, "password": first})
    assert refusal(spent, 401) == "WRONG_CREDENTIALS"
