"""Replies word for word: whoever gets them, what the form refuses, and the cases that are kept as data."""

import base64
import json
from typing import Any

import pytest
import requests
from instagrapi import exceptions

from sandbox.faults import CALLS
from sandbox.replies import cases, recorded

SOMEBODY = "2000000042"
OK = {"status": 200, "headers": {}, "body": {"status": "ok", "odd": True}}
PLAIN = {"account": "plain_01", "call": "follow"}


@pytest.fixture
def call(sandbox, ca_file, own_trust):
    """One request to Instagram's host as it is, without a client."""

    def ask(method: str, path: str, **request: Any) -> requests.Response:
        with requests.Session() as session:
            session.proxies = {"https": sandbox.proxy}
            session.verify = str(ca_file)
            return session.request(method, f"https://i.instagram.com{path}", timeout=10, **request)

    return ask


def test_a_call_is_answered_word_for_word_as_often_as_was_said(sandbox, signed_in):
    client = signed_in("plain_01")
    body = {"friendship_status": {"following": False, "outgoing_request": True}, "status": "ok", "list": [None, 1.5]}
    sandbox.answer("plain_01", {"status": 200, "headers": {}, "body": body}, call="follow", count=2)

    for _ in range(2):
        client.user_follow(SOMEBODY)
        assert client.last_json == body
    assert client.user_follow(SOMEBODY)

    assert sandbox.targets("plain_01", "follow") == [client.user_info_v1(SOMEBODY).username]
    assert sandbox.get("/faults") == []


def test_what_was_processed_shows_in_the_ledger(sandbox, signed_in):
    client = signed_in("plain_01")
    sandbox.answer("plain_01", {"status": 500, "body": {"status": "fail"}}, call="follow", processed=True)

    with pytest.raises(exceptions.ClientError):
        client.user_follow(SOMEBODY)

    assert len(sandbox.targets("plain_01", "follow")) == 1


def test_a_field_of_the_request_comes_back_in_the_body(sandbox, signed_in):
    client = signed_in("plain_01")
    body = {"payload": {"client_context": "{{form.client_context}}", "all": ["<{{form.action}}|{{form.none}}>"]}}
    sandbox.answer("plain_01", {"status": 200, "body": {**body, "status": "ok"}}, call="message")

    client.private_request(
        "direct_v2/threads/broadcast/text/",
        {"client_context": "6001", "action": "send_item", "text": "hi"},
        with_signature=False,
    )

    assert client.last_json["payload"] == {"client_context": "6001", "all": ["<send_item|>"]}


def test_a_path_is_found_in_the_path_of_a_call_that_the_sandbox_does_not_know(sandbox, call):
    sandbox.post("/faults", account="*", path=r"/nothing/\d+/at_all/$", reply={"status": 418, "body": {"a": 1}})

    assert call("POST", "/api/v1/nothing/x/at_all/").status_code == 404
    met = call("POST", "/api/v1/nothing/12/at_all/")

    assert (met.status_code, met.json()) == (418, {"a": 1})
    assert call("POST", "/api/v1/nothing/12/at_all/").status_code == 404


def test_a_path_meets_a_call_whose_form_is_unreadable(sandbox, call):
    sandbox.post("/faults", account="*", path="send_login_request", reply=OK)

    assert call("POST", "/api/v1/bloks/async_action/com.bloks.www.bloks.caa.login.async.send_login_request/").ok


def test_a_path_of_one_account_meets_no_other(sandbox, signed_in):
    client, other = signed_in("plain_01"), signed_in("plain_02")
    sandbox.post("/faults", account="plain_01", path=r"friendships/create/", reply=OK)

    assert other.user_follow(SOMEBODY)
    assert client.private_request(f"friendships/create/{SOMEBODY}/", {})["odd"]


@pytest.mark.parametrize(
    ("reply", "content", "content_type"),
    [
        ({"body": "<html>"}, b"<html>", "text/html; charset=utf-8"),
        ({}, b"", "text/html; charset=utf-8"),
        ({"body": None}, b"null", "application/json; charset=utf-8"),
        ({"body": [1]}, b"[1]", "application/json; charset=utf-8"),
        ({"body": "{", "headers": {"Content-Type": "application/json"}}, b"{", "application/json"),
        ({"body_base64": base64.b64encode(b"\xff\x00").decode()}, b"\xff\x00", "text/html; charset=utf-8"),
    ],
)
def test_a_body_is_json_or_text_or_bytes(sandbox, call, reply, content, content_type):
    sandbox.post("/faults", account="*", path="/whatever/", reply={"status": 200, **reply})

    met = call("GET", "/whatever/")

    assert (met.content, met.headers["content-type"]) == (content, content_type)


def test_headers_go_out_each_and_several_of_one_name(sandbox, call):
    headers = {"Retry-After": "60", "Set-Cookie": ["a=1; Path=/", "b=2; Path=/"]}
    sandbox.post("/faults", account="*", path="/whatever/", reply={"status": 429, "headers": headers, "body": ""})

    met = call("GET", "/whatever/")

    assert met.headers["retry-after"] == "60"
    assert met.cookies.get_dict() == {"a": "1", "b": "2"}


def test_a_large_screen_arrives_whole_over_either_version_of_http(sandbox, signed_in, call):
    client = signed_in("plain_01")
    screen = {"layout": "x" * 150_000, "status": "ok"}
    sandbox.post("/faults", account="*", path="/screen/", count=2, reply={"status": 200, "body": screen})

    assert client.private_request("screen/") == screen
    assert call("GET", "/screen/").json() == screen


