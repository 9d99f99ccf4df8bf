"""How much a bot may do: which rule binds, what is counted, and when a limit is free again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot import limits, steps, targets
from bot.ceilings import DefaultLimit, UserCeiling, change_ceilings, change_defaults
from bot.errors import BotException
from bot.limits import DEFAULTS, RAMP_DAYS, limit_reports
from bot.models import ActionTarget, CoolDown
from bot.runtime import now, runtime
from bot.scope import tenant
from bot.settings import OwnLimit, Pace, Settings, change_limits, change_settings
from bot.status import bot_report
from bot.steps import Nothing
from bot.targets import Target, Work
from tests.bot.driving import chores_done, claim, count, do_step, follow_order, refuse_step, signed_in, work_of


def report(user, kind="follow"):
    return next(report for report in limit_reports(user.id) if report.rule.kind == kind)


def use(user, kind="follow"):
    return next(limit for limit in bot_report(user.id).limits if limit.kind == kind)


def own(user, **values):
    change_limits(user.id, {"follow": OwnLimit(**values)})


def past_the_ramp(user, clock):
    clock.advance(days=RAMP_DAYS)
    chores_done(user)


def test_a_new_account_is_bound_by_the_ramp_and_an_old_one_by_the_default(ready, clock):
    linked_at = clock.moment
    for days, binding in [(0, "ramp"), (7, "ramp"), (14, "ramp"), (20, "ramp"), (21, "default"), (400, "default")]:
        clock.moment = linked_at + timedelta(days=days)
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
    follow_order(ready)
    began = clock.moment
    do_step(ready, clock)
    clock.advance(minutes=20)
    do_step(ready, clock)
    clock.moment = bot_report(ready.id).next_step_at
    assert clock.moment == began + timedelta(hours=1)
    assert (use(ready).used_hour, use(ready).used) == (1, 2)
    do_step(ready, clock)
    assert bot_report(ready.id).next_step_at == began + timedelta(hours=1, minutes=20, seconds=2)


def test_a_limit_of_nothing_an_hour_lets_nothing_through(ready, ada):
    follow_order(ready)
    change_ceilings(signed_in(ada), ready.id, {"follow": UserCeiling(ceiling_hour=0)})
    work = steps.next_work(ready.id)
    assert isinstance(work, Nothing)
    shown = bot_report(ready.id)
    assert (shown.verdict.reason, shown.verdict.rule, shown.next_step_at) == ("LIMIT_REACHED", "per_hour", None)


def test_a_limit_of_nothing_a_day_lets_nothing_through_on_any_day(ready, clock):
    follow_order(ready)
    own(ready, per_day=0)
    for _ in range(3):
        assert isinstance(steps.next_work(ready.id), Nothing)
        shown = bot_report(ready.id)
        assert (shown.verdict.reason, shown.next_step_at) == ("LIMIT_REACHED", None)
        clock.moment = shown.verdict.until
        chores_done(ready)


def test_after_a_block_half_is_left_for_a_week_after_the_rest(ready, clock):
    change_settings(ready.id, Settings(warm_up=False))
    own(ready, per_day=21)
    follow_order(ready)
    refuse_step(ready, clock, "INSTAGRAM_ACTION_BLOCKED")
    for days, effective, binding in [(0, 11, "cool_down"), (7.9, 11, "cool_down"), (8.1, 21, "own")]:
        clock.moment = datetime(2026, 3, 10, 12, 0, tzinfo=UTC) + timedelta(days=days)
        assert (report(ready).rule.effective, report(ready).rule.binding) == (effective, binding)
    assert report(ready, "like").rule.binding == "default"


def test_a_rest_for_another_reason_asks_for_no_caution(ready):
    with tenant(ready.id) as session:
        for kind, name in (("follow", "KIND_FAILING"), ("*", "INSTAGRAM_PLEASE_WAIT")):
            code = BotException(name).code
            session.add(
                CoolDown(
                    user_id=ready.id, kind=kind, until=now() + timedelta(hours=1), error_code=code, created_at=now()
                )
            )
        session.commit()
    assert report(ready).rule.binding == "ramp"


@pytest.mark.parametrize(("name", "delivered"), [("INSTAGRAM_TIMEOUT", "maybe"), ("INSTAGRAM_REFUSED", "no")])
def test_the_delay_holds_after_a_step_that_failed_too(ready, clock, name, delivered):
    change_settings(ready.id, Settings(pace={"follow": Pace(delay_min=600, delay_max=900)}))
    follow_order(ready)
    began = clock.moment
    refuse_step(ready, clock, name, delivered)
    while isinstance(work := steps.next_work(ready.id), Nothing) or work.unsettled:
        clock.moment = work.at if isinstance(work, Nothing) else steps.pause_between_lookups(ready.id)
        if not isinstance(work, Nothing):
            steps.release(ready.id, work, work.unsettled[0])
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
    follow_order(ready)
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
    order = follow_order(ready)
    work = work_of(ready)
    target = claim(ready, work)
    if status in ("done", "failed"):
        steps.finish(ready.id, work, target, status)
    elif status == "unknown":
        steps.fail(ready.id, work, target, BotException("INSTAGRAM_TIMEOUT", delivered="maybe"))
    elif status == "pending":
        steps.release(ready.id, work, target)
    elif status == "skipped":
        steps.release(ready.id, work, target)
        targets.skip(ready.id, work, work_of(ready).pending[0], "private")
    assert count(ready, order, status) in (1, 60)
    assert (use(ready).used, use(ready).used_hour) == (counted, counted)


def test_use_is_read_from_the_recorded_steps_alone(ready, clock):
    follow_order(ready)
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
    follow_order(ready)
    do_step(ready, clock)
    assert limits.limit_reports(bob.id)[0].used == 0


@pytest.mark.parametrize(
    ("zone", "moment", "midnight"),
    [
        ("UTC", "2026-03-10T12:00+00:00", "2026-03-11T00:00+00:00"),
        ("Asia/Kathmandu", "2026-03-10T12:00+00:00", "2026-03-10T18:15+00:00"),
        # The clocks go forward at 02:00: a day of 23 hours.
        ("Europe/Berlin", "2026-03-28T23:30+00:00", "2026-03-29T22:00+00:00"),
        # The clocks go back at 03:00: a day of 25 hours.
        ("Europe/Berlin", "2026-10-24T22:30+00:00", "2026-10-25T23:00+00:00"),
        # Here midnight itself is skipped: the day begins at one.
        ("Africa/Cairo", "2026-04-23T12:00+00:00", "2026-04-23T22:00+00:00"),
        # Here midnight comes twice: the day begins the first time.
        ("America/Havana", "2026-10-31T12:00+00:00", "2026-11-01T04:00+00:00"),
    ],
)
def test_a_limit_is_free_again_at_midnight_of_the_user(ready, clock, zone, moment, midnight):
    change_settings(ready.id, Settings(timezone=zone, warm_up=False))
    own(ready, per_day=2)
    order = follow_order(ready)
    clock.moment = datetime.fromisoformat(moment)
    chores_done(ready)
    do_step(ready, clock)
    do_step(ready, clock)
    shown = bot_report(ready.id)
    assert shown.next_step_at == datetime.fromisoformat(midnight)
    assert count(ready, order, "done") == 2
    clock.moment = shown.next_step_at
    chores_done(ready)
    do_step(ready, clock)
    assert use(ready).used == 1
    do_step(ready, clock)
    assert isinstance(steps.next_work(ready.id), Nothing)
    assert count(ready, order, "done") == 4


class Going:
    """A clock that goes on by ten seconds whenever it is read, so that no pace holds up what is tried at once."""

    def __init__(self, moment):
        self.moment = moment

    def now(self):
        self.moment += timedelta(seconds=10)
        return self.moment


@pytest.mark.parametrize("orders", [1, 5])
def test_steps_that_are_tried_at_once_never_pass_a_limit(base_app, ready, clock, monkeypatch, orders):
    change_settings(ready.id, Settings(warm_up=False))
    own(ready, per_day=4)
    made = [follow_order(ready) for _ in range(orders)]
    monkeypatch.setattr(runtime(), "clock", Going(clock.moment))
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: try_a_step(base_app, ready, number), range(50)))
    assert use(ready).used == sum(count(ready, order, "done") for order in made) <= 4
    for _ in range(20):
        try_a_step(base_app, ready, 0)
    assert sum(count(ready, order, "done") for order in made) == 4


def try_a_step(app, user, number):
    with app.app_context():
        work = steps.next_work(user.id)
        if isinstance(work, Work) and work.pending:
            target = claim(user, work, number % len(work.pending))
            if isinstance(target, Target):
                steps.finish(user.id, work, target, "done")


@pytest.mark.parametrize("left", [1, 3])
def test_claims_that_come_at_once_take_one_target_at_a_time(base_app, ready, clock, left):
    change_settings(ready.id, Settings(warm_up=False))
    order = follow_order(ready)
    do_step(ready, clock)
    own(ready, per_day=1 + left)
    work = work_of(ready)

    def try_to_claim(number):
        with base_app.app_context():
            return claim(ready, work, number % len(work.pending))

    with ThreadPoolExecutor(10) as pool:
        taken = [one for one in pool.map(try_to_claim, range(50)) if isinstance(one, Target)]
    assert len(taken) == count(ready, order, "working") == 1


def test_a_rule_is_there_for_every_kind_of_step(ready):
    with tenant(ready.id, reading=True) as session:
        assert set(limits.rules(session, ready.id, now())) == set(DEFAULTS)
        assert session.scalars(select(ActionTarget)).all() == []
