"""Ids of /api/login: what they look like, which paths they open in which ways, and what keeps other sites out."""

import io
import json
import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import select, update

from bot.core.tokens import digest
from bot.storage.models import User, UserSession
from bot.storage.tenancy import identity
from middleware.access import COOKIE, ID_COOKIE, access_of
from tests.api.caller import field_codes, json_of, refusal
from tests.support.people import PASSWORD, give_valid_session, make_somebody, set_running
from wsgi import create_app

PATHS = {
    ("POST", "/api/login"),
    ("GET", "/api/status"),
    ("POST", "/api/logout"),
    ("POST", "/api/send-messages"),
    ("GET", "/api/results"),
}
ELSEWHERE = ("/auth/me", "/bot/status", "/auth/sessions", "/activity", "/bot/actions", "/errors")
FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OLD = {"usernames": ["ann", "ben"], "message": "Hello {username}"}


@pytest.fixture
def ann(app: Flask):
    """Somebody who came by way of an Instagram account that is linked; with an id."""
    with app.app_context():
        somebody = make_somebody("ig.ann_k")
        change(somebody, instagram_username="ann_k")
        give_valid_session(somebody.id, username="ann_k")
        set_running(somebody.id)
    return somebody


def change(somebody, **values):
    with identity() as session:
        session.execute(update(User).where(User.id == somebody.id).values(**values))
        session.commit()


def login(calls, **values):
    return calls().post("/login", json={"username": "ann_k", "password": PASSWORD} | values)


@pytest.fixture
def session_id(calls, ann):
    return json_of(login(calls))["session_id"]


def by_cookie(session_id):
    return {"Cookie": f"session_id={session_id}"}


def by_bearer(session_id):
    return {"Authorization": f"Bearer {session_id}"}


def test_the_paths_of_the_first_version_are_these_five(app: Flask):
    found = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if (access := access_of(app.view_functions[rule.endpoint])) and access.first_version
    }
    assert found == PATHS


def test_an_id_has_128_random_bits_in_the_form_of_a_uuid_and_its_hash_alone_is_stored(app, calls, ann):
    ids = [json_of(login(calls))["session_id"] for _ in range(64)]
    assert all(FORM.fullmatch(one) for one in ids)
    assert len(set(ids)) == 64
    # Of a random UUID six bits are always the same.
    numbers = [uuid.UUID(one).int for one in ids]
    always, never = numbers[0], ~numbers[0]
    for number in numbers:
        always, never = always & number, never & ~number
    assert (always, never & (2**128 - 1)) == (0, 0)
    with app.app_context(), identity(reading=True) as session:
        rows = session.scalars(select(UserSession)).all()
    assert {digest(one) for one in ids} <= {row.token_hash for row in rows}
    assert not any(one in repr(vars(row)) for one in ids for row in rows)


def test_the_server_sets_no_cookie_of_it(calls, ann):
    assert [line for line in login(calls).headers.getlist("Set-Cookie") if ID_COOKIE in line] == []


@pytest.mark.parametrize("way", [by_cookie, by_bearer])
def test_it_opens_its_paths_by_cookie_and_by_bearer_without_a_form_token(app, calls, session_id, way):
    client, headers = app.test_client(use_cookies=False), way(session_id)
    status = client.get("/api/status", headers=headers)
    assert (status.get_json()["logged_in"], status.get_json()["username"]) == (True, "ann_k")
    sent = client.post("/api/send-messages", headers=headers, json=OLD)
    assert (sent.status_code, sent.get_json()["action"]["total"]) == (202, 2)
    found = client.get("/api/results", headers=headers).get_json()["items"]
    assert {item["username"] for item in found} == {"ann", "ben"}
    assert client.post("/api/logout", headers=headers).status_code == 200
    assert refusal(client.get("/api/status", headers=headers)) == (401, "AUTHENTICATION_REQUIRED")


