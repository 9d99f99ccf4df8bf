"""A bot whose account was linked a month ago, and the worker's steps until no reading is due."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.config.runtime import now
from bot.decision.verdicts import RunChore
from bot.readings.plan import BETWEEN
from bot.steps.work import next_work
from bot.storage.models import BotStatus, InstagramCredentials, Person, Relation
from bot.storage.tenancy import tenant
from sandbox.people import People
from tests.live.test_steps import app as app
from tests.live.test_steps import linked, place, step
from tests.support.environment import FixedClock
from tests.support.live_bots import PEOPLE, SEED

ACCOUNT = "plain_01"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORLD = People(SEED, PEOPLE)


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def user_id(app, sandbox, clock):
    """A user whose account was linked a month ago, with a running bot."""
    user_id = linked(app, sandbox)
    with tenant(user_id) as session:
        session.execute(update(InstagramCredentials).values(linked_at=now() - timedelta(days=30)))
        session.execute(update(BotStatus).values(last_tested=now()))
        session.commit()
    return user_id


@pytest.fixture
def passes(sandbox, clock):
    """Puts both clocks forward."""

    def pass_(**time):
        sandbox.post("/clock", seconds=timedelta(**time).total_seconds())
        clock.advance(**time)

    return pass_


def rows(user_id, model):
    with tenant(user_id, reading=True) as session:
        return list(session.scalars(select(model)))


def only(user_id, model):
    (row,) = rows(user_id, model)
    return row


def measures(user_id, clock, most=12):
    """The worker's steps until no reading is due. The session is as if tested, answers as if read."""
    for _ in range(most):
        with tenant(user_id) as session:
            session.execute(update(BotStatus).values(last_tested=now(), replies_read_at=now()))
            session.commit()
        if next_work(user_id) != RunChore("measure"):
            at = only(user_id, BotStatus).measure_at
            if at is None or at > now() + BETWEEN:
                return
            clock.moment = at
            continue
        step(user_id)
    raise AssertionError("readings do not end")


def relations(user_id):
    """The relations by the person's name."""
    with tenant(user_id, reading=True) as session:
        query = select(Person.username, Relation).join(Relation, Relation.person_id == Person.id)
        return dict(session.execute(query).all())


def asked(sandbox, call):
    return sum(one["count"] for one in sandbox.get("/requests", account=ACCOUNT, call=call))


def follows(user_id, clock, amount=4):
    place(user_id, amount)
    for _ in range(80):
        next_at = step(user_id)
        if next_at is None or only(user_id, BotStatus).verdict == "NO_WORK":
            return
        clock.advance(seconds=max(0.0, next_at - now().timestamp()))
    raise AssertionError("the action does not end")
