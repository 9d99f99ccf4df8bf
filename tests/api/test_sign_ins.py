"""The API of sign-ins: shapes, and that strangers' are not found."""

import pytest
from flask import Flask
from redis import Redis

from tests.api.caller import Caller, json_of, refusal
from tests.support.environment import FixedClock, config_for, dispose
from tests.support.people import PASSWORD, Somebody


def again(calls, somebody: Somebody) -> Somebody:
    """Another sign-in of the same user."""
    body = {"username": somebody.username, "password": PASSWORD}
    answer = calls().post("/auth/login", json=body, headers={"User-Agent": "curl/8.5.0"})
    return Somebody(somebody.id, somebody.username, json_of(answer)["token"])


def test_my_sign_ins_are_listed_with_this_one_marked(calls, alice, clock: FixedClock):
    clock.advance(minutes=1)
    again(calls, alice)
    first, second = json_of(calls(alice).get("/auth/sessions"))["items"]
    assert first == {
        "id": first["id"],
        "created_at": "2026-03-10T12:01:00Z",
        "last_seen_at": "2026-03-10T12:01:00Z",
        "expires_at": "2026-03-11T12:01:00Z",
        "ip": "127.0.0.1",
        "user_agent": "curl",
        "device_name": None,
        "kind": "usual",
        "current": False,
        "ended_at": None,
        "end_reason": None,
    }
    assert second["current"] is True


def test_it_comes_in_parts(calls, alice, clock: FixedClock):
    for _ in range(2):
        clock.advance(minutes=1)
        again(calls, alice)
    part = json_of(calls(alice).get("/auth/sessions?limit=2"))
    rest = json_of(calls(alice).get(f"/auth/sessions?limit=2&cursor={part['next']}"))
    assert (len(part["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert refusal(calls(alice).get("/auth/sessions?cursor=x")) == (422, "BAD_CURSOR")


def test_one_is_ended_by_its_id_and_stays_in_the_history(calls, alice, clock: FixedClock):
    clock.advance(minutes=1)
    other = again(calls, alice)
    other_id = json_of(calls(alice).get("/auth/sessions"))["items"][0]["id"]
    assert json_of(calls(alice).delete(f"/auth/sessions/{other_id}")) == {"success": True}
    assert refusal(calls(other).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    item = json_of(calls(alice).get("/auth/sessions"))["items"][0]
    assert (item["end_reason"], item["ended_at"]) == ("ended_by_user", "2026-03-10T12:01:00Z")


def test_all_others_are_ended_at_once(calls, alice):
    other = again(calls, alice)
    assert json_of(calls(alice).delete("/auth/sessions")) == {"success": True}
    assert refusal(calls(other).get("/auth/me"))[0] == 401
    assert calls(alice).get("/auth/me").status_code == 200


def test_a_strangers_is_not_found_and_goes_on(calls, alice, bob):
    bobs = json_of(calls(bob).get("/auth/sessions"))["items"][0]["id"]
    assert refusal(calls(alice).delete(f"/auth/sessions/{bobs}")) == (404, "SIGN_IN_NOT_FOUND")
    assert calls(bob).get("/auth/me").status_code == 200


def test_an_administrator_sees_and_ends_those_of_all(calls, alice, ada):
    items = json_of(calls(ada).get("/sessions"))["items"]
    assert {item["username"] for item in items} == {"alice", "ada"}
    alices = next(item for item in items if item["username"] == "alice")
    assert (alices["user_id"], alices["current"]) == (alice.id, False)
    assert calls(ada).delete(f"/sessions/{alices['id']}").status_code == 200
    assert refusal(calls(alice).get("/auth/me"))[0] == 401
    assert refusal(calls(ada).delete("/sessions/11111111-1111-4111-8111-111111111111")) == (404, "SIGN_IN_NOT_FOUND")


def test_an_administrator_removes_the_expired_ones(calls, alice, ada, clock: FixedClock):
    clock.advance(minutes=70)
    calls_of_ada = calls(again(calls, ada))
    answer = json_of(calls_of_ada.post("/cleanup-sessions"))
    assert answer == {"success": True, "removed": 2, "forgotten": 0}


@pytest.fixture
def config(tmp_path, database_url, redis_url):
    """Sign-ins in a Redis that tests may lose."""
    Redis.from_url(redis_url).flushall()
    return config_for(tmp_path, database_url, redis_url, session_storage="redis")


def test_an_emptied_redis_is_told_to_whoever_was_signed_in(calls, alice, redis_url):
    Redis.from_url(redis_url).flushall()
    response = calls(alice).get("/auth/me")
    assert refusal(response) == (401, "SIGN_IN_LOST")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_without_redis_nobody_is_signed_in_and_what_is_public_answers(app: Flask, config, clock, alice):
    from wsgi import create_app

    lonely = create_app(config.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}), clock=clock)
    caller = Caller(lonely, alice)
    response = caller.get("/auth/me")
    assert refusal(response) == (503, "SESSIONS_UNAVAILABLE")
    assert response.headers["Retry-After"] == "5"
    login = caller.post("/auth/login", json={"username": "alice", "password": PASSWORD})
    assert refusal(login) == (503, "SESSIONS_UNAVAILABLE")
    assert caller.get("/health").status_code == 200
    assert lonely.test_client().get("/login", headers=alice.headers).status_code == 200
    dispose(lonely)
