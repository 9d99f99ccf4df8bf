"""A user's rows are seen and written through that user's scope only, in code and in the database."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import delete, insert, literal_column, select, text, union_all, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bot.automation.wakeups import due_user_ids
from bot.config.runtime import now
from bot.contacts.do_not_contact import LeaveAlone, add_global, add_own
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.settings.preferences import OwnLimit, change_limits
from bot.storage.engine import db
from bot.storage.models import (
    AccountRequest,
    ActionTarget,
    Activity,
    AlertChannel,
    Base,
    BotInstanceRow,
    BotSettings,
    BotStatus,
    CoolDown,
    DailyLimit,
    Digest,
    DoNotContact,
    IdempotencyRecord,
    KnownDevice,
    Tenant,
    TenantOrAll,
    User,
    UserSession,
)
from bot.storage.tenancy import identity, tenant
from bot.users.sign_in import SignIn
from bot.users.two_step_sign_in import begin_sign_in
from tests.bot.driving import do_step, follow_action, message_action, signed_in
from tests.support.authenticators import switch_on
from tests.support.people import PASSWORD, VISITOR, give_valid_session, set_running
from tests.support.readings import add_records

pytestmark = pytest.mark.usefixtures("base_app")

postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has no row security.


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


def test_a_target_cannot_be_put_into_a_strangers_action(alice, bob, clock):
    give_valid_session(bob.id)
    set_running(bob.id)
    action_id = follow_action(bob, people=0)
    with tenant(alice.id) as session:
        session.add(
            ActionTarget(
                user_id=alice.id,
                action_id=action_id,
                step_kind="follow",
                position=1,
                target="x",
                person="x",
                created_at=clock.moment,
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()


def test_the_defaults_of_all_are_read_and_never_changed_by_a_tenant(alice):
    defaults = Counter(default.per_day for default in DEFAULTS.values())
    with tenant(alice.id) as session:
        assert Counter(session.scalars(select(DailyLimit.per_day))) == defaults
        session.execute(update(DailyLimit).values(per_day=1000))
        session.execute(delete(DailyLimit))
        session.commit()
    with identity() as session:
        assert Counter(session.scalars(select(DailyLimit.per_day))) == defaults


def test_the_connection_is_not_handed_out(alice):
    with tenant(alice.id) as session, pytest.raises(BotException, match="SCOPE_VIOLATION"):
        session.connection()


def test_the_clock_sees_whose_bots_run_with_a_session_and_nothing_else(alice, bob):
    assert due_user_ids() == []
    give_valid_session(alice.id)
    set_running(bob.id)
    assert due_user_ids() == []
    set_running(alice.id)
    assert due_user_ids() == [alice.id]


def models_of(mixin: type) -> list[Any]:
    return sorted((mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, mixin)), key=str)


OWNED, SHARED = models_of(Tenant), models_of(TenantOrAll)


def populate(user, clock):
    """Rows of the user in every table that has rows of users."""
    give_valid_session(user.id, username=f"insta.{user.username}")
    set_running(user.id)
    add_own(user.id, LeaveAlone(username="zoe"))
    change_limits(user.id, {"follow": OwnLimit(per_day=5)})
    message_action(user, "ann")
    do_step(user, clock)
    switch_on(user)
    begin_sign_in(SignIn(username=user.username, password=PASSWORD), VISITOR)
    moment, path = clock.moment, f"{user.id}.db"
    with tenant(user.id) as session:
        session.add_all([AccountRequest(user_id=user.id, kind="test", created_at=moment), Digest(user_id=user.id)])
        session.add(BotInstanceRow(user_id=user.id, sqlite_db_path=path, created_at=moment, updated_at=moment))
        session.add(IdempotencyRecord(user_id=user.id, key="one", request_digest="", created_at=moment))
        session.add(KnownDevice(user_id=user.id, token_hash=user.id, created_at=moment, last_used_at=moment))
        session.add(AlertChannel(user_id=user.id, kind="webhook", address="http://x", created_at=moment))
        add_records(session, user.id, moment)
        session.commit()


@pytest.fixture
def both(alice, bob, ada, clock):
    """Alice and bob with rows in every table, and rows that hold for all."""
    add_global(signed_in(ada), LeaveAlone(username="eve"))
    populate(alice, clock)
    populate(bob, clock)
    return alice, bob


def owners(session, model):
    return set(session.scalars(select(model.user_id)))


def test_in_every_table_a_tenant_sees_its_own_rows_and_those_of_all(both):
    for user in both:
        with tenant(user.id, reading=True) as session:
            assert {model: owners(session, model) for model in OWNED} == {model: {user.id} for model in OWNED}
            assert {model: owners(session, model) for model in SHARED} == {model: {user.id, None} for model in SHARED}


def test_in_every_table_a_change_of_many_rows_reaches_own_rows_only(both):
    alice, bob = both
    for model in [*OWNED, *SHARED]:
        key = next(column.key for column in model.__mapper__.columns if column.key not in ("id", "user_id"))
        with tenant(alice.id) as session:
            change = update(model).values({key: getattr(model, key)})
            changed = session.execute(change.execution_options(synchronize_session=False).returning(model.user_id))
            assert set(changed.scalars()) == {alice.id}, model
            session.execute(delete(model).execution_options(synchronize_session=False))
            assert owners(session, model) <= {None}, model
    with tenant(bob.id, reading=True) as session:
        assert all(bob.id in owners(session, model) for model in [*OWNED, *SHARED])
        assert all(None in owners(session, model) for model in SHARED)


def test_in_no_table_a_row_is_made_for_a_stranger_or_for_all(both):
    alice, bob = both
    for model in [*OWNED, *SHARED]:
        for owner in {bob.id, None}:
            with tenant(alice.id) as session:
                session.add(model(user_id=owner))
                with pytest.raises(BotException, match="SCOPE_VIOLATION"):
                    session.flush()
                session.rollback()
                session.scalars(select(model).where(model.user_id == alice.id)).first().user_id = owner
                with pytest.raises(BotException, match="SCOPE_VIOLATION"):
                    session.flush()


def test_who_is_left_alone_by_all_is_read_and_never_changed_by_a_tenant(both):
    with tenant(both[0].id) as session:
        row = session.scalars(select(DoNotContact).where(DoNotContact.user_id.is_(None))).one()
        assert row.username == "eve"
        for change in (lambda: setattr(row, "username", "x"), lambda: session.delete(row)):
            change()
            with pytest.raises(BotException, match="SCOPE_VIOLATION"):
                session.flush()
            session.rollback()


class _Unscoped(Session):
    """Return a session of careless code: no criteria, no checks. Only the database protects the rows."""


@pytest.fixture
def unscoped(alice):
    """Alice's session with the code's scope switched off, on PostgreSQL."""
    with _Unscoped(db.engine) as session:
        _enter(session, alice.id)
        yield session


def _enter(session, user_id):
    session.execute(text("SELECT set_config('app.user_id', :id, true)"), {"id": user_id})


TABLES_OF_ALL = [model.__tablename__ for model in SHARED]
TENANT_TABLES = [model.__tablename__ for model in OWNED] + TABLES_OF_ALL
MAIL_TABLES = ("mail_tokens", "mails", "recovery_requests", "registrations")


def test_every_table_with_an_owner_is_among_those_that_are_tried():
    owned = {name for name, table in Base.metadata.tables.items() if "user_id" in table.columns}
    assert owned - {"user_sessions", *MAIL_TABLES} == set(TENANT_TABLES)


@postgresql
def test_the_database_hides_a_strangers_rows(both, unscoped):
    alice, _ = both
    for table in [*TENANT_TABLES, "user_sessions"]:
        seen = set(unscoped.scalars(text(f"SELECT user_id FROM {table}")))  # noqa: S608
        assert seen == ({alice.id, None} if table in TABLES_OF_ALL else {alice.id}), table
    assert unscoped.scalars(text("SELECT id FROM users")).all() == [alice.id]
    for table in ("audit_log", "attempts", "vault_keys", *MAIL_TABLES):
        assert unscoped.scalars(text(f"SELECT count(*) FROM {table}")).one() == 0  # noqa: S608


@postgresql
def test_the_database_refuses_writes_to_a_stranger(both):
    alice, bob = both
    for table in TENANT_TABLES:
        for owner in (bob.id, None):
            with _Unscoped(db.engine) as session:
                _enter(session, alice.id)
                where = "user_id = :owner" if owner else "user_id IS NULL"
                for change in ("DELETE FROM {}", "UPDATE {} SET user_id = :me"):
                    statement = text(f"{change.format(table)} WHERE {where} RETURNING id")
                    assert session.execute(statement, {"owner": owner, "me": alice.id}).all() == [], table
                with pytest.raises(DBAPIError, match="row-level security"):
                    session.execute(text(f"UPDATE {table} SET user_id = :owner"), {"owner": owner})  # noqa: S608


@postgresql
def test_without_a_tenant_the_database_shows_nothing(both):
    with _Unscoped(db.engine) as session:
        _enter(session, both[0].id)
        session.commit()
        for table in [*TENANT_TABLES, "users", "user_sessions"]:
            where = " WHERE user_id IS NOT NULL" if table in TABLES_OF_ALL else ""
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
