"""The claim of a target: right before the call it is decided once more, and the target taken, in one transaction."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, select, update

from bot import intents, paces
from bot.bots import locked_status
from bot.decision import Act, LeaveOut, decide, looks_at
from bot.do_not_contact import recognise
from bot.models import STILL_TO_LOOK_UP, ActionTarget
from bot.runtime import now
from bot.scope import TenantSession, tenant
from bot.state import Standing, concerning, load
from bot.steps import Nothing
from bot.targets import Target, Work, begin, held, leave_out, locked_action, person_id


def claim(user_id: str, work: Work, target: Target) -> Target | LeaveOut | Nothing:
    """Decides once more and takes the target, in one transaction, right before the call. What the bot may do is read
    anew only where it has changed since the step began.

    Returns the target as taken, or LeaveOut when it was skipped instead. Nothing leaves it as it was.
    """
    moment = now()
    with tenant(user_id) as session:
        bot = locked_status(session)
        known_id = person_id(work.step_kind, target.instagram_id)
        standing = work.standing if work.standing.is_of(bot) else load(session, moment)
        state = concerning(session, standing.state, work.action_id, target.person, known_id)
        verdict = decide(state, moment)
        if isinstance(verdict, LeaveOut) and verdict.action_id == work.action_id:
            recognise(session, target.person, known_id)
            _skip(session, target, "do_not_contact")
            return verdict
        if verdict != Act(work.action_id, work.step_kind):
            return Nothing(looks_at(state, moment))
        if _unsettled_elsewhere(session, work, target):
            _skip(session, target, "in_another_order")
            return LeaveOut(work.action_id, work.step_kind, target.person)
        # The order may have been paused or cancelled since it was read.
        action = locked_action(session, work.action_id)
        row = _taken(session, target, standing, moment) if action.status in ("queued", "running") else None
        if row is None:
            return Nothing(moment)
        begin(action)
        claimed = replace(target, status="working", attempts=target.attempts + 1, claimed_at=moment)
        if work.step_kind == "message":
            written = intents.intend(session, action, row)
            if isinstance(written, str):
                session.rollback()
                _skip(session, target, written)
                return LeaveOut(work.action_id, work.step_kind, target.person)
            claimed = replace(claimed, text=written.text, token=written.token)
        paces.begin(bot, standing.rules[work.step_kind])
        session.commit()
    return claimed


_UNSETTLED = select(ActionTarget.id).where(
    ActionTarget.step_kind == bindparam("kind"),
    ActionTarget.target == bindparam("target"),
    ActionTarget.action_id != bindparam("order"),
    STILL_TO_LOOK_UP,
)


def _unsettled_elsewhere(session: TenantSession, work: Work, target: Target) -> bool:
    """Whether another order has done the same and is still to look up whether it arrived: what this one did would pass
    for its own.
    """
    sought = {"kind": work.step_kind, "target": target.target, "order": work.action_id}
    return session.scalars(_UNSETTLED, sought).first() is not None


def _skip(session: TenantSession, target: Target, reason: str) -> None:
    row = held(session, target)
    if row is not None:
        leave_out(session, row, reason)
        session.commit()


_TAKE = (
    update(ActionTarget)
    .where(ActionTarget.id == bindparam("sought"), ActionTarget.status == "pending")
    .values(
        status="working",
        claimed_at=bindparam("moment"),
        attempts=ActionTarget.attempts + 1,
        instagram_id=bindparam("known_id"),
        full_name=bindparam("known_name"),
        account_id=bindparam("account"),
    )
    .execution_options(synchronize_session=False, populate_existing=True)
    .returning(ActionTarget)
)


def _taken(session: TenantSession, target: Target, standing: Standing, moment: datetime) -> ActionTarget | None:
    """The row, marked as worked on with what is known of the target by now; None when somebody else was first."""
    known = {
        "sought": target.id,
        "moment": moment,
        "known_id": target.instagram_id,
        "known_name": target.full_name,
        "account": standing.account.instagram_id if standing.account else None,
    }
    return session.scalars(_TAKE, known).one_or_none()
