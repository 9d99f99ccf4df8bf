"""Every revision, tried up and down on filled databases, by Alembic and by its SQL alone.

A new revision is in all of these by itself.
"""

from contextlib import contextmanager

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bot.storage.models import Base
from bot.storage.schema import MIGRATIONS, keep_revisions_whole
from local import postgres
from migrations.write_sql import Revisions, before, name_of
from tests.support.clients import run_sql
from tests.support.filled import ROWS, Rows, fill_empty_tables, rows_of, tables_of
from tests.support.schema import COMMON, Schema, schema_of

REVISIONS = Revisions()
FIRST = REVISIONS.scripts()[0]
each_database = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@pytest.fixture
def empty(request, kind, tmp_path):
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'troupe.db'}"
    else:
        with postgres.database(request.getfixturevalue("postgres_url")) as url:
            yield url


@contextmanager
def another(request, kind, url):
    """The URL of a second one."""
    if kind == "sqlite":
        yield f"{url}-too"
    else:
        with postgres.database(request.getfixturevalue("postgres_url")) as second:
            yield second


@contextmanager
def connected(url):
    engine = create_engine(url)
    if url.startswith("sqlite"):
        keep_revisions_whole(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


class ByAlembic:
    """Goes from revision to revision as a release does."""

    def __init__(self, url, *, row_security=True, revisions=REVISIONS):
        self.url, self.row_security, self.revisions = url, row_security, revisions

    def up(self, script):
        self.to(command.upgrade, script.revision)

    def down(self, script):
        self.to(command.downgrade, before(script))

    def to(self, way, revision):
        with connected(self.url) as connection:
            way(self.revisions.alembic(connection=connection, row_security=self.row_security), revision)


class BySql:
    """Goes from revision to revision with a client of the database and the files of SQL.

    They are the product's, and for further revisions those of the folder.
    """

    def __init__(self, url, folder):
        self.url, self.folder = url, folder
        self.dialect = "sqlite" if url.startswith("sqlite") else "postgresql"

    def up(self, script):
        self.run(name_of(script, self.dialect))

    def down(self, script):
        self.run(name_of(script, self.dialect, down=True))

    def run(self, name):
        further = self.folder / name
        run_sql(self.url, further if further.exists() else MIGRATIONS / name)


def keys(rows, names):
    return {name: [(row.get("id"), row.get("user_id")) for row in rows[name]] for name in names}


def state(url):
    with connected(url) as connection:
        return schema_of(connection), rows_of(connection, tables_of(connection))


def fill(url):
    """Fill the empty tables. Return the rows before, and schema and rows after."""
    with connected(url) as connection:
        tables = tables_of(connection)
        before = rows_of(connection, tables)
        fill_empty_tables(connection, tables)
        return before, (schema_of(connection), rows_of(connection, tables))


def climb(way, url, scripts=None):
    """Up from nothing and down again, filled at each step; returns the schema and rows after each.

    On the way up no table loses a row that is still there afterwards; on the way down each schema is again what it was.
    """
    scripts = scripts or REVISIONS.scripts()
    states: list[tuple[Schema, Rows]] = []
    for script in scripts:
        way.up(script)
        rows, filled = fill(url)
        if states:
            before = states[-1][1]
            kept = before.keys() & rows.keys()
            for name in kept:
                lost = set(keys(before, [name])[name]) - set(keys(rows, [name])[name])
                assert not lost, f"{script.revision} loses rows of {name}"
        states.append(filled)
    for script, (schema, rows) in zip(reversed(scripts), reversed(states), strict=True):
        schema_again, rows_again = state(url)
        assert schema_again == schema, f"{script.revision} is not what it was after the way back"
        assert keys(rows_again, rows) == keys(rows, rows), f"rows of {script.revision} are lost on the way back"
        way.down(script)
    schema, rows = state(url)
    assert rows == {}
    assert {row for part in schema.values() for row in part if "alembic_version" not in row} == set()
    return states


@pytest.mark.parametrize("kind", ["postgresql"])
def test_every_revision_goes_up_and_down_without_roles(empty):
    for schema, _ in climb(ByAlembic(empty, row_security=False), empty):
        assert schema["policies"] == set()
        assert [row for part in schema.values() for row in part if "troupe_" in row] == []


@each_database
def test_a_database_goes_from_the_first_revision_to_the_newest_and_back_at_once(empty):
    way = ByAlembic(empty)
    way.up(FIRST)
    fill(empty)
    schema_and_rows = state(empty)
    way.to(command.upgrade, "head")
    way.to(command.downgrade, FIRST.revision)
    assert state(empty) == schema_and_rows


@each_database
def test_models_and_migrations_make_the_same_columns_constraints_and_indexes(request, kind, empty):
    ByAlembic(empty).to(command.upgrade, "head")
    with connected(empty) as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        migrated = schema_of(connection)
    with another(request, kind, empty) as url, connected(url) as connection:
        Base.metadata.create_all(connection)
        made = schema_of(connection)
    assert {part: migrated[part] for part in COMMON} == {part: made[part] for part in COMMON}


MADE_ANEW = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9001", "HEAD"


def upgrade():
    with op.batch_alter_table("users") as users:
        users.alter_column("role", existing_type=sa.String(16), type_=sa.String(24), existing_nullable=False)
        users.add_column(sa.Column("shade", sa.String(8), nullable=False, server_default="it's :so"))
    op.execute("UPDATE users SET role = 'seen'")


def downgrade():
    with op.batch_alter_table("users") as users:
        users.alter_column("role", existing_type=sa.String(24), type_=sa.String(16), existing_nullable=False)
        users.drop_column("shade")
"""


@each_database
def test_every_revision_goes_up_and_down_on_a_filled_database_and_its_sql_alone_does_the_same(
    request, kind, empty, tmp_path
):
    """After them all goes one more, which makes a table anew that others refer to.

    PostgreSQL's policies hide no row from it, and SQLite can be told of it by a run only.
    """
    (tmp_path / "9001_made_anew.py").write_text(MADE_ANEW.replace("HEAD", REVISIONS.scripts()[-1].revision))
    more = Revisions((*REVISIONS.folders, tmp_path))
    scripts = more.scripts()
    for name, content in more.sql(scripts[-1:]).items():
        (tmp_path / name).write_text(content)
    states = climb(ByAlembic(empty, revisions=more), empty, scripts)
    assert [script.revision for script in scripts[:-1]] == [script.revision for script in REVISIONS.scripts()]
    assert len(states[-2][1]) == len(Base.metadata.tables)
    assert all(rows for _, found in states for rows in found.values())
    assert {(row["role"], row["shade"]) for row in states[-1][1]["users"]} == {("seen", "it's :so")}
    assert len(states[-1][1]["messages"]) == ROWS
    with another(request, kind, empty) as url:
        by_sql = climb(BySql(url, tmp_path), url, scripts)
    for script, mine, theirs in zip(scripts, states, by_sql, strict=True):
        assert mine == theirs, script.revision


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_revision_that_fails_changes_nothing(empty):
    with connected(empty) as connection:
        connection.execute(text("CREATE TABLE messages (id TEXT)"))
        connection.commit()
    with pytest.raises(OperationalError, match="messages already exists"):
        ByAlembic(empty).up(FIRST)
    with connected(empty) as connection:
        assert schema_of(connection)["tables"] == {"messages"}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_revision_after_which_a_row_refers_to_nothing_is_refused(empty):
    with connected(empty) as connection:
        connection.execute(text("CREATE TABLE parents (id TEXT PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE children (parent_id TEXT REFERENCES parents (id))"))
        connection.execute(text("INSERT INTO children VALUES ('lost')"))
        connection.commit()
    with pytest.raises(RuntimeError, match="A row of children refers to one of parents that is not there"):
        ByAlembic(empty).up(FIRST)
    with connected(empty) as connection:
        assert schema_of(connection)["tables"] == {"parents", "children"}
