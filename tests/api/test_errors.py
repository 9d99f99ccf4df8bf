import pytest
from flask import Flask

from bot.core.errors import registry
from bot.history.activity import log_error
from tests.api.caller import json_of, refusal


def test_every_registered_code_is_listed(calls, alice):
    items = json_of(calls(alice).get("/errors"))["items"]
    assert [item["code"] for item in items] == [entry.code for entry in registry().values()]


@pytest.mark.parametrize("key", ["E-AUTH-E-0003", "SESSION_INVALID"])
def test_a_code_is_found_by_itself_and_by_its_name(calls, alice, key):
    item = json_of(calls(alice).get(f"/errors/{key}"))["item"]
    assert (item["code"], item["name"], item["status"]) == ("E-AUTH-E-0003", "SESSION_INVALID", 409)
    assert (item["module"], item["severity"], item["who"]) == ("AUTH", "error", "user")
    assert item["help"] == "/help/errors/E-AUTH-E-0003"
    assert item["recommended_action"]


def test_a_code_that_nobody_foresaw_shows_where_it_is_raised(app: Flask, calls, alice):
    with app.app_context():
        try:
            raise KeyError("canary")
        except KeyError as error:
            code = log_error(error)
    response = calls(alice).get(f"/errors/{code}")
    item = json_of(response)["item"]
    assert (item["name"], item["severity"], item["status"]) == ("KeyError", "critical", 500)
    assert "test_errors.py:" in item["file_path"]
    assert item["created_at"] == "2026-03-10T12:00:00Z"
    assert "canary" not in response.text
    assert json_of(calls(alice).get("/errors"))["items"][-1]["code"] == code


@pytest.mark.parametrize("key", ["E-AUTH-E-9999", "NOTHING", "%00", "a" * 3000, "E-AUTH-E-0003%0a"])
def test_an_unknown_code_is_not_found(calls, alice, key):
    assert refusal(calls(alice).get(f"/errors/{key}")) == (404, "NOT_FOUND")


def test_what_nobody_foresaw_is_answered_with_its_fingerprint(
    app: Flask, calls, alice, ada, monkeypatch: pytest.MonkeyPatch
):
    def broken(_user_id):
        raise ZeroDivisionError("canary")

    monkeypatch.setattr("api.bots.bot_report", broken)
    response = calls(alice).get("/bot/status")
    assert refusal(response) == (500, "INTERNAL")
    assert "canary" not in response.text
    code = json_of(response)["code"]
    assert code != registry()["INTERNAL"].code
    assert json_of(calls(ada).get(f"/errors/{code}"))["item"]["name"] == "ZeroDivisionError"
