from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.config.runtime import now
from bot.decision.limit_rules import DEFAULTS
from bot.settings.preferences import DAYS
from bot.storage.models import InstagramCredentials
from bot.storage.models.values import VerificationKind
from bot.storage.tenancy import tenant
from tests.api.caller import field_codes, json_of, refusal

PROXY = "http://somebody:canary-proxy-password@127.0.0.1:8080"
SHOWN = {"scheme": "http", "host": "127.0.0.1", "port": 8080, "has_credentials": True}
ALL_DAY = {"start": "00:00", "end": "24:00"}
READ_ONLY = {"success", "demo", "default_pace", "phone", "change_id"}


def test_the_settings_show_how_a_bot_works(calls, alice):
    settings = json_of(calls(alice).get("/bot/settings"))
    assert (settings["timezone"], settings["week"]) == ("UTC", dict.fromkeys(DAYS, ALL_DAY))
    assert (settings["pause"], settings["warm_up"], settings["demo"]) == (None, True, True)
    assert (settings["keep"], settings["stop_words"]) == ([], [])
    assert settings["filters"]["skip_private"] is True
    assert settings["pace"] == dict.fromkeys(DEFAULTS)
    assert settings["default_pace"] == {kind: {"delay_min": 2.0, "delay_max": 4.0} for kind in DEFAULTS}


def test_what_is_named_is_changed_and_the_rest_stays(calls, alice, bob):
    before = json_of(calls(alice).get("/bot/settings"))
    week = {day: {"start": "22:00", "end": "06:00"} for day in DAYS} | {"sunday": None}
    changes = {
        "timezone": "Europe/Berlin",
        "week": week,
        "pause": {"start": "01:00", "end": "02:30"},
        "warm_up": False,
        "filters": {"followers_min": 5, "bio_must": ["coffee"]},
        "keep": ["@Ann.B"],
        "stop_words": ["nö"],
        "pace": {"follow": {"delay_min": 60, "delay_max": 90}},
    }
    for name, value in changes.items():
        after = json_of(calls(alice).put("/bot/settings", json={name: value}))
        assert {key for key in before if after[key] != before[key]} - READ_ONLY == {name}
        before = after
    assert (before["week"], before["pause"], before["keep"]) == (week, changes["pause"], ["ann.b"])
    assert (before["filters"]["followers_min"], before["filters"]["bio_must"]) == (5, ["coffee"])
    assert before["pace"]["follow"] == {"delay_min": 60.0, "delay_max": 90.0}
    assert json_of(calls(alice).get("/bot/settings")) == before | {"change_id": None}
    assert json_of(calls(bob).get("/bot/settings"))["timezone"] == "UTC"


def test_what_was_read_can_be_written_back(calls, alice):
    settings = json_of(calls(alice).get("/bot/settings"))
    sent = {name: value for name, value in settings.items() if name not in READ_ONLY}
    assert json_of(calls(alice).put("/bot/settings", json=sent)) == settings


def test_null_clears_a_pause_and_a_pace(calls, alice):
    calls(alice).put(
        "/bot/settings",
        json={"pause": {"start": "01:00", "end": "02:00"}, "pace": {"like": {"delay_min": 9, "delay_max": 9}}},
    )
    settings = json_of(calls(alice).put("/bot/settings", json={"pause": None, "pace": {"like": None}}))
    assert (settings["pause"], settings["pace"]["like"]) == (None, None)


def test_hours_in_which_nothing_can_be_done_are_refused(calls, alice):
    response = calls(alice).put("/bot/settings", json={"week": dict.fromkeys(DAYS)})
    assert refusal(response) == (422, "NO_WORKING_HOURS")
    assert field_codes(response) == {"week": "NO_WORKING_HOURS"}


def test_nobody_is_faster_than_the_default(calls, alice):
    response = calls(alice).put("/bot/settings", json={"pace": {"follow": {"delay_min": 1, "delay_max": 9}}})
    assert refusal(response) == (422, "PACE_TOO_FAST")
    assert field_codes(response) == {"pace.follow.delay_min": "PACE_TOO_FAST"}


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"timezone": "Europe/Nowhere"}, {"timezone": "INVALID"}),
        ({"week": {"monday": None}}, dict.fromkeys([f"week.{day}" for day in DAYS[1:]], "MISSING")),
        ({"pause": {"start": "25:00", "end": "02:00"}}, {"pause.start": "WRONG_FORM"}),
        ({"warm_up": "yes"}, {"warm_up": "WRONG_TYPE"}),
        ({"filters": {"colour": "red"}}, {"filters.colour": "UNKNOWN_FIELD"}),
        ({"keep": ["two words"]}, {"keep.0": "WRONG_FORM"}),
        ({"stop_words": ["x"]}, {"stop_words.0": "TOO_SHORT"}),
        ({"pace": {"fly": None}}, {"pace.fly": "INVALID"}),
        ({"pace": {"like": {"delay_min": 9, "delay_max": 8}}}, {"pace.like": "INVALID"}),
        ({"speed": 9}, {"speed": "UNKNOWN_FIELD"}),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_names_what_is_wrong(calls, alice, wrong, fields):
    assert field_codes(calls(alice).put("/bot/settings", json=wrong)) == fields


def test_the_proxy_is_written_as_a_url_and_shown_without_its_secrets(calls, ready, bob):
    assert json_of(calls(ready).get("/bot/settings"))["proxy"] is None
    response = calls(ready).put("/bot/settings", json={"proxy": PROXY})
    assert json_of(response)["proxy"] == SHOWN
    assert "somebody" not in response.text
    assert json_of(calls(ready).put("/bot/settings", json={"warm_up": False}))["proxy"] == SHOWN
    assert json_of(calls(bob).get("/bot/settings"))["proxy"] is None
    assert json_of(calls(ready).put("/bot/settings", json={"proxy": None}))["proxy"] is None


