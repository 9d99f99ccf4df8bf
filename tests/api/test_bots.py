import pytest
from flask import Flask

from bot.settings.preferences import DAYS, Settings, TimeSpan, Week, change_settings
from tests.api.caller import json_of, refusal
from tests.support.people import give_valid_session


@pytest.fixture
def linked(app: Flask, alice):
    """Alice with a valid session of Instagram."""
    with app.app_context():
        give_valid_session(alice.id)
    return alice


def test_the_status_says_why_nothing_is_done(calls, alice):
    status = json_of(calls(alice).get("/bot/status"))
    assert (status["bot_running"], status["session_valid"], status["next_step_at"]) == (False, False, None)
    verdict = status["verdict"]
    assert (verdict["state"], verdict["reason"]) == ("halted", "NOT_LINKED")
    assert verdict["message"]
    assert verdict["remedy"]


def test_a_bot_starts_and_stops(calls, linked):
    started = json_of(calls(linked).post("/bot/start"))
    assert (started["bot_running"], started["verdict"]["reason"]) == (True, "NO_WORK")
    stopped = json_of(calls(linked).post("/bot/stop"))
    assert (stopped["bot_running"], stopped["verdict"]["reason"]) == (False, "BOT_STOPPED")


def test_a_bot_does_not_start_without_a_valid_session(calls, alice):
    assert refusal(calls(alice).post("/bot/start")) == (409, "SESSION_INVALID")
    assert json_of(calls(alice).get("/bot/status"))["bot_running"] is False


def test_the_status_shows_the_use_of_each_limit(calls, linked):
    limits = json_of(calls(linked).get("/bot/status"))["limits"]
    first_week = {"follow": 10, "unfollow": 10, "like": 20, "story": 30, "message": 4, "reply": 15}
    assert {limit["kind"]: limit["effective"] for limit in limits} == first_week
    assert limits[0] == {
        "kind": "follow",
        "used": 0,
        "effective": 10,
        "binding": "ramp",
        "used_hour": 0,
        "per_hour": None,
        "resets_at": "2026-03-11T00:00:00Z",
        "rests_until": None,
    }


def test_a_running_bot_without_an_action_is_halted_until_its_user_places_one(calls, linked):
    verdict = json_of(calls(linked).post("/bot/start"))["verdict"]
    assert (verdict["state"], verdict["reason"], verdict["until"]) == ("halted", "NO_WORK", None)
    assert (verdict["code"], verdict["who"], verdict["change"]) == ("E-SCH-I-0001", "user", None)


def test_a_wait_says_which_rule_it_comes_from_and_where_that_is_changed(app: Flask, calls, linked):
    with app.app_context():
        change_settings(linked.id, Settings(week=Week(**dict.fromkeys(DAYS, TimeSpan(start="13:00", end="21:00")))))
    calls(linked).post("/bot/start")
    calls(linked).post("/bot/actions/follow-hashtag", json={"hashtag": "coffee", "amount": 1})
    verdict = json_of(calls(linked).get("/bot/status"))["verdict"]
    assert (verdict["state"], verdict["until"]) == ("waiting", "2026-03-10T13:00:00Z")
    assert (verdict["rule"], verdict["change"], verdict["code"]) == ("working_hours", "hours", "E-QTA-I-0002")


def test_an_open_action_makes_it_act(calls, linked):
    calls(linked).post("/bot/start")
    calls(linked).post("/bot/actions/follow-hashtag", json={"hashtag": "coffee", "amount": 1})
    verdict = json_of(calls(linked).get("/bot/status"))["verdict"]
    assert (verdict["state"], verdict["reason"], verdict["code"]) == ("acting", "ACTING", None)


def test_everybody_has_a_bot_of_their_own(calls, linked, bob):
    calls(linked).post("/bot/start")
    status = json_of(calls(bob).get("/bot/status"))
    assert (status["bot_running"], status["instagram_username"]) == (False, None)
