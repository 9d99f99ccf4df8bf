"""The claim of a target: right before the call it is decided once more, and the target taken, in one transaction."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, select, update

from bot.actions.targets import Target, Work, begin, held, leave_out, locked_action, locked_target, person_id
from bot.config.runtime import now
from bot.contacts.do_not_contact import UNTOUCHABLE, remember_instagram_id
from bot.decision import pacing as paces
from bot.decision.decide import Act, LeaveOut, decide, looks_at
from bot.decision.snapshot import Standing, concerning, load
from bot.messages import deliveries as intents
from bot.steps.near_limits import warn_if_near
from bot.steps.outcomes import Nothing
from bot.storage.bot_lock import lock
from bot.storage.models import STILL_TO_LOOK_UP, Action, ActionTarget, BotStatus
from bot.storage.tenancy import TenantSession, tenant


def claim(user_id: str, work: Work, target: Target) -> Target | LeaveOut | Nothing:
    """Decides once more and takes the target, in one transaction, right before the call. What the bot may do is read
    anew only where it has changed since the step began.

    Returns the target as taken, or LeaveOut when it was skipped instead. Nothing leaves it as it was.
    """
    moment = now()
    with tenant(user_id) as session:
        locked = lock(session)
        known_id = person_id(work.step_kind, target.instagram_id)
        standing = work.standing if work.standing.is_before(locked.revision) else load(session, moment)
        status, untouchable, unsettled_elsewhere = _asked_anew(session, work, target, known_id)
        state = concerning(standing.state, work.action_id, target.person, untouchable=untouchable)
        verdict = decide(state, moment)
        if isinstance(verdict, LeaveOut) and verdict.action_id == work.action_id:
            remember_instagram_id(session, target.person, known_id)
            _skip(session, target, "do_not_contact")
            return verdict
        if verdict != Act(work.action_id, work.step_kind):
            return Nothing(looks_at(state, moment))
        if standing.bot.doubt != work.standing.bot.doubt:
            # The target was not looked up by what is doubted now.
            return Nothing(moment)
        if unsettled_elsewhere:
            _skip(session, target, "in_another_order")
            return LeaveOut(work.action_id, work.step_kind, target.person)
        if status not in ("queued", "running") or not _take(session, target, standing, moment):
            return Nothing(moment)
        if status == "queued":
            begin(locked_action(session, work.action_id))
        claimed = replace(target, status="working", attempts=target.attempts + 1, claimed_at=moment)
        if work.step_kind == "message":
            written = intents.intend(session, locked_action(session, work.action_id), locked_target(session, target.id))
            if isinstance(written, str):
                session.rollback()
                _skip(session, target, written)
                return LeaveOut(work.action_id, work.step_kind, target.person)
            claimed = replace(claimed, text=written.text, token=written.token)
        warn_if_near(session, standing, work, moment)
        kept = paces.begin(locked.paces, standing.rules[work.step_kind])
        number = session.run(_COUNT, {"kept": kept}).scalar_one()
        session.commit()
    return replace(claimed, generation=standing.bot.generation, claim_number=number)


# An order may have been paused or cancelled since it was read, and a person have come on a list. Where another order
# has done the same and is still to look up whether it arrived, what this one did would pass for its own.
_ASKED_ANEW = (
    select(
        Action.status,
        UNTOUCHABLE,
        select(ActionTarget.id)
        .where(
            ActionTarget.step_kind == bindparam("kind"),
            ActionTarget.target == bindparam("target"),
            ActionTarget.action_id != bindparam("order"),
            STILL_TO_LOOK_UP,
        )
        .exists(),
    )
    .where(Action.id == bindparam("order"))
    .with_for_update(of=Action)
)
_COUNT = (
    update(BotStatus)
    .values(paces=bindparam("kept"), claim_number=BotStatus.claim_number + 1)
    .returning(BotStatus.claim_number)
)


def _asked_anew(session: TenantSession, work: Work, target: Target, known_id: str | None) -> tuple[str, bool, bool]:
    """What changes without the lock of the bot's status: the status of the order, locked too, whether nobody may touch
    the person, and whether the same step of another order is unsettled.
    """
    sought = {
        "order": work.action_id,
        "kind": work.step_kind,
        "target": target.target,
        "name": target.person,
        "known_id": known_id,
    }
    return session.run(_ASKED_ANEW, sought).one()


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
    .returning(ActionTarget.id)
)


def _take(session: TenantSession, target: Target, standing: Standing, moment: datetime) -> bool:
    """Marks the target as worked on, with what is known of it by now. False when somebody else was first."""
    known = {
        "sought": target.id,
        "moment": moment,
        "known_id": target.instagram_id,
        "known_name": target.full_name,
        "account": standing.bot.instagram_id,
    }
    return session.run(_TAKE, known).one_or_none() is not None
