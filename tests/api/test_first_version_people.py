"""Whom an id of /api/login stands for: when it ends, and users who may do less, or more, than others."""

import re

from sqlalchemy import update

from bot.auth.passwords import hash_password
from bot.auth.sessions import sessions
from bot.config.runtime import EXTENSION
from bot.storage.models import UserSession
from bot.storage.tenancy import identity
from tests.api.caller import json_of, refusal
from tests.api.test_first_version import OLD, PATHS, by_bearer, by_cookie, change, login
from tests.api.test_first_version import ann as ann
from tests.api.test_first_version import session_id as session_id
from tests.support.people import PASSWORD, make_somebody


def test_it_ends_after_an_idle_hour_and_after_a_day(app, session_id, clock):
    client, headers = app.test_client(use_cookies=False), by_cookie(session_id)
    for _ in range(26):
        clock.advance(minutes=55)
        assert client.get("/api/status", headers=headers).status_code == 200
    clock.advance(minutes=11)
    assert client.get("/api/status", headers=headers).status_code == 401


def test_it_ends_when_nobody_uses_it_for_an_hour(app, session_id, clock):
    clock.advance(minutes=60)
    assert app.test_client().get("/api/status", headers=by_cookie(session_id)).status_code == 401


def test_it_stands_among_the_sign_ins_and_is_ended_there(app, calls, ann, session_id):
    shown = next(item for item in json_of(calls(ann).get("/auth/sessions"))["items"] if item["kind"] != "usual")
    assert shown["kind"] == "first_version"
    calls(ann).delete(f"/auth/sessions/{shown['id']}")
    assert app.test_client().get("/api/status", headers=by_cookie(session_id)).status_code == 401


def test_a_disabled_user_is_out_at_once_and_does_not_come_in(app, calls, ann, session_id):
    with app.app_context():
        change(ann, is_active=False)
    assert app.test_client().get("/api/status", headers=by_cookie(session_id)).status_code == 401
    assert refusal(login(calls)) == (401, "WRONG_CREDENTIALS")


def test_with_a_first_password_it_is_good_for_its_end_and_nothing_else(app, calls, ann):
    with app.app_context():
        change(ann, must_change_password=True)
    headers = by_cookie(json_of(login(calls))["session_id"])
    client = app.test_client(use_cookies=False)
    for method, path in sorted(PATHS - {("POST", "/api/login"), ("POST", "/api/logout")}):
        refused = client.open(path, method=method, headers=headers, json=OLD if method == "POST" else None)
        assert refusal(refused) == (403, "PASSWORD_CHANGE_REQUIRED")
    assert client.post("/api/logout", headers=headers).status_code == 200


def test_a_first_password_that_has_expired_signs_nobody_in(app, calls, ann, clock):
    with app.app_context():
        change(ann, must_change_password=True, first_password_expires_at=clock.now())
    clock.advance(seconds=1)
    assert refusal(login(calls)) == (401, "FIRST_PASSWORD_EXPIRED")


def test_the_name_of_an_administrator_here_is_none_of_instagram(app, calls, ada):
    refused = calls().post("/login", json={"username": "ada", "password": PASSWORD})
    assert refusal(refused) == (401, "WRONG_CREDENTIALS")


def test_an_administrator_who_came_that_way_administers_nothing_with_an_id(app, calls, ann):
    with app.app_context():
        change(ann, role="admin")
    client, headers = app.test_client(use_cookies=False), by_bearer(json_of(login(calls))["session_id"])
    assert client.get("/api/status", headers=headers).status_code == 200
    for path in ("/users", "/sessions", "/admin/kill-switch", "/admin/audit"):
        assert refusal(client.get(f"/api{path}", headers=headers)) == (401, "AUTHENTICATION_REQUIRED")


def test_an_administrator_who_must_have_a_second_factor_does_nothing_without(app, calls, ann, monkeypatch):
    parts = app.extensions[EXTENSION]
    monkeypatch.setattr(parts, "config", parts.config.model_copy(update={"require_admin_second_factor": True}))
    with app.app_context():
        change(ann, role="admin")
    headers = by_cookie(json_of(login(calls))["session_id"])
    client = app.test_client(use_cookies=False)
    assert refusal(client.get("/api/status", headers=headers)) == (403, "SECOND_FACTOR_SETUP_REQUIRED")
    assert client.post("/api/logout", headers=headers).status_code == 200


def test_a_sign_in_that_waits_for_a_code_sees_its_state_and_its_end_alone(app, session_id):
    with app.app_context(), identity() as session:
        session.execute(update(UserSession).values(needs_code=True))
        session.commit()
    client, headers = app.test_client(use_cookies=False), by_cookie(session_id)
    assert refusal(client.get("/api/results", headers=headers)) == (403, "SIGN_IN_NEEDS_CODE")
    assert refusal(client.post("/api/send-messages", headers=headers, json=OLD)) == (403, "SIGN_IN_NEEDS_CODE")
    assert client.get("/api/status", headers=headers).status_code == 200
    assert client.post("/api/logout", headers=headers).status_code == 200


def test_a_new_password_ends_every_id(app, calls, ann, session_id):
    new = {"current_password": PASSWORD, "new_password": "another battery staple"}
    assert calls(ann).put(f"/users/{ann.id}/change-password", json=new).status_code == 200
    assert app.test_client().get("/api/status", headers=by_cookie(session_id)).status_code == 401


def test_a_code_without_the_id_that_waits_for_it_is_refused_and_asks_instagram_nothing(app, calls, ann, session_id):
    refused = login(calls, verification_code="123456")
    assert refusal(refused) == (409, "NO_CODE_EXPECTED")
    with app.app_context():
        ben = make_somebody("ig.ben")
        change(ben, instagram_username="ben", password=hash_password(PASSWORD))
    body = {"username": "ben", "password": PASSWORD, "verification_code": "123456"}
    of_another = app.test_client().post("/api/login", json=body, headers=by_cookie(session_id))
    assert refusal(of_another) == (409, "NO_CODE_EXPECTED")


def test_tokens_of_the_sign_in_stay_as_strong_as_they_are(app, calls, ann):
    answer = json_of(calls().post("/auth/login", json={"username": "ig.ann_k", "password": PASSWORD}))
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", answer["token"])
    with app.app_context():
        assert sessions.find(answer["token"], "bearer").kind == "usual"


def test_one_id_may_be_shared_by_several_devices(app, session_id):
    for agent, address in (("phone", "192.0.2.7"), ("laptop", "203.0.113.9")):
        client = app.test_client(use_cookies=False)
        headers = by_cookie(session_id) | {"User-Agent": agent}
        shown = client.get("/api/status", headers=headers, environ_base={"REMOTE_ADDR": address})
        assert shown.get_json()["username"] == "ann_k"
