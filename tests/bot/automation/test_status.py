"""The status: the verdict in words, limits with the rule that applies, and the effect of push-back."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.actions import control
from bot.actions.schedules import Schedule, reschedule
from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.config.runtime import now
from bot.core.errors import BotException, registry
from bot.decision.limit_rules import DEFAULTS
from bot.linking import unlinking
from bot.settings import preferences
from bot.settings.preferences import OwnLimit, Settings
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.models import ActionTarget, BotStatus, CoolDown, DailyLimit, InstagramCredentials
from bot.storage.tenancy import identity, tenant
from tests.bot.driving import act, chores_done, follow_action, message_action, refuse_step
from tests.support.people import give_valid_session


@pytest.fixture
def working(ready):
    """Alice's bot with an action and candidates."""
    follow_action(ready)
    return ready


def test_a_new_user_is_told_to_link(alice):
    report = bot_report(alice.id)
    assert (report.verdict.state, report.verdict.reason) == ("halted", "NOT_LINKED")
    assert report.verdict.remedy
    assert not report.session_valid


def test_a_linked_bot_is_stopped_until_it_is_started(alice):
    give_valid_session(alice.id)
    assert bot_report(alice.id).verdict.reason == "BOT_STOPPED"
    lifecycle.start(alice.id)
    report = bot_report(alice.id)
    assert (report.bot_running, report.verdict.state, report.verdict.reason) == (True, "halted", "NO_WORK")


def test_starting_needs_a_valid_session(alice):
    with pytest.raises(BotException, match="SESSION_INVALID"):
        lifecycle.start(alice.id)


def test_between_two_steps_it_waits_and_says_when_the_next_one_comes(working, clock):
    assert bot_report(working.id).verdict.state == "acting"
    next_at = act(working)
    report = bot_report(working.id)
    assert (report.verdict.reason, report.next_step_at) == ("BETWEEN_STEPS", next_at)
    assert clock.moment < report.verdict.until <= next_at
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
    work = next_work(working.id)
    Step(working.id, work).skip(work.pending[0], "private")
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


def test_the_ramp_says_nothing_once_it_is_over(working, clock):
    with identity(working.id) as session:
        session.add(DailyLimit(user_id=working.id, kind="follow", per_day=99))
        session.commit()
    for days, binding, effective in ((20.5, "ramp", 47), (1, "own", 99)):
        clock.advance(days=days)
        limit = bot_report(working.id).limits[0]
        assert (limit.binding, limit.effective) == (binding, effective)


def test_a_user_cannot_touch_the_default_limits(alice):
    with tenant(alice.id) as session:
        default = session.scalars(select(DailyLimit).where(DailyLimit.user_id.is_(None))).first()
        default.per_day = 1000
        with pytest.raises(BotException, match="SCOPE_VIOLATION"):
            session.flush()


def test_outside_working_hours_it_waits_for_them(working):
    hours(working, "13:00", "21:00")
    verdict = bot_report(working.id).verdict
    assert (verdict.reason, verdict.until.hour) == ("OUTSIDE_HOURS", 13)


def hours(user, start, end):
    week = dict.fromkeys(preferences.DAYS, preferences.TimeSpan(start=start, end=end))
    preferences.change_settings(user.id, Settings(week=week))


def rest(user, kind, name, **length):
    with tenant(user.id) as session:
        until, code = now() + timedelta(**length), BotException(name).code
        session.add(CoolDown(user_id=user.id, kind=kind, until=until, error_code=code, created_at=now()))
        session.commit()


def pause_all(user):
    for progress in control.list_actions(user.id, 100, None).items:
        control.pause(user.id, progress.action.id)


def put_off(user):
    for progress in control.list_actions(user.id, 100, None).items:
        reschedule(user.id, progress.action.id, Schedule(start_at=now() + timedelta(hours=1)))


def end_all(user):
    for progress in control.list_actions(user.id, 100, None).items:
        control.cancel(user.id, progress.action.id)


def limit(user, **values):
    preferences.change_limits(user.id, {"follow": OwnLimit(**values)})


