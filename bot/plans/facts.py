"""Facts that steps of plans wait for: which are known, and who goes on by them."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from bot.actions.targets import mark_skipped
from bot.config.runtime import now
from bot.plans.aliases import plan_of
from bot.storage.bot_lock import locked_status
from bot.storage.models import Action, ActionTarget, Answer, Contact, Person, Relation
from bot.storage.models.values import Fact, StepKind, TargetStatus
from bot.storage.target_states import learn
from bot.storage.tenancy import TenantSession, tenant

_RELATED = and_(Relation.person_id == ActionTarget.person_id, Relation.account_id == ActionTarget.account_id)
_WRITER = and_(Person.id == ActionTarget.person_id, Person.user_id == ActionTarget.user_id)
_EARLIER = aliased(ActionTarget)
_WRITTEN_AT = func.coalesce(
    select(func.max(_EARLIER.claimed_at))
    .where(_EARLIER.action_id == ActionTarget.action_id, _EARLIER.user_id == ActionTarget.user_id)
    .where(_EARLIER.person_id == ActionTarget.person_id, _EARLIER.step_kind == StepKind.MESSAGE)
    .where(_EARLIER.status == TargetStatus.DONE)
    # Else it would be the last message to anyone: it is within another subquery.
    .correlate(ActionTarget, Action)
    .scalar_subquery(),
    Action.created_at,
)
"""The action's last message to the person. An answer to the one before it is no answer to this one."""


def _has(table: type[Contact] | type[Answer], *known: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a target's person has such a row."""
    person = and_(Person.instagram_id == table.instagram_id, Person.user_id == table.user_id)
    return select(table.id).join(Person, person).where(_WRITER, *known).exists()


def _is_related(*known: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Relation.id).where(_RELATED, *known).exists()


_FOLLOW = (
    select(_EARLIER.id)
    .where(_EARLIER.action_id == ActionTarget.action_id, _EARLIER.user_id == ActionTarget.user_id)
    .where(_EARLIER.person_id == ActionTarget.person_id, _EARLIER.step_kind == StepKind.FOLLOW)
    .where(_EARLIER.status == TargetStatus.DONE)
)
_FOLLOWED_BEFORE = _FOLLOW.where(_EARLIER.followed_us.is_(True)).exists()
"""The look-up before the action's own follow saw the person follow the account. Readings watch no such person."""
_IS_PUBLIC = _FOLLOW.where(_EARLIER.reason.is_distinct_from("requested")).exists()
"""The action's own follow took effect, and was no request to a private person."""
_KNOWN: dict[Fact, ColumnElement[bool]] = {
    "follows_back": or_(_is_related(Relation.back_at.is_not(None), Relation.gone_at.is_(None)), _FOLLOWED_BEFORE),
    "accepted": or_(_is_related(or_(Relation.accepted_at.is_not(None), Relation.followed_at.is_not(None))), _IS_PUBLIC),
    "answered": _has(Contact, Contact.answered_at > _WRITTEN_AT),
    "answered_positive": _has(Answer, Answer.mark == "positive", Answer.at > _WRITTEN_AT),
}
"""Fact → the condition that it is known of a target's person. The statement has the action too."""

_STOPPED = _has(Contact, Contact.stopped.is_(True))


def is_known(session: TenantSession, fact: Fact, target_id: str) -> bool:
    """Return whether the fact is known of a target's person."""
    query = select(ActionTarget.id).join(Action, Action.id == ActionTarget.action_id)
    return session.scalars(query.where(ActionTarget.id == target_id, _KNOWN[fact])).first() is not None


def learn_facts(user_id: str) -> int:
    """Let people go on if the fact that they wait for is known by now. Return their number. Commits.

    The way of those who asked to be left alone ends.
    """
    with tenant(user_id, reading=True) as session:
        if session.scalars(_awaiting(ActionTarget.id).limit(1)).first() is None:
            return 0
    with tenant(user_id) as session:
        locked_status(session)
        learned = 0
        for row in session.scalars(_awaiting(ActionTarget).where(_STOPPED)):
            mark_skipped(session, row, "do_not_contact")
        session.flush()
        for fact, known in _KNOWN.items():
            rows = session.execute(_awaiting(ActionTarget, Action).where(ActionTarget.awaits == fact, known))
            for row, action in rows:
                step = plan_of(action.kind, action.params).nodes[row.node].step
                learn(row, max(now(), row.created_at + step.after))
                learned += 1
        session.commit()
    return learned


def _awaiting(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join(Action, Action.id == ActionTarget.action_id)
        .where(ActionTarget.awaits.is_not(None), ActionTarget.status == TargetStatus.PENDING)
    )
