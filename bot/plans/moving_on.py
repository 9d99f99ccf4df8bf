"""The way of people through a plan: the row of the next place, when that of the place before has ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.config.runtime import now
from bot.contacts.do_not_contact import untouchable
from bot.plans.aliases import plan_of
from bot.plans.facts import is_known
from bot.plans.nodes import Node, is_drawn
from bot.plans.plan import Plan
from bot.storage.models import OPEN, Action, ActionTarget, Contact, Person, id_of_person, new_id
from bot.storage.models.values import ActionKind, Fact, StepKind, TargetStatus
from bot.storage.target_states import find_later
from bot.storage.tenancy import TenantSession

GO_ON = frozenset({"already_followed", "already_liked", "already_seen", "no_story", "no_post", "not_followed_any_more"})
"""Reasons to skip a later step after which the person goes on: nothing is wrong with the person."""

DID_NOT_HAPPEN = "did_not_happen"
"""The reason of a row whose fact did not become known in its time."""


def move_on(session: TenantSession, row: ActionTarget) -> bool:
    """Add the row of the next call for a person after one that is done, and return whether there is one.

    Nothing is added after the last place, in an action that is no plan or has ended, for a person who asked to be left
    alone, or who has answered unless the plan waits for answers. The caller commits.
    """
    if way := _way_of(session, row):
        node = way.plan.nodes[row.node]
        if row.nth + 1 < node.step.times:
            return way.add(row.node, row.nth + 1)
        return way.come_to(node.then)
    return False


def go_on_after_skip(session: TenantSession, row: ActionTarget, reason: str) -> None:
    """Add the row of the next place if a later step was skipped for a reason that does not end the person's way."""
    if (row.node or row.nth) and (way := _way_of(session, row)):
        waits_for_answers = reason == "answered" and way.plan.listens
        if reason in GO_ON or waits_for_answers:
            way.come_to(way.plan.nodes[row.node].then)


def turn_off(session: TenantSession, row: ActionTarget) -> None:
    """Add the row of the place for people if an awaited fact did not become known. The caller commits."""
    if way := _way_of(session, row):
        way.come_to(way.plan.nodes[row.node].no)


def _way_of(session: TenantSession, row: ActionTarget) -> "_Way | None":
    action = session.get_one(Action, row.action_id)
    if action.kind != ActionKind.PLAN or action.status not in OPEN:
        return None
    return _Way(session, action, plan_of(action.kind, action.params), row)


@dataclass(frozen=True)
class _Way:
    """The way of the person of a row through the plan of its action."""

    session: TenantSession
    action: Action
    plan: Plan
    row: ActionTarget

    def come_to(self, index: int | None) -> bool:
        """Add the first call of this place, or of the next one at which something is done for the person.

        Return whether there is one.
        """
        while index is not None and not self._is_for(self.plan.nodes[index]):
            index = self.plan.nodes[index].then
        return index is not None and self.add(index, 0)

    def _is_for(self, node: Node) -> bool:
        """Return whether the step is for this person: drawn, and no unfollow of someone the plan did not follow."""
        if not is_drawn(self.action.id, self.row.person, node):
            return False
        if node.step.do != StepKind.UNFOLLOW or not any(one.step.do == StepKind.FOLLOW for one in self.plan.nodes):
            return True
        followed = select(ActionTarget.id).where(
            ActionTarget.action_id == self.action.id,
            ActionTarget.target == self.row.person,
            ActionTarget.step_kind == StepKind.FOLLOW,
            ActionTarget.status == TargetStatus.DONE,
        )
        return self.session.scalars(followed).first() is not None

    def add(self, index: int, nth: int) -> bool:
        """Add this call, unless the person is through, or another post has brought them there before.

        Return whether it is added.
        """
        row, step = self.row, self.plan.nodes[index].step
        person_id = self._instagram_id()
        if self._is_over(person_id) or self._is_there(index, nth):
            return False
        due_at, awaits = self._due(index, None if nth else step.when)
        self.session.add(
            ActionTarget(
                id=new_id(),
                user_id=row.user_id,
                action_id=row.action_id,
                step_kind=step.do,
                position=row.position,
                node=index,
                nth=nth,
                source=row.source,
                target=row.person,
                person=row.person,
                person_id=row.person_id,
                # The id of a post is chosen when it is due.
                instagram_id=None if step.do == StepKind.LIKE else person_id,
                account_id=row.account_id,
                full_name=row.full_name,
                first_name=row.first_name,
                created_at=now(),
                **find_later(due_at, awaits),
            )
        )
        self.session.flush()
        return True

    def _instagram_id(self) -> str | None:
        """Return the Instagram id of the person. A like that was never claimed has none of its own."""
        known = id_of_person(self.row.step_kind, self.row.instagram_id)
        if known or self.row.person_id is None:
            return known
        return self.session.get_one(Person, self.row.person_id).instagram_id

    def _due(self, index: int, fact: Fact | None) -> tuple[datetime, Fact | None]:
        """Return when the next call is due, and the fact that it waits for until then."""
        step, moment = self.plan.nodes[index].step, now()
        if fact and not is_known(self.session, fact, self.row.id):
            return moment + step.longest_wait, fact
        # Several calls for one person follow each other at the pace of their kind.
        return moment + (step.after if index != self.row.node else timedelta()), None

    def _is_there(self, index: int, nth: int) -> bool:
        there = select(ActionTarget.id).where(
            ActionTarget.action_id == self.action.id,
            ActionTarget.target == self.row.person,
            ActionTarget.node == index,
            ActionTarget.nth == nth,
        )
        return self.session.scalars(there).first() is not None

    def _is_over(self, instagram_id: str | None) -> bool:
        if untouchable(self.session, {self.row.person: instagram_id}):
            return True
        query = select(Contact).where(Contact.instagram_id == instagram_id)
        contact = self.session.scalars(query).one_or_none() if instagram_id else None
        if contact is None:
            return False
        has_answered = contact.answered_at is not None and contact.answered_at >= self.action.created_at
        return contact.stopped or (has_answered and not self.plan.listens)
