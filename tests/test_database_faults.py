"""A database that is read-only, full, without its schema or with too few rights: what people and programs are told."""

import re
import sqlite3
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import create_engine, event, func, insert, select, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, ProgrammingError

from bot.config import runtime
from bot.core.database_faults import database_fault
from bot.core.errors import registry
from bot.core.foreseen import foreseen
from bot.history.activity import record
from bot.storage.engine import db, engine_options
from bot.storage.models import Activity, ErrorCodeRow
from bot.storage.tenancy import identity, tenant
from jobs import tasks
from tests.support.environment import config_for, dispose
from tests.support.people import PASSWORD, make_somebody
from web import failures as failures_of_pages
from wsgi import create_app

REQUEST = "the-one-request-id"
WRITTEN = ("attempts", "user_sessions", "audit_log", "activity_logs", "error_codes")


def is_sqlite(config):
    return config.sqlalchemy_url.startswith("sqlite")


@contextmanager
def each_connection(app, statement):
    """Has every connection of the application begin with the statement."""

    def begin(connection, _entry):
        connection.cursor().execute(statement)
        connection.commit()

    with app.app_context():
        engine = db.engine
    engine.dispose()
    event.listen(engine, "connect", begin)
    try:
        yield
    finally:
        event.remove(engine, "connect", begin)
        engine.dispose()


@contextmanager
def as_owner(config):
    """What follows is done by who owns the database, in a transaction of its own each."""
    engine = create_engine(**engine_options(config, as_owner=True), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield lambda statement: connection.execute(text(statement))
    engine.dispose()


@contextmanager
def read_only(app, config):
    setting = "PRAGMA query_only=ON" if is_sqlite(config) else "SET default_transaction_read_only=on"
    with each_connection(app, setting):
        yield


@contextmanager
def full(app, config):
    if is_sqlite(config):
        with sqlite3.connect(config.sqlalchemy_url.removeprefix("sqlite:///")) as database:
            (pages,) = database.execute("PRAGMA page_count").fetchone()
        with each_connection(app, f"PRAGMA max_page_count={pages}"):
            yield
        return
    with as_owner(config) as run:
        run(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END$$"
        )
        for table in WRITTEN:
            run(f"CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()")
        try:
            yield
        finally:
            run("DROP FUNCTION no_room CASCADE")


@contextmanager
def without_a_table(_app, config):
    with as_owner(config) as run:
        run("ALTER TABLE attempts RENAME TO of_another_version")
        try:
            yield
        finally:
            run("ALTER TABLE of_another_version RENAME TO attempts")


@contextmanager
def without_a_column(_app, config):
    with as_owner(config) as run:
        run("ALTER TABLE user_sessions RENAME COLUMN needs_code TO of_another_version")
        try:
            yield
        finally:
            run("ALTER TABLE user_sessions RENAME COLUMN of_another_version TO needs_code")


@contextmanager
def without_rights(_app, config):
    with as_owner(config) as run:
        for table in WRITTEN:
            run(f"REVOKE INSERT ON {table} FROM troupe_app")
        try:
            yield
        finally:
            for table in WRITTEN:
                run(f"GRANT INSERT ON {table} TO troupe_app")


FAULTS = {
    "read-only": (read_only, "DATABASE_READ_ONLY"),
    "full": (full, "DATABASE_FULL"),
    "without a table": (without_a_table, "SCHEMA_OUTDATED"),
    "without a column": (without_a_column, "SCHEMA_OUTDATED"),
    "without rights": (without_rights, "DATABASE_RIGHTS_MISSING"),
}


@pytest.fixture(params=FAULTS)
def fault(request, app, config):
    """Begins when it is called; the name of the code that it is told by."""
    inject, name = FAULTS[request.param]
    if inject is without_rights and is_sqlite(config):
        pytest.skip("SQLite knows no rights")
    with app.app_context(), identity() as session:
        codes = session.scalar(select(func.count()).select_from(ErrorCodeRow))
    stack = ExitStack()

    def begin():
        stack.enter_context(inject(app, config))
        return name

    yield begin
    stack.close()
    with app.app_context(), identity() as session:
        assert session.scalar(select(func.count()).select_from(ErrorCodeRow)) == codes


def first_failure(call):
    """The first answer that is one: a database that is full has room for a few rows more."""
    return next(answer for answer in (call() for _ in range(300)) if answer.status_code >= 500)


def failures(caplog):
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return [line for line in lines if line.get("event") == "failure"]


def test_a_program_gets_a_problem_with_a_code_of_its_own(app, alice, fault, caplog):
    name = fault()
    sent = {"json": {"username": "alice", "password": PASSWORD}, "headers": {"X-Request-ID": REQUEST}}
    answer = first_failure(lambda: app.test_client().post("/api/auth/login", **sent))
    problem = answer.get_json()
    assert (answer.status_code, answer.content_type, problem["error"]) == (503, "application/problem+json", name)
    assert problem["request_id"] == answer.headers["X-Request-ID"] == REQUEST
    (line,) = failures(caplog)
    assert (line["error_code"], line["severity"], line["request_id"]) == (registry()[name].code, "error", REQUEST)


def test_a_person_gets_a_page(app, alice, fault, caplog):
    name = fault()

    def sign_in():
        browser = app.test_client()
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)[1]
        form = {"username": "alice", "password": PASSWORD, "csrf_token": token}
        return browser.post("/login", data=form, headers={"X-Request-ID": REQUEST})

    answer = first_failure(sign_in)
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert registry()[name].description in answer.text
    assert registry()[name].code in answer.text
    assert answer.text.count(REQUEST) == 1
    assert answer.headers["X-Request-ID"] == REQUEST
    assert len(failures(caplog)) == 1


