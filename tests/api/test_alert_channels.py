from bot import alerts
from tests.api.caller import json_of, refusal

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
        alerts.deliver_due()
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
