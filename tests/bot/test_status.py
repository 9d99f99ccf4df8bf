"""What the status says: the verdict in words, limits and what binds, and what push-back does."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import actions, bots, steps
from bot.actions import FollowHashtag
from bot.errors import BotException
from bot.limits import DEFAULTS, ramp
from bot.models import ActionTarget, BotSettings, DailyLimit
from bot.scope import identity, tenant
from bot.status import bot_report
from tests.support.people import give_valid_session, set_running

pytestmark = pytest.mark.usefixtures("base_app")


@pytest.fixture
def working(alice):
    """Alice's bot with an order and candidates."""
    give_valid_session(alice.id)
    set_running(alice.id)
    actions.follow_hashtag(alice.id, FollowHashtag(hashtag="coffee", amount=100))
    people = [(f"person{number}", str(number)) for number in range(60)]
    steps.add_candidates(alice.id, steps.next_work(alice.id), people, None)
    return alice


def act(user, name=None, delivered="no"):
    work = steps.next_work(user.id)
    target = steps.claim(user.id, work, work.pending[0])
    assert isinstance(target, steps.Target)
    if name:
        return steps.fail(user.id, work, target, BotException(name, delivered=delivered))
    return steps.finish(user.id, work, target, "done")


def test_a_new_user_is_told_to_link(alice):
    report = bot_report(alice.id)
    assert (report.verdict.state, report.verdict.reason) == ("halted", "NOT_LINKED")
    assert report.verdict.remedy
    assert not report.session_valid


def test_a_linked_bot_is_stopped_until_it_is_started(alice):
    give_valid_session(alice.id)
    assert bot_report(alice.id).verdict.reason == "BOT_STOPPED"
    bots.start(alice.id)
    report = bot_report(alice.id)
    assert (report.bot_running, report.verdict.state, report.verdict.reason) == (True, "waiting", "NO_WORK")


def test_starting_needs_a_valid_session(alice):
    with pytest.raises(BotException, match="SESSION_INVALID"):
        bots.start(alice.id)


def test_between_two_steps_it_waits_and_says_until_when(working, clock):
    assert bot_report(working.id).verdict.state == "acting"
    next_at = act(working)
    report = bot_report(working.id)
    assert (report.verdict.reason, report.verdict.until, report.next_step_at) == ("BETWEEN_STEPS", next_at, next_at)
    clock.moment = next_at
    assert bot_report(working.id).verdict.state == "acting"


def test_the_limit_counts_recorded_steps_and_names_the_rule(working, clock):
    for _ in range(10):
        clock.moment = act(working)
    report = bot_report(working.id)
    assert (report.verdict.reason, report.verdict.rule) == ("LIMIT_REACHED", "ramp")
    assert "10" in report.verdict.message
    assert (report.limits[0].used, report.limits[0].effective, report.limits[0].binding) == (10, 10, "ramp")
    assert report.verdict.until.hour == 0
    clock.moment = report.verdict.until
    assert bot_report(working.id).verdict.state == "acting"


def test_a_skipped_person_costs_nothing_of_the_limit(working):
    work = steps.next_work(working.id)
    steps.skip(working.id, work, work.pending[0], "private")
    assert bot_report(working.id).limits[0].used == 0


@pytest.mark.parametrize(
    ("own", "ceiling", "binding", "effective"),
    [(3, None, "own", 3), (None, 2, "ceiling", 2), (3, 2, "ceiling", 2), (99, None, "ramp", 10)],
)
def test_the_smallest_of_own_ceiling_and_ramp_binds(working, own, ceiling, binding, effective):
    with identity(working.id) as session:
        session.add(DailyLimit(user_id=working.id, kind="follow", per_day=own, ceiling=ceiling))
        session.commit()
    limit = bot_report(working.id).limits[0]
    assert (limit.binding, limit.effective) == (binding, effective)


def test_a_user_cannot_touch_the_default_limits(alice):
    with tenant(alice.id) as session:
        default = session.scalars(select(DailyLimit).where(DailyLimit.user_id.is_(None))).one()
        default.per_day = 1000
        with pytest.raises(BotException, match="SCOPE_VIOLATION"):
            session.flush()


def test_the_ramp_is_flat_for_a_week_and_full_after_three():
    follow = DEFAULTS["follow"]
    assert [ramp("follow", day) for day in (0, 6, 7)] == [follow.first_week] * 3
    assert ramp("follow", 21) == ramp("follow", 400) == follow.per_day
    days = [ramp("follow", day) for day in range(30)]
    assert days == sorted(days)


def test_the_day_of_a_limit_ends_at_midnight_of_the_user(working, clock):
    with tenant(working.id) as session:
        session.scalars(select(BotSettings)).one().timezone = "Asia/Tokyo"
        session.commit()
    act(working)
    assert bot_report(working.id).limits[0].used == 1
    clock.advance(hours=3)
    assert bot_report(working.id).limits[0].used == 0


def test_a_block_rests_the_kind_for_a_day(working, clock):
    act(working, "INSTAGRAM_ACTION_BLOCKED")
    report = bot_report(working.id)
    assert (report.verdict.reason, report.bot_running, report.session_valid) == ("COOL_DOWN", True, True)
    assert report.verdict.until == clock.moment + timedelta(hours=24)
    assert report.last_error_code == BotException("INSTAGRAM_ACTION_BLOCKED").code


def test_a_second_block_within_a_week_rests_three_days_and_asks_for_a_person(working, clock):
    act(working, "INSTAGRAM_ACTION_BLOCKED")
    clock.advance(hours=25)
    act(working, "INSTAGRAM_ACTION_BLOCKED")
    assert bot_report(working.id).verdict.reason == "BOT_STOPPED"
    set_running(working.id)
    assert bot_report(working.id).verdict.until == clock.moment + timedelta(hours=72)


@pytest.mark.parametrize("name", ["INSTAGRAM_PLEASE_WAIT", "INSTAGRAM_THROTTLED"])
def test_please_wait_rests_the_whole_bot_for_an_hour(working, clock, name):
    act(working, name)
    report = bot_report(working.id)
    assert (report.verdict.reason, report.verdict.until) == ("COOL_DOWN", clock.moment + timedelta(hours=1))


@pytest.mark.parametrize(
    "name", ["INSTAGRAM_LOGGED_OUT", "INSTAGRAM_CHALLENGE", "INSTAGRAM_CONSENT", "INSTAGRAM_SUSPENDED"]
)
def test_the_end_of_the_session_stops_the_bot_with_its_code(working, name):
    assert act(working, name) is None
    report = bot_report(working.id)
    assert (report.session_valid, report.bot_running) == (False, False)
    assert (report.verdict.state, report.verdict.reason) == ("halted", name)
    with tenant(working.id) as session:
        assert set(session.scalars(select(ActionTarget.status))) == {"pending"}


def test_outside_working_hours_it_waits_for_them(working):
    with tenant(working.id) as session:
        settings = session.scalars(select(BotSettings)).one()
        settings.hours_start, settings.hours_end = 13 * 60, 21 * 60
        session.commit()
    verdict = bot_report(working.id).verdict
    assert (verdict.reason, verdict.until.hour) == ("OUTSIDE_HOURS", 13)


def test_every_reason_has_words_and_a_remedy(alice):
    from bot.errors import registry

    for reason in (
        "SESSION_INVALID",
        "NOT_LINKED",
        "BOT_STOPPED",
        "NO_WORK",
        "OUTSIDE_HOURS",
        "BETWEEN_STEPS",
        "LIMIT_REACHED",
        "COOL_DOWN",
    ):
        assert registry()[reason].description
        assert registry()[reason].remedy
