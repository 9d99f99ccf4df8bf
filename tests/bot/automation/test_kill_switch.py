"""One switch stops every bot: whatever was asked, handed out or about to be called."""

import pytest
from sqlalchemy import select

from bot.automation import lifecycle
from bot.automation.kill_switch import StopAll, kill_switch, release_all, stop_all
from bot.automation.status import bot_report
from bot.automation.wakeups import due_user_ids, missed_user_ids, rescue_all
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.lanes.queue import planned
from bot.linking import requests
from bot.linking.claimed import claim as claim_request
from bot.linking.link_forms import Link
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import AuditEntry, KillSwitch
from bot.storage.tenancy import identity, tenant
from tests.bot.driving import claim, claimed, follow_action, signed_in, target_of, work_of
from tests.support.people import give_valid_session, set_running

WHY = StopAll(reason="Instagram changed its rules.")


def test_it_says_since_when_why_and_by_whom(ada, clock):
    assert kill_switch() is None
    stop_all(signed_in(ada), WHY)
    on = kill_switch()
    assert on
    assert (on.reason, on.set_at, on.set_by) == (WHY.reason, clock.now(), "ada")
    release_all(signed_in(ada))
    assert kill_switch() is None


def test_what_was_handed_out_before_is_not_claimed(ready, ada):
    action_id = follow_action(ready)
    work = work_of(ready)
    stop_all(signed_in(ada), WHY)
    assert claim(ready, work) == Nothing(None)
    assert target_of(ready, action_id, work.pending[0].target).status == "pending"
    assert next_work(ready.id) == Nothing(None)


def test_a_call_that_has_begun_is_recorded(ready, ada):
    action_id = follow_action(ready)
    work = work_of(ready)
    target = claimed(ready, work)
    stop_all(signed_in(ada), WHY)
    Step(ready.id, work).finish(target, Outcome())
    assert target_of(ready, action_id, target.target).status == "done"
    assert next_work(ready.id) == Nothing(None)


def test_every_user_sees_it_and_why(ready, bob, ada):
    stop_all(signed_in(ada), WHY)
    for user in (ready, bob):
        verdict = bot_report(user.id).verdict
        assert (verdict.state, verdict.reason, verdict.who) == ("halted", "KILL_SWITCH", "admin")
        assert WHY.reason in verdict.message


def test_bots_that_ran_go_on_after_it_and_others_do_not(ready, bob, ada):
    give_valid_session(bob.id)
    follow_action(ready)
    stop_all(signed_in(ada), WHY)
    lifecycle.stop(bob.id)
    release_all(signed_in(ada))
    assert claimed(ready, work_of(ready))
    assert bot_report(bob.id).verdict.reason == "BOT_STOPPED"


def test_the_clock_rings_nobody_while_it_is_on_and_all_afterwards(ready, bob, ada):
    redis = runtime().redis
    give_valid_session(bob.id)
    set_running(bob.id)
    stop_all(signed_in(ada), WHY)
    assert due_user_ids() == missed_user_ids() == []
    rescue_all(redis)
    assert set(planned(redis, [ready.id, bob.id]).values()) == {None}
    release_all(signed_in(ada))
    rescue_all(redis)
    assert None not in planned(redis, [ready.id, bob.id]).values()


@pytest.mark.parametrize("when", ["before", "after"])
def test_nothing_that_a_person_waits_for_goes_out_either(alice, ada, when):
    if when == "before":
        stop_all(signed_in(ada), WHY)
        with pytest.raises(BotException, match="KILL_SWITCH"):
            requests.link(alice.id, Link(username="insta.name", password="secret"), wait=0)
        return
    asked = requests.link(alice.id, Link(username="insta.name", password="secret"), wait=0)
    stop_all(signed_in(ada), WHY)
    assert claim_request(alice.id, asked.id) is None
    with pytest.raises(BotException, match="KILL_SWITCH"):
        requests.get_request(alice.id, asked.id)


def test_the_first_reason_stays_and_each_change_is_audited(ada):
    admin = signed_in(ada)
    release_all(admin)
    stop_all(admin, WHY)
    stop_all(admin, StopAll(reason="Another one."))
    release_all(admin)
    release_all(admin)
    with identity(reading=True) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.event.startswith("kill_switch"))).all()
    assert sorted((row.event, row.actor_id, row.detail) for row in rows) == [
        ("kill_switch_off", ada.id, None),
        ("kill_switch_on", ada.id, WHY.reason),
    ]


def test_no_user_can_release_it(alice, ada):
    stop_all(signed_in(ada), WHY)
    with tenant(alice.id) as session:
        session.delete(session.scalars(select(KillSwitch)).one())
        with pytest.raises(BotException, match="SCOPE_VIOLATION"):
            session.commit()
    assert kill_switch() is not None