def test_without_an_account_there_is_no_proxy_to_set(calls, alice):
    assert refusal(calls(alice).put("/bot/settings", json={"proxy": PROXY})) == (409, "NOT_LINKED")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("proxy.example", "PROXY_MALFORMED"),
        ("https://127.0.0.1:80", "PROXY_MALFORMED"),
        ("http://169.254.169.254:80", "PROXY_FORBIDDEN"),
        ("http://proxy.example:80", "PROXY_FORBIDDEN"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_with_its_code(calls, ready, typed, name):
    for method, path, body in (
        ("PUT", "/bot/settings", {"proxy": typed}),
        ("POST", "/bot/login", {"username": "insta.name", "password": "pass word", "proxy": typed}),
    ):
        response = calls(ready).call(method, path, json=body)
        assert refusal(response) == (422, name)
        assert field_codes(response) == {"proxy": name}
        assert typed not in response.text


def test_the_proxy_does_not_change_in_the_middle_of_a_challenge(app, calls, ready):
    calls(ready).put("/bot/settings", json={"proxy": PROXY})
    with app.app_context(), tenant(ready.id) as session:
        account = session.scalars(select(InstagramCredentials)).one()
        account.verification_kind, account.verification_sent_to = VerificationKind.CHALLENGE, "you"
        account.verification_expires_at = now() + timedelta(minutes=10)
        session.commit()
    for change in (None, PROXY.replace("8080", "8081")):
        response = calls(ready).put("/bot/settings", json={"proxy": change})
        assert refusal(response) == (409, "PROXY_IN_CHALLENGE")
    link = {"username": "insta.name", "password": "pass word", "proxy": PROXY.replace("8080", "8081")}
    assert refusal(calls(ready).post("/bot/login", json=link)) == (409, "PROXY_IN_CHALLENGE")


def test_who_is_not_signed_in_names_no_proxy(calls):
    body = {"username": "insta.name", "password": "pass word", "proxy": PROXY}
    assert field_codes(calls().post("/login", json=body)) == {"proxy": "UNKNOWN_FIELD"}


def test_the_phone_of_the_account_is_shown_with_the_proxy(calls, alice):
    calls(alice).put("/bot/settings", json={"timezone": "Europe/Berlin"})
    phone = json_of(calls(alice).get("/bot/settings"))["phone"]
    assert phone == {
        "country": "US",
        "language": "en",
        "timezone": None,
        "phone": None,
        "proxy_country": None,
        "proxy_is_elsewhere": False,
        "default_country": "DE",
    }


def test_a_change_of_settings_is_undone_by_its_id(calls, alice, bob):
    before = json_of(calls(alice).get("/bot/settings"))
    changed = json_of(calls(alice).put("/bot/settings", json={"keep": ["ann"], "warm_up": False}))
    place = f"/bot/settings/changes/{changed['change_id']}/undo"
    assert refusal(calls(bob).post(place)) == (404, "SETTINGS_CHANGE_NOT_FOUND")
    undone = json_of(calls(alice).post(place))
    assert undone | {"change_id": None} == before
    assert refusal(calls(alice).post(place)) == (409, "SETTINGS_CHANGED_SINCE")
    calls(alice).post(f"/bot/settings/changes/{undone['change_id']}/undo")
    assert json_of(calls(alice).get("/bot/settings"))["keep"] == ["ann"]


def test_a_change_of_limits_is_undone_by_its_id(calls, alice):
    place = f"/users/{alice.id}/limits"
    before = json_of(calls(alice).get(place))
    changed = json_of(calls(alice).put(place, json={"limits": {"follow": {"per_day": 5}}}))
    assert changed["items"] != before["items"]
    calls(alice).post(f"/bot/settings/changes/{changed['change_id']}/undo")
    assert json_of(calls(alice).get(place)) == before


def test_presets_are_chosen_and_known_again(calls, alice):
    shown = json_of(calls(alice).get("/bot/presets"))
    assert (shown["schedule"], shown["pace"], shown["change_id"]) == (None, "normal", None)
    chosen = json_of(calls(alice).put("/bot/presets", json={"schedule": "work_days", "pace": "careful"}))
    assert (chosen["schedule"], chosen["pace"]) == ("work_days", "careful")
    settings = json_of(calls(alice).get("/bot/settings"))
    assert settings["week"] == chosen["schedules"]["work_days"]
    assert settings["pace"]["like"] == {"delay_min": 4.0, "delay_max": 8.0}
    calls(alice).post(f"/bot/settings/changes/{chosen['change_id']}/undo")
    assert json_of(calls(alice).get("/bot/presets")) == shown
    assert field_codes(calls(alice).put("/bot/presets", json={"pace": "fast"})) == {"pace": "NOT_ALLOWED"}


def test_lists_are_changed_entry_by_entry(calls, alice):
    body = {"keep": {"add": ["@Ann", "ben"]}, "stop_words": {"add": ["basta"]}, "do_not_contact": ["cy", "dan"]}
    answer = json_of(calls(alice).post("/bot/lists", json=body))
    assert (answer["keep"], answer["stop_words"], answer["added"]) == (["ann", "ben"], ["basta"], 5)
    answer = json_of(calls(alice).post("/bot/lists", json={"keep": {"remove": ["ann"]}}))
    assert (answer["keep"], answer["added"]) == (["ben"], 0)
    listed = json_of(calls(alice).get("/bot/do-not-contact?search=CY"))["items"]
    assert [item["username"] for item in listed] == ["cy"]
    assert field_codes(calls(alice).post("/bot/lists", json={"keep": {"add": ["a b"]}})) == {"keep.add.0": "WRONG_FORM"}