@pytest.mark.parametrize("path", ELSEWHERE)
def test_it_opens_no_other_path_in_any_way(app, session_id, path):
    client = app.test_client(use_cookies=False)
    for headers in (by_cookie(session_id), by_bearer(session_id), {"Cookie": f"{COOKIE}={session_id}"}):
        assert refusal(client.get(f"/api{path}", headers=headers)) == (401, "AUTHENTICATION_REQUIRED")


def test_it_opens_no_page(app, session_id):
    client = app.test_client(use_cookies=False)
    for headers in (by_cookie(session_id), by_bearer(session_id), {"Cookie": f"{COOKIE}={session_id}"}):
        assert client.get("/", headers=headers).location == "/login"


def test_whoever_brings_an_id_to_another_path_is_told_the_same_whether_there_is_such_an_id(app, session_id):
    client, told = app.test_client(use_cookies=False), []
    for one in (session_id, str(uuid.uuid4())):
        answer = client.get("/api/auth/me", headers=by_bearer(one)).get_json()
        told.append({**answer, "request_id": ""})
    assert told[0] == told[1]
    assert "/api/auth/login" in told[0]["message"]


def test_an_id_becomes_no_token_by_a_refresh(app, session_id):
    client = app.test_client(use_cookies=False)
    for headers in (by_cookie(session_id), by_bearer(session_id)):
        assert refusal(client.post("/api/auth/refresh", headers=headers)) == (401, "AUTHENTICATION_REQUIRED")


def test_a_token_is_not_taken_in_the_cookie_of_an_id(app, ann):
    client = app.test_client(use_cookies=False)
    for path in ("/status", "/results", "/auth/me"):
        refused = client.get(f"/api{path}", headers=by_cookie(ann.token))
        assert refusal(refused) == (401, "AUTHENTICATION_REQUIRED")
    assert refusal(client.post("/api/send-messages", headers=by_cookie(ann.token), json=OLD))[0] == 401


def test_a_token_in_the_form_of_an_id_is_not_taken_in_that_cookie_either(app, ann):
    """What the cookie takes is the kind of the sign-in and not its look."""
    looks = str(uuid.uuid4())
    with app.app_context(), identity() as session:
        session.execute(update(UserSession).values(token_hash=digest(looks)))
        session.commit()
    assert refusal(app.test_client().get("/api/status", headers=by_cookie(looks)))[0] == 401


def test_a_token_opens_these_paths_as_a_bearer_as_it_did(app, ann):
    client = app.test_client(use_cookies=False)
    assert client.get("/api/status", headers=ann.headers).get_json()["username"] == "ann_k"


def test_the_cookie_of_the_pages_still_needs_a_form_token_there(app, ann):
    client = app.test_client()
    client.set_cookie(COOKIE, ann.token)
    assert refusal(client.post("/api/send-messages", json=OLD)) == (403, "CSRF_FAILED")
    assert refusal(client.post("/api/send-messages", data=json.dumps(OLD), content_type="text/plain"))[0] == 403
    assert refusal(client.post("/api/logout")) == (403, "CSRF_FAILED")


@pytest.mark.parametrize("junk", ["x", "session", "00000000-0000-0000-0000-00000000000", "a" * 4000])
def test_a_cookie_of_that_name_that_is_no_id_is_of_some_other_program(app, ann, junk):
    client = app.test_client()
    client.set_cookie(COOKIE, ann.token)
    client.set_cookie(ID_COOKIE, junk)
    assert client.get("/api/status").status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "text/plain;charset=UTF-8", "text/plain; charset=utf-8"])
def test_json_that_is_sent_as_text_is_read_there(app, session_id, kind):
    client = app.test_client(use_cookies=False)
    body = json.dumps({"username": "ann_k", "password": PASSWORD})
    assert client.post("/api/login", data=body, content_type=kind).get_json()["session_id"]
    sent = client.post("/api/send-messages", data=json.dumps(OLD), content_type=kind, headers=by_cookie(session_id))
    assert sent.status_code == 202


