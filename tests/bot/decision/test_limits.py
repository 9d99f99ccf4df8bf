"""Limits of a bot: the rule that applies, the counted steps, and the time at which a limit is free again."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.automation.status import bot_report
from bot.automation.wakeups import missed_user_ids
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS, RAMP_DAYS
from bot.decision.limits import limit_reports
from bot.decision.snapshot import load
from bot.lanes.queue import planned
from bot.settings.ceilings import DefaultLimit, UserCeiling, change_ceilings, change_defaults
from bot.settings.preferences import OwnLimit, Pace, Settings, change_limits, change_settings
from bot.steps.decisions import Decision, resolve
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import ActionTarget, BotStatus, CoolDown, InstagramCredentials
from bot.storage.tenancy import tenant
from jobs.clock import tick
from tests.bot.driving import (
    chores_done,
    claim,
    count,
    do_step,
    follow_action,
    message_action,
    refuse_step,
    signed_in,
    work_of,
    work_off,
)
from tests.support.people import give_valid_session


def report(user, kind="follow"):
    return next(report for report in limit_reports(user.id) if report.rule.kind == kind)


def use(user, kind="follow"):
    return next(limit for limit in bot_report(user.id).limits if limit.kind == kind)


def own(user, **values):
    change_limits(user.id, {"follow": OwnLimit(**values)})


def rest(session, kind, name, ended=timedelta(hours=-1)):
    """A rest in the session's rows that ended so long ago, or ends an hour from now."""
    code, until = BotException(name).code, now() - ended
    session.add(CoolDown(user_id=session.user_id, kind=kind, until=until, error_code=code, created_at=now()))


def past_the_ramp(user, clock):
    clock.advance(days=RAMP_DAYS + 1)
    chores_done(user)


def test_a_new_account_is_bound_by_the_ramp_and_an_old_one_by_the_default(ready, clock):
    linked_at = clock.moment
    for days, binding in [(0, "ramp"), (7, "ramp"), (14, "ramp"), (20, "ramp"), (21, "default"), (400, "default")]:
        # Linked at noon: this number of whole days has passed at the next midnight.
        clock.moment = linked_at + timedelta(days=days, hours=12)
        for made in limit_reports(ready.id):
            default = DEFAULTS[made.rule.kind]
            share = min(max(days - 7, 0) / 14, 1)
            assert made.rule.effective == round(default.first_week + share * (default.per_day - default.first_week))
            assert made.rule.binding == binding


@pytest.mark.parametrize(
    ("own_limit", "ceiling", "default", "binding", "effective"),
    [
        (None, None, None, "default", 50),
        (30, None, None, "own", 30),
        (80, None, None, "own", 80),
        (0, None, None, "own", 0),
        (100, 40, None, "ceiling", 40),
        (None, 40, None, "ceiling", 40),
        (None, None, 20, "default", 20),
        (None, None, 90, "default", 90),
        (25, None, 20, "own", 25),
    ],
)
def test_after_the_ramp_the_smallest_of_what_was_chosen_and_the_ceilings_binds(
    ready, ada, clock, own_limit, ceiling, default, binding, effective
):
    admin = signed_in(ada)
    past_the_ramp(ready, clock)
    own(ready, per_day=own_limit)
    change_ceilings(admin, ready.id, {"follow": UserCeiling(ceiling=ceiling)})
    if default:
        change_defaults(admin, {"follow": DefaultLimit(per_day=default)})
    rule = report(ready).rule
    assert (rule.binding, rule.effective) == (binding, effective)


def test_a_ceiling_that_was_lowered_binds_a_limit_that_was_chosen_before(ready, ada, clock):
    admin = signed_in(ada)
    past_the_ramp(ready, clock)
    own(ready, per_day=90)
    change_defaults(admin, {"follow": DefaultLimit(ceiling=30)})
    assert (report(ready).rule.binding, report(ready).rule.effective) == ("ceiling", 30)


def test_without_a_warm_up_the_ramp_binds_nobody(ready):
    change_settings(ready.id, Settings(warm_up=False))
    assert (report(ready).rule.binding, report(ready).rule.effective) == ("default", 50)
    own(ready, per_day=70)
    assert (report(ready).rule.binding, report(ready).rule.effective) == ("own", 70)


def test_one_kind_does_not_touch_another(ready):
    own(ready, per_day=1)
    assert {made.rule.kind: made.rule.binding for made in limit_reports(ready.id)} == {
        kind: "own" if kind == "follow" else "ramp" for kind in DEFAULTS
    }


@pytest.mark.parametrize(
    ("own_hour", "default_hour", "ceiling_hour", "user_ceiling_hour", "effective"),
    [
        (None, None, None, None, None),
        (3, None, None, None, 3),
        (None, 4, None, None, 4),
        (6, 4, None, None, 6),
        (6, 4, 5, None, 5),
        (None, 4, 2, None, 2),
        (6, None, 9, 1, 1),
    ],
)
def test_an_own_limit_of_an_hour_stands_for_the_default_and_under_the_ceilings(
    ready, ada, own_hour, default_hour, ceiling_hour, user_ceiling_hour, effective
):
    admin = signed_in(ada)
    own(ready, per_hour=own_hour)
    change_defaults(admin, {"follow": DefaultLimit(per_hour=default_hour, ceiling_hour=ceiling_hour)})
    change_ceilings(admin, ready.id, {"follow": UserCeiling(ceiling_hour=user_ceiling_hour)})
    assert report(ready).rule.per_hour == effective


