"""One step of any kind of action: reconcile, search, screen, claim, act, record."""

from dataclasses import dataclass
from datetime import datetime

from bot.actions import targets
from bot.actions.targets import Target, Work
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision.decide import SkipTarget
from bot.decision.sources import source_failure
from bot.steps import restores
from bot.steps.step import Step
from bot.steps.work import Nothing
from bot.storage.models.values import TargetStatus
from jobs.actions.kind import PROVES_NOTHING, SKIP_REASONS, Kind, Skip
from jobs.catching_up import Resolved, find_unknown_message
from jobs.instance import BotInstance
from jobs.lanes import still_mine


def run_step(bot: BotInstance, kind: Kind, work: Work) -> datetime | None:
    """Do one step. Return when the lane is due next; None if only a person can change that."""
    return _Run(bot, kind, Step(bot.user_id, work)).next_at()


@dataclass(frozen=True)
class _Run:
    """One step, the kind of its action, and the bot that does it."""

    bot: BotInstance
    kind: Kind
    step: Step

    def next_at(self) -> datetime | None:
        work = self.step.work
        if work.in_doubt:
            return self._reconcile(work.in_doubt[0])
        if not work.pending:
            return self._search()
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
            self.step.record_interruption(target)
        try:
            outcome = self.kind.was_applied(self.bot, target)
        except BotException as error:
            if error.name in PROVES_NOTHING:
                return self.step.leave_unknown(target, PROVES_NOTHING[error.name])
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
            return self.step.stop_looking_up(target) if gone else self.step.fail(None, error)
        get_logger().info("effect_looked_up", action_id=self.step.work.action_id, arrived=outcome is not None)
        return self.step.note_looked_up(target, outcome)

    def _not_applied(self, target: Target) -> datetime:
        if self.kind.absence_proves_failure:
            self.step.reopen(target)
        else:
            self.step.keep_unknown(target)
        return self.step.pause()

    def _search(self) -> datetime | None:
        work = self.step.work
        if work.searched:
            return self.step.exhaust()
        try:
            found = self.kind.find(self.bot, work)
        except BotException as error:
            if of_source := source_failure(error.name, work.params):
                return self.step.exhaust(of_source)
            return self.step.fail(None, error)
        targets.add_candidates(
            self.bot.user_id,
            work,
            found.candidates,
            found.cursor,
            skip_if_handled=self.kind.skip_if_handled(work),
            limited=found.limited,
        )
        return self.step.pause()

    def _screen(self, target: Target) -> Target | Skip | Resolved:
        """Return the target with the data read for it, or the reason not to act on it."""
        try:
            known = self.kind.examine(self.bot, self.step.work, target)
            return find_unknown_message(self.bot, self.step, known) if isinstance(known, Target) else known
        except BotException as error:
            if reason := SKIP_REASONS.get(error.name):
                return Skip(reason)
            raise

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
