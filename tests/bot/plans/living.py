"""A life of plans: a bot, people who follow back, answer and stop, workers that die, and an Instagram that fails."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.actions.candidates import add_candidates
from bot.actions.targets import Candidate, Target, Work
from bot.config.runtime import now
from bot.contacts.answers import Reply
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.contacts.replies import store_replies
from bot.core.errors import BotException
from bot.decision.decide import next_step_time
from bot.decision.snapshot import load
from bot.decision.verdicts import RunChore
from bot.plans.aliases import plan_of
from bot.plans.facts import learn_facts
from bot.plans.placing import NewPlan, place
from bot.plans.plan import Plan
from bot.steps import decisions
from bot.steps.decisions import Decision
from bot.steps.outcomes import Outcome
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import ENDED, Action, ActionTarget, BotStatus, Person, Relation, new_id
from bot.storage.models.values import OF_ANSWERS
from bot.storage.tenancy import tenant
from tests.bot.driving import id_of
from tests.support.environment import FixedClock

MANY = 1500


@dataclass
class Call:
    """A call that arrived at Instagram."""

    at: datetime
    action_id: str
    person: str
    node: int
    nth: int
    kind: str
    target_id: str


@dataclass
class Life:
    """A bot, the people around it, and an Instagram that fails."""

    user_id: str
    clock: FixedClock
    fates: list[str]
    plans: dict[str, Plan] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    amounts: dict[str, int] = field(default_factory=dict)
    ledger: list[Call] = field(default_factory=list)
    true_since: dict[tuple[str, str], datetime] = field(default_factory=dict)
    known_since: dict[tuple[str, str], datetime] = field(default_factory=dict)
    late: list[tuple[Step, Target]] = field(default_factory=list)

    def begin(self, steps, names, amount):
        source = [{"kind": "followers", "of": [f"source{len(self.plans)}"]}]
        asked = NewPlan.model_validate({"source": source, "steps": steps, "amount": amount})
        action = place(self.user_id, asked).action
        self.plans[action.id], self.names[action.id] = plan_of(action.kind, action.params), names
        self.amounts[action.id] = amount

    def live(self, events):
        events = [(now() + timedelta(hours=hours), person, fact) for hours, person, fact in events]
        for _ in range(MANY):
            while events and events[0][0] <= now():
                self.happen(*events.pop(0))
            work = next_work(self.user_id)
            if isinstance(work, Nothing):
                self.check_wait(work)
                self.decide_unknown()
                soonest = min((at for at in (work.at, *(at for at, *_ in events[:1])) if at), default=None)
                if self.is_over() and not events:
                    return
                assert soonest is not None, "the plans wait for no one"
                self.clock.moment = max(soonest, now())
            elif isinstance(work, RunChore):
                self.do_chore(work.chore)
            else:
                self.do(work)
        raise AssertionError("it goes on for ever")

    def happen(self, at, person, fact):
        self.true_since.setdefault((person, fact), at)
        if fact == "stop":
            add_own(self.user_id, LeaveAlone(username=person))
            self.known_since.setdefault((person, fact), now())

    def do_chore(self, name):
        with tenant(self.user_id) as session:
            status = session.scalars(select(BotStatus)).one()
            status.last_tested = now()
            status.measure_at = now() + timedelta(days=1)
            if name == "read_replies":
                status.replies_read_at = now()
            session.commit()
        if name == "read_replies":
            heard = [(person, at) for (person, fact), at in self.true_since.items() if fact == "answered"]
            store_replies(self.user_id, [Reply(f"item-{one}", id_of(one), "Hello!", at) for one, at in heard])
            self.known_since |= {
                (one, "answered"): now() for one, _ in heard if (one, "answered") not in self.known_since
            }
        if name == "measure":
            self.measure()
        learn_facts(self.user_id)

    def measure(self):
        columns = {"follows_back": "back_at", "accepted": "accepted_at"}
        with tenant(self.user_id) as session:
            account = session.scalars(
                select(ActionTarget.account_id).where(ActionTarget.account_id.is_not(None))
            ).first()
            for (person, fact), at in self.true_since.items():
                row = session.scalars(select(Person).where(Person.instagram_id == id_of(person))).one_or_none()
                if row is None or account is None or fact not in columns:
                    continue
                known = session.scalars(select(Relation).where(Relation.person_id == row.id)).one_or_none()
                if known is None:
                    known = Relation(id=new_id(), user_id=self.user_id, account_id=account, person_id=row.id)
                    session.add(known)
                setattr(known, columns[fact], at)
                session.flush()
            session.commit()

    def do(self, work: Work):
        step = Step(self.user_id, work)
        self.check_claims()
        if work.in_doubt:
            self.reconcile(step, work.in_doubt[0])
        elif work.checks:
            (target, *_) = work.pending
            fact = target.awaits
            since = self.true_since.get((target.person, fact))
            if fact in OF_ANSWERS:
                due_at = self.row(target).due_at
                assert (
                    since is None or since > due_at - timedelta(minutes=1) or (target.person, fact) in self.known_since
                )
            known = fact not in OF_ANSWERS and since is not None
            self.clock.moment = Reconciliation(self.user_id, work).note_fact(target, known=known)
        elif not work.pending:
            if work.place is None and not work.searched:
                people = [Candidate(name, name, id_of(name)) for name in self.names[work.action_id]]
                if work.step_kind == "like":
                    people = [replace(one, instagram_id=None) for one in people]
                add_candidates(self.user_id, work, people, None, skip_if_handled=False)
            elif work.place is None:
                step.exhaust()
            self.clock.moment = step.pause()
        else:
            self.act(step, work)
        if self.late:
            step, target = self.late.pop()
            step.finish(target, self.outcome(target))

    def reconcile(self, step, target):
        reconciliation = Reconciliation(self.user_id, step.work)
        if target.status == "working":
            reconciliation.record_interruption(target)
        if self.arrived(target):
            self.clock.moment = step.finish(target, self.outcome(target))
            return
        if step.work.step_kind == "message":
            reconciliation.keep_unknown(target)
        else:
            step.reopen(target)
        self.clock.moment = step.pause()

    def act(self, step, work):
        (target, *_) = work.pending
        fate = self.fates.pop(0) if self.fates else "ok"
        if fate == "absent" and work.step_kind == "story":
            step.skip(target, "no_story")
            self.clock.moment = step.pause()
            return
        number = self.row(target).nth
        known_id = f"{number}_{id_of(target.person)}" if work.step_kind == "like" else id_of(target.person)
        claimed = step.claim(replace(target, instagram_id=known_id))
        if not isinstance(claimed, Target):
            self.clock.moment = step.pause()
            return
        if fate in ("refused", "not_arrived"):
            name = "INSTAGRAM_REFUSED" if fate == "refused" else "INSTAGRAM_UNREACHABLE"
            self.clock.moment = step.fail(claimed, BotException(name, delivered="no")) or now()
            return
        if fate not in ("vanished", "dies_before"):
            self.note(claimed, work)
        if fate in ("lost", "vanished"):
            self.clock.moment = step.fail(claimed, BotException("INSTAGRAM_TIMEOUT", delivered="maybe")) or now()
        elif fate == "late":
            self.late.append((step, claimed))
            self.clock.moment += timedelta(minutes=1)
        elif fate in ("dies_before", "dies_after"):
            self.clock.moment += timedelta(minutes=1)
        else:
            self.clock.moment = step.finish(claimed, self.outcome(claimed))

    def note(self, target, work):
        row = self.row(target)
        self.ledger.append(Call(now(), row.action_id, row.person, row.node, row.nth, work.step_kind, row.id))

    def row(self, target) -> ActionTarget:
        with tenant(self.user_id, reading=True) as session:
            return session.get_one(ActionTarget, target.id)

    def arrived(self, target):
        return any(call.target_id == target.id for call in self.ledger)

    def outcome(self, target):
        if target.text:
            return Outcome(item_id=f"item-{target.id}", thread_id="t", at=now())
        # Everyone is private: acceptance is an event of a life.
        return Outcome("requested" if self.row(target).step_kind == "follow" else None)

    def decide_unknown(self):
        """The user looks into the conversation."""
        for row in self.rows():
            if row.status == "unknown" and row.look_up_at is None:
                said = "sent" if self.arrived(row) else "not_sent"
                decisions.resolve(self.user_id, row.action_id, row.id, Decision(outcome=said))

    def rows(self):
        with tenant(self.user_id, reading=True) as session:
            return list(session.scalars(select(ActionTarget)))

    def is_over(self):
        with tenant(self.user_id, reading=True) as session:
            return all(action.status in ENDED for action in session.scalars(select(Action)))

    def check_claims(self):
        """One call at a time, and no more people than the amount."""
        rows = self.rows()
        assert sum(row.status == "working" for row in rows) <= 1
        for action_id, amount in self.amounts.items():
            begun = [row for row in rows if row.action_id == action_id and not row.node and not row.nth]
            assert sum(row.status in ("working", "done") for row in begun) <= amount

    def check_wait(self, waiting):
        """A wait is exact: nothing goes on before it ends."""
        if waiting.at is None or waiting.at <= now():
            return
        begins = now()
        self.clock.moment = begins + (waiting.at - begins) / 2
        with tenant(self.user_id, reading=True) as session:
            state = load(session, now()).state
        due = next_step_time(state, now())
        assert due is None or due >= waiting.at or any(chore.at <= due for chore in state.chores)
        self.clock.moment = begins
