"""One step of a bot: the claim right before the call, and the record of its end."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, select, update

from bot.actions.targets import (
    Target,
    Work,
    lock_unchanged,
    locked_action,
    locked_target,
    log_dropped,
    mark_running,
    mark_skipped,
)
from bot.config.runtime import now
from bot.contacts.do_not_contact import UNTOUCHABLE, remember_instagram_id
from bot.contacts.people import meet
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision import pacing
from bot.decision.decide import decide, next_wakeup_time
from bot.decision.pushback import OF_ONE_TARGET, apply
from bot.decision.snapshot import Snapshot, for_person, load
from bot.decision.verdicts import PerformStep, SkipTarget
from bot.history.activity import record
from bot.messages import deliveries
from bot.plans.aliases import wanted_at
from bot.plans.moving_on import go_on_after_skip, move_on
from bot.steps import effect_checks, outcomes
from bot.steps.near_limits import warn_if_near
from bot.steps.outcomes import Outcome
from bot.steps.work import Nothing
from bot.storage import target_states
from bot.storage.bot_lock import REVISION_OF_STEP, lock, locked_status
from bot.storage.models import UNRESOLVED, Action, ActionTarget, BotStatus, id_of_person
from bot.storage.models.base import UtcDateTime
from bot.storage.models.values import WRITTEN, ActionKind, ActionStatus, ActivityStatus, TargetStatus
from bot.storage.tenancy import TenantSession, tenant


@dataclass(frozen=True)
class Step:
    """One step of an action. Each method is one transaction, and commits it.

    Methods that return a time return when the lane is due next; None if only a person can change that. They leave a
    target alone that another step has settled or claimed since.
    """

    user_id: str
    work: Work

    def claim(self, target: Target) -> Target | SkipTarget | Nothing:
        """Decide again and claim the target, right before the call.

        Read the bot again only if it has changed since the step began. Return the claimed target, SkipTarget if it was
        skipped, or Nothing if it stays pending.
        """
        work, moment = self.work, now()
        with tenant(self.user_id) as session:
            locked = lock(session)
            known_id = id_of_person(work.step_kind, target.instagram_id)
            status, untouchable, in_doubt_elsewhere = self._asked_again(session, target, known_id)
            snapshot = work.snapshot if work.snapshot.is_current(locked.revision) else load(session, moment)
            state = for_person(snapshot.state, work.action_id, target.person, untouchable=untouchable, place=work.place)
            verdict = decide(state, moment)
            if isinstance(verdict, SkipTarget) and verdict.action_id == work.action_id:
                remember_instagram_id(session, target.person, known_id)
                return self._skipped(session, target, "do_not_contact")
            if verdict != PerformStep(work.action_id, work.step_kind, work.place):
                return Nothing(next_wakeup_time(state, moment))
            if snapshot.bot.doubt != work.snapshot.bot.doubt:
                # The target was not looked up by what is doubted now.
                return Nothing(moment)
            if in_doubt_elsewhere:
                return self._skipped(session, target, "in_another_order")
            return self._take(session, target, snapshot, status, locked.paces, moment)

    def _asked_again(self, session: TenantSession, target: Target, known_id: str | None) -> tuple[str, bool, bool]:
        """Return what changes without the lock of the bot's status, and lock the action.

        The action's status, whether the person is on a do-not-contact list, and whether the same step of another action
        is in doubt.
        """
        sought = {
            "action": self.work.action_id,
            "kind": self.work.step_kind,
            "target": target.target,
            "name": target.person,
            "known_id": known_id,
        }
        return session.run(_ASKED_AGAIN, sought).one()

    def _take(
        self,
        session: TenantSession,
        target: Target,
        snapshot: Snapshot,
        status: str,
        paces: pacing.Paces | None,
        moment: datetime,
    ) -> Target | SkipTarget | Nothing:
        work = self.work
        own_id, met = snapshot.bot.instagram_id, self._met(session, target)
        known = target_states.Known(target.instagram_id, target.full_name, own_id, met, target.followed_us)
        if status not in (ActionStatus.QUEUED, ActionStatus.RUNNING) or not target_states.claim(
            session, target.id, known, moment
        ):
            return Nothing(moment)
        if status == ActionStatus.QUEUED:
            mark_running(locked_action(session, work.action_id))
        claimed = replace(target, status=TargetStatus.WORKING, attempts=target.attempts + 1, claimed_at=moment)
        if work.step_kind in WRITTEN:
            action, row = locked_action(session, work.action_id), locked_target(session, target.id)
            written = deliveries.reserve(session, action, row, wanted_at(action.kind, action.params, row.node))
            if isinstance(written, str):
                session.rollback()
                lock(session)
                return self._skipped(session, target, written)
            claimed = replace(claimed, text=deliveries.said(session, written), token=written.token)
        warn_if_near(session, snapshot, work, moment)
        kept = pacing.before_call(paces, snapshot.rules[work.step_kind])
        number = session.run(_COUNT, {"kept": kept}).scalar_one()
        session.commit()
        return replace(claimed, generation=snapshot.bot.generation, claim_number=number)

    def _met(self, session: TenantSession, target: Target) -> str | None:
        """Return our id of a person that this step looked up by name. None if the search had told who it is.

        The caller holds the bot's status.
        """
        found = next((one for one in self.work.pending if one.id == target.id), target)
        if found.instagram_id or target.instagram_id is None:
            return None
        return meet(session, {target.instagram_id: target.person})[target.instagram_id]

    def _skipped(self, session: TenantSession, target: Target, reason: str) -> SkipTarget:
        if row := lock_unchanged(session, target):
            if row.person_id is None:
                row.instagram_id, row.person_id = target.instagram_id, self._met(session, target)
            mark_skipped(session, row, reason)
            go_on_after_skip(session, row, reason)
            session.commit()
        return SkipTarget(self.work.action_id, self.work.step_kind, target.person)

    def skip(self, target: Target, reason: str) -> None:
        """Skip the target and record the reason."""
        with tenant(self.user_id) as session:
            self._skipped(session, target, reason)

    def finish(self, target: Target, outcome: Outcome, *, answered: bool = False) -> datetime:
        """Record the effect, and plan the next step.

        `answered`: it is known by Instagram's answer to the call, and not by a look-up.
        """
        with tenant(self.user_id) as session:
            paces, claim = lock(session).paces, (session, target.id, target.attempts, outcome.remark, now())
            checked = answered and effect_checks.is_checked(session, self.work.step_kind)
            look_up_at = effect_checks.look_up_time(now()) if checked else None
            if not target_states.finish(*claim, look_up_at) and not (outcome.item_id and target_states.correct(*claim)):
                log_dropped(target)
                return now()
            if self.work.kind == ActionKind.PLAN:
                move_on(session, locked_target(session, target.id))
            if outcome.item_id:
                action, row = locked_action(session, self.work.action_id), locked_target(session, target.id)
                at = outcome.at or now()
                wanted = wanted_at(action.kind, action.params, row.node)
                deliveries.mark_arrived(session, action, row, wanted, outcome.item_id, outcome.thread_id, at)
            return self._ended(session, target, None if checked else ActivityStatus.DONE, paces)

    def give_up(self, target: Target, reason: str) -> datetime:
        """Record that the effect is no longer possible, and plan the next step."""
        with tenant(self.user_id) as session:
            paces, row = lock(session).paces, lock_unchanged(session, target)
            if row is None:
                return now()
            target_states.fail(row, now(), reason=reason)
            session.flush()
            return self._ended(session, target, ActivityStatus.FAILED, paces)

    def _ended(
        self, session: TenantSession, target: Target, status: ActivityStatus | None, paces: pacing.Paces | None
    ) -> datetime:
        """Record the end of a call. Without a status the activity gets its line when the effect has been looked up."""
        work, pace = self.work, self._next_pace(paces)
        session.run(_WORKED, {"action": work.action_id, "moment": now()})
        if status:
            record(session, work.step_kind, status, target=target.target, action_id=work.action_id)
        session.run(_KEEP_PACE, {"kept": pace.paces, "next": pace.next_step_at, "due": pace.look_at + _LATE})
        outcomes.end_if_done(session, work)
        session.commit()
        get_logger().info("step_done", action_id=work.action_id, action=work.step_kind, outcome=status)
        return pace.look_at

    def _next_pace(self, paces: pacing.Paces | None) -> pacing.NextStep:
        """Return the pace after a call. Actions that came or went during the step have notified the lane themselves."""
        kind, snapshot = self.work.step_kind, self.work.snapshot
        kinds = {action.step_kind for action in snapshot.state.actions if action.status != ActionStatus.PAUSED}
        return pacing.after_step(paces, snapshot.rules[kind], alone=kinds <= {kind})

    def fail(self, target: Target | None, error: BotException) -> datetime | None:
        """Record a refusal of Instagram or the network, with its consequence for the bot.

        A target whose call may have arrived becomes `unknown`, and the next step looks it up first. A target whose call
        surely did not arrive is pending again.
        """
        work = self.work
        with tenant(self.user_id) as session:
            bot = locked_status(session)
            action = locked_action(session, work.action_id)
            if target and (row := lock_unchanged(session, target)):
                outcomes.resolve_failed(session, row, error, failures_before=action.failures)
            name = target.target if target else None
            record(session, work.step_kind, ActivityStatus.FAILED, target=name, action_id=action.id, error=error)
            if target and target.status == TargetStatus.WORKING:
                # Instagram saw a call, whatever came of it, so the next of its kind keeps its distance.
                pace = self._next_pace(bot.paces)
                bot.paces, bot.next_step_at = dict(pace.paces), pace.next_step_at
            action.last_step_at = action.last_turn_at = now()
            bot.trouble = None
            of_one_target = target is not None and error.name in OF_ONE_TARGET
            if not of_one_target and not apply(session, error, work.step_kind):
                outcomes.count_failure(session, bot, action, work.step_kind, error)
            session.commit()
            return (bot.next_step_at or now()) if bot.bot_running else None

    def reopen(self, target: Target) -> None:
        """Make a target pending again whose call did not arrive."""
        with tenant(self.user_id) as session:
            if row := lock_unchanged(session, target):
                target_states.reopen(row)
                session.commit()

    def exhaust(self, why: BotException | None = None) -> datetime:
        """End the action, which has no target left."""
        with tenant(self.user_id) as session:
            locked_status(session)
            action = locked_action(session, self.work.action_id)
            is_full = action.id in self.work.snapshot.full
            if outcomes.end_full(session, action) if is_full else outcomes.end_exhausted(session, action, why):
                session.commit()
            return now()

    def pause(self) -> datetime:
        """Plan the next step after one that only looked people up. It was the turn of its action."""
        with tenant(self.user_id) as session:
            moment = pacing.short_pause()
            session.run(_BREATHE, {"next": moment, "due": moment + _LATE})
            session.run(_TAKE_TURN, {"action": self.work.action_id, "moment": now()})
            session.commit()
            return moment


# Statements of every step are made once: to make one costs more than to run it.
# An action may have been paused or canceled since it was read, and a person added to a list. If another action is still
# to look up whether the same call arrived, it would take this one for its own.
_ASKED_AGAIN = (
    select(
        Action.status,
        UNTOUCHABLE,
        select(ActionTarget.id)
        .where(
            ActionTarget.step_kind == bindparam("kind"),
            ActionTarget.target == bindparam("target"),
            ActionTarget.action_id != bindparam("action"),
            UNRESOLVED,
        )
        .exists(),
    )
    .where(Action.id == bindparam("action"))
    .with_for_update(of=Action)
)
_COUNT = (
    update(BotStatus)
    .values(paces=bindparam("kept"), claim_number=BotStatus.claim_number + 1)
    .returning(BotStatus.claim_number)
)
_OF_ACTION = update(Action).where(Action.id == bindparam("action"))
_WORKED = _OF_ACTION.values(failures=0, last_step_at=bindparam("moment"), last_turn_at=bindparam("moment"))
_TAKE_TURN = _OF_ACTION.values(last_turn_at=bindparam("moment"))
# The next turn decides the verdict again. If none comes by then, the clock does.
_LATE = timedelta(minutes=1)
_DUE = case(
    (BotStatus.verdict_condition == "working", bindparam("due", type_=UtcDateTime)), else_=BotStatus.verdict_due_at
)
_PACED: dict[str, Any] = {"next_step_at": bindparam("next"), "trouble": None, "verdict_due_at": _DUE}
_KEEP_PACE = update(BotStatus).values(_PACED | {"paces": bindparam("kept")})
_BREATHE = update(BotStatus).values(_PACED | REVISION_OF_STEP)
