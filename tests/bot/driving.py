"""A worker's part of a step without Instagram: what it finds, claims and is answered."""

from dataclasses import replace

from sqlalchemy import func, select

from bot.actions import candidates, placing
from bot.actions.placing import FollowHashtag
from bot.actions.targets import Candidate, Search, Target, Work
from bot.auth.sessions import SessionInfo, sessions
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.kinds import STEP_KIND
from bot.decision.verdicts import RunChore
from bot.messages.sending import SendMessages, recipients_of, send_messages
from bot.steps.outcomes import Outcome
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.models import ActionTarget, BotStatus
from bot.storage.models.values import WRITTEN
from bot.storage.tenancy import tenant
from tests.support.environment import FixedClock
from tests.support.people import Somebody

HELLO = "Hello {username}"


def signed_in(user: Somebody) -> SessionInfo:
    """Return the actor as the views of an administrator pass it on."""
    info = sessions.find(user.token, "bearer")
    assert info is not None
    return info


def follow_action(user: Somebody, people: int = 60, amount: int = 100, **more) -> str:
    """The id of an action to follow with as many people found."""
    action = placing.follow_hashtag(user.id, FollowHashtag(hashtag="coffee", amount=amount, **more)).action
    found(user, action.id, [f"person{number}" for number in range(people)])
    return action.id


def found(
    user: Somebody, action_id: str, names: list[str], cursor: str | None = None, kind: str = "follow-hashtag"
) -> None:
    """The search of an action found these people, and where it goes on."""
    work = Search(action_id, kind, STEP_KIND[kind], {}, None, False)
    people = [Candidate(name, name, id_of(name)) for name in names]
    candidates.add_candidates(user.id, work, people, cursor, skip_if_handled=False)


def message_action(user: Somebody, *names: str, message: str = HELLO, key: str | None = None, **more) -> str:
    """The id of an action to write to these people."""
    params = SendMessages(usernames=list(names), message=message, **more)
    return send_messages(user.id, params, recipients_of(params), key).action.id


def id_of(name: str) -> str:
    return f"id-{name}"


def work_of(user: Somebody) -> Work:
    """The work that is due; chores before it are done with."""
    done: set[str] = set()
    while isinstance(work := next_work(user.id), RunChore):
        assert work.chore not in done, f"{work.chore} is due again"
        done.add(work.chore)
        chores_done(user)
    assert isinstance(work, Work), work
    return work


def claim(user: Somebody, work: Work | None = None, number: int = 0):
    """Claims a pending target, looked up by then."""
    work = work or work_of(user)
    target = work.pending[number]
    known = replace(target, instagram_id=target.instagram_id or id_of(target.person))
    return Step(user.id, work).claim(known)


def claimed(user: Somebody, work: Work) -> Target:
    target = claim(user, work)
    assert isinstance(target, Target), target
    return target


def do_step(user: Somebody, clock: FixedClock) -> Target:
    """One step that Instagram accepts; the clock goes on to when the next may come."""
    work = work_of(user)
    target = claimed(user, work)
    sent = Outcome(item_id=f"item-{target.id}"[:60], thread_id="t", at=now())
    outcome = sent if work.step_kind in WRITTEN else Outcome()
    clock.moment = Step(user.id, work).finish(target, outcome)
    return target


def refuse_step(user: Somebody, clock: FixedClock, name: str, delivered: str = "no") -> Target:
    """One step that Instagram, or the network, refuses."""
    work = work_of(user)
    target = claimed(user, work)
    clock.moment = Step(user.id, work).fail(target, BotException(name, delivered=delivered)) or clock.moment
    return target


def work_off(user: Somebody, clock: FixedClock, action_id: str) -> None:
    """Run steps until no target of the action is pending."""
    while count(user, action_id, "pending"):
        do_step(user, clock)


def count(user: Somebody, action_id: str, *statuses: str) -> int:
    query = select(func.count(ActionTarget.id)).where(
        ActionTarget.action_id == action_id, ActionTarget.status.in_(statuses)
    )
    with tenant(user.id, reading=True) as session:
        return session.scalars(query).one()


def target_of(user: Somebody, action_id: str, name: str) -> ActionTarget:
    query = select(ActionTarget).where(ActionTarget.action_id == action_id, ActionTarget.target == name)
    with tenant(user.id, reading=True) as session:
        return session.scalars(query).one()


def chores_done(user: Somebody) -> None:
    """As if the session had been tested and answers been read right now, so that no chore is due."""
    with tenant(user.id) as session:
        status = session.scalars(select(BotStatus)).one()
        status.last_tested = status.replies_read_at = now()
        session.commit()


def act(user, name=None, delivered="no"):
    """The next step is done, or fails with the error of that name."""
    work = work_of(user)
    target = claimed(user, work)
    if name:
        return Step(user.id, work).fail(target, BotException(name, delivered=delivered))
    return Step(user.id, work).finish(target, Outcome())


def find_nothing(user, work):
    """Reconcile a message that its thread does not show."""
    Reconciliation(user.id, work).keep_unknown(work.in_doubt[0])
