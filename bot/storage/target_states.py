"""The state machine of targets. Each transition is a function of this module; nothing else sets a target's status.

A function that takes a row raises IllegalTransition and changes nothing if the transition does not begin at the row's
state. A function that takes a session runs one statement, and returns False then. The caller commits. `at` is now.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, bindparam, func, literal, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from bot.storage.models import TO_RECONCILE, ActionTarget
from bot.storage.models.base import Id
from bot.storage.models.values import Fact, TargetStatus
from bot.storage.tenancy import TenantSession

PENDING, WORKING, DONE = TargetStatus.PENDING, TargetStatus.WORKING, TargetStatus.DONE
SKIPPED, FAILED, UNKNOWN = TargetStatus.SKIPPED, TargetStatus.FAILED, TargetStatus.UNKNOWN
IN_DOUBT = (WORKING, UNKNOWN)
"""States of a claim without a recorded end. Canceling an action turns `working` into `unknown` during the call."""

YOU_SAID_SENT, YOU_SAID_NOT_SENT = "you_said_sent", "you_said_not_sent"
CAME_LATE, CONFIRMED = "came_late", "confirmed"
"""Remarks on done targets whose effect a look-up minutes after Instagram's answer has found."""


class IllegalTransition(RuntimeError):
    """A transition that does not begin at the target's state."""


@dataclass(frozen=True)
class Transition:
    """A transition from any of the states `begins` to `ends`. If `begins` is empty, the target is new.

    `when` is its line in the table of docs/architecture.md.
    """

    name: str
    begins: tuple[TargetStatus, ...]
    ends: TargetStatus
    when: str


TRANSITIONS = (
    FIND := Transition("find", (), PENDING, "the search finds it, or the action lists it"),
    FIND_SKIPPED := Transition(
        "find_skipped", (), SKIPPED, "the same, and a rule that needs no look-up already excludes the person"
    ),
    SKIP := Transition(
        "skip",
        (PENDING,),
        SKIPPED,
        "a filter excludes the person, another action has handled them or is still to look up whether it has, they "
        "have answered, or Instagram refuses to show them; the reason is kept",
    ),
    CLAIM := Transition("claim", (PENDING,), WORKING, "the step claims it, and commits, right before the call"),
    FINISH := Transition(
        "finish",
        IN_DOUBT,
        DONE,
        "Instagram confirms the effect, in the reply to the call or in the look-up that the next step begins with",
    ),
    REOPEN := Transition(
        "reopen", IN_DOUBT, PENDING, "the call surely did not arrive, or the look-up proves that it had no effect"
    ),
    FAIL := Transition(
        "fail",
        IN_DOUBT,
        FAILED,
        "Instagram refuses this target for good; a private person, or one who takes no messages, is no failure of the "
        "account. If it took the call and says itself that nothing has changed, the target is looked up minutes later",
    ),
    KEEP_UNKNOWN := Transition(
        "keep_unknown",
        IN_DOUBT,
        UNKNOWN,
        "the call may have arrived: a time-out, a cut connection, a broken reply. A message stays here if the look-up "
        "does not find it: after two look-ups, minutes apart, the user decides",
    ),
    ABANDON := Transition(
        "abandon",
        (WORKING,),
        UNKNOWN,
        "its action ends, or the account is unlinked, during the call; the step corrects that when it ends",
    ),
    FIND_SENT := Transition("find_sent", (PENDING,), DONE, "after a restore, the thread already has the message"),
    SAY_SENT := Transition("say_sent", (UNKNOWN,), DONE, "the user says that the message is there"),
    SAY_NOT_SENT := Transition("say_not_sent", (UNKNOWN,), FAILED, "the user says that the message is not there"),
    SEND_AGAIN := Transition("send_again", (UNKNOWN,), PENDING, "the user wants the message sent again"),
    CORRECT := Transition(
        "correct", (FAILED,), DONE, "Instagram confirms a message after the user said that it is not there"
    ),
    COME_LATE := Transition(
        "come_late", (FAILED,), DONE, "the look-up finds the effect, of which Instagram had said that it was not there"
    ),
    REFUTE := Transition(
        "refute", (DONE,), FAILED, "an acknowledged like or story view is looked up minutes later, and is not there"
    ),
)
"""All transitions, in the order of the table in docs/architecture.md."""


