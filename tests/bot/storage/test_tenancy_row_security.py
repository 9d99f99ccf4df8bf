"""Row-level security on PostgreSQL: with the code's scope switched off, a stranger's rows are out of reach."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.storage import tenancy
from bot.storage.engine import db
from bot.storage.models import Base, new_id
from bot.storage.tenancy import TenantSession, tenant
from tests.bot.storage.test_tenancy import OWNED, SHARED
from tests.bot.storage.test_tenancy import both as both
from tests.support.rows import superuser

pytestmark = [
    pytest.mark.usefixtures("base_app"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
TABLES = [model.__table__ for model in (*OWNED, *SHARED)]
# Tables without rows of users; the registry of codes is the same for everybody.
NOBODYS = {"alembic_version", "error_codes"}


@pytest.fixture
def careless():
    """Code that forgets the scope: sessions of tenants narrow nothing and check nothing; the database is still told."""
    guards = (("do_orm_execute", tenancy._confine), ("before_flush", tenancy._refuse_strangers))
    for name, guard in guards:
        event.remove(TenantSession, name, guard)
    yield
    for name, guard in guards:
        event.listen(TenantSession, name, guard)


def strangers(session, me):
    """The tables in which rows of somebody else are seen, and those in which none of one's own are."""
    found = []
    for table in TABLES:
        owners = set(session.scalars(select(table.c.user_id)))
        if me not in owners or owners - {me, None}:
            found.append(table.name)
    return found


def rollback(session):
    session.execute(text("SELECT 1"))
    session.rollback()


def failed_savepoint(session):
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text("SELECT 1 / 0"))


def savepoint(session):
    session.begin_nested().commit()


TURNS = [Session.commit, rollback, savepoint, failed_savepoint]


@pytest.mark.usefixtures("careless")
@pytest.mark.parametrize(
    "turn", [Session.commit, rollback, savepoint, failed_savepoint], ids=lambda turn: turn.__name__
)
def test_in_no_table_rows_of_a_stranger_come_into_sight(both, turn):
    for user in both:
        with tenant(user.id) as session:
            assert strangers(session, user.id) == []
            turn(session)
            assert strangers(session, user.id) == []


@pytest.mark.usefixtures("careless")
def test_a_connection_from_the_pool_remembers_nobody(both):
    alice, bob = both
    with tenant(alice.id) as session:
        first = session.scalar(select(func.pg_backend_pid()))
        session.rollback()
    with tenant(bob.id) as session:
        assert session.scalar(select(func.pg_backend_pid())) == first
        assert strangers(session, bob.id) == []
        session.commit()
    with Session(db.engine) as session:
        assert session.scalar(select(func.pg_backend_pid())) == first
        assert [table.name for table in TABLES if any(session.scalars(select(table.c.user_id)))] == []


def test_a_tenant_that_a_rolled_back_savepoint_named_is_gone_with_it(both):
    alice, _ = both
    with Session(db.engine) as session:
        inner = session.begin_nested()
        session.execute(select(func.set_config("app.user_id", alice.id, True)))
        inner.rollback()
        assert [table.name for table in TABLES if any(session.scalars(select(table.c.user_id)))] == []


def own_row(session, table, me):
    return dict(session.execute(select(table).where(table.c.user_id == me).limit(1)).mappings().one())


# Every table is tried, and told of by its name. None of the tries changes a row, or it would be found.
@pytest.mark.usefixtures("careless")
def test_no_row_is_made_for_a_stranger_or_handed_to_one(both, subtests):
    for table in TABLES:
        with subtests.test(table=table.name):
            refuse_to_hand_over(both, table)


def refuse_to_hand_over(both, table):
    alice, bob = both
    for turn in (None, *TURNS):
        for owner in (bob.id, None):
            with tenant(alice.id) as session:
                row = own_row(session, table, alice.id)
                if turn:
                    turn(session)
                with pytest.raises(DBAPIError, match="row-level security"), session.begin_nested():
                    session.execute(insert(table).values(row | {"id": new_id(), "user_id": owner}))
                with pytest.raises(DBAPIError, match="row-level security"), session.begin_nested():
                    session.execute(update(table).where(table.c.id == row["id"]).values(user_id=owner))


@pytest.mark.usefixtures("careless")
def test_no_row_of_a_stranger_is_changed_taken_or_removed(both, subtests):
    for table in TABLES:
        with subtests.test(table=table.name):
            leave_alone(both, table)


def leave_alone(both, table):
    alice, bob = both
    with tenant(bob.id) as session:
        theirs = own_row(session, table, bob.id)
    with tenant(alice.id) as session:
        named = table.c.id == theirs["id"]
        for change in (update(table).values(user_id=alice.id), table.delete()):
            assert session.execute(change.where(named).returning(table.c.id)).all() == []
        assert session.execute(select(table).where(named).with_for_update()).all() == []
        session.commit()
    with tenant(bob.id) as session:
        assert own_row(session, table, bob.id) == theirs


_UNPROTECTED = """
    SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE nspname = 'public' AND relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege('troupe_app', c.oid, 'SELECT')
      AND NOT (relrowsecurity AND relforcerowsecurity
               AND EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = relname
                           AND 'troupe_app' = ANY (roles)))
"""


def unprotected():
    """The tables that the product reads and no policy guards."""
    with Session(db.engine) as session:
        return set(session.scalars(text(_UNPROTECTED))) - NOBODYS


@contextmanager
def changed(url, change, back):
    with superuser(url) as connection:
        connection.execute(change)
        connection.commit()
        try:
            yield
        finally:
            connection.execute(back)
            connection.commit()


def test_a_policy_guards_every_table():
    assert unprotected() == set()


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("CREATE TABLE planted (user_id text); GRANT SELECT ON planted TO troupe_app", "DROP TABLE planted"),
        ("CREATE VIEW planted AS SELECT * FROM messages; GRANT SELECT ON planted TO troupe_app", "DROP VIEW planted"),
        ("ALTER TABLE messages DISABLE ROW LEVEL SECURITY", "ALTER TABLE messages ENABLE ROW LEVEL SECURITY"),
        ("ALTER TABLE messages NO FORCE ROW LEVEL SECURITY", "ALTER TABLE messages FORCE ROW LEVEL SECURITY"),
    ],
    ids=["a table without a policy", "a view past the policies", "a policy that is off", "a policy not for the owner"],
)
def test_a_table_without_its_policy_is_found(database_url, change, back):
    with changed(database_url, change, back):
        assert unprotected() in ({"planted"}, {"messages"})


@pytest.mark.usefixtures("careless")
def test_rows_that_no_policy_guards_come_into_sight(both, database_url):
    off = "ALTER TABLE messages DISABLE ROW LEVEL SECURITY"
    with changed(database_url, off, off.replace("DISABLE", "ENABLE")), tenant(both[0].id) as session:
        assert strangers(session, both[0].id) == ["messages"]
        session.rollback()


@pytest.mark.usefixtures("careless")
def test_what_is_kept_of_users_beside_their_own_rows_is_never_a_strangers(both):
    """Sign-ins, mails and the like are for who may sign in: of those a tenant sees their own at most."""
    alice, _ = both
    owned = {table for table in Base.metadata.tables.values() if "user_id" in table.columns}
    with tenant(alice.id) as session:
        for table in owned - set(TABLES):
            assert set(session.scalars(select(table.c.user_id))) <= {alice.id}, table.name
