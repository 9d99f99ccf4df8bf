"""`GET /api/bot/actions/<id>/draft`: an own action as the input of a new one."""

from io import BytesIO

import pytest
from flask import Flask

from tests.api.caller import json_of, refusal
from tests.bot.driving import do_step

FILTERS = {"followers_min": 5, "skip_private": False}
STORIES = {"usernames": ["ann", "ben"]}
EVERY_KIND = [
    ("follow-hashtag", {"hashtag": "#Coffee", "amount": 5, "order": "top", "filters": FILTERS, "name": "Beans"}),
    ("follow-followers", {"account": "somebody", "amount": 7, "repeat": {"every_days": 2, "at": "09:30"}}),
    ("follow-followers", {"account": "somebody", "amount": 7, "repeat": {"every_days": 1}}),
    ("like-hashtag", {"hashtag": "tea", "amount": 2, "start_at": "2026-03-12T09:00:00Z"}),
    ("view-stories", {"amount": 3}),
    ("view-stories", STORIES),
    ("view-stories", STORIES | {"amount": 1}),
    ("view-stories", STORIES | {"amount": 9}),
    ("unfollow", {"amount": 4, "older_than_days": 30, "only_not_following_back": True, "keep": ["one", "two"]}),
    ("send-messages", {"message": "{Hi|Hello} {username}", "usernames": ["zoe", "ann"], "name": "Hi"}),
]
ITSELF = ("kind", "name", "params", "total", "start_at", "repeat")


def placed(api, kind, body):
    response = api.post(f"/bot/actions/{kind}", json=body)
    assert response.status_code == 202, response.json
    return json_of(response)["action"]


def draft_of(api, action):
    return json_of(api.get(f"/bot/actions/{action['id']}/draft"))


@pytest.mark.parametrize(("kind", "body"), EVERY_KIND)
def test_what_a_draft_places_is_the_same_action(calls, ready, kind, body):
    api = calls(ready)
    action = placed(api, kind, body)
    draft = draft_of(api, action)
    assert draft["kind"] == kind
    again = placed(api, kind, draft["params"])
    assert again["id"] != action["id"]
    assert {name: again[name] for name in ITSELF} == {name: action[name] for name in ITSELF}


def test_a_start_that_is_over_is_left_out(calls, ready, clock):
    api = calls(ready)
    action = placed(api, "like-hashtag", {"hashtag": "tea", "amount": 2, "start_at": "2026-03-10T12:10:00Z"})
    clock.advance(minutes=11)
    assert "start_at" not in draft_of(api, action)["params"]


def test_people_who_were_written_to_are_named_with_the_reason(app: Flask, calls, ready, clock):
    api = calls(ready)
    action = placed(api, "send-messages", {"message": "Hi {username}", "usernames": ["ann", "ben", "cleo"]})
    with app.app_context():
        do_step(ready, clock)
    api.post("/bot/do-not-contact", json={"username": "cleo"})
    people = draft_of(api, action)["people"]
    assert [(one["username"], one["reason"]) for one in people] == [
        ("ann", "already_messaged"),
        ("ben", "in_another_order"),
        ("cleo", "do_not_contact"),
    ]
    api.post(f"/bot/actions/{action['id']}/cancel")
    assert [one["reason"] for one in draft_of(api, action)["people"]] == ["already_messaged", None, "do_not_contact"]


def test_a_draft_never_asks_to_write_again(app: Flask, calls, ready, clock):
    api = calls(ready)
    body = {"message": "Hi {username}", "usernames": ["ann"]}
    placed(api, "send-messages", body)
    with app.app_context():
        do_step(ready, clock)
    draft = draft_of(api, placed(api, "send-messages", body | {"again": True}))
    assert "again" not in draft["params"]
    assert [one["reason"] for one in draft["people"]] == ["already_messaged"]


def test_names_of_a_list_come_along(calls, ready):
    api = calls(ready)
    table = (BytesIO(b"username,full_name\nanna_k,Anna Kim\n"), "people.csv")
    form = {"message": "Hi {first_name|there}", "file": table}
    action = json_of(api.post("/bot/actions/send-messages", data=form))["action"]
    api.post(f"/bot/actions/{action['id']}/cancel")
    (person,) = draft_of(api, action)["people"]
    assert person == {"username": "anna_k", "full_name": "Anna Kim", "first_name": None, "reason": None}


def test_a_strangers_action_is_not_found(calls, ready, bob):
    action = placed(calls(ready), "view-stories", {"amount": 3})
    assert refusal(calls(bob).get(f"/bot/actions/{action['id']}/draft")) == (404, "ACTION_NOT_FOUND")