def find() -> dict[str, object]:
    """Return the columns of a new target to act on."""
    return {"status": FIND.ends, "reason": None, "finished_at": None}


def find_later(due_at: datetime, awaits: Fact | None) -> dict[str, object]:
    """Return the columns of a target that has come to a later place of a plan."""
    return find() | {"due_at": due_at, "awaits": awaits}


def learn(row: ActionTarget, due_at: datetime) -> None:
    """Let a pending target go on at that time: the fact that it awaits is known."""
    if row.status != PENDING or row.awaits is None:
        raise IllegalTransition(f"learn: the target is {row.status} and awaits {row.awaits}")
    row.awaits, row.due_at = None, due_at


def find_skipped(reason: str, at: datetime) -> dict[str, object]:
    """Return the columns of a new target that is skipped at once."""
    return {"status": FIND_SKIPPED.ends, "reason": reason, "finished_at": at}


def skip(row: ActionTarget, reason: str, at: datetime, error_code: str | None = None) -> None:
    _change(row, SKIP)
    row.reason, row.error_code, row.finished_at = reason, error_code, at


@dataclass(frozen=True)
class Known:
    """Facts that a claim records: Instagram ids of the target and of the acting account, and the person's name and id.

    `person_id` is None if the target has it already. `followed_us` tells if the person followed the account before.
    """

    instagram_id: str | None
    full_name: str | None
    account_id: str | None
    person_id: str | None = None
    followed_us: bool | None = None


def claim(session: TenantSession, target_id: str, known: Known, at: datetime) -> bool:
    """Claim the target and record what the look-up found. Return False if it is no longer pending."""
    values = {
        "sought": target_id,
        "moment": at,
        "known_id": known.instagram_id,
        "known_name": known.full_name,
        "account": known.account_id,
        "met": known.person_id,
        "followed_us": known.followed_us,
    }
    return session.run(_CLAIM, values).first() is not None


def finish(
    session: TenantSession,
    target_id: str,
    attempts: int,
    remark: str | None,
    at: datetime,
    look_up_at: datetime | None = None,
) -> bool:
    """Return False if this claim, identified by its number of attempts, has a recorded end.

    `look_up_at` is set if Instagram's answer does not tell whether there is an effect.
    """
    return _end(session, _FINISH, target_id, attempts, remark, at, look_up_at)


def reopen(row: ActionTarget) -> None:
    """Also free the person for another message."""
    _change(row, REOPEN)
    row.claimed_at = row.error_code = row.finished_at = row.look_up_at = None
    _free(row)


def fail(
    row: ActionTarget,
    at: datetime,
    *,
    reason: str | None = None,
    error_code: str | None = None,
    look_up_at: datetime | None = None,
) -> None:
    """Also free the person for another message. `look_up_at` is set if Instagram's answer may still prove wrong."""
    _change(row, FAIL)
    row.reason, row.error_code, row.finished_at, row.look_up_at = reason, error_code, at, look_up_at
    _free(row)


def keep_unknown(row: ActionTarget, at: datetime, look_up_at: datetime | None) -> None:
    """Keep the target in doubt. `look_up_at` is the next look-up; None leaves the decision to the user."""
    _change(row, KEEP_UNKNOWN)
    row.finished_at, row.look_up_at = at, look_up_at


def abandon(session: TenantSession, at: datetime, action_id: str | None = None) -> None:
    """Mark all targets that a call is running for: the user's, or those of one action."""
    working = _to(ABANDON) if action_id is None else _to(ABANDON).where(ActionTarget.action_id == action_id)
    session.execute(working.values(finished_at=at).execution_options(synchronize_session=False))


def stop_looking_up(session: TenantSession, action_id: str | None = None) -> list[ActionTarget]:
    """Leave all targets that are to be looked up as they are: the user's, or those of one action. Return the done
    ones.
    """
    looked_up = select(ActionTarget).where(TO_RECONCILE).with_for_update()
    one = looked_up if action_id is None else looked_up.where(ActionTarget.action_id == action_id)
    rows = list(session.scalars(one.execution_options(populate_existing=True)))
    for row in rows:
        row.look_up_at = None
    return [row for row in rows if row.status == DONE]