def use_up(user, **values):
    limit(user, **values)
    act(user)


def unset_session(user, error=None):
    with tenant(user.id) as session:
        status = session.scalars(select(BotStatus)).one()
        status.session_valid = False
        status.last_error_code = BotException(error).code if error else None
        session.commit()


def never_let_in(user):
    """Return an account that Instagram has refused since its first sign-in."""
    unset_session(user)
    with tenant(user.id) as session:
        session.scalars(select(InstagramCredentials)).one().session_data_encrypted = None
        session.commit()


def wait_for_code(user, kind):
    unset_session(user)
    with tenant(user.id) as session:
        account = session.scalars(select(InstagramCredentials)).one()
        account.verification_kind, account.verification_sent_to = kind, "a***@example.org"
        account.verification_expires_at = now() + timedelta(minutes=10)
        session.commit()


WAITS = {
    "hours": (lambda user: hours(user, "13:00", "21:00"), "OUTSIDE_HOURS", "working_hours", "hours", "working hours"),
    "start": (put_off, "STARTS_LATER", "start_at", "automation", "starts later"),
    "pace": (act, "BETWEEN_STEPS", "delay", "limits", "pauses between two steps"),
    "own": (lambda user: use_up(user, per_day=1), "LIMIT_REACHED", "own", "limits", "of 1 a day for following people"),
    "hour": (
        lambda user: use_up(user, per_hour=1),
        "LIMIT_REACHED",
        "per_hour",
        "limits",
        "of 1 an hour for following",
    ),
    "block": (lambda user: act(user, "INSTAGRAM_ACTION_BLOCKED"), "COOL_DOWN", "cool_down", None, "blocked this kind"),
    "rest": (lambda user: rest(user, "*", "INSTAGRAM_THROTTLED", hours=1), "COOL_DOWN", "cool_down", None, "(429)"),
}


@pytest.mark.parametrize(("make", "reason", "rule", "change", "words"), WAITS.values(), ids=WAITS)
def test_every_wait_has_its_words_its_code_and_where_to_change_it(working, make, reason, rule, change, words):
    make(working)
    report = bot_report(working.id)
    verdict = report.verdict
    assert (verdict.state, verdict.reason, verdict.rule, verdict.change) == ("waiting", reason, rule, change)
    assert words in verdict.message
    assert (verdict.code, verdict.remedy) == (registry()[reason].code, registry()[reason].remedy)
    assert verdict.until > now()
    assert report.next_step_at is None or report.next_step_at >= verdict.until


HALTS = {
    "stopped": (lambda user: lifecycle.stop(user.id), "BOT_STOPPED", "user"),
    "no work": (end_all, "NO_WORK", "user"),
    "paused": (pause_all, "ALL_PAUSED", "user"),
    "no session": (unset_session, "SESSION_INVALID", "user"),
    "challenge": (lambda user: act(user, "INSTAGRAM_CHALLENGE"), "INSTAGRAM_CHALLENGE", "user"),
    "logged out": (lambda user: act(user, "INSTAGRAM_LOGGED_OUT"), "INSTAGRAM_LOGGED_OUT", "user"),
    "code": (lambda user: wait_for_code(user, "two_factor"), "CODE_NEEDED", "user"),
    "app": (lambda user: wait_for_code(user, "app"), "INSTAGRAM_CONFIRM_IN_APP", "user"),
    "unlinked": (lambda user: unlinking.unlink(user.id), "NOT_LINKED", "user"),
    "never let in": (never_let_in, "NOT_LINKED", "user"),
}


@pytest.mark.parametrize(("make", "reason", "who"), HALTS.values(), ids=HALTS)
def test_every_halt_says_what_is_wrong_who_must_act_and_how(working, make, reason, who):
    make(working)
    report = bot_report(working.id)
    entry, verdict = registry()[reason], report.verdict
    assert (verdict.state, verdict.reason, verdict.who) == ("halted", reason, who)
    assert (verdict.message, verdict.remedy, verdict.code) == (entry.description, entry.remedy, entry.code)
    assert (verdict.until, report.next_step_at) == (None, None)


