"""One reconciliation: whether a call took effect, or a fact is there, and the record of it."""

from dataclasses import dataclass
from datetime import datetime

from bot.actions.targets import Target, Work, lock_unchanged, locked_action, mark_skipped
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision import pacing
from bot.decision.pushback import apply
from bot.history.activity import record
from bot.messages import deliveries
from bot.plans.moving_on import DID_NOT_HAPPEN, move_on, turn_off
from bot.steps import outcomes
from bot.steps.outcomes import Outcome
from bot.storage import target_states
from bot.storage.bot_lock import locked_status
from bot.storage.models import BotStatus
from bot.storage.models.values import ActivityStatus, TargetStatus
from bot.storage.tenancy import TenantSession, tenant


@dataclass(frozen=True)
class Reconciliation:
    """One look-up of an action. Each method is one transaction, commits it, and returns when the lane is due next.

    They leave a target alone that another step has settled or claimed since.
    """

    user_id: str
    work: Work

    def record_interruption(self, target: Target) -> None:
        """Record that a worker stopped during a call for this target."""
        work, error = self.work, BotException("INSTAGRAM_CALL_INTERRUPTED")
        with tenant(self.user_id) as session:
            status = ActivityStatus.UNKNOWN
            record(session, work.step_kind, status, target=target.target, action_id=work.action_id, error=error)
            session.commit()

    def note_looked_up(self, target: Target, outcome: Outcome | None) -> datetime:
        """Record what a look-up minutes after Instagram's answer shows; None is no effect. Plan the next step."""
        with tenant(self.user_id) as session:
            bot, row = locked_status(session), lock_unchanged(session, target)
            if row is not None:
                was_failed = row.status == TargetStatus.FAILED
                error = outcomes.note_looked_up(session, row, outcome)
                if was_failed and outcome:
                    move_on(session, row)
                kind, action = self.work.step_kind, locked_action(session, self.work.action_id)
                action.failures, action.last_turn_at = 0, now()
                session.flush()
                if error:
                    apply(session, error, kind)
                outcomes.end_if_done(session, self.work)
            return _pause(session, bot)

    def stop_looking_up(self, target: Target) -> datetime:
        """Leave the target as it is, because nothing shows its effect any more. Plan the next step."""
        with tenant(self.user_id) as session:
            bot, row = locked_status(session), lock_unchanged(session, target)
            if row is not None:
                row.look_up_at = None
                if row.status == TargetStatus.DONE:
                    outcomes.record_looked_up(session, row, ActivityStatus.DONE)
                session.flush()
                outcomes.end_if_done(session, self.work)
            return _pause(session, bot)

    def leave_unknown(self, target: Target, reason: str) -> datetime:
        """Leave a target in doubt for good, because nothing shows its effect any more. Plan the next step."""
        with tenant(self.user_id) as session:
            bot, row = locked_status(session), lock_unchanged(session, target)
            if row is not None:
                target_states.keep_unknown(row, now(), None)
                row.reason = reason
                kind, status = self.work.step_kind, ActivityStatus.UNKNOWN
                record(session, kind, status, target=row.target, action_id=row.action_id, reason=reason)
            return _pause(session, bot)

    def keep_unknown(self, target: Target) -> None:
        """Keep a message in doubt that a successful look-up did not find."""
        with tenant(self.user_id) as session:
            locked_status(session)
            row = lock_unchanged(session, target)
            if row is None:
                return
            outcomes.leave_unknown(session, row, deliveries.next_reconcile_at(session, row))
            if row.look_up_at is None:
                kind, status = self.work.step_kind, ActivityStatus.UNKNOWN
                record(session, kind, status, target=row.target, action_id=row.action_id)
            session.commit()

    def note_fact(self, target: Target, *, known: bool) -> datetime:
        """Record whether an awaited fact of a person is there when its time is over. Plan the next step."""
        with tenant(self.user_id) as session:
            bot, row = locked_status(session), lock_unchanged(session, target)
            if row is not None and row.awaits is not None:
                if known:
                    target_states.learn(row, now())
                else:
                    row.awaits = None
                    mark_skipped(session, row, DID_NOT_HAPPEN)
                    turn_off(session, row)
                locked_action(session, self.work.action_id).last_turn_at = now()
                session.flush()
                outcomes.end_if_done(session, self.work)
            return _pause(session, bot)


def _pause(session: TenantSession, bot: BotStatus) -> datetime:
    """Plan the next step after one that only looked something up. Commits."""
    next_step_at = pacing.short_pause()
    bot.next_step_at, bot.trouble = next_step_at, None
    session.commit()
    return next_step_at
