import pytest

from bot.limits import DEFAULTS
from bot.settings import DAYS
from tests.api.caller import field_codes, json_of, refusal

ALL_DAY = {"start": "00:00", "end": "24:00"}


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
        assert {key for key in before if after[key] != before[key]} == {name}
        before = after
    assert (before["week"], before["pause"], before["keep"]) == (week, changes["pause"], ["ann.b"])
    assert (before["filters"]["followers_min"], before["filters"]["bio_must"]) == (5, ["coffee"])
    assert before["pace"]["follow"] == {"delay_min": 60.0, "delay_max": 90.0}
    assert json_of(calls(alice).get("/bot/settings")) == before
    assert json_of(calls(bob).get("/bot/settings"))["timezone"] == "UTC"


def test_what_was_read_can_be_written_back(calls, alice):
    settings = json_of(calls(alice).get("/bot/settings"))
    sent = {name: value for name, value in settings.items() if name not in ("success", "demo", "default_pace")}
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
