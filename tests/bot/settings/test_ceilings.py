"""Limits by administrators: the defaults of all users, and the ceilings that no user may exceed."""

import pytest
from sqlalchemy import select

from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.decision.limits import limit_reports
from bot.inputs.validation import checked_json
from bot.settings import ceilings
from bot.settings.ceilings import DefaultLimit, UserCeiling, change_ceilings, change_defaults
from bot.settings.preferences import OwnLimit, change_limits
from bot.storage.models import AuditEntry
from bot.storage.tenancy import identity
from tests.bot.driving import signed_in


@pytest.fixture
def admin(ada):
    return signed_in(ada)


def default(kind="follow"):
    row = next(row for row in ceilings.list_defaults() if row.kind == kind)
    return row.per_day, row.per_hour, row.ceiling, row.ceiling_hour, row.delay_min, row.delay_max


def report(user, kind="follow"):
    return next(report for report in limit_reports(user.id) if report.rule.kind == kind)


def audited(event):
    with identity(reading=True) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.event == event)).all()
    return [(row.actor_id, row.subject_id) for row in rows]


def test_there_is_a_default_for_every_kind(alice):
    assert [row.kind for row in ceilings.list_defaults()] == sorted(DEFAULTS)
    assert all(row.user_id is None for row in ceilings.list_defaults())


def test_every_field_of_a_default_is_changed_and_what_is_left_out_stays(admin, alice):
    change_defaults(admin, {"follow": DefaultLimit(per_day=40, per_hour=6)})
    assert default() == (40, 6, 100, None, 2, 4)
    change_defaults(admin, {"follow": DefaultLimit(ceiling=60, ceiling_hour=9)})
    assert default() == (40, 6, 60, 9, 2, 4)
    change_defaults(admin, {"follow": DefaultLimit(delay_min=30, delay_max=50.5)})
    assert default() == (40, 6, 60, 9, 30, 50.5)
    assert default("like") == (80, None, 150, None, 2, 4)
    assert (report(alice).default, report(alice).ceiling, report(alice).rule.per_hour) == (40, 60, 6)
    assert audited("limits_default") == [(admin.id, None)] * 3


def test_limits_of_an_hour_can_be_taken_back_and_the_others_not(admin):
    change_defaults(admin, {"follow": DefaultLimit(per_hour=6, ceiling_hour=9)})
    before = default()
    change_defaults(admin, {"follow": DefaultLimit(per_hour=None, ceiling_hour=None, per_day=None, ceiling=None)})
    assert default() == (before[0], None, before[2], None, *before[4:])


def test_delays_that_cross_are_refused_and_nothing_changes(admin):
    before = default("like"), default()
    with pytest.raises(BotException, match="DELAYS_CROSSED"):
        change_defaults(admin, {"like": DefaultLimit(per_day=1), "follow": DefaultLimit(delay_min=5)})
    assert (default("like"), default()) == before
    assert audited("limits_default") == []


def test_ceilings_of_one_user_hold_for_that_user_alone(admin, alice, bob):
    change_ceilings(admin, alice.id, {"follow": UserCeiling(ceiling=8, ceiling_hour=2)})
    assert (report(alice).ceiling, report(alice).ceiling_per_hour, report(alice).rule.effective) == (8, 2, 8)
    assert (report(bob).ceiling, report(bob).ceiling_per_hour, report(bob).rule.effective) == (100, None, 10)
    assert audited("limits_ceiling") == [(admin.id, alice.id)]
    change_ceilings(admin, alice.id, {"follow": UserCeiling()})
    assert (report(alice).ceiling, report(alice).ceiling_per_hour) == (100, None)


def test_a_ceiling_of_ones_own_does_not_lift_that_of_all(admin, alice):
    change_ceilings(admin, alice.id, {"follow": UserCeiling(ceiling=500)})
    assert report(alice).ceiling == 100


def test_no_user_passes_a_ceiling_by_choosing(admin, alice):
    change_ceilings(admin, alice.id, {"follow": UserCeiling(ceiling=8, ceiling_hour=2)})
    for limit, field in ((OwnLimit(per_day=9), "follow.per_day"), (OwnLimit(per_hour=3), "follow.per_hour")):
        with pytest.raises(BotException, match="ABOVE_CEILING") as raised:
            change_limits(alice.id, {"follow": limit})
        assert raised.value.meta["errors"][0]["field"] == field
    change_limits(alice.id, {"follow": OwnLimit(per_day=8, per_hour=2)})


def test_what_a_user_chose_survives_a_change_of_the_ceiling(admin, alice):
    change_limits(alice.id, {"follow": OwnLimit(per_day=9)})
    change_ceilings(admin, alice.id, {"follow": UserCeiling(ceiling=5)})
    assert (report(alice).own, report(alice).rule.effective, report(alice).rule.binding) == (9, 5, "ceiling")
    change_ceilings(admin, alice.id, {"follow": UserCeiling()})
    assert report(alice).rule.effective == 9


def test_somebody_who_is_not_there_has_no_ceilings(admin):
    with pytest.raises(BotException, match="USER_NOT_FOUND"):
        change_ceilings(admin, "00000000-0000-0000-0000-000000000000", {"follow": UserCeiling(ceiling=5)})
    assert audited("limits_ceiling") == []


@pytest.mark.parametrize("field", ["per_day", "per_hour", "ceiling", "ceiling_hour"])
@pytest.mark.parametrize("number", ["-1", "10001", "true", "1.5", "NaN"])
def test_bad_numbers_are_refused(field, number):
    with pytest.raises(BotException, match="INVALID_INPUT"):
        checked_json(DefaultLimit, f'{{"{field}": {number}}}')


@pytest.mark.parametrize(
    "text",
    [
        '{"delay_min": 0.5}',
        '{"delay_max": 86401}',
        '{"delay_min": NaN}',
        '{"delay_min": 9, "delay_max": 8}',
        '{"more": 1}',
    ],
)
def test_bad_delays_are_refused(text):
    with pytest.raises(BotException, match="INVALID_INPUT"):
        checked_json(DefaultLimit, text)
