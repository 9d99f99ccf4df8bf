"""The control API: its answers, and what it refuses."""

import json
from datetime import datetime
from typing import Any

import pytest
import requests


@pytest.fixture
def ask(sandbox):
    def ask(method: str, path: str, **request: Any) -> requests.Response:
        return requests.request(method, sandbox.url + path, timeout=10, **request)

    return ask


def test_it_says_when_it_is_ready(sandbox):
    assert sandbox.get("/health") == {"status": "ok", "seed": 1, "people": 100_000, "unkind": False}


def test_it_says_how_a_client_gets_in(sandbox):
    connection = sandbox.get("/connection")

    assert connection["proxy"].startswith("http://127.0.0.1:")
    assert connection["ca_pem"].startswith("-----BEGIN CERTIFICATE-----")


def test_it_names_ten_plain_accounts_and_one_of_every_other_behaviour(sandbox):
    accounts = sandbox.accounts()

    assert len(sandbox.accounts("plain")) == 10
    for behaviour in ("two_factor", "challenge_email", "challenge_at_sign_in", "challenge_phone_only"):
        assert [one["username"] for one in sandbox.accounts(behaviour)] == [behaviour]
    assert len({one["password"] for one in accounts}) == len(accounts)
    assert {one["behaviour"] for one in accounts if "code" in one} == {
        "two_factor",
        "two_factor_sms",
        "two_factor_whatsapp",
        "two_factor_many",
        "challenge_email",
        "challenge_phone",
        "challenge_at_sign_in",
        "challenged",
    }


def test_the_ledger_is_in_order_and_tells_accounts_apart(sandbox, signed_in):
    signed_in("plain_02")
    signed_in("plain_01")

    assert [one["account"] for one in sandbox.ledger()] == ["plain_02", "plain_01"]
    (only,) = sandbox.ledger("plain_01")
    assert only.keys() == {"account", "kind", "target", "at"}
    assert datetime.fromisoformat(only["at"]).utcoffset() is not None


def test_a_session_can_be_had_without_signing_in(sandbox, fresh_client):
    opened = sandbox.post("/sessions", account="two_factor")

    sign_in = {"ds_user_id": opened["id"], "sessionid": opened["session"]}
    client = fresh_client({"authorization_data": sign_in, "cookies": {"sessionid": opened["session"]}})

    assert client.account_info().username == opened["account"] == "two_factor"
    assert [one["kind"] for one in sandbox.ledger("two_factor")] == ["login"]


def test_requests_are_counted_by_account_and_call(sandbox, signed_in):
    signed_in("plain_01").account_info()

    assert sandbox.requests("plain_01") == {"login": 1, "reels_tray": 1, "timeline": 1, "current_user": 1}
    assert sandbox.get("/requests", call="current_user") == [
        {"account": "plain_01", "call": "current_user", "count": 1}
    ]


def test_a_reset_forgets_sessions_friendships_and_answers(sandbox, signed_in):
    client = signed_in("plain_01")
    client.user_follow("2000000042")
    sandbox.post("/challenges/confirm", account="challenge_phone_only")
    sandbox.fault("plain_01", "any", "html")

    sandbox.reset()

    assert sandbox.ledger() == sandbox.get("/requests") == sandbox.get("/faults") == []
    assert not signed_in("plain_01").user_friendship_v1("2000000042").following


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"account": "nobody", "call": "follow", "fault": "html"}, "account"),
        ({"account": "plain_01", "call": "dance", "fault": "html"}, "call"),
        ({"account": "plain_01", "call": "follow", "fault": "earthquake"}, "fault"),
        ({"account": "plain_01", "call": "follow", "fault": "html", "count": 0}, "count"),
        ({"account": "plain_01", "call": "follow", "fault": "html", "count": "2"}, "count"),
        ({"account": "plain_01", "call": "follow", "fault": "html", "status": 200}, "status"),
        ({"account": "plain_01", "call": "follow", "fault": "html", "times": 2}, "times"),
        ({"account": "plain_01", "call": "follow", "fault": "html", "share": 0}, "share"),
        ({"account": "plain_01", "call": "follow", "fault": "html", "share": 1.1}, "share"),
        ({"account": "plain_01", "call": "follow", "fault": "stale"}, "fault"),
        ({"account": "plain_01", "call": "act", "fault": "stale"}, "fault"),
        ({"account": "plain_01", "call": "follow"}, "fault"),
        ([], "body"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_field(ask, body, field):
    reply = ask("POST", "/faults", json=body)

    assert reply.status_code == 422
    assert field in reply.json()["fields"]
    assert ask("GET", "/faults").json() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/latency", {"ms": -1}),
        ("/latency", {"ms": 10**9}),
        ("/sessions", {"account": "nobody"}),
        ("/sessions/end", {"account": "nobody"}),
        ("/challenges/confirm", {}),
    ],
)
def test_other_commands_that_make_no_sense_are_refused(ask, path, body):
    assert ask("POST", path, json=body).status_code == 422


@pytest.mark.parametrize("body", ["", "{", "nonsense", "[" * 100_000])
def test_a_body_that_is_not_json_is_refused(ask, body):
    assert ask("POST", "/faults", data=body).status_code == 400


def test_a_body_larger_than_any_command_is_refused(ask):
    assert ask("POST", "/faults", data=json.dumps({"account": "x" * 2_000_000})).status_code == 413


def test_unknown_paths_and_methods_are_refused(ask):
    assert ask("GET", "/nothing").status_code == 404
    assert ask("DELETE", "/ledger").status_code == 405


def test_it_is_for_this_machine_only(ask):
    assert ask("GET", "/accounts", headers={"host": "evil.example:8001"}).status_code == 403


FROM_ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:8000"},
    {"Origin": "https://{host}"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://{host}", "Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_page_of_another_site_changes_nothing(sandbox, ask, headers, kind):
    host = sandbox.url.removeprefix("http://")
    sent = {name: value.format(host=host) for name, value in headers.items()} | {"Content-Type": kind}
    fault = json.dumps({"fault": "feedback_required", "call": "follow"})
    before = sandbox.get("/faults")
    assert ask("POST", "/faults", data=fault, headers=sent).status_code == 403
    assert ask("DELETE", "/faults", headers=sent).status_code == 403
    assert sandbox.get("/faults") == before


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://{host}"}, {"Sec-Fetch-Site": "none"}])
def test_programs_and_its_own_pages_are_let_in(sandbox, ask, headers):
    host = sandbox.url.removeprefix("http://")
    sent = {name: value.format(host=host) for name, value in headers.items()}
    assert ask("DELETE", "/faults", headers=sent).status_code < 300