@pytest.mark.parametrize("kind", ["text/html", "application/x-www-form-urlencoded", "text/json", ""])
def test_other_types_are_refused_there(app, ann, kind):
    body = json.dumps({"username": "ann_k", "password": PASSWORD})
    refused = app.test_client().post("/api/login", data=body, content_type=kind)
    assert refusal(refused) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_text_is_read_on_no_other_path(app, ann):
    body = json.dumps({"username": "ann_k", "password": PASSWORD})
    client = app.test_client(use_cookies=False)
    for path in ("/auth/login", "/auth/confirm", "/bot/login", "/bot/actions/follow-hashtag", "/users"):
        refused = client.post(f"/api{path}", data=body, content_type="text/plain", headers=ann.headers)
        assert refusal(refused)[1] in ("UNSUPPORTED_MEDIA_TYPE", "FORBIDDEN")


def test_text_is_read_as_strictly_as_json(app, calls, ann):
    refused = app.test_client().post("/api/login", data='{"username": "ann_k", "x": 1}', content_type="text/plain")
    assert field_codes(refused) == {"password": "MISSING", "x": "UNKNOWN_FIELD"}
    refused = app.test_client().post("/api/login", data="username=ann_k&password=x", content_type="text/plain")
    assert refusal(refused) == (400, "MALFORMED_JSON")


ELSEWHERE_ORIGINS = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:1"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", ELSEWHERE_ORIGINS)
def test_a_form_of_another_site_does_nothing(app, calls, session_id, headers):
    client = app.test_client()
    client.set_cookie(ID_COOKIE, session_id)
    # What a form can send: JSON as text, a file, nothing.
    bodies = [
        ("/send-messages", json.dumps(OLD), "text/plain"),
        ("/send-messages", {"message": "Hi", "file": (io.BytesIO(b"ann"), "a.csv")}, "multipart/form-data"),
        ("/logout", "", "application/x-www-form-urlencoded"),
        ("/login", json.dumps({"username": "ann_k", "password": PASSWORD}), "text/plain"),
    ]
    for path, data, kind in bodies:
        refused = client.post(f"/api{path}", headers=headers, data=data, content_type=kind)
        assert refusal(refused) == (403, "CSRF_FAILED")
    assert client.get("/api/results").get_json()["items"] == []


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}])
def test_a_program_and_a_page_of_this_server_pass(app, session_id, headers):
    client = app.test_client(use_cookies=False)
    sent = client.post("/api/send-messages", headers=by_cookie(session_id) | headers, json=OLD)
    assert sent.status_code == 202


def test_a_sign_in_adopts_no_id_that_it_was_sent(app, calls, ann):
    """Somebody who put an id of theirs, or a made-up one, into a browser learns nothing of who signs in there."""
    planted = str(uuid.uuid4())
    client = app.test_client(use_cookies=False)
    body = {"username": "ann_k", "password": PASSWORD}
    given = client.post("/api/login", json=body, headers=by_cookie(planted)).get_json()["session_id"]
    assert given != planted
    assert client.get("/api/status", headers=by_cookie(planted)).status_code == 401
    assert client.get("/api/status", headers=by_cookie(given)).status_code == 200


def test_who_signs_in_with_the_id_of_somebody_else_gets_an_own_one_and_ends_nothing(app, session_id):
    with app.app_context():
        ben = make_somebody("ig.ben")
        change(ben, instagram_username="ben")
        give_valid_session(ben.id, username="ben")
    client = app.test_client(use_cookies=False)
    body = {"username": "ben", "password": PASSWORD}
    given = client.post("/api/login", json=body, headers=by_cookie(session_id)).get_json()
    assert client.get("/api/status", headers=by_cookie(given["session_id"])).get_json()["username"] == "ben"
    assert client.get("/api/status", headers=by_cookie(session_id)).get_json()["username"] == "ann_k"


def test_guesses_at_ids_are_throttled_like_all_that_is_not_signed_in(app, monkeypatch, config):
    monkeypatch.setattr("middleware.rate_limit.REQUESTS_PER_MINUTE", 5)
    client = create_app(config).test_client(use_cookies=False)
    told = [client.get("/api/status", headers=by_cookie(uuid.uuid4())).status_code for _ in range(7)]
    assert told == [401] * 5 + [429] * 2
