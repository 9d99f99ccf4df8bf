"""One step of any kind of action: reconcile, search, screen, claim, act, record."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.actions.candidates import add_candidates
from bot.actions.searches import end_part
from bot.actions.targets import Target, Work
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision.sources import source_failure
from bot.decision.verdicts import SkipTarget
from bot.plans.aliases import plan_of
from bot.plans.plan import EVERYONE, Plan
from bot.steps import restores
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.steps.work import Nothing
from bot.storage.models.values import OF_ANSWERS, StepKind, TargetStatus
from jobs.catching_up import Resolved, find_unknown_message
from jobs.instance import BotInstance
from jobs.lanes import still_mine
from jobs.step_kinds import KINDS, Kind
from jobs.step_kinds.step_kind import PROVES_NOTHING, SKIP_REASONS, Place, Skip


def run_step(bot: BotInstance, work: Work) -> datetime | None:
    """Do one step. Return when the lane is due next; None if only a person can change that."""
    plan = plan_of(work.kind, work.params)
    step, reconciliation = Step(bot.user_id, work), Reconciliation(bot.user_id, work)
    return _Run(bot, KINDS[work.step_kind], plan, step, reconciliation).next_at()


@dataclass(frozen=True)
class _Run:
    """One step, its kind, the plan that it belongs to, and the bot that does it."""

    bot: BotInstance
    kind: Kind
    plan: Plan
    step: Step
    reconciliation: Reconciliation

    def next_at(self) -> datetime | None:
        work = self.step.work
        if work.in_doubt:
            return self._reconcile(work.in_doubt[0])
        if work.checks:
            return self._check(work.pending[0]) if work.pending else self.step.pause()
        if not work.pending:
            return self._search() if work.place is None else self.step.pause()
        for target in work.pending:
            try:
                screened = self._screen(target)
            except BotException as error:
                return self.step.fail(target, error)
            if isinstance(screened, Target):
                return self._act(screened)
            if isinstance(screened, Resolved):
                break
            self.step.skip(target, screened.reason)
        return self.step.pause()

    def _reconcile(self, target: Target) -> datetime | None:
        """Look up a target in doubt: done if the effect is there, pending again if its absence proves the failure."""
        if target.status in (TargetStatus.FAILED, TargetStatus.DONE):
            return self._look_up(target)
        if target.status == TargetStatus.WORKING:
            self.reconciliation.record_interruption(target)
        try:
            outcome = self.kind.was_applied(self.bot, target)
        except BotException as error:
            if error.name in PROVES_NOTHING:
                return self.reconciliation.leave_unknown(target, PROVES_NOTHING[error.name])
            reason = SKIP_REASONS.get(error.name)
            if reason is None:
                # The look-up failed, which says nothing of the call before it: the target stays as it is.
                return self.step.fail(None, error)
            if self.kind.absence_proves_failure:
                return self.step.give_up(target, reason)
            # A person who has left since may have got the message before.
            return self._not_applied(target)
        get_logger().info("step_settled", action_id=self.step.work.action_id, arrived=outcome is not None)
        return self.step.finish(target, outcome) if outcome else self._not_applied(target)

    def _look_up(self, target: Target) -> datetime | None:
        """Look up an effect that only Instagram's answer to the call told of."""
        try:
            outcome = self.kind.was_applied(self.bot, target)
        except BotException as error:
            gone = error.name in SKIP_REASONS or error.name in PROVES_NOTHING
            return self.reconciliation.stop_looking_up(target) if gone else self.step.fail(None, error)
        get_logger().info("effect_looked_up", action_id=self.step.work.action_id, arrived=outcome is not None)
        return self.reconciliation.note_looked_up(target, outcome)

    def _not_applied(self, target: Target) -> datetime:
        if self.kind.absence_proves_failure:
            self.step.reopen(target)
        else:
            self.reconciliation.keep_unknown(target)
        return self.step.pause()

    def _check(self, target: Target) -> datetime | None:
        """Ask whether a fact is there, that the person was given time for."""
        if target.awaits in OF_ANSWERS:
            # The inbox has been read since.
            return self.reconciliation.note_fact(target, known=False)
        try:
            friendship = self.bot.client.friendship(target.owner_id or target.known_id)
        except BotException as error:
            if reason := SKIP_REASONS.get(error.name):
                self.step.skip(target, reason)
                return self.step.pause()
            return self.step.fail(None, error)
        known = friendship.followed_by if target.awaits == "follows_back" else friendship.following
        return self.reconciliation.note_fact(target, known=known)

    def _search(self) -> datetime | None:
        work = self.step.work
        if work.searched:
            return self.step.exhaust()
        part = self.plan.parts[work.source]
        try:
            found = part.find(self.bot, work.cursor, self.plan.unit)
        except BotException as error:
            of_part = source_failure(error.name, part.named)
            if of_part is None:
                return self.step.fail(None, error)
            is_last = end_part(self.bot.user_id, work, part.label, of_part)
            return self.step.exhaust(of_part) if is_last else self.step.pause()
        candidates, skip_if_handled = found.candidates, self.kind.skip_if_handled(self.plan.filters)
        if work.step_kind == StepKind.LIKE and self.plan.unit == "person":
            # The id of such a target is that of a post, which is chosen when it is examined: one that is not liked yet.
            candidates = [replace(one, instagram_id=None) for one in candidates]
            skip_if_handled = False
        add_candidates(
            self.bot.user_id,
            work,
            candidates,
            found.cursor,
            skip_if_handled=skip_if_handled,
            limited=found.limited,
            label=part.label,
        )
        return self.step.pause()

    def _screen(self, target: Target) -> Target | Skip | Resolved:
        """Return the target with the data read for it, or the reason not to act on it."""
        try:
            known = self.kind.examine(self.bot, self._place_of(target), target)
            return find_unknown_message(self.bot, self.step, known) if isinstance(known, Target) else known
        except BotException as error:
            if reason := SKIP_REASONS.get(error.name):
                return Skip(reason)
            raise

    def _place_of(self, target: Target) -> Place:
        """Return the step that the target has come to. The filters choose who begins, and no one after that."""
        node = self.plan.nodes[target.node]
        return Place(node.step, self.plan.filters if self.step.work.place is None else EVERYONE)

    def _act(self, target: Target) -> datetime | None:
        claimed = self.step.claim(target)
        if isinstance(claimed, SkipTarget):
            return self.step.pause()
        if isinstance(claimed, Nothing):
            return claimed.at
        if not restores.remembered(self.step, claimed):
            return now()
        if not still_mine():
            # Another worker may have the lane by now: it finds the target claimed and looks it up.
            get_logger().warning("lease_lost", action_id=self.step.work.action_id)
            return None
        try:
            outcome = self.kind.act(self.bot, claimed)
        except BotException as error:
            return self.step.fail(claimed, error)
        return self.step.finish(claimed, outcome, answered=True)