def test_what_the_bot_does_is_said_in_words(working, clock):
    assert bot_report(working.id).verdict.message == "Your bot is following people."
    act(working, "INSTAGRAM_TIMEOUT", "maybe")
    clock.moment = bot_report(working.id).next_step_at
    assert bot_report(working.id).verdict.message == "Your bot is in the middle of following people."


def test_what_is_left_to_be_looked_up_is_said(ready, clock):
    message_action(ready, "ann")
    refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe")
    with tenant(ready.id) as session:
        session.scalars(select(ActionTarget)).one().look_up_at = now() + timedelta(minutes=10)
        session.commit()
    chores_done(ready)
    verdict = bot_report(ready.id).verdict
    assert (verdict.reason, verdict.until) == ("LOOKING_UP", clock.moment + timedelta(minutes=10))


def test_the_next_step_is_told_over_hours_limits_pauses_and_starts_that_follow_one_another(working, clock):
    clock.moment = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    hours(working, "09:00", "12:30")
    preferences.change_settings(
        working.id, Settings(pause=preferences.TimeSpan(start="08:00", end="09:45"), timezone="Europe/Berlin")
    )
    clock.moment = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
    limit(working, per_day=1)
    act(working)
    assert bot_report(working.id).verdict.reason == "LIMIT_REACHED"
    tomorrow = datetime(2026, 3, 11, 8, 45, tzinfo=UTC)
    assert bot_report(working.id).next_step_at == tomorrow
    put_off(working)
    assert bot_report(working.id).next_step_at == tomorrow
    for progress in control.list_actions(working.id, 10, None).items:
        reschedule(working.id, progress.action.id, Schedule(start_at=datetime(2026, 3, 12, 11, 29, tzinfo=UTC)))
    assert bot_report(working.id).next_step_at == datetime(2026, 3, 12, 11, 29, tzinfo=UTC)
    rest(working, "follow", "INSTAGRAM_ACTION_BLOCKED", days=3, hours=2)
    assert bot_report(working.id).next_step_at == datetime(2026, 3, 14, 8, 45, tzinfo=UTC)


def test_at_the_time_that_was_told_the_bot_acts(working, clock):
    hours(working, "09:00", "13:00")
    limit(working, per_day=3, per_hour=2)
    times = []
    for _ in range(5):
        clock.moment = bot_report(working.id).next_step_at
        chores_done(working)
        assert bot_report(working.id).verdict.state == "acting"
        act(working)
        times.append((clock.moment.day, clock.moment.hour))
    assert times == [(10, 12), (10, 12), (11, 9), (11, 9), (11, 10)]


def test_one_kind_that_waits_does_not_hide_what_another_does(working, clock):
    rest(working, "follow", "INSTAGRAM_ACTION_BLOCKED", days=1)
    message_action(working, "ann")
    report = bot_report(working.id)
    assert (report.verdict.state, report.verdict.message) == ("acting", "Your bot is sending messages.")
    assert report.next_step_at == clock.moment


def test_limits_and_rules_of_every_kind_are_in_the_status(working):
    report = bot_report(working.id)
    assert [limit.kind for limit in report.limits] == [rule.kind for rule in report.rules] == list(DEFAULTS)


def test_a_code_that_is_waited_for_is_shown_until_it_expires(working, clock):
    wait_for_code(working, "challenge")
    shown = bot_report(working.id).verification
    assert (shown.kind, shown.sent_to) == ("challenge", "a***@example.org")
    clock.moment = shown.expires_at
    assert bot_report(working.id).verification is None
    assert bot_report(working.id).verdict.reason == "SESSION_INVALID"


def test_every_reason_of_the_decision_is_registered_with_words_and_a_remedy():
    told = {reason for _, reason, *_ in WAITS.values()} | {reason for _, reason, _ in HALTS.values()}
    for reason in told | {"NO_WORKING_HOURS", "BLOCKED_AGAIN", "LOOKING_UP", "LIMIT_ZERO"}:
        assert registry()[reason].description
        assert registry()[reason].remedy
