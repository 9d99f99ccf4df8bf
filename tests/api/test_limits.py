from flask import Flask

from bot.models import DailyLimit
from bot.scope import tenant
from tests.api.caller import json_of, refusal


def test_it_shows_what_a_limit_is_made_of(calls, alice):
    assert json_of(calls(alice).get(f"/users/{alice.id}/limits"))["items"] == [
        {
            "kind": "follow",
            "used": 0,
            "own": None,
            "default": 50,
            "ceiling": 100,
            "effective": 10,
            "binding": "ramp",
            "per_hour": None,
            "delay": {"min": 2.0, "max": 4.0},
        }
    ]


def test_ones_own_limit_binds_where_it_is_the_smallest(app: Flask, calls, alice, bob):
    with app.app_context(), tenant(alice.id) as session:
        session.add(DailyLimit(user_id=alice.id, kind="follow", per_day=3, per_hour=2))
        session.commit()
    limit = json_of(calls(alice).get(f"/users/{alice.id}/limits"))["items"][0]
    assert (limit["own"], limit["effective"], limit["binding"], limit["per_hour"]) == (3, 3, "own", 2)
    assert json_of(calls(bob).get(f"/users/{bob.id}/limits"))["items"][0]["own"] is None


def test_administrators_see_them_and_strangers_do_not(calls, alice, bob, ada):
    assert calls(ada).get(f"/users/{alice.id}/limits").status_code == 200
    assert refusal(calls(bob).get(f"/users/{alice.id}/limits")) == (404, "USER_NOT_FOUND")
