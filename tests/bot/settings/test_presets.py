"""Presets: hours of many people, and a pace with its limits that is never above the defaults."""

import pytest

from bot.decision.limit_rules import DEFAULTS
from bot.decision.limits import limit_reports
from bot.settings.ceilings import DefaultLimit, UserCeiling, change_ceilings, change_defaults
from bot.settings.preferences import OwnLimit, Settings, TimeSpan, change_limits, change_settings, settings_report
from bot.settings.presets import SCHEDULES, Presets, choose_presets, presets_report
from tests.bot.driving import signed_in

HOURS = {
    "work_days": ((540, 1080),) * 5 + (None, None),
    "every_day": ((540, 1260),) * 7,
    "evenings": ((1020, 1320),) * 7,
}


def own(user, kind):
    return next(limit for limit in limit_reports(user.id) if limit.rule.kind == kind)


@pytest.mark.parametrize("name", HOURS)
def test_a_schedule_sets_the_hours_and_is_known_again(alice, name):
    pause = TimeSpan(start="12:00", end="13:00")
    change_settings(alice.id, Settings(pause=pause, timezone="Europe/Berlin"))
    assert choose_presets(alice.id, Presets(schedule=name)).schedule == name
    hours = settings_report(alice.id).hours
    assert (hours.week, hours.pause, hours.timezone) == (HOURS[name], (720, 780), "Europe/Berlin")


def test_other_hours_are_no_preset(alice):
    assert presets_report(alice.id).schedule is None
    week = SCHEDULES["evenings"].model_copy(update={"sunday": None})
    change_settings(alice.id, Settings(week=week))
    assert presets_report(alice.id).schedule is None


def test_a_new_user_is_at_the_normal_pace(alice):
    assert presets_report(alice.id).pace == "normal"
    change_limits(alice.id, {"like": OwnLimit(per_day=5)})
    assert presets_report(alice.id).pace is None


def test_careful_is_half_the_limits_and_twice_the_delays_of_the_defaults(alice, ada):
    change_defaults(signed_in(ada), {"message": DefaultLimit(per_hour=5), "story": DefaultLimit(per_day=0)})
    change_limits(alice.id, {"like": OwnLimit(per_day=150)})
    assert choose_presets(alice.id, Presets(pace="careful")).pace == "careful"
    for kind, default in DEFAULTS.items():
        limit = own(alice, kind)
        half = 0 if kind == "story" else (default.per_day + 1) // 2
        assert (limit.own, limit.own_delay) == (half, (4.0, 8.0)), kind
        assert limit.rule.effective <= half
        assert limit.own_per_hour == (3 if kind == "message" else None)
    assert choose_presets(alice.id, Presets(pace="normal")).pace == "normal"
    assert {own(alice, kind).own for kind in DEFAULTS} == {None}
    assert {own(alice, kind).own_delay for kind in DEFAULTS} == {None}


def test_careful_is_never_above_the_maximum(alice, ada):
    change_ceilings(signed_in(ada), alice.id, {"like": UserCeiling(ceiling=3)})
    assert choose_presets(alice.id, Presets(pace="careful")).pace == "careful"
    assert own(alice, "like").own == 3


def test_careful_is_over_if_the_defaults_change(alice, ada):
    choose_presets(alice.id, Presets(pace="careful"))
    change_defaults(signed_in(ada), {"like": DefaultLimit(per_day=10)})
    assert presets_report(alice.id).pace is None


def test_nothing_chosen_changes_nothing(alice):
    before = settings_report(alice.id)
    assert choose_presets(alice.id, Presets()).change_id is None
    assert settings_report(alice.id) == before
