"""The way back to an older version, by the commands that docs/operations.md gives."""

import re
import shlex

import pytest
from sqlalchemy import create_engine, text

from bot.core.tokens import digest
from local import postgres
from tests.structure.source import ROOT
from tests.support.environment import config_for, dispose, prepare
from tests.support.filled import fill_empty_tables, rows_of, tables_of
from tests.support.instances import of_first_version
from tests.support.people import make_somebody
from tests.support.schema import schema_of
from wsgi import create_app

SECTION = (ROOT / "docs" / "operations.md").read_text().split("### Go back\n")[1].split("\n### ")[0]
COMMANDS = re.findall(r"^ +flask --app wsgi (.+)$", SECTION, re.MULTILINE)

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """Of a database that no other test uses: columns that come again have another place."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'troupe.db'}"
    else:
        with postgres.database(request.getfixturevalue("postgres_url")) as url:
            yield url


def state(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        schema, rows = schema_of(connection), rows_of(connection, tables_of(connection))
    engine.dispose()
    return schema, {name: [row.get("id") for row in found] for name, found in rows.items()}


def test_the_way_back_and_the_release_after_it_keep_every_row(url, redis_url, tmp_path):
    app = create_app(config_for(tmp_path, url, redis_url))
    prepare(app)
    dispose(app)
    engine = create_engine(url)
    with engine.connect() as connection:
        fill_empty_tables(connection, tables_of(connection))
    engine.dispose()
    schema, rows = state(url)
    assert [command.split()[0] for command in COMMANDS] == ["db", "release"]
    back, release = (shlex.split(command) for command in COMMANDS)
    invoke(app, back)
    _, rows_of_older = state(url)
    invoke(app, release)
    schema_after, rows_after = state(url)
    assert schema_after == schema
    # The older version has no place for rows of newer tables, or for limits of newer kinds, which a release sets again.
    assert [name for name in rows_of_older if name in rows and rows_after[name] != rows[name]] == ["daily_limits"]
    assert set(rows_of_older["daily_limits"]) < set(rows_after["daily_limits"])
    assert len(rows_after["daily_limits"]) == len(rows["daily_limits"])
    # It begins another life, as every database does that had none.
    assert len(rows_after["generations"]) == 1


def invoke(app, command):
    with app.app_context():
        done = app.test_cli_runner().invoke(args=command)
    assert done.exit_code == 0, done.output


def test_ids_of_the_first_version_end_on_the_way_back(url, redis_url, tmp_path):
    """Before it knew kinds of sign-ins the product would have taken them for tokens, on every path."""
    app = create_app(config_for(tmp_path, url, redis_url))
    prepare(app)
    with app.app_context():
        alice = make_somebody("alice")
        of_first_version(alice)
        done = app.test_cli_runner().invoke(args=["db", "downgrade", "0004"])
        assert done.exit_code == 0, done.output
        with create_engine(url).connect() as connection:
            kept = connection.execute(text("SELECT token_hash FROM user_sessions")).scalars().all()
    assert kept == [digest(alice.token)]
    dispose(app)
