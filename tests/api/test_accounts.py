import uuid

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import select

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.linking import outcomes
from bot.linking.claimed import claim
from bot.linking.outcomes import Question
from bot.storage.models import AccountRequest
from bot.storage.tenancy import tenant
from tests.api.caller import field_codes, json_of, refusal
from tests.support.people import give_valid_session

CREDENTIALS = {"username": "@Insta.Name", "password": "canary instagram password"}


def signs_in(user):
    def answer(taken):
        assert (taken.username, taken.password) == ("insta.name", CREDENTIALS["password"])
        outcomes.linked(user.id, taken, session_data="{}", instagram_id="7", username="insta.name")

    return answer


def wants_code(user, kind="two_factor"):
    def answer(taken):
        outcomes.needs_code(user.id, taken, Question(kind, "+1 *** 42", "canary state", "sms", ("app", "sms")))

    return answer


def says_no(name, message=None):
    def answer(_taken):
        raise BotException(name, message)

    return answer


def test_an_account_is_linked(calls, worker, alice):
    with worker(alice, signs_in(alice)):
        answer = json_of(calls(alice).post("/bot/login", json=CREDENTIALS))
    assert (answer["session_valid"], answer["requires_verification"], answer["pending"]) == (True, False, False)
    status = json_of(calls(alice).get("/bot/status"))
    assert (status["session_valid"], status["instagram_username"]) == (True, "insta.name")


def test_a_code_is_asked_for_and_sent(calls, worker, alice, clock):
    with worker(alice, wants_code(alice)):
        answer = json_of(calls(alice).post("/bot/login", json=CREDENTIALS))
    assert (answer["session_valid"], answer["requires_verification"]) == (False, True)
    waiting = answer["verification"]
    assert (waiting["kind"], waiting["sent_to"]) == ("two_factor", "+1 *** 42")
    assert json_of(calls(alice).get("/bot/status"))["verification"] == waiting
    with worker(alice, lambda taken: linked_by_code(alice, taken)):
        answer = json_of(calls(alice).post("/bot/verify", json={"code": "123 456"}))
    assert answer["session_valid"] is True


def linked_by_code(user, taken):
    assert (taken.code, taken.state) == ("123456", "canary state")
    outcomes.linked(user.id, taken, session_data="{}", instagram_id="7", username="insta.name")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("INSTAGRAM_WRONG_PASSWORD", 422),
        ("INSTAGRAM_UNKNOWN_USER", 422),
        ("INSTAGRAM_CONFIRM_IN_APP", 409),
        ("INSTAGRAM_TIMEOUT", 504),
        ("INSTAGRAM_UNREACHABLE", 502),
    ],
)
def test_what_instagram_refuses_is_told_with_its_code(calls, worker, alice, name, status):
    with worker(alice, says_no(name)):
        response = calls(alice).post("/bot/login", json=CREDENTIALS)
    assert refusal(response) == (status, name)
    assert json_of(calls(alice).get("/bot/status"))["last_error_code"] == json_of(response)["code"]


def test_a_wrong_code_leaves_the_next_try(calls, worker, alice):
    with worker(alice, wants_code(alice, "challenge")):
        calls(alice).post("/bot/login", json=CREDENTIALS)
    with worker(alice, says_no("INSTAGRAM_WRONG_CODE")):
        assert refusal(calls(alice).post("/bot/verify", json={"code": "000000"})) == (422, "INSTAGRAM_WRONG_CODE")
    with worker(alice, lambda taken: linked_by_code(alice, taken)):
        assert calls(alice).post("/bot/verify", json={"code": "123456"}).status_code == 200


def test_an_expired_code_is_told(calls, worker, alice, clock):
    with worker(alice, wants_code(alice)):
        calls(alice).post("/bot/login", json=CREDENTIALS)
    clock.advance(minutes=11)
    assert refusal(calls(alice).post("/bot/verify", json={"code": "123456"})) == (410, "INSTAGRAM_CODE_EXPIRED")


def test_no_code_is_taken_that_nobody_asked_for(calls, alice):
    assert refusal(calls(alice).post("/bot/verify", json={"code": "123456"})) == (409, "NO_CODE_EXPECTED")
    assert field_codes(calls(alice).post("/bot/verify", json={"code": "abcdef"})) == {"code": "WRONG_FORM"}


@pytest.mark.usefixtures("impatient")
def test_what_takes_longer_can_be_asked_for_again(app: Flask, calls, alice, bob):
    response = calls(alice).post("/bot/login", json=CREDENTIALS)
    assert response.status_code == 202
    request_id = json_of(response)["request"]
    assert json_of(response)["pending"] is True
    place = response.headers["Location"].removeprefix("/api")
    assert place == f"/bot/requests/{request_id}"
    assert calls(alice).get(place).status_code == 202
    assert refusal(calls(bob).get(place)) == (404, "REQUEST_NOT_FOUND")
    with app.app_context():
        signs_in(alice)(claim(alice.id, request_id))
    answer = json_of(calls(alice).get(place))
    assert (answer["pending"], answer["session_valid"], answer["request"]) == (False, True, request_id)


@pytest.mark.usefixtures("impatient")
def test_what_was_withdrawn_is_told(calls, alice):
    place = calls(alice).post("/bot/login", json=CREDENTIALS).headers["Location"].removeprefix("/api")
    calls(alice).post("/bot/logout")
    assert refusal(calls(alice).get(place)) == (409, "REQUEST_WITHDRAWN")


