"""PostgreSQL as hosts give it: logins that may make roles, that may not, and that do without."""

import re
from contextlib import contextmanager

import pytest
from redis import Redis
from rq import SimpleWorker
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.exc import DBAPIError

from bot.app import create_base_app
from bot.automation.wakeups import rescue_all
from bot.config.environment import ConfigError
from bot.config.runtime import runtime
from bot.operations.fleet_figures import fleet_days
from bot.operations.last_words import sentence_of
from bot.operations.release import release
from bot.storage.models import User
from bot.storage.roles import ROLES, RolesMissing
from bot.storage.tenancy import identity
from local import postgres
from tests.api.caller import Caller
from tests.structure.source import ROOT
from tests.support.environment import config_for, dispose
from tests.support.people import give_valid_session, make_somebody, set_running
from tests.web.browser import Browser
from wsgi import create_app

pytestmark = pytest.mark.xdist_group("database_roles")
SECTION = (ROOT / "docs" / "operations.md").read_text().split("## A database for it\n")[1].split("\n## ")[0]
DOCUMENTED = re.findall(r"^    ((?:CREATE ROLE troupe_|GRANT ).+);$", SECTION, re.MULTILINE)


@pytest.fixture(scope="module", params=["installed", "bundled"])
def server_url(request):
    """Of 16 or later, and of what is installed, which is often earlier."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TEST_DATABASE_URL", raising=False)
        with postgres.running(bundled=request.param == "bundled") as url:
            yield url


@pytest.fixture
def server(server_url):
    """One of its own, as roles belong to the whole server: without any of ours."""
    yield server_url
    # The login gave the others to each other, so it goes last.
    roles = (*ROLES, "troupe")
    run(server_url, "DROP DATABASE troupe WITH (FORCE)", *(f"DROP ROLE IF EXISTS {role}" for role in roles))


def version_of(server):
    engine = create_engine(server)
    with engine.connect() as connection:
        found = connection.dialect.server_version_info
    engine.dispose()
    return found


def run(url, *statements):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def database_of(server, *, login, owner):
    """URLs of a database called `troupe`, for the login `troupe` and for a superuser."""
    run(server, f"CREATE ROLE troupe LOGIN {login}", f"CREATE DATABASE troupe OWNER {owner}")
    url = make_url(server).set(database="troupe")
    return url.set(username="troupe").render_as_string(hide_password=False), url.render_as_string(hide_password=False)


@contextmanager
def started(tmp_path, url, redis_url, **settings):
    app = create_base_app(config_for(tmp_path, url, redis_url, **settings))
    with app.app_context():
        yield app
    dispose(app)


def works_as():
    with identity() as session:
        assert session.scalars(select(User.username)).all() == ["admin"]
        return session.scalars(text("SELECT current_user")).one()


@pytest.mark.parametrize("owner", ["troupe", "postgres"])
def test_what_a_login_may_not_make_is_printed_for_an_administrator_and_used_then(server, owner, tmp_path, redis_url):
    url, superuser = database_of(server, login="NOCREATEROLE", owner=owner)
    with started(tmp_path, url, redis_url):
        with pytest.raises(RolesMissing) as missing:
            release()
        assert "DATABASE_SINGLE_ROLE=1" in sentence_of(missing.value)
        statements = re.findall(r"^  (.+);$", sentence_of(missing.value), re.MULTILINE)
        run(superuser, *statements)
        release()
        assert works_as() == "troupe_app"
    with pytest.raises(DBAPIError):
        # Only what is missing is printed.
        run(superuser, *statements[:3])


@pytest.mark.parametrize("login", ["NOCREATEROLE", "CREATEROLE"])
def test_the_documented_statements_are_enough_for_roles_that_somebody_else_made(server, login, tmp_path, redis_url):
    url, superuser = database_of(server, login=login, owner="troupe")
    run(superuser, *DOCUMENTED)
    with started(tmp_path, url, redis_url):
        release()
        assert works_as() == "troupe_app"


def test_roles_that_somebody_else_made_are_asked_for_where_they_are_not_given(server, tmp_path, redis_url):
    """Since 16 CREATEROLE is not enough for them."""
    url, superuser = database_of(server, login="CREATEROLE", owner="troupe")
    run(superuser, *(statement for statement in DOCUMENTED if statement.startswith("CREATE")))
    with started(tmp_path, url, redis_url):
        if version_of(server) >= (16,):
            with pytest.raises(RolesMissing) as missing:
                release()
            run(superuser, *missing.value.statements)
        release()
        assert works_as() == "troupe_app"


def test_a_login_that_may_make_roles_needs_nobody(server, tmp_path, redis_url):
    url, _ = database_of(server, login="CREATEROLE", owner="troupe")
    with started(tmp_path, url, redis_url):
        release()
        release()
        assert works_as() == "troupe_app"


@pytest.fixture
def alone(server, tmp_path, redis_url):
    """The URL of a database whose login does everything, after its release."""
    url, _ = database_of(server, login="NOCREATEROLE", owner="troupe")
    with started(tmp_path, url, redis_url, database_single_role=True):
        release()
    return url


def test_one_role_does_everything_and_says_what_is_missing(alone, tmp_path, redis_url, capsys):
    app = create_app(config_for(tmp_path, alone, redis_url, database_single_role=True))
    assert '"event": "row_security_missing"' in capsys.readouterr().err
    with app.app_context():
        assert works_as() == "troupe"
        ada, alice = make_somebody("ada", "admin"), make_somebody("alice")
        give_valid_session(alice.id)
        set_running(alice.id)
        assert rescue_all(runtime().redis).notified == 1
        assert fleet_days(1)[0].sign_ins == 2
        for statement in ("DELETE FROM audit_log", "UPDATE audit_log SET event = 'x'"):
            with identity() as session, pytest.raises(DBAPIError, match="append-only"):
                session.execute(text(statement))
    worker = SimpleWorker(["any"], connection=Redis.from_url(redis_url))
    worker.register_birth()
    assert "ROW_SECURITY_MISSING" in [one["code"] for one in Caller(app).get("/ready").json["warnings"]]
    worker.register_death()
    assert "row-level security is off" in Browser(app, ada).get("/admin/health").text
    assert Browser(app, alice).get("/admin/health").status_code == 403
    dispose(app)


def test_a_database_that_was_made_one_way_is_refused_the_other_way(alone, server, tmp_path, redis_url):
    with (
        pytest.raises(ConfigError, match="were made without roles"),
        started(tmp_path, alone, redis_url),
    ):
        release()
    with postgres.database(server) as url:
        with started(tmp_path, url, redis_url):
            release()
        with pytest.raises(ConfigError, match="were made with roles"):
            create_base_app(config_for(tmp_path, url, redis_url, database_single_role=True))
