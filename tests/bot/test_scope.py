"""A user's rows are seen and written through that user's scope only, in code and in the database."""

import pytest
from sqlalchemy import delete, insert, literal_column, select, text, union_all, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bot.actions import FollowHashtag, follow_hashtag
from bot.database import db
from bot.errors import BotException
from bot.models import ActionTarget, Activity, BotSettings, BotStatus, CoolDown, DailyLimit, User, UserSession
from bot.runtime import now
from bot.scope import identity, tenant
from bot.wakeups import due_user_ids
from tests.support.people import give_valid_session, set_running

pytestmark = pytest.mark.usefixtures("base_app")

# SQLite has neither roles nor row-level security: there the code is the only scope.
postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_a_tenant_sees_only_its_own_rows(alice, bob):
    with tenant(alice.id) as session:
        assert [row.user_id for row in session.scalars(select(BotStatus))] == [alice.id]
        assert [row.id for row in session.scalars(select(User))] == [alice.id]
        assert {row.user_id for row in session.scalars(select(UserSession))} == {alice.id}


def test_a_tenant_does_not_find_a_stranger_by_key(alice, bob):
    with identity(bob.id, reading=True) as session:
        row_id = session.scalars(select(BotStatus.id).where(BotStatus.user_id == bob.id)).one()
    with tenant(alice.id) as session:
        assert session.get(BotStatus, row_id) is None
        assert session.get(User, bob.id) is None


def test_updates_and_deletes_reach_only_own_rows(alice, bob):
    with tenant(alice.id) as session:
        session.execute(update(BotStatus).values(instagram_username="mine"))
        session.execute(delete(BotSettings))
        session.commit()
    with tenant(bob.id) as session:
        assert session.scalars(select(BotStatus)).one().instagram_username is None
        assert session.scalars(select(BotSettings)).one().timezone == "UTC"


def test_a_row_of_somebody_else_cannot_be_added(alice, bob):
    with tenant(alice.id) as session:
        session.add(Activity(user_id=bob.id, at=now(), action="x", status="done"))
        with pytest.raises(BotException, match="SCOPE_VIOLATION"):
            session.flush()


def test_a_row_cannot_be_moved_to_somebody_else(alice, bob):
    with tenant(alice.id) as session:
        session.scalars(select(BotStatus)).one().user_id = bob.id
        with pytest.raises(BotException, match="SCOPE_VIOLATION"):
            session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        text("SELECT * FROM users"),
        insert(CoolDown.__table__),
        select(BotStatus.__table__),
        insert(Activity),
        select(BotStatus).from_statement(text("SELECT * FROM user_bot_status")),
        select(BotSettings.id, BotStatus.__table__.c.user_id),
        select(BotStatus.id, literal_column("(SELECT max(username) FROM users)")),
        select(BotStatus).where(text("1 = 1")),
        select(BotStatus).where(BotStatus.id.in_(select(BotSettings.__table__.c.id))),
        update(BotStatus).values(user_id="somebody"),
        update(User).values(role="admin"),
        delete(User),
        union_all(select(BotStatus.id), select(BotSettings.id)),
    ],
    ids=range(13),
)
def test_raw_core_and_bulk_statements_are_refused(alice, statement):
    with tenant(alice.id) as session, pytest.raises(BotException, match="SCOPE_VIOLATION"):
        session.execute(statement)


def test_rows_named_one_by_one_are_not_changed_in_bulk(alice, bob):
    with tenant(alice.id) as session:
        for change in (
            lambda: session.execute(update(BotStatus), [{"id": "x", "bot_running": True}]),
            lambda: session.bulk_update_mappings(BotStatus, [{"id": "x", "bot_running": True}]),
            lambda: session.bulk_insert_mappings(BotStatus, [{"user_id": bob.id}]),
            lambda: session.bulk_save_objects([BotStatus(user_id=bob.id)]),
        ):
            with pytest.raises(BotException, match="SCOPE_VIOLATION"):
                change()


def test_a_tenant_cannot_change_its_own_role(alice):
    with tenant(alice.id) as session:
        session.get(User, alice.id).role = "admin"
        with pytest.raises(BotException, match="SCOPE_VIOLATION"):
            session.flush()


