"""Obstacles before a call to Instagram: they are the bot's verdict, and end as soon as possible."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.decision.decide import decide, next_wakeup_time
from bot.decision.snapshot import load
from bot.decision.troubles import UNFORESEEN_PAUSE, refused_by_vault, unforeseen
from bot.decision.verdicts import Halt, Wait
from bot.linking import outcomes
from bot.linking.stored_sessions import load_instagram_session
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import Activity, BotStatus, InstagramCredentials
from bot.storage.tenancy import tenant
from tests.bot.decision.test_limits import rest
from tests.bot.driving import do_step, follow_action, refuse_step, work_of
from tests.support.people import give_valid_session

GONE = b"\x01" + b"gone".ljust(16, b"\0") + bytes(60)


def sealed_session(user, value=None):
    """The sealed session; with a value, replaced by it."""
    with tenant(user.id) as session:
        before = session.scalars(select(InstagramCredentials.session_data_encrypted)).one()
        if value is not None:
            session.execute(update(InstagramCredentials).values(session_data_encrypted=value))
            session.commit()
    return before


def refuse_by_vault(user):
    sealed = sealed_session(user, GONE)
    with pytest.raises(BotException) as refused:
        load_instagram_session(user.id)
    refused_by_vault(user.id, refused.value)
    return sealed


def lines(user, status):
    with tenant(user.id, reading=True) as session:
        query = select(Activity.action, Activity.error_code).where(Activity.status == status)
        return [tuple(row) for row in session.execute(query)]


def test_what_the_vault_refuses_is_a_halt_with_its_code(ready):
    follow_action(ready)
    refuse_by_vault(ready)
    verdict = bot_report(ready.id).verdict
    entry = BotException("VAULT_REFUSED").entry
    assert (verdict.state, verdict.reason, verdict.code) == ("halted", "VAULT_REFUSED", entry.code)
    assert (verdict.who, verdict.message, verdict.remedy) == ("admin", entry.description, entry.remedy)
    assert next_work(ready.id) == Nothing(None)
    assert bot_report(ready.id).next_step_at is None


def test_it_goes_on_by_itself_when_the_right_key_is_back(ready, clock):
    follow_action(ready)
    sealed = refuse_by_vault(ready)
    sealed_session(ready, sealed)
    assert bot_report(ready.id).verdict.state == "acting"
    do_step(ready, clock)
    with tenant(ready.id, reading=True) as session:
        assert session.scalars(select(BotStatus.trouble)).one() is None


def test_linking_again_ends_it_too(ready):
    follow_action(ready)
    refuse_by_vault(ready)
    give_valid_session(ready.id)
    assert bot_report(ready.id).verdict.state == "acting"


def test_it_is_written_down_once_however_often_the_lane_looks(ready):
    follow_action(ready)
    refuse_by_vault(ready)
    refused_by_vault(ready.id, BotException("VAULT_REFUSED"))
    assert lines(ready, "failed") == [("step", BotException("VAULT_REFUSED").code)]


def test_no_action_fails_for_what_the_vault_refuses(ready):
    follow_action(ready)
    refuse_by_vault(ready)
    with tenant(ready.id, reading=True) as session:
        state = load(session, bot_report(ready.id).limits[0].day_ends).state
    assert [action.status for action in state.actions] == ["running"]


@pytest.mark.parametrize("name", ["INSTAGRAM_TIMEOUT", "PROXY_NOT_FOUND", "INSTAGRAM_PROXY_FAILED"])
def test_a_wait_after_a_failure_names_the_failure_until_a_step_goes_well(ready, clock, name):
    follow_action(ready)
    Step(ready.id, work_of(ready)).fail(None, BotException(name))
    verdict = bot_report(ready.id).verdict
    entry = BotException(name).entry
    assert (verdict.state, verdict.reason, verdict.code) == ("waiting", name, entry.code)
    assert (verdict.message, verdict.remedy) == (entry.description, entry.remedy)
    assert verdict.until is not None
    assert verdict.who == (None if entry.who == "nobody" else entry.who)
    clock.moment = verdict.until
    do_step(ready, clock)
    assert bot_report(ready.id).verdict.reason in ("ACTING", "BETWEEN_STEPS")


def test_a_refusal_that_has_a_rest_of_its_own_is_told_as_that(ready, clock):
    follow_action(ready)
    refuse_step(ready, clock, "INSTAGRAM_ACTION_BLOCKED")
    verdict = bot_report(ready.id).verdict
    assert verdict.reason == "COOL_DOWN"
    assert (verdict.remedy, verdict.who) == (BotException("COOL_DOWN").remedy, None)


def test_a_rest_says_what_is_to_be_done_where_something_is(ready, clock):
    follow_action(ready)
    with tenant(ready.id) as session:
        rest(session, "follow", "KIND_FAILING")
        session.commit()
    verdict = bot_report(ready.id).verdict
    assert (verdict.reason, verdict.who) == ("COOL_DOWN", "user")
    assert verdict.remedy == BotException("KIND_FAILING").remedy


def test_what_nobody_foresaw_is_told_and_tried_again(ready, clock):
    follow_action(ready)
    assert unforeseen(ready.id, ValueError("a fault of ours")) == clock.moment + UNFORESEEN_PAUSE
    verdict = bot_report(ready.id).verdict
    assert (verdict.state, verdict.reason, verdict.who) == ("waiting", "INTERNAL", "admin")
    assert verdict.until == clock.moment + UNFORESEEN_PAUSE


def test_a_chore_that_failed_says_why_nothing_is_done_meanwhile(ready, clock):
    follow_action(ready)
    outcomes.chore_failed(ready.id, "test_session", BotException("INSTAGRAM_TIMEOUT"))
    assert bot_report(ready.id).verdict.reason == "INSTAGRAM_TIMEOUT"


def test_a_trouble_that_halts_is_no_wait(ready, clock):
    with tenant(ready.id, reading=True) as session:
        state = load(session, clock.moment).state
    halted = replace(state, trouble="VAULT_REFUSED", next_step_at=clock.moment)
    assert decide(halted, clock.moment) == Halt("VAULT_REFUSED")
    assert next_wakeup_time(halted, clock.moment) is None
    assert not isinstance(decide(replace(halted, trouble="INSTAGRAM_TIMEOUT"), clock.moment), Wait)
