import uuid

import pytest

from bot.decision.limit_rules import DEFAULTS
from tests.api.caller import field_codes, json_of, refusal
from tests.support.people import Somebody


def limits_of(calls, asking, user):
    items = json_of(calls(asking).get(f"/users/{user.id}/limits"))["items"]
    return {item["kind"]: item for item in items}


def change(calls, asking, user, **limits):
    return calls(asking).put(f"/users/{user.id}/limits", json={"limits": limits})


def test_it_shows_what_a_limit_is_made_of(calls, alice):
    limits = limits_of(calls, alice, alice)
    assert set(limits) == set(DEFAULTS)
    assert limits["follow"] == {
        "kind": "follow",
        "used": 0,
        "own": None,
        "own_per_hour": None,
        "default": 50,
        "ceiling": 100,
        "effective": 10,
        "binding": "ramp",
        "per_hour": None,
        "delay": {"min": 2.0, "max": 4.0},
    }


def test_ones_own_limit_binds_where_it_is_the_smallest(calls, alice, bob):
    answer = json_of(change(calls, alice, alice, follow={"per_day": 3, "per_hour": 2}))
    limit = next(item for item in answer["items"] if item["kind"] == "follow")
    assert (limit["own"], limit["effective"], limit["binding"]) == (3, 3, "own")
    assert (limit["own_per_hour"], limit["per_hour"]) == (2, 2)
    assert limits_of(calls, alice, alice)["follow"] == limit
    assert limits_of(calls, bob, bob)["follow"]["own"] is None


def test_what_is_null_or_left_out_is_no_limit_of_ones_own(calls, alice):
    change(calls, alice, alice, follow={"per_day": 3, "per_hour": 2}, like={"per_day": 5})
    change(calls, alice, alice, follow={"per_day": None})
    limits = limits_of(calls, alice, alice)
    assert (limits["follow"]["own"], limits["follow"]["own_per_hour"], limits["like"]["own"]) == (None, None, 5)


def test_nobody_passes_a_ceiling_that_an_administrator_sets(calls, alice, ada):
    assert change(calls, ada, alice, message={"ceiling": 3}).status_code == 200
    limit = limits_of(calls, alice, alice)["message"]
    assert (limit["ceiling"], limit["effective"], limit["binding"]) == (3, 3, "ceiling")
    response = change(calls, alice, alice, message={"per_day": 4})
    assert refusal(response) == (422, "ABOVE_CEILING")
    assert field_codes(response) == {"message.per_day": "ABOVE_CEILING"}


def test_ceilings_bind_an_administrator_too_and_are_for_administrators_to_set(calls, alice, ada):
    def ceil(asking, user, **limits):
        return calls(asking).put(f"/users/{user.id}/ceilings", json={"limits": limits})

    for user in (ada, alice):
        answer = json_of(ceil(ada, user, message={"ceiling": 3}))
        limit = next(item for item in answer["items"] if item["kind"] == "message")
        assert (limit["ceiling"], limit["effective"], limit["binding"]) == (3, 3, "ceiling")
        assert limits_of(calls, user, user)["message"] == limit
        assert field_codes(change(calls, user, user, message={"per_day": 4})) == {"message.per_day": "ABOVE_CEILING"}
    assert field_codes(ceil(ada, ada, like={"per_day": 3})) == {"limits.like.per_day": "UNKNOWN_FIELD"}
    assert refusal(ceil(alice, alice, message={"ceiling": 9})) == (403, "FORBIDDEN")
    nobody = Somebody(str(uuid.uuid4()), "nobody", "")
    assert refusal(ceil(ada, nobody, message={"ceiling": 9})) == (404, "USER_NOT_FOUND")


def test_users_set_no_ceilings_and_administrators_no_limits_of_others(calls, alice, ada):
    assert field_codes(change(calls, alice, alice, like={"ceiling": 3})) == {"limits.like.ceiling": "UNKNOWN_FIELD"}
    assert field_codes(change(calls, ada, alice, like={"per_day": 3})) == {"limits.like.per_day": "UNKNOWN_FIELD"}
    assert change(calls, ada, ada, like={"per_day": 3}).status_code == 200


def test_administrators_see_them_and_strangers_do_not(calls, alice, bob, ada):
    assert calls(ada).get(f"/users/{alice.id}/limits").status_code == 200
    assert refusal(calls(bob).get(f"/users/{alice.id}/limits")) == (404, "USER_NOT_FOUND")
    assert refusal(change(calls, bob, alice, like={"per_day": 3})) == (404, "USER_NOT_FOUND")


def test_an_unknown_kind_is_named(calls, alice, ada):
    path = f"/users/{alice.id}/limits"
    for caller, place in ((calls(alice), path), (calls(ada), path), (calls(ada), "/limits/default")):
        response = caller.put(place, json={"limits": {"follow": {}, "fly": {}}})
        assert field_codes(response) == {"limits.fly": "INVALID"}


@pytest.mark.parametrize(("number", "code"), [(-1, "BELOW_MINIMUM"), (10_001, "ABOVE_MAXIMUM"), (True, "WRONG_TYPE")])
def test_a_limit_is_a_number_within_its_bounds(calls, alice, number, code):
    response = change(calls, alice, alice, follow={"per_hour": number})
    assert field_codes(response) == {"limits.follow.per_hour": code}


def test_administrators_change_what_holds_for_everybody(calls, alice, ada):
    before = {item["kind"]: item for item in json_of(calls(ada).get("/limits/default"))["items"]}
    assert set(before) == set(DEFAULTS)
    assert before["story"] == {
        "kind": "story",
        "per_day": 100,
        "per_hour": None,
        "ceiling": 200,
        "ceiling_hour": None,
        "delay_min": 2.0,
        "delay_max": 4.0,
    }
    change = {"limits": {"story": {"per_day": 7, "per_hour": 3, "delay_max": 9}}}
    after = {item["kind"]: item for item in json_of(calls(ada).put("/limits/default", json=change))["items"]}
    assert after["story"] == before["story"] | {"per_day": 7, "per_hour": 3, "delay_max": 9.0}
    assert after["like"] == before["like"]
    limit = limits_of(calls, alice, alice)["story"]
    assert (limit["default"], limit["effective"], limit["binding"]) == (7, 7, "default")


def test_delays_that_cross_are_refused(calls, ada):
    response = calls(ada).put("/limits/default", json={"limits": {"story": {"delay_min": 9}}})
    assert refusal(response) == (422, "DELAYS_CROSSED")


def test_users_with_ceilings_of_their_own_are_listed(calls, ada, alice, bob):
    assert json_of(calls(ada).get("/limits/exceptions"))["items"] == []
    calls(ada).put(f"/users/{alice.id}/ceilings", json={"limits": {"follow": {"ceiling": 7}}})
    (only,) = json_of(calls(ada).get("/limits/exceptions"))["items"]
    assert (only["username"], only["ceilings"]) == ("alice", {"follow": {"ceiling": 7, "ceiling_hour": None}})
