"""`GET /api/bot/forecast`: what lies ahead, also with an action that is only thought about."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.api.caller import json_of, refusal
from tests.bot.driving import follow_action
from tests.support.people import give_valid_session, set_running

PATH = "/bot/forecast"


@pytest.fixture
def linked(app: Flask, alice):
    with app.app_context():
        give_valid_session(alice.id)
        set_running(alice.id)
    return alice


def test_it_tells_the_days_and_the_end_of_each_action(app: Flask, calls, linked, clock):
    with app.app_context():
        action_id = follow_action(linked, 60, 12)
    told = json_of(calls(linked).get(PATH))
    assert (told["timezone"], told["as_if_on"]) == ("UTC", False)
    today, tomorrow = clock.moment.date(), clock.moment.date() + timedelta(days=1)
    assert told["days"] == [
        {"day": str(today), "kind": "follow", "low": 10, "high": 10},
        {"day": str(tomorrow), "kind": "follow", "low": 2, "high": 2},
    ]
    (action,) = told["actions"]
    assert (action["id"], action["left"], action["reason"], action["searched"]) == (action_id, 12, None, True)
    assert action["days"] == told["days"]
    assert str(tomorrow) == action["earliest"][:10] == action["latest"][:10]


def test_it_tells_of_an_action_that_is_not_placed(calls, linked):
    api = calls(linked)
    told = json_of(api.get(PATH, query_string={"kind": "like-hashtag", "amount": 5}))
    assert [(one["id"], one["left"]) for one in told["actions"]] == [(None, 5)]
    assert json_of(api.get("/bot/actions"))["items"] == []


def test_messages_may_be_as_many_as_a_list_holds(calls, linked):
    told = json_of(calls(linked).get(PATH, query_string={"kind": "send-messages", "amount": 10_000}))
    assert [(one["left"], one["reason"]) for one in told["actions"]] == [(10_000, "HORIZON")]


def test_a_bot_without_an_account_says_what_to_do(calls, alice):
    told = json_of(calls(alice).get(PATH, query_string={"kind": "like-hashtag", "amount": 5}))
    assert (told["as_if_on"], told["days"]) == (True, [])
    assert [one["reason"] for one in told["actions"]] == ["NOT_LINKED"]


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "like-hashtag"},
        {"amount": 5},
        {"start_at": "2026-03-12T09:00:00Z"},
        {"kind": "dance", "amount": 5},
        {"kind": "like-hashtag", "amount": 201},
        {"kind": "send-messages", "amount": 10_001},
        {"kind": "like-hashtag", "amount": 0},
        {"kind": "like-hashtag", "amount": 5, "start_at": "2026-01-01T09:00:00Z"},
        {"kind": "like-hashtag", "amount": 5, "start_at": "2028-01-01T09:00:00Z"},
        {"kind": "like-hashtag", "amount": 5, "hashtag": "coffee"},
        {"kind": "plan", "amount": 5},
    ],
)
def test_what_makes_no_sense_is_refused(calls, linked, query):
    assert refusal(calls(linked).get(PATH, query_string=query)) == (422, "INVALID_INPUT")


PLAN = {
    "source": [{"kind": "hashtag", "tags": ["coffee"]}],
    "steps": [{"do": "follow"}, {"do": "message", "text": "Hello {username}", "after": "1d"}],
    "amount": 12,
}


def test_it_tells_of_a_plan_that_is_not_placed(calls, linked):
    api = calls(linked)
    told = json_of(api.post(PATH, json=PLAN))
    (action,) = told["actions"]
    assert (action["id"], action["left"], action["reason"]) == (None, 12, None)
    assert {day["kind"] for day in action["days"]} == {"follow", "message"}
    assert action["slower"] == {"kind": "message", "per_day": 4, "first_kind": "follow", "first_per_day": 10, "day": 4}
    assert json_of(api.get("/bot/actions"))["items"] == []


@pytest.mark.parametrize("change", [{"steps": []}, {"amount": 0}, {"start_at": "2026-01-01T09:00:00Z"}])
def test_a_plan_that_makes_no_sense_is_refused(calls, linked, change):
    assert refusal(calls(linked).post(PATH, json=PLAN | change)) == (422, "INVALID_INPUT")