def test_the_limit_of_an_hour_is_free_again_an_hour_after_its_first_step(ready, clock):
    own(ready, per_hour=2)
    follow_action(ready)
    began = clock.moment
    do_step(ready, clock)
    clock.advance(minutes=20)
    do_step(ready, clock)
    clock.moment = bot_report(ready.id).next_step_at
    assert clock.moment == began + timedelta(hours=1)
    assert (use(ready).used_hour, use(ready).used) == (1, 2)
    do_step(ready, clock)
    assert bot_report(ready.id).next_step_at == began + timedelta(hours=1, minutes=20, seconds=2)


def test_a_limit_of_an_hour_below_its_use_is_free_when_enough_steps_are_an_hour_old(ready, clock):
    own(ready, per_hour=10)
    follow_action(ready)
    began = clock.moment
    for number in range(6):
        clock.moment = began + timedelta(minutes=number)
        do_step(ready, clock)
    own(ready, per_hour=2)
    told = began + timedelta(hours=1, minutes=4)
    assert (bot_report(ready.id).verdict.until, use(ready).hour_ends) == (told, told)
    clock.moment = told - timedelta.resolution
    assert isinstance(next_work(ready.id), Nothing)
    clock.moment = told
    do_step(ready, clock)


@pytest.mark.parametrize(
    ("values", "rule", "who", "change", "words"),
    [
        ({"per_day": 0}, "own", "user", "limits", "your own limit"),
        ({"per_hour": 0}, "per_hour", "user", "limits", "the limit of an hour"),
        ({"ceiling": 0}, "ceiling", "admin", None, "your admin’s maximum"),
        ({"ceiling_hour": 0}, "ceiling", "admin", None, "your admin’s maximum"),
    ],
)
def test_a_limit_of_nothing_waits_for_no_day_but_for_a_person(ready, ada, clock, values, rule, who, change, words):
    follow_action(ready)
    if rule == "ceiling":
        change_ceilings(signed_in(ada), ready.id, {"follow": UserCeiling(**values)})
    else:
        own(ready, **values)
    for _ in range(2):
        chores_done(ready)
        assert isinstance(next_work(ready.id), Nothing)
        verdict = bot_report(ready.id).verdict
        assert (verdict.state, verdict.reason, verdict.until) == ("halted", "LIMIT_ZERO", None)
        assert (verdict.rule, verdict.who, verdict.change) == (rule, who, change)
        assert verdict.message == f"The limit for following people is 0, by {words}."
        assert bot_report(ready.id).next_step_at is None
        clock.advance(days=1)
    work_off(ready, clock, message_action(ready, "ann"))
    assert bot_report(ready.id).verdict.reason == "LIMIT_ZERO"


def test_half_of_nothing_is_nothing_by_the_rule_that_says_so(ready, clock):
    own(ready, per_day=0)
    follow_action(ready)
    with tenant(ready.id) as session:
        rest(session, "follow", "INSTAGRAM_ACTION_BLOCKED")
        session.commit()
    assert report(ready).rule.binding == "own"


def test_the_warm_up_begins_with_the_first_valid_session_and_not_with_the_first_try(ready, clock):
    clock.advance(days=30)
    for linked_at in (None, clock.moment):
        with tenant(ready.id) as session:
            session.scalars(select(InstagramCredentials)).one().linked_at = linked_at
            session.commit()
        assert (report(ready).rule.effective, report(ready).rule.binding) == (10, "ramp")


def test_a_rest_for_another_reason_asks_for_no_caution(ready):
    with tenant(ready.id) as session:
        rest(session, "follow", "KIND_FAILING")
        rest(session, "*", "INSTAGRAM_PLEASE_WAIT")
        session.commit()
    assert report(ready).rule.binding == "ramp"


@pytest.mark.parametrize(("name", "delivered"), [("INSTAGRAM_TIMEOUT", "maybe"), ("INSTAGRAM_REFUSED", "no")])
def test_the_delay_holds_after_a_step_that_failed_too(ready, clock, name, delivered):
    change_settings(ready.id, Settings(pace={"follow": Pace(delay_min=600, delay_max=900)}))
    follow_action(ready)
    began = clock.moment
    refuse_step(ready, clock, name, delivered)
    while isinstance(work := next_work(ready.id), Nothing) or work.in_doubt:
        clock.moment = work.at if isinstance(work, Nothing) else Step(ready.id, work).pause()
        if not isinstance(work, Nothing):
            Step(ready.id, work).reopen(work.in_doubt[0])
    assert clock.moment == began + timedelta(seconds=600)


