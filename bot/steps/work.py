"""The next work of a bot: one step of an action, a chore, or nothing."""

from dataclasses import dataclass
from datetime import datetime

from bot.actions.targets import Work, pending_targets, targets_in_doubt
from bot.config.runtime import now
from bot.decision.decide import PerformStep, Reconcile, RunChore, decide, next_wakeup_time
from bot.decision.kinds import STEP_KIND
from bot.decision.snapshot import Snapshot, load
from bot.messages.deliveries import with_message
from bot.storage.models.values import StepKind
from bot.storage.tenancy import TenantSession, tenant


@dataclass(frozen=True)
class Nothing:
    """Nothing to do now. `at` is when to decide again; None if only a person can change that."""

    at: datetime | None


def next_work(user_id: str) -> Work | RunChore | Nothing:
    """Decide what the user's bot does now."""
    moment = now()
    with tenant(user_id, reading=True) as session:
        snapshot = load(session, moment)
        verdict = decide(snapshot.state, moment)
        if isinstance(verdict, PerformStep | Reconcile):
            return _work(session, snapshot, verdict)
    return verdict if isinstance(verdict, RunChore) else Nothing(next_wakeup_time(snapshot.state, moment))


def _work(session: TenantSession, snapshot: Snapshot, verdict: PerformStep | Reconcile) -> Work:
    action = snapshot.records[verdict.action_id]
    kind = STEP_KIND[action.kind]
    looking_up = isinstance(verdict, Reconcile)
    in_doubt = targets_in_doubt(session, action.id) if looking_up else []
    if kind is StepKind.MESSAGE:
        in_doubt = [with_message(session, target) for target in in_doubt]
    return Work(
        action.id,
        action.kind,
        kind,
        action.params,
        action.cursor,
        action.searched,
        snapshot,
        in_doubt=in_doubt,
        pending=[] if looking_up else pending_targets(session, action.id),
        request_id=action.request_id,
    )