def test_a_target_cannot_be_put_into_a_strangers_order(alice, bob):
    give_valid_session(bob.id)
    set_running(bob.id)
    order = follow_hashtag(bob.id, FollowHashtag(hashtag="coffee", amount=1)).action
    with tenant(alice.id) as session:
        session.add(
            ActionTarget(
                user_id=alice.id, action_id=order.id, step_kind="follow", position=1, target="x", instagram_id="1"
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()


def test_the_defaults_of_all_are_read_and_never_changed_by_a_tenant(alice):
    with tenant(alice.id) as session:
        assert session.scalars(select(DailyLimit.per_day)).all() == [50]
        session.execute(update(DailyLimit).values(per_day=1000))
        session.execute(delete(DailyLimit))
        session.commit()
    with identity() as session:
        assert session.scalars(select(DailyLimit.per_day)).all() == [50]


def test_the_connection_is_not_handed_out(alice):
    with tenant(alice.id) as session, pytest.raises(BotException, match="SCOPE_VIOLATION"):
        session.connection()


def test_the_clock_sees_whose_bots_have_work_and_nothing_else(alice, bob):
    give_valid_session(alice.id)
    set_running(alice.id)
    give_valid_session(bob.id)
    assert due_user_ids() == []
    follow_hashtag(alice.id, FollowHashtag(hashtag="coffee", amount=1))
    assert due_user_ids() == [alice.id]


class _Unscoped(Session):
    """A session as careless code would make it: no criteria, no checks; only the database stands behind it."""


@pytest.fixture
def unscoped(alice):
    """Alice's session with the code's scope switched off, on PostgreSQL."""
    with _Unscoped(db.engine) as session:
        _enter(session, alice.id)
        yield session


def _enter(session, user_id):
    session.execute(text("SELECT set_config('app.user_id', :id, true)"), {"id": user_id})


TENANT_TABLES = [
    name
    for name, table in sorted(BotStatus.metadata.tables.items())
    if "user_id" in table.columns and name not in ("user_sessions",)
]


@postgresql
def test_the_database_hides_a_strangers_rows(unscoped, alice, bob):
    give_valid_session(bob.id)
    for table in [*TENANT_TABLES, "user_sessions"]:
        owners = unscoped.scalars(text(f"SELECT user_id FROM {table}")).all()  # noqa: S608
        assert set(owners) <= {alice.id, None}, table
    assert unscoped.scalars(text("SELECT id FROM users")).all() == [alice.id]
    for table in ("audit_log", "failed_sign_ins", "vault_keys"):
        assert unscoped.scalars(text(f"SELECT count(*) FROM {table}")).one() == 0  # noqa: S608


@postgresql
def test_the_database_refuses_writes_to_a_stranger(unscoped, bob):
    assert (
        unscoped.execute(
            text("UPDATE user_bot_status SET bot_running = true WHERE user_id = :id"), {"id": bob.id}
        ).rowcount
        == 0
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        unscoped.execute(
            text("UPDATE user_bot_status SET user_id = :id"),
            {"id": bob.id},
        )


@postgresql
def test_without_a_tenant_the_database_shows_nothing(base_app, alice):
    with _Unscoped(db.engine) as session:
        _enter(session, alice.id)
        session.commit()
        for table in [*TENANT_TABLES, "users", "user_sessions"]:
            where = " WHERE user_id IS NOT NULL" if table == "daily_limits" else ""
            assert session.scalars(text(f"SELECT count(*) FROM {table}{where}")).one() == 0, table  # noqa: S608


@postgresql
def test_the_app_role_owns_nothing_and_bypasses_nothing(base_app):
    with _Unscoped(db.engine) as session:
        role = session.execute(
            text("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
        assert role == ("troupe_app", False, False)
        owned = session.scalars(text("SELECT count(*) FROM pg_tables WHERE tableowner = 'troupe_app'")).one()
        assert owned == 0
        unforced = session.scalars(
            text(
                "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r' "
                "AND nspname = 'public' AND NOT (relrowsecurity AND relforcerowsecurity)"
            )
        ).all()
        assert set(unforced) == {"alembic_version", "error_codes"}


def test_the_audit_log_is_append_only(base_app, alice):
    for statement in ("UPDATE audit_log SET event = 'x'", "DELETE FROM audit_log"):
        with identity() as session, pytest.raises(DBAPIError):
            session.execute(text(statement))