def test_an_own_pace_holds_for_its_kind(ready):
    change_settings(ready.id, Settings(pace={"follow": Pace(delay_min=5, delay_max=9)}))
    assert (report(ready).rule.delay_min, report(ready).rule.delay_max) == (5, 9)
    assert (report(ready, "like").rule.delay_min, report(ready, "like").rule.delay_max) == (2, 4)


def test_an_own_pace_is_never_faster_than_a_default_that_was_slowed_down_since(ready, ada):
    change_settings(ready.id, Settings(pace={"follow": Pace(delay_min=5, delay_max=9)}))
    change_defaults(signed_in(ada), {"follow": DefaultLimit(delay_min=30, delay_max=60)})
    assert (report(ready).rule.delay_min, report(ready).rule.delay_max) == (30, 60)


def test_the_report_names_everything_that_a_limit_is_made_of(ready, ada, clock):
    change_ceilings(signed_in(ada), ready.id, {"follow": UserCeiling(ceiling=90, ceiling_hour=7)})
    own(ready, per_day=40, per_hour=5)
    follow_action(ready)
    do_step(ready, clock)
    made = report(ready)
    assert (made.used, made.own, made.default, made.ceiling) == (1, 40, 50, 90)
    assert (made.own_per_hour, made.default_per_hour, made.ceiling_per_hour) == (5, None, 7)
    assert (made.own_delay, made.default_delay) == (None, (2, 4))


@pytest.mark.parametrize(
    ("status", "counted"),
    [("done", 1), ("failed", 1), ("unknown", 1), ("working", 1), ("pending", 0), ("skipped", 0)],
)
def test_what_may_have_reached_instagram_counts_and_nothing_else(ready, clock, status, counted):
    action_id = follow_action(ready)
    work = work_of(ready)
    target = claim(ready, work)
    if status == "done":
        Step(ready.id, work).finish(target, Outcome())
    elif status == "failed":
        Step(ready.id, work).give_up(target, "not_found")
    elif status == "unknown":
        Step(ready.id, work).fail(target, BotException("INSTAGRAM_TIMEOUT", delivered="maybe"))
    elif status in ("pending", "skipped"):
        Step(ready.id, work).reopen(target)
    if status == "skipped":
        clock.advance(minutes=1)
        Step(ready.id, work).skip(work_of(ready).pending[0], "private")
    assert count(ready, action_id, status) in (1, 60)
    assert (use(ready).used, use(ready).used_hour) == (counted, counted)


def test_use_is_read_from_the_recorded_steps_alone(ready, clock):
    follow_action(ready)
    for _ in range(3):
        do_step(ready, clock)
    assert use(ready).used == 3
    with tenant(ready.id) as session:
        session.execute(
            update(ActionTarget).where(ActionTarget.target == "person0").values(status="pending", claimed_at=None)
        )
        session.commit()
    assert use(ready).used == 2


def test_use_of_a_stranger_counts_for_nobody_else(ready, bob, clock):
    follow_action(ready)
    do_step(ready, clock)
    assert limit_reports(bob.id)[0].used == 0


def test_a_message_that_is_sent_again_counts_beside_the_call_that_may_have_arrived(ready, clock):
    own_messages = OwnLimit(per_day=3, per_hour=2)
    change_limits(ready.id, {"message": own_messages})
    action_id = message_action(ready, "ann", "ben")
    began = clock.moment
    target = refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe")
    resolve(ready.id, action_id, target.id, Decision(outcome="send_again"))
    assert (use(ready, "message").used, use(ready, "message").used_hour) == (1, 1)
    clock.advance(minutes=10)
    do_step(ready, clock)
    assert (use(ready, "message").used, use(ready, "message").used_hour) == (2, 2)
    assert (report(ready, "message").used, bot_report(ready.id).verdict.until) == (2, began + timedelta(hours=1))


def test_a_ceiling_that_is_raised_wakes_the_lane_that_sleeps_until_midnight(ready, ada, clock):
    redis = runtime().redis
    change_ceilings(signed_in(ada), ready.id, {"follow": UserCeiling(ceiling=1)})
    follow_action(ready)
    do_step(ready, clock)
    redis.flushall()
    assert bot_report(ready.id).verdict.rule == "ceiling"
    change_ceilings(signed_in(ada), ready.id, {"follow": UserCeiling(ceiling=9)})
    assert planned(redis, [ready.id])[ready.id] is not None


def test_a_default_that_is_changed_has_the_clock_ring_all_whose_bots_run(base_app, ready, bob, ada):
    redis = runtime().redis
    give_valid_session(bob.id)
    redis.flushall()
    assert missed_user_ids() == []
    change_defaults(signed_in(ada), {"follow": DefaultLimit(per_day=90)})
    assert missed_user_ids() == [ready.id]
    with tenant(bob.id, reading=True) as session:
        assert not session.scalars(select(BotStatus.ring_missed)).one()
    tick(base_app, redis)
    assert missed_user_ids() == []
    assert planned(redis, [ready.id])[ready.id] is not None


def test_a_rule_is_there_for_every_kind_of_step(ready):
    with tenant(ready.id, reading=True) as session:
        assert set(load(session, now()).rules) == set(DEFAULTS)
        assert session.scalars(select(ActionTarget)).all() == []