def test_what_is_there_can_be_read_while_nothing_can_be_written(app, alice, clock, fault):
    name = fault()
    # So long after that it would be noted that the sign-in is in use.
    clock.advance(minutes=10)
    answers = [app.test_client().get(path, headers=alice.headers) for path in ("/api/activity", "/api/bot/status")]
    if name in ("DATABASE_READ_ONLY", "DATABASE_FULL"):
        assert [answer.status_code for answer in answers] == [200, 200]
    else:
        assert {answer.status_code for answer in answers} <= {200, 503}


def not_ready(app):
    return {one["code"] for one in app.test_client().get("/api/ready").get_json()["errors"]}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_readiness_names_a_database_that_takes_no_changes(app, config):
    with read_only(app, config):
        assert "DATABASE_READ_ONLY" in not_ready(app)
    assert "DATABASE_READ_ONLY" not in not_ready(app)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_readiness_names_rights_that_are_missing(app, config):
    with as_owner(config) as run:
        run("REVOKE SELECT ON alembic_version FROM troupe_app")
        try:
            assert "DATABASE_RIGHTS_MISSING" in not_ready(app)
        finally:
            run("GRANT SELECT ON alembic_version TO troupe_app")


def test_a_page_that_cannot_be_made_either_becomes_one_for_which_nothing_is_read(app, alice, monkeypatch, caplog):
    def broken(*_args, **_values):
        raise OperationalError("SELECT", None, sqlite3.OperationalError("away"))

    monkeypatch.setattr(failures_of_pages, "_shown", broken)
    answer = app.test_client().get("/nowhere", headers={"X-Request-ID": REQUEST})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert registry()["NOT_FOUND"].code in answer.text
    assert answer.text.count(REQUEST) == 1
    assert [line["error_code"] for line in failures(caplog)][1:] == [registry()["DATABASE_UNAVAILABLE"].code]