@pytest.mark.usefixtures("impatient")
def test_one_thing_is_asked_at_a_time(calls, alice):
    calls(alice).post("/bot/login", json=CREDENTIALS)
    assert refusal(calls(alice).post("/bot/login", json=CREDENTIALS)) == (409, "INSTANCE_BUSY")


@pytest.mark.usefixtures("impatient")
def test_what_no_worker_took_is_told_in_the_end(calls, alice, clock):
    place = calls(alice).post("/bot/login", json=CREDENTIALS).headers["Location"].removeprefix("/api")
    clock.advance(seconds=121)
    assert refusal(calls(alice).get(place)) == (503, "REQUEST_ABANDONED")


def test_an_unknown_request_is_not_found(calls, alice):
    assert refusal(calls(alice).get(f"/bot/requests/{uuid.uuid4()}")) == (404, "REQUEST_NOT_FOUND")


def test_the_stored_session_is_tested(app: Flask, calls, worker, alice, clock):
    with app.app_context():
        give_valid_session(alice.id)
    clock.advance(minutes=20)
    with worker(alice, lambda taken: outcomes.tested(alice.id, taken, "{}")):
        answer = json_of(calls(alice).post(f"/users/{alice.id}/test-session"))
    assert (answer["session_valid"], answer["last_tested"]) == (True, "2026-03-10T12:20:00Z")


def test_a_session_that_instagram_ended_is_marked_invalid(app: Flask, calls, worker, alice):
    with app.app_context():
        give_valid_session(alice.id)
    with worker(alice, says_no("INSTAGRAM_LOGGED_OUT")):
        answer = json_of(calls(alice).post(f"/users/{alice.id}/test-session"))
    assert (answer["session_valid"], answer["error"]) == (False, "INSTAGRAM_LOGGED_OUT")
    assert answer["action"].startswith("Connect your account again")
    status = json_of(calls(alice).get("/bot/status"))
    assert (status["session_valid"], status["verdict"]["reason"]) == (False, "INSTAGRAM_LOGGED_OUT")


def test_without_a_link_the_session_is_not_valid_and_nobody_is_asked(app: Flask, calls, alice):
    answer = json_of(calls(alice).post(f"/users/{alice.id}/test-session"))
    assert (answer["session_valid"], answer["error"], answer["request"]) == (False, "NOT_LINKED", None)
    assert "No Instagram account is connected." in answer["message"]
    with app.app_context(), tenant(alice.id) as session:
        assert session.scalars(select(AccountRequest)).all() == []


def test_while_a_code_is_awaited_the_session_is_not_valid(calls, worker, alice):
    with worker(alice, wants_code(alice)):
        calls(alice).post("/bot/login", json=CREDENTIALS)
    with worker(alice, says_no("SESSION_INVALID")):
        answer = json_of(calls(alice).post(f"/users/{alice.id}/test-session"))
    assert (answer["session_valid"], answer["error"]) == (False, "SESSION_INVALID")


def test_nobody_tests_the_session_of_another(calls, alice, bob):
    assert refusal(calls(bob).post(f"/users/{alice.id}/test-session")) == (404, "USER_NOT_FOUND")
    assert refusal(calls(bob).get(f"/users/{alice.id}/test-session/{uuid.uuid4()}"))[0] == 403


def test_an_account_is_forgotten(app: Flask, calls, alice):
    with app.app_context():
        give_valid_session(alice.id)
    assert json_of(calls(alice).post("/bot/logout")) == {"success": True}
    status = json_of(calls(alice).get("/bot/status"))
    assert (status["session_valid"], status["linked"], status["bot_running"]) == (False, False, False)
    assert refusal(calls(alice).post("/bot/start")) == (409, "SESSION_INVALID")


def test_without_redis_it_says_so_and_keeps_no_secret(app: Flask, calls, alice, monkeypatch: pytest.MonkeyPatch):
    def away(*_arguments, **_options):
        raise RedisAway("away")

    monkeypatch.setattr(Redis, "execute_command", away)
    assert refusal(calls(alice).post("/bot/login", json=CREDENTIALS)) == (503, "QUEUE_UNAVAILABLE")
    with app.app_context(), tenant(alice.id) as session:
        assert [row.secret_encrypted for row in session.scalars(select(AccountRequest))] == [None]


def test_no_answer_and_no_key_in_redis_holds_the_password(app: Flask, calls, worker, alice):
    with worker(alice, wants_code(alice)):
        response = calls(alice).post("/bot/login", json=CREDENTIALS)
    with app.app_context():
        redis = runtime().redis
        stored = repr([redis.dump(key) for key in redis.scan_iter()])
    assert CREDENTIALS["password"] not in response.text
    assert "canary" not in response.text
    assert "canary" not in stored


def test_an_export_of_the_session_is_confirmed_first_and_kept_by_nobody(calls, ready, clock):
    caller = calls(ready)
    response = caller.post("/bot/export-session")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=instagram_insta.name_")
    clock.advance(minutes=11)
    assert refusal(caller.post("/bot/export-session")) == (403, "CONFIRMATION_REQUIRED")


def test_without_a_session_nothing_is_exported(calls, alice):
    assert refusal(calls(alice).post("/bot/export-session")) == (409, "NOT_LINKED")


def test_an_export_of_the_session_counts_with_those_of_all_data(calls, ready):
    caller = calls(ready)
    paths = ["/bot/export-session"] * 2
    assert [caller.post(path).status_code for path in paths] == [200, 200]
    assert caller.get(f"/users/{ready.id}/export").status_code == 200
    assert refusal(caller.post("/bot/export-session")) == (429, "TOO_MANY_ATTEMPTS")
