"""The next work of a bot: one step of an action, a chore, or nothing."""

from dataclasses import dataclass
from datetime import datetime

from bot.actions.searches import next_part
from bot.actions.targets import Work, later_targets, pending_targets, targets_in_doubt
from bot.config.runtime import now
from bot.decision.decide import decide, next_wakeup_time
from bot.decision.snapshot import Snapshot, load
from bot.decision.verdicts import CheckFact, PerformStep, Reconcile, RunChore
from bot.messages.deliveries import with_message
from bot.plans.aliases import plan_of
from bot.storage.models.values import WRITTEN, ActionKind, StepKind
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
        if isinstance(verdict, PerformStep | CheckFact | Reconcile):
            return _work(session, snapshot, verdict)
    return verdict if isinstance(verdict, RunChore) else Nothing(next_wakeup_time(snapshot.state, moment))


def _work(session: TenantSession, snapshot: Snapshot, verdict: PerformStep | CheckFact | Reconcile) -> Work:
    action = snapshot.records[verdict.action_id]
    looking_up, checks = isinstance(verdict, Reconcile), isinstance(verdict, CheckFact)
    place = None if isinstance(verdict, Reconcile) else verdict.place
    in_doubt = targets_in_doubt(session, action.id) if looking_up else []
    kind = StepKind(verdict.kind)
    if in_doubt and action.kind == ActionKind.PLAN:
        # Each place of a plan has its own kind of step, and one is looked up at a time.
        in_doubt = in_doubt[:1]
        kind = plan_of(action.kind, action.params).nodes[in_doubt[0].node].step.do
    if kind in WRITTEN:
        in_doubt = [with_message(session, target) for target in in_doubt]
    is_full = action.id in snapshot.full and not looking_up
    if is_full:
        pending = []
    elif place is not None:
        pending = later_targets(session, action.id, place, checks=checks)
    else:
        pending = [] if looking_up else pending_targets(session, action.id, of_plan=action.kind == ActionKind.PLAN)
    searching = not (looking_up or pending or action.searched or place is not None or is_full)
    parts = len(plan_of(action.kind, action.params).parts) if searching else 1
    source, cursor = next_part(session, action.id, parts) if searching else (0, None)
    return Work(
        action.id,
        action.kind,
        kind,
        action.params,
        cursor,
        action.searched or source == parts or is_full,
        snapshot,
        in_doubt=in_doubt,
        pending=pending,
        request_id=action.request_id,
        source=source,
        parts=parts,
        place=place,
        checks=checks,
    )