def test_a_step_that_meets_it_writes_nothing_and_is_tried_again(app, alice, fault):
    def fail():
        with tenant(alice.id) as session:
            for _ in range(2000):
                record(session, "test", "done", target="x" * 60)
            session.commit()

    name = fault()
    if name == "SCHEMA_OUTDATED":
        pytest.skip("that table is there")
    with app.app_context():
        with pytest.raises(DBAPIError) as failure:
            fail()
        assert database_fault(failure.value) == name
        assert tasks._failed(alice.id, failure.value) == runtime.now() + tasks.DATABASE_PAUSE


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_row_that_the_code_may_not_write_is_its_own_fault(app, alice, bob):
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("SELECT set_config('app.user_id', :id, true)"), {"id": alice.id})
        with pytest.raises(DBAPIError) as failure:
            connection.execute(
                insert(Activity.__table__),
                {"user_id": bob.id, "at": runtime.now(), "action": "test", "status": "done", "metadata": {}},
            )
    assert failure.value.orig.sqlstate == "42501"
    assert (database_fault(failure.value), foreseen(failure.value)) == (None, None)


class Said(Exception):
    """What SQLite or PostgreSQL says."""

    def __init__(self, text="", **attributes):
        super().__init__(text)
        vars(self).update(attributes)


KNOWN = {
    "SQLITE_READONLY": "DATABASE_READ_ONLY",
    "SQLITE_READONLY_DBMOVED": "DATABASE_READ_ONLY",
    "SQLITE_READONLY_DIRECTORY": "DATABASE_READ_ONLY",
    "SQLITE_FULL": "DATABASE_FULL",
    "SQLITE_IOERR_SHMSIZE": "DATABASE_FULL",
    "SQLITE_CORRUPT": "DATABASE_UNAVAILABLE",
    "SQLITE_CORRUPT_INDEX": "DATABASE_UNAVAILABLE",
    "SQLITE_NOTADB": "DATABASE_UNAVAILABLE",
    "SQLITE_CONSTRAINT_UNIQUE": None,
    "25006": "DATABASE_READ_ONLY",
    "53100": "DATABASE_FULL",
    "42P01": "SCHEMA_OUTDATED",
    "42703": "SCHEMA_OUTDATED",
    "42501": "DATABASE_RIGHTS_MISSING",
    "23505": None,
    "42601": None,
}


@pytest.mark.parametrize("said", KNOWN)
def test_each_code_means_what_its_maker_says(said):
    key = "sqlite_errorname" if said.startswith("SQLITE") else "sqlstate"
    assert database_fault(DatabaseError("statement", None, Said(**{key: said}))) == KNOWN[said]


@pytest.mark.parametrize("words", ["no such table: users", "no such column: x", "table users has no column named x"])
def test_a_statement_for_another_schema_is_told_from_one_that_is_wrong(words):
    error = sqlite3.OperationalError
    assert database_fault(OperationalError("", None, Said(words, sqlite_errorname="SQLITE_ERROR"))) == "SCHEMA_OUTDATED"
    assert database_fault(ProgrammingError("", None, error('near "SELCT": syntax error'))) is None


def test_a_file_that_is_opened_for_reading_serves_what_is_there(tmp_path, databases, redis_url, clock):
    with databases.fresh("sqlite", tmp_path) as url:
        app = create_app(config_for(tmp_path, url, redis_url), clock=clock)
        with app.app_context():
            alice = make_somebody("alice")
        dispose(app)
    # As root, for whom no file is read-only.
    url = f"sqlite:///file:{tmp_path}/troupe.db?mode=ro&uri=true"
    only = create_app(config_for(tmp_path, url, redis_url), clock=clock)
    assert "DATABASE_READ_ONLY" in not_ready(only)
    clock.advance(minutes=10)
    assert only.test_client().get("/api/activity", headers=alice.headers).status_code == 200
    refused = only.test_client().post("/api/bot/stop", headers=alice.headers)
    assert (refused.status_code, refused.get_json()["error"]) == (503, "DATABASE_READ_ONLY")
    dispose(only)
