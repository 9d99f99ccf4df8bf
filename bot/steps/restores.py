"""Detection of a restored database: Redis or INSTANCE_DIR remember a later claim than it knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError
from sqlalchemy import select

from bot.actions.targets import Target
from bot.automation.generations import ensure_generation, hold_bots
from bot.automation.wakeups import claim_numbers
from bot.core.log import get_logger
from bot.steps import catching_up
from bot.steps.claim_memory import Mark, RememberedClaims, all_marks, begin_anew, correct, forget_claims, remember
from bot.steps.step import Step
from bot.storage.models import AuditEntry, Generation
from bot.storage.models.values import RestoreCause
from bot.storage.tenancy import IdentitySession, identity


@dataclass(frozen=True)
class Lives:
    """The generations of the database: all ids, and id, cause and begin of the current one."""

    ids: frozenset[str]
    present: str
    cause: RestoreCause | None
    began_at: datetime

    def is_newer(self, mark: Mark, claim_number: int) -> bool:
        """Return whether the mark belongs to a claim that a database with this latest claim does not know."""
        if mark.generation == self.present:
            return mark.number > claim_number
        if mark.generation in self.ids:
            return False
        # An unknown generation began after the copy was made. Acts before the hold are reconciled.
        return self.cause is None or mark.at >= self.began_at.timestamp()


def remembered(step: Step, target: Target) -> bool:
    """Store the claim of the target in the memories, right before its call. Commits.

    Returns False if the call may not be made. Then the target is pending again. If the database was restored, every bot
    is held. If Redis knows too little to tell, messages read their threads first.
    """
    if target.generation is None:
        ensure_generation()
        step.reopen(target)
        return False
    mark = Mark.make(target.generation, target.claim_number)
    try:
        known = remember(step.user_id, mark, step.work.snapshot.bot.user_since)
        if known.written and all(one.precedes(mark) for one in known.marks):
            return True
        goes_on = _judged(step.user_id, mark, known)
    except RedisError as error:
        get_logger().warning("claim_not_remembered", user_id=step.user_id, error=type(error).__name__)
        goes_on = False
    if not goes_on:
        step.reopen(target)
    return goes_on


def _judged(user_id: str, mark: Mark, known: RememberedClaims) -> bool:
    """Return whether a claim may proceed although the memories do not know exactly the preceding one."""
    with identity(reading=True) as session:
        lives = _lives(session)
    if lives is None or lives.present != mark.generation:
        # Another process has found the restore meanwhile.
        return False
    if any(lives.is_newer(one, mark.number - 1) for one in known.marks):
        hold_all("found")
        return False
    if not known.written:
        catching_up.begin_catching_up(user_id)
    correct(user_id, mark)
    return known.written


def hold_all(cause: RestoreCause) -> None:
    """Hold every bot, as `hold_bots` does, and make Redis remember what the database knows now."""
    hold_bots(cause)
    with identity(reading=True) as session:
        lives, numbers = _lives(session), claim_numbers(session)
    if lives:
        begin_anew({user_id: Mark.make(lives.present, number) for user_id, number in numbers.items()})


def find_restore() -> bool:
    """Compare the memories with the database, and hold every bot if it was restored. Commits.

    Processes call it at start. Returns True for a restore.
    """
    # The memories first: a claim made meanwhile is in the database before it is in them.
    marks = all_marks()
    with identity(reading=True) as session:
        lives = _lives(session)
        if lives is None or not marks:
            return False
        numbers = claim_numbers(session)
        erased = _erased(session, {user_id for user_id, _ in marks} - numbers.keys())
    forget_claims(erased)
    # Users who are missing but not erased were created after the copy.
    if any(lives.is_newer(mark, numbers.get(user_id, 0)) for user_id, mark in marks if user_id not in erased):
        hold_all("found")
        return True
    return False


def _lives(session: IdentitySession) -> Lives | None:
    rows = session.scalars(select(Generation).order_by(Generation.number)).all()
    if not rows:
        return None
    present = rows[-1]
    return Lives(frozenset(row.id for row in rows), present.id, present.cause, present.began_at)


def _erased(session: IdentitySession, user_ids: Iterable[str]) -> set[str]:
    """Return the users whose erasure is in the audit log."""
    query = select(AuditEntry.subject_id).where(
        AuditEntry.event == "user_erased", AuditEntry.subject_id.in_(list(user_ids))
    )
    return {user_id for user_id in session.scalars(query) if user_id}
