import pytest

from bot.alerts import delivery
from tests.api.caller import field_codes, json_of, refusal
from tests.support.mails import verified

URL = "http://127.0.0.1:9/secret-path"


def test_a_channel_is_made_shown_tested_and_removed(app, calls, alice):
    caller = calls(alice)
    made = caller.post("/bot/alert-channels", json={"url": URL})
    channel = json_of(made)["channel"]
    assert (made.status_code, channel["address"]) == (201, "http://127.0.0.1:9")
    assert "secret-path" not in made.text
    place = f"/bot/alert-channels/{channel['id']}"
    assert made.headers["Location"] == f"/api{place}"
    asked = caller.post(f"{place}/test")
    assert (asked.status_code, asked.headers["Location"]) == (202, f"/api{place}")
    with app.app_context():
        delivery.deliver_alerts()
    tried = json_of(caller.get(place))["channel"]
    assert (tried["event"], tried["due_at"]) == ("test", None)
    assert tried["failure"]
    listing = caller.get("/bot/alert-channels")
    assert [item["id"] for item in json_of(listing)["items"]] == [channel["id"]]
    assert json_of(made)["secret"] not in listing.text
    assert caller.delete(place).status_code == 200
    assert refusal(caller.get(place)) == (404, "ALERT_CHANNEL_NOT_FOUND")


def test_an_address_behind_the_wall_is_refused(calls, alice):
    refused = calls(alice).post("/bot/alert-channels", json={"url": "http://169.254.169.254/latest/meta-data"})
    assert refusal(refused) == (422, "WEBHOOK_FORBIDDEN")


def test_mails_need_a_verified_address_and_are_told_where_they_go(app, calls, alice):
    caller, body = calls(alice), {"kind": "email"}
    assert refusal(caller.post("/bot/alert-channels", json=body)) == (409, "ALERT_EMAIL_UNVERIFIED")
    with app.app_context():
        verified(alice.id, "alice@example.org")
    made = json_of(caller.post("/bot/alert-channels", json=body))
    assert (made["channel"]["kind"], made["channel"]["address"], made["secret"]) == ("email", "alice@example.org", None)
    assert refusal(caller.post("/bot/alert-channels", json=body)) == (409, "ALERT_EMAIL_EXISTS")


@pytest.mark.parametrize("body", [{}, {"kind": "webhook"}, {"kind": "email", "url": URL}, {"kind": "post", "url": URL}])
def test_what_does_not_go_together_is_told_at_its_field(calls, alice, body):
    answer = calls(alice).post("/bot/alert-channels", json=body)
    assert refusal(answer) == (422, "INVALID_INPUT")
    assert set(field_codes(answer)) == {"kind" if body.get("kind") == "post" else "url"}


def test_the_events_of_each_channel_and_the_digest_are_chosen(app, calls, alice):
    caller = calls(alice)
    made = json_of(caller.post("/bot/alert-channels", json={"url": URL}))["channel"]["id"]
    shown = json_of(caller.get("/bot/notifications"))
    assert (shown["channels"], shown["digest"], shown["email"]) == ({made: ["session_ended", "blocked"]}, False, None)
    assert refusal(caller.put("/bot/notifications", json={"digest": True})) == (409, "ALERT_EMAIL_UNVERIFIED")
    with app.app_context():
        verified(alice.id, "alice@example.org")
    chosen = json_of(caller.put("/bot/notifications", json={"channels": {made: ["blocked"]}, "digest": True}))
    assert (chosen["channels"], chosen["digest"], chosen["email"]) == ({made: ["blocked"]}, True, "alice@example.org")
    caller.post(f"/bot/settings/changes/{chosen['change_id']}/undo")
    assert json_of(caller.get("/bot/notifications")) == shown | {"email": "alice@example.org"}
    nowhere = caller.put("/bot/notifications", json={"channels": {"3f0c2a1e-0000-4000-8000-000000000000": []}})
    assert refusal(nowhere) == (404, "ALERT_CHANNEL_NOT_FOUND")
    unknown = caller.put("/bot/notifications", json={"channels": {made: ["test"]}})
    assert set(field_codes(unknown).values()) == {"NOT_ALLOWED"}
