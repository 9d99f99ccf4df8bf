"""The kept verdict of a bot is the one that is decided from all its rows, after every kind of change."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.actions import control
from bot.actions.schedules import Schedule, reschedule
from bot.automation import kill_switch, lifecycle, verdicts
from bot.automation.kill_switch import StopAll
from bot.automation.verdicts import decided, keep_due_verdicts, keep_verdict, kept_verdicts
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.decide import RunChore
from bot.decision.limit_rules import DEFAULTS
from bot.decision.snapshot import load
from bot.decision.troubles import refused_by_vault, unforeseen
from bot.linking import outcomes
from bot.linking.unlinking import unlink
from bot.operations.user_admin import UserChange, change_user
from bot.settings import ceilings, preferences
from bot.settings.ceilings import DefaultLimit, UserCeiling
from bot.settings.preferences import DAYS, OwnLimit, Settings
from bot.steps.catching_up import begin_catching_up
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.models import BotStatus, InstagramCredentials
from bot.storage.tenancy import identity, tenant
from bot.users.directory import NewUser, create_user
from tests.bot.driving import act, chores_done, claimed, follow_action, message_action, signed_in, work_of
from tests.support.people import give_valid_session
from tests.web import situations
from tests.web.test_needs import VERDICTS

ALL_DAY = {"start": "00:00", "end": "24:00"}
EVENING = {"start": "22:00", "end": "22:01"}
_COLUMNS = ("verdict", "verdict_condition", "verdict_who", "verdict_kind", "verdict_rule", "verdict_until")


def kept(user):
    kept = kept_verdicts()
    with identity(reading=True) as session:
        return session.execute(select(kept).where(kept.c.user_id == user.id)).one()


def shown(user):
    return tuple(getattr(kept(user), name) for name in _COLUMNS)


def computed(user):
    with tenant(user.id, reading=True) as session:
        found = decided(load(session, now()), now())
    report = found.report
    return report.reason, found.condition, report.who, report.kind, report.rule, report.until


def turn(user, name=None):
    """One turn of the worker, which a fault may end. Chores before it are done."""
    if isinstance(next_work(user.id), RunChore):
        chores_done(user)
        with tenant(user.id) as session:
            session.execute(update(BotStatus).values(caught_up_at=now()))
            session.commit()
    act(user, name)
    keep_verdict(user.id)


class Life:
    """What may happen to a bot, by the functions that the pages, the API and the worker call."""

    def __init__(self, user, admin, clock):
        self.user, self.admin, self.clock = user, signed_in(admin), clock
        self.action = ""

    def rest_for_days(self):
        self.clock.advance(days=3)
        keep_due_verdicts()

    def link(self):
        give_valid_session(self.user.id)

    def start(self):
        lifecycle.start(self.user.id)

    def stop(self):
        lifecycle.stop(self.user.id)

    def place(self):
        self.action = follow_action(self.user)
        # The people were found in a turn of the worker, which ends like this.
        keep_verdict(self.user.id)

    def place_messages(self):
        message_action(self.user, "ann", "ben")

    def pause(self):
        control.pause(self.user.id, self.action)

    def resume(self):
        control.resume(self.user.id, self.action)

    def cancel(self):
        control.cancel(self.user.id, self.action)

    def postpone(self):
        reschedule(self.user.id, self.action, Schedule(start_at=now() + timedelta(hours=3)))

    def step(self):
        turn(self.user)

    def be_blocked(self):
        turn(self.user, "INSTAGRAM_ACTION_BLOCKED")

    def be_refused_by_the_proxy(self):
        turn(self.user, "INSTAGRAM_PROXY_FAILED")

    def be_logged_out(self):
        turn(self.user, "INSTAGRAM_LOGGED_OUT")

    def break_off(self):
        unforeseen(self.user.id, ValueError("odd"))

    def lose_the_key(self):
        with tenant(self.user.id) as session:
            session.execute(
                update(InstagramCredentials).values(session_data_encrypted=b"\x01" + b"gone".ljust(16, b"\0"))
            )
            session.commit()
        refused_by_vault(self.user.id, BotException("VAULT_REFUSED"))

    def doubt(self):
        begin_catching_up(self.user.id)

    def fail_a_chore(self):
        outcomes.chore_failed(self.user.id, "read_replies", BotException("INSTAGRAM_TIMEOUT"))

    def work_in_the_evening(self):
        preferences.change_settings(self.user.id, Settings.model_validate({"week": dict.fromkeys(DAYS, EVENING)}))

    def work_all_day(self):
        preferences.change_settings(self.user.id, Settings.model_validate({"week": dict.fromkeys(DAYS, ALL_DAY)}))

    def lower_own_limit(self):
        preferences.change_limits(self.user.id, {kind: OwnLimit(per_day=0) for kind in DEFAULTS})

    def raise_own_limit(self):
        preferences.change_limits(self.user.id, {kind: OwnLimit() for kind in DEFAULTS})

    def be_given_a_ceiling(self):
        ceilings.change_ceilings(self.admin, self.user.id, {"follow": UserCeiling(ceiling=1)})

    def be_disabled(self):
        change_user(self.admin, self.user.id, UserChange(is_active=False))

    def be_enabled(self):
        change_user(self.admin, self.user.id, UserChange(is_active=True))

    def be_unlinked(self):
        unlink(self.user.id)


ACTS = [name for name in vars(Life) if not name.startswith("_")]


@pytest.fixture
def life(base_app, alice, ada, clock):
    return Life(alice, ada, clock)


STORY = [
    "link",
    "start",
    "place",
    "step",
    "pause",
    "resume",
    "postpone",
    "cancel",
    "place",
    "step",
    "be_refused_by_the_proxy",
    "break_off",
    "be_blocked",
    "place_messages",
    "step",
    "doubt",
    "fail_a_chore",
    "work_in_the_evening",
    "work_all_day",
    "lower_own_limit",
    "raise_own_limit",
    "be_given_a_ceiling",
    "stop",
    "start",
    "lose_the_key",
    "be_disabled",
    "be_enabled",
    "link",
    "start",
    "be_unlinked",
    "link",
    "start",
    "place",
    "rest_for_days",
    "be_logged_out",
]


def test_it_is_what_is_decided_after_every_kind_of_change(life, clock):
    assert set(STORY) == set(ACTS)
    assert shown(life.user) == computed(life.user) == ("NOT_LINKED", "off", "user", None, None, None)
    seen = set()
    for name in STORY:
        clock.advance(minutes=10)
        keep_due_verdicts()
        getattr(life, name)()
        assert shown(life.user) == computed(life.user), name
        assert kept(life.user).is_current, name
        seen.add(shown(life.user)[0])
    reasons = {"NOT_LINKED", "BOT_STOPPED", "NO_WORK", "ALL_PAUSED", "STARTS_LATER", "COOL_DOWN", "VAULT_REFUSED"}
    reasons |= {"INSTAGRAM_PROXY_FAILED", "INTERNAL", "OUTSIDE_HOURS", "USER_DISABLED", "INSTAGRAM_LOGGED_OUT"}
    assert seen >= reasons


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_is_decided_in_any_order_of_changes(life, clock, seed):
    chance = random.Random(seed)  # noqa: S311  a test
    for name in ("link", "start", "place", *(chance.choice(ACTS) for _ in range(40))):
        clock.advance(minutes=chance.choice((0, 1, 20, 600)))
        keep_due_verdicts()
        try:
            getattr(life, name)()
        except (BotException, AssertionError):
            # This act is not possible now, and may have changed something before it was refused.
            keep_verdict(life.user.id)
        assert shown(life.user) == computed(life.user), name


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("reason", "situation"), {row[0]: row[:2] for row in VERDICTS}.values())
def test_the_clock_mends_what_was_changed_by_hand(base_app, clock, ready, reason, situation):
    follow_action(ready, people=0, amount=5)
    situations.live_in_kolkata(ready.id, clock.moment)
    situation(ready.id, clock.moment)
    clock.advance(hours=1)
    assert keep_due_verdicts() >= 1
    assert shown(ready) == computed(ready)


def test_time_alone_changes_it_and_the_clock_writes_it(life, clock):
    for name in ("link", "start", "place", "step"):
        getattr(life, name)()
    assert shown(life.user)[:2] == ("BETWEEN_STEPS", "working")
    clock.moment = shown(life.user)[5]
    assert keep_due_verdicts() == 1
    assert shown(life.user) == computed(life.user)
    assert shown(life.user)[0] == "ACTING"
    assert keep_due_verdicts() == 0


def test_a_code_that_runs_out_is_noticed(life, clock):
    life.link()
    situations.waiting_for("two_factor")(life.user.id, clock.moment)
    keep_verdict(life.user.id)
    assert shown(life.user)[0] == "CODE_NEEDED"
    clock.advance(minutes=10)
    keep_due_verdicts()
    assert shown(life.user) == computed(life.user)
    assert shown(life.user)[0] == "SESSION_INVALID"


def test_a_change_of_every_limit_makes_each_out_of_date(life, clock, ada):
    for name in ("link", "start", "place"):
        getattr(life, name)()
    ceilings.change_defaults(signed_in(ada), {"follow": DefaultLimit(ceiling=0)})
    assert not kept(life.user).is_current
    keep_due_verdicts()
    assert shown(life.user) == computed(life.user)
    assert shown(life.user)[:3] == ("LIMIT_ZERO", "needs_help", "admin")


def test_what_holds_all_bots_is_no_part_of_it(life, ada):
    for name in ("link", "start", "place"):
        getattr(life, name)()
    kill_switch.stop_all(signed_in(ada), StopAll(reason="A storm."))
    keep_due_verdicts()
    assert shown(life.user)[0] == "ACTING"


def test_it_says_since_when_a_bot_is_so(life, clock):
    for name in ("link", "start", "place"):
        getattr(life, name)()
    began = kept(life.user).verdict_since
    clock.advance(minutes=5)
    life.step()
    assert (shown(life.user)[0], kept(life.user).verdict_since) == ("BETWEEN_STEPS", began)
    clock.advance(minutes=5)
    life.be_logged_out()
    ended = kept(life.user).verdict_since
    assert ended == clock.moment
    clock.advance(days=2)
    keep_due_verdicts()
    assert kept(life.user).verdict_since == ended


def test_a_verdict_of_before_a_change_never_replaces_one_of_after(life, clock):
    for name in ("link", "start", "place"):
        getattr(life, name)()
    with tenant(life.user.id, reading=True) as session:
        before = decided(load(session, now()), now())
    clock.advance(seconds=1)
    # A pause of an action does not touch the revision.
    life.pause()
    with tenant(life.user.id) as session:
        verdicts._keep(session, before)
        session.commit()
    assert shown(life.user)[0] == "ALL_PAUSED"


def test_a_new_user_has_one_from_the_beginning(base_app, ada):
    made = create_user(NewUser(username="carol"), signed_in(ada)).user
    assert shown(made) == computed(made)
    assert kept(made).verdict_since == made.created_at
    assert keep_due_verdicts() == 0


def test_a_step_leaves_it_to_the_next_turn_and_the_clock_waits_for_that(life, clock):
    for name in ("link", "start", "place"):
        getattr(life, name)()
    chores_done(life.user)
    act(life.user)
    assert (kept(life.user).is_current, shown(life.user)[1]) == (True, "working")
    clock.moment = kept(life.user).verdict_due_at - timedelta(seconds=1)
    assert keep_due_verdicts() == 0
    clock.advance(seconds=1)
    assert keep_due_verdicts() == 1
    assert shown(life.user) == computed(life.user)


def test_a_step_that_ends_the_last_action_says_so_at_once(life):
    for name in ("link", "start"):
        getattr(life, name)()
    follow_action(life.user, people=1, amount=1)
    keep_verdict(life.user.id)
    chores_done(life.user)
    act(life.user)
    assert shown(life.user) == computed(life.user)
    assert shown(life.user)[:2] == ("NO_WORK", "waiting")


def test_a_bot_that_was_turned_off_during_its_step_stays_off(life):
    for name in ("link", "start", "place"):
        getattr(life, name)()
    chores_done(life.user)
    work = work_of(life.user)
    target = claimed(life.user, work)
    life.stop()
    Step(life.user.id, work).finish(target, Outcome())
    assert (kept(life.user).is_current, shown(life.user)) == (True, computed(life.user))
    assert shown(life.user)[:2] == ("BOT_STOPPED", "off")


def test_a_database_of_before_gets_them_within_a_minute(life, clock):
    life.link()
    with tenant(life.user.id) as session:
        session.execute(update(BotStatus).values(verdict=None, verdict_condition=None, verdict_revision=None))
        session.commit()
    keep_due_verdicts()
    assert shown(life.user) == computed(life.user)


def test_an_erased_user_is_ignored(base_app):
    keep_verdict("00000000-0000-0000-0000-000000000000")


def test_the_condition_of_a_trouble_depends_on_who_has_to_act(life, clock):
    for name in ("link", "start", "place"):
        getattr(life, name)()
    life.be_refused_by_the_proxy()
    assert shown(life.user)[:3] == ("INSTAGRAM_PROXY_FAILED", "needs_help", "user")
    situations.trying_again("INSTAGRAM_TIMEOUT")(life.user.id, clock.moment)
    keep_verdict(life.user.id)
    assert shown(life.user)[:3] == ("INSTAGRAM_TIMEOUT", "waiting", None)