def find_sent(row: ActionTarget, remark: str, sent_at: datetime, account_id: str | None, at: datetime) -> None:
    _change(row, FIND_SENT)
    row.reason, row.claimed_at, row.account_id, row.finished_at = remark, sent_at, account_id, at
    row.awaits = None


def say_sent(row: ActionTarget, at: datetime) -> None:
    _change(row, SAY_SENT)
    row.reason, row.look_up_at, row.finished_at = YOU_SAID_SENT, None, at


def say_not_sent(row: ActionTarget, at: datetime) -> None:
    """Also free the person for another message."""
    _change(row, SAY_NOT_SENT)
    row.reason, row.look_up_at, row.finished_at = YOU_SAID_NOT_SENT, None, at
    _free(row)


def send_again(row: ActionTarget) -> None:
    """Also free the person for another message."""
    _change(row, SEND_AGAIN)
    row.reason = row.look_up_at = row.claimed_at = row.finished_at = row.error_code = None
    _free(row)


def correct(session: TenantSession, target_id: str, attempts: int, remark: str | None, at: datetime) -> bool:
    """Return False if the user did not call this claim not sent."""
    return _end(session, _CORRECT, target_id, attempts, remark, at)


def come_late(row: ActionTarget, remark: str | None, at: datetime) -> None:
    _looked_up(row, COME_LATE)
    row.reason, row.error_code, row.finished_at = remark or CAME_LATE, None, at


def refute(row: ActionTarget, error_code: str, at: datetime) -> None:
    _looked_up(row, REFUTE)
    row.reason, row.error_code, row.finished_at = None, error_code, at


def _looked_up(row: ActionTarget, transition: Transition) -> None:
    if row.look_up_at is None:
        raise IllegalTransition(f"{transition.name}: the target is not to be looked up")
    _change(row, transition)
    row.look_up_at = None


def _change(row: ActionTarget, transition: Transition) -> None:
    if row.status not in transition.begins:
        raise IllegalTransition(f"{transition.name}: the target is {row.status}")
    row.status = transition.ends


def _free(row: ActionTarget) -> None:
    row.recipient = row.purpose = None


def _to(transition: Transition) -> Update:
    """Return the change of the targets in a state that the transition begins at."""
    # As plain parameters: a list of values would be written into the statement of every step each time.
    begins = ActionTarget.status.in_([literal(str(state)) for state in transition.begins])
    return update(ActionTarget).where(begins).values(status=transition.ends)


# Statements of every step are made once: to make one costs more than to run it.
_CLAIM = (
    _to(CLAIM)
    .where(ActionTarget.id == bindparam("sought"), ActionTarget.awaits.is_(None))
    .values(
        claimed_at=bindparam("moment"),
        attempts=ActionTarget.attempts + 1,
        instagram_id=bindparam("known_id"),
        full_name=bindparam("known_name"),
        account_id=bindparam("account"),
        followed_us=bindparam("followed_us"),
        person_id=func.coalesce(ActionTarget.person_id, bindparam("met", type_=Id)),
    )
    .returning(ActionTarget.id)
)


def _to_done(transition: Transition) -> Update:
    ended: dict[str, object] = {
        "reason": bindparam("remark"),
        "finished_at": bindparam("moment"),
        "error_code": None,
        "look_up_at": bindparam("look_up"),
    }
    claimed = ActionTarget.id == bindparam("sought"), ActionTarget.attempts == bindparam("claim")
    return _to(transition).where(*claimed).values(ended)


_FINISH = _to_done(FINISH).returning(ActionTarget.id)
_CORRECT = _to_done(CORRECT).where(ActionTarget.reason == YOU_SAID_NOT_SENT).returning(ActionTarget.id)


def _end(
    session: TenantSession,
    statement: ReturningUpdate[str],
    target_id: str,
    attempts: int,
    remark: str | None,
    at: datetime,
    look_up_at: datetime | None = None,
) -> bool:
    values = {"sought": target_id, "claim": attempts, "remark": remark, "moment": at, "look_up": look_up_at}
    return session.run(statement, values).first() is not None
