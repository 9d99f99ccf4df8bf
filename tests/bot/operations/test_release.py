"""The release of a deploy: schema, seeds, keys, first administrator."""

import base64
import os

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select

from bot.app import create_base_app
from bot.auth.sessions import sessions
from bot.config.environment import ConfigError
from bot.core.errors import registry
from bot.decision.limit_rules import DEFAULTS
from bot.operations.release import release
from bot.storage.engine import engine_options
from bot.storage.models import Base, DailyLimit, ErrorCodeRow, User
from bot.storage.schema import MIGRATIONS
from bot.storage.tenancy import identity
from bot.users.sign_in import SignIn, sign_in
from tests.support.environment import config_for, dispose
from tests.support.people import VISITOR


def test_there_is_one_line_of_migrations():
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


@pytest.mark.filterwarnings("ignore:autogenerate skipping")
def test_models_and_migrations_say_the_same(config, base_app):
    engine = create_engine(**engine_options(config, as_owner=True))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_release_can_be_repeated_and_tells_the_first_password_once(base_app, capsys):
    release()
    first = capsys.readouterr().out
    assert first.startswith("admin: admin ")
    release()
    assert capsys.readouterr().out == ""
    with identity() as session:
        assert len(session.scalars(select(User)).all()) == 1
        assert set(session.scalars(select(ErrorCodeRow.code))) == {entry.code for entry in registry().values()}
        assert set(session.scalars(select(DailyLimit.kind))) == set(DEFAULTS)


def test_limits_that_an_administrator_changed_survive_a_release(base_app):
    with identity() as session:
        session.scalars(select(DailyLimit).where(DailyLimit.kind == "follow")).one().per_day = 7
        session.commit()
    release()
    with identity() as session:
        assert session.scalars(select(DailyLimit).where(DailyLimit.kind == "follow")).one().per_day == 7


def test_a_key_of_the_same_name_but_another_value_is_refused_at_start(base_app, database_url, redis_url, tmp_path):
    other = "t1:" + base64.b64encode(os.urandom(32)).decode()
    with pytest.raises(ConfigError, match="t1 is not the one"):
        create_base_app(config_for(tmp_path, database_url, redis_url, encryption_keys=other))


def test_a_lost_password_is_replaced_on_the_server(base_app, alice):
    run = base_app.test_cli_runner()
    result = run.invoke(args=["new-password", "Alice"])
    username, password = result.stdout.split()[-2:]
    assert username == "alice"
    assert sessions.find(alice.token, "bearer") is None
    assert sign_in(SignIn(username="alice", password=password), VISITOR).user.must_change_password
    missing = run.invoke(args=["new-password", "nobody"])
    assert missing.exit_code == 1
    assert "no such user" in missing.output


def test_a_given_first_password_is_used_and_not_told(database_url, redis_url, tmp_path, capsys):
    settings = {"admin_username": "root.user", "admin_password": "a given first one"}
    app = create_base_app(config_for(tmp_path, database_url, redis_url, **settings))
    with app.app_context():
        release()
        assert "a given first one" not in capsys.readouterr().out
        with identity() as session:
            user = session.scalars(select(User)).one()
    assert (user.username, user.must_change_password) == ("root.user", True)
    dispose(app)