def test_a_waiting_reply_is_listed_as_it_was_given_and_can_be_taken_back(sandbox):
    reply = {"status": 404, "headers": {"x": ["1"]}, "body_base64": "/w=="}
    sandbox.post("/faults", account="*", path="a|b", reply=reply, count=3, processed=True)

    (listed,) = sandbox.get("/faults")
    assert listed == {
        "account": "*",
        "call": None,
        "path": "a|b",
        "fault": None,
        "reply": reply,
        "count": 3,
        "status": None,
        "processed": True,
        "share": 1.0,
    }
    sandbox.clear_faults()
    assert sandbox.get("/faults") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**PLAIN, "reply": {"status": 199}}, "reply.status"),
        ({**PLAIN, "reply": {"status": 600}}, "reply.status"),
        ({**PLAIN, "reply": {"status": "200"}}, "reply.status"),
        ({**PLAIN, "reply": {"headers": {"a b": "c"}}}, "reply.headers"),
        ({**PLAIN, "reply": {"headers": {"a": "b\r\nc: d"}}}, "reply.headers"),
        ({**PLAIN, "reply": {"headers": {"a": "é"}}}, "reply.headers"),
        ({**PLAIN, "reply": {"headers": {"Content-Length": "1"}}}, "reply.headers"),
        ({**PLAIN, "reply": {"headers": {"Transfer-Encoding": "chunked"}}}, "reply.headers"),
        ({**PLAIN, "reply": {"headers": {"a": "b" * 20_000}}}, "reply.headers"),
        ({**PLAIN, "reply": {"headers": ["a"]}}, "reply.headers"),
        ({**PLAIN, "reply": {"body": {}, "body_base64": ""}}, "reply.body_base64"),
        ({**PLAIN, "reply": {"body_base64": "no base64!"}}, "reply.body_base64"),
        ({**PLAIN, "reply": {"status": 204, "body": {}}}, "reply.body"),
        ({**PLAIN, "reply": {"text": "x"}}, "reply.text"),
        ({**PLAIN, "reply": "x"}, "reply"),
        ({**PLAIN, "reply": {}, "fault": "html"}, "fault"),
        ({**PLAIN, "reply": {}, "path": "x"}, "call"),
        ({"account": "plain_01", "reply": {}}, "call"),
        ({"account": "plain_01", "reply": {}, "path": "("}, "path"),
        ({"account": "plain_01", "reply": {}, "path": ""}, "path"),
        ({"account": "plain_01", "fault": "stale", "path": "x"}, "path"),
        ({**PLAIN, "reply": {}, "status": 500}, "status"),
        ({**PLAIN, "reply": {}, "account": "nobody"}, "account"),
    ],
)
def test_a_reply_that_makes_no_sense_is_refused_by_field(sandbox, body, field):
    refused = requests.post(f"{sandbox.url}/faults", json=body, timeout=10)

    assert refused.status_code == 422
    assert any(name.startswith(field) for name in refused.json()["fields"])
    assert sandbox.get("/faults") == []


def test_every_case_has_a_name_of_its_own_and_says_what_must_follow():
    ids = [case["id"] for case in cases()]

    assert len(ids) == len(set(ids)) == 95
    assert len({case["kind"] for case in cases()}) == 34
    for case in cases():
        assert case["must"]["consequence"], case["id"]
        assert case["why"], case["id"]
        assert "today" not in case


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_a_case_goes_by_its_id_and_arrives_as_it_was_recorded(sandbox, call, case):
    sandbox.post("/faults", account="*", path="/whatever/", fault=case["id"])

    met = call("GET", "/whatever/")

    assert met.status_code == case["status"]
    assert all(met.headers[name] == value for name, value in case.get("headers", {}).items())
    if isinstance(case["body"], str):
        assert met.text == case["body"]
    elif "{{" in json.dumps(case["body"]):
        assert met.json().keys() == case["body"].keys()
        assert "{{" not in met.text
    else:
        assert met.json() == case["body"]


def test_an_accepted_sign_in_opens_a_session(sandbox, fresh_client):
    sandbox.fault("two_factor", "login", "backup-code-accepted")
    client = fresh_client()

    client.login("two_factor", sandbox.account("two_factor")["password"])

    assert client.account_info().username == "two_factor"


def test_every_case_and_what_it_needs_is_a_command_that_the_sandbox_takes(sandbox):
    for case in cases():
        sandbox.meet(case, "plain_01")

    waiting = sandbox.get("/faults")
    assert len(waiting) == sum(1 + len(case.get("also", ())) for case in cases())
    assert {one["fault"] for one in waiting if one["fault"]} == {case["id"] for case in cases()}
    assert {one["call"] for one in waiting if one["call"]} <= CALLS


def test_each_fault_has_its_body_from_the_file_alone():
    """A reply that a case has already is named and not written again."""
    bodies = [json.dumps(case["body"], sort_keys=True) for case in cases()]
    by_id = {case["id"] for case in cases()}
    faults = [recorded()[name] for name in recorded().keys() - by_id]

    assert faults
    assert not any(
        json.dumps(one.body, sort_keys=True) in bodies and one not in [recorded()[name] for name in by_id]
        for one in faults
    )
