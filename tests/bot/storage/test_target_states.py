"""The state machine of a target, driven at random: what the table has no way for is refused and changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import inspect, select

from bot.storage import target_states
from bot.storage.models import Action, ActionTarget, new_id
from bot.storage.models.values import TargetStatus
from bot.storage.target_states import TRANSITIONS, YOU_SAID_NOT_SENT, IllegalTransition, Known
from bot.storage.tenancy import TenantSession, tenant

AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
BEGINNINGS = [one for one in TRANSITIONS if not one.begins]
ON_ROWS: dict[str, Callable[[ActionTarget], None]] = {
    "skip": lambda row: target_states.skip(row, "private", AT),
    "reopen": target_states.reopen,
    "fail": lambda row: target_states.fail(row, AT, reason="refused", error_code="E-INS-E-0001", look_up_at=AT),
    "keep_unknown": lambda row: target_states.keep_unknown(row, AT, AT),
    "find_sent": lambda row: target_states.find_sent(row, "found_sent", AT, "7", AT),
    "say_sent": lambda row: target_states.say_sent(row, AT),
    "say_not_sent": lambda row: target_states.say_not_sent(row, AT),
    "send_again": target_states.send_again,
    "come_late": lambda row: target_states.come_late(row, None, AT),
    "refute": lambda row: target_states.refute(row, "E-INS-E-0001", AT),
}
# These need a look-up of what Instagram answered.
LOOKED_UP = {"come_late", "refute"}
BY_STATEMENT: dict[str, Callable[[TenantSession, ActionTarget, int], bool]] = {
    "claim": lambda session, row, _attempts: target_states.claim(session, row.id, Known("1", "Ann", "7"), AT),
    "finish": lambda session, row, attempts: target_states.finish(session, row.id, attempts, None, AT, AT),
    "correct": lambda session, row, attempts: target_states.correct(session, row.id, attempts, None, AT),
}
OF_ALL = {"abandon"}
# These leave the person free for another message: nobody has got one of this target.
FREEING = {"reopen", "fail", "say_not_sent", "send_again"}


def legal(name: str, status: str) -> bool:
    return any(one.name == name and status in one.begins for one in TRANSITIONS)


class Targets(RuleBasedStateMachine):
    """One target of a user, from its beginning on; the model is its row as it was read last."""

    user_id = ""

    @initialize(beginning=st.sampled_from(BEGINNINGS))
    def begin(self, beginning: target_states.Transition) -> None:
        made = target_states.find() if beginning.name == "find" else target_states.find_skipped("private", AT)
        with tenant(self.user_id) as session:
            action = Action(id=new_id(), user_id=self.user_id, kind="send-messages", params={}, total=1, created_at=AT)
            session.add(action)
            session.flush()
            named = {"step_kind": "message", "position": 1, "target": "ann", "person": "ann", "created_at": AT}
            self.id = new_id()
            row = ActionTarget(id=self.id, user_id=self.user_id, action_id=action.id, **named, **made)
            session.add(row)
            session.commit()
        self.known = self.read()
        assert self.known["status"] == beginning.ends
        self.was_done = False

    def read(self) -> dict[str, Any]:
        with tenant(self.user_id, reading=True) as session:
            row = session.scalars(select(ActionTarget).where(ActionTarget.id == self.id)).one()
            return {column.key: getattr(row, column.key) for column in inspect(ActionTarget).columns}

    def changed(self, name: str, allowed: bool) -> None:
        """Compares the row with the table: as before if the transition was refused, else at its end."""
        before, self.known = self.known, self.read()
        if not allowed:
            assert self.known == before
            return
        ends = next(one.ends for one in TRANSITIONS if one.name == name)
        assert self.known["status"] == ends
        if name in FREEING:
            assert (self.known["recipient"], self.known["purpose"]) == (None, None)

    @rule(name=st.sampled_from(sorted(ON_ROWS)), taken=st.booleans())
    def change_row(self, name: str, taken: bool) -> None:
        allowed = legal(name, self.known["status"])
        if name in LOOKED_UP:
            allowed = allowed and self.known["look_up_at"] is not None
        with tenant(self.user_id) as session:
            row = session.scalars(select(ActionTarget).where(ActionTarget.id == self.id)).one()
            if taken and allowed:
                row.recipient, row.purpose = self.id[:32], "first"
            if allowed:
                ON_ROWS[name](row)
            else:
                with pytest.raises(IllegalTransition, match=name):
                    ON_ROWS[name](row)
            session.commit()
        self.changed(name, allowed)

    @rule(name=st.sampled_from(sorted(BY_STATEMENT)), stale=st.booleans())
    def change_by_statement(self, name: str, stale: bool) -> None:
        allowed = legal(name, self.known["status"])
        if name != "claim":
            allowed = allowed and not stale
        if name == "correct":
            allowed = allowed and self.known["reason"] == YOU_SAID_NOT_SENT
        with tenant(self.user_id) as session:
            row = session.scalars(select(ActionTarget).where(ActionTarget.id == self.id)).one()
            assert BY_STATEMENT[name](session, row, row.attempts + stale) is allowed
            session.commit()
        self.changed(name, allowed)

    @rule(whose=st.sampled_from(["all", "own", "another"]))
    def abandon(self, whose: str) -> None:
        allowed = legal("abandon", self.known["status"]) and whose != "another"
        action = {"all": None, "own": self.known["action_id"], "another": new_id()}[whose]
        with tenant(self.user_id) as session:
            target_states.abandon(session, AT, action)
            session.commit()
        self.changed("abandon", allowed)

    @invariant()
    def done_is_left_only_as_the_table_says(self) -> None:
        leaves = {one.ends for one in TRANSITIONS if target_states.DONE in one.begins}
        assert not self.was_done or self.known["status"] in {target_states.DONE, *leaves}
        self.was_done = self.known["status"] == target_states.DONE

    @invariant()
    def what_has_ended_says_when(self) -> None:
        ended = self.known["status"] not in (target_states.PENDING, target_states.WORKING)
        assert (self.known["finished_at"] is not None) is ended
        looked_up = (target_states.UNKNOWN, target_states.FAILED, target_states.DONE)
        assert self.known["look_up_at"] is None or self.known["status"] in looked_up


def test_the_machine_does_what_its_table_says(alice):
    class OfAlice(Targets):
        user_id = alice.id

    # The clock of the machine is fixed, and each example is a target of its own.
    quick = settings(max_examples=20, stateful_step_count=12, deadline=None, suppress_health_check=[*HealthCheck])
    run_state_machine_as_test(OfAlice, settings=quick)


def test_every_transition_is_driven():
    driven = {one.name for one in BEGINNINGS} | ON_ROWS.keys() | BY_STATEMENT.keys() | OF_ALL
    assert driven == {one.name for one in TRANSITIONS}


def test_only_a_look_up_leaves_done_and_nothing_leaves_skipped():
    leaves = {one.name for one in TRANSITIONS if {target_states.DONE, target_states.SKIPPED} & {*one.begins}}
    assert leaves == {"refute"}


def test_every_state_is_reached_from_the_beginning():
    reached = {one.ends for one in BEGINNINGS}
    for _ in TRANSITIONS:
        reached |= {one.ends for one in TRANSITIONS if reached & {*one.begins}}
    assert reached == {*TargetStatus}
