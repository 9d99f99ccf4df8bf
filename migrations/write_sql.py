"""Write every revision as SQL, up and down, for PostgreSQL and SQLite: `python -m migrations.write_sql`."""

import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from bot.storage.schema import MIGRATIONS, keep_revisions_whole

_CLIENT = {"postgresql": 'psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f {}', "sqlite": "sqlite3 -bail troupe.db < {}"}
_SUFFIX = {"postgresql": "", "sqlite": ".sqlite"}
# Statements that only read, and the transaction, which the file has itself.
_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)
_CONSTRAINTS = re.compile(r"(?:\tCONSTRAINT [^\n]*\n)+")
_INDEX = re.compile(r"CREATE (UNIQUE )?INDEX")
_NOT_RECORDED = re.compile(r"--|(SELECT|PRAGMA|BEGIN|COMMIT|ROLLBACK)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Revisions:
    """The revisions in these folders, by default the product's."""

    folders: tuple[Path, ...] = (MIGRATIONS / "versions",)

    def alembic(self, output: io.StringIO | None = None, **given: object) -> Config:
        """Return a configuration for Alembic's commands.

        They need `connection` to migrate, or `dialect` to write SQL to the output.
        """
        config = Config(str(MIGRATIONS / "alembic.ini"), output_buffer=output)
        config.set_main_option("version_locations", os.pathsep.join(map(str, self.folders)))
        config.attributes.update({"row_security": True} | given)
        return config

    def scripts(self) -> list[Script]:
        """Return the revisions, oldest first."""
        return list(reversed(list(ScriptDirectory.from_config(self.alembic()).walk_revisions())))

    def sql(self, scripts: Iterable[Script] | None = None) -> dict[str, str]:
        """Return the expected content of each SQL file of these revisions, by default of all, by its name."""
        return {
            name_of(script, dialect, down=down): self._text(script, dialect, down=down)
            for script in scripts or self.scripts()
            for dialect in _SUFFIX
            for down in (False, True)
        }

    def _text(self, script: Script, dialect: str, *, down: bool) -> str:
        try:
            statements = self._offline(script, dialect, down=down)
        except CommandError:
            if dialect != "sqlite":
                raise
            # A table that is rebuilt has to be read first.
            statements = self._recorded(script, down=down)
        client = _CLIENT[dialect].format(f"migrations/{name_of(script, dialect, down=down)}")
        head = f"-- Written by `make sql` from versions/{Path(script.path).name}. To apply it: {client}\n"
        if dialect == "sqlite":
            head += "PRAGMA foreign_keys = OFF;\n"
        return _BLANKS.sub("", f"{head}\n{statements.strip()}\n")

    def _offline(self, script: Script, dialect: str, *, down: bool) -> str:
        output = io.StringIO()
        config = self.alembic(output, dialect=dialect)
        if down:
            command.downgrade(config, f"{script.revision}:{before(script)}", sql=True)
        elif script.down_revision is None:
            command.upgrade(config, script.revision, sql=True)
        else:
            command.upgrade(config, f"{before(script)}:{script.revision}", sql=True)
        return output.getvalue()

    def _recorded(self, script: Script, *, down: bool) -> str:
        """Return the statements of a real run on an empty database of the previous revision."""
        engine = create_engine("sqlite://", poolclass=StaticPool)
        keep_revisions_whole(engine)
        statements: list[str] = []
        with engine.connect() as connection:
            config = self.alembic(connection=connection)
            command.upgrade(config, script.revision if down else before(script))
            raw: Any = connection.connection.dbapi_connection
            raw.set_trace_callback(statements.append)
            if down:
                command.downgrade(config, before(script))
            else:
                command.upgrade(config, script.revision)
            raw.set_trace_callback(None)
        engine.dispose()
        kept = [statement.strip() for statement in statements if not _NOT_RECORDED.match(statement.strip())]
        return "BEGIN;\n\n" + "".join(f"{statement};\n\n" for statement in _in_order(kept)) + "COMMIT;"


def _in_order(statements: Iterable[str]) -> Iterator[str]:
    """Sort the constraints and indexes of a rebuilt table, which Alembic keeps in sets: each run has another order."""
    sorted_inside = (_CONSTRAINTS.sub(_sorted_lines, statement) for statement in statements)
    for are_indexes, run in groupby(sorted_inside, key=lambda statement: bool(_INDEX.match(statement))):
        together = list(run)
        yield from sorted(together) if are_indexes else together


def _sorted_lines(found: re.Match[str]) -> str:
    return ",\n".join(sorted(line.rstrip(", ") for line in found[0].splitlines())) + "\n"


def name_of(script: Script, dialect: str, *, down: bool = False) -> str:
    """Return a file name such as `0001_add_bot_instances.sqlite.down.sql`."""
    return f"{Path(script.path).stem}{_SUFFIX[dialect]}{'.down' if down else ''}.sql"


def before(script: Script) -> str:
    return str(script.down_revision or "base")


def main() -> None:
    """Write the files, and remove those of deleted revisions."""
    wanted = Revisions().sql()
    for path in MIGRATIONS.glob("*.sql"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (MIGRATIONS / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(wanted)} files are in {MIGRATIONS.name}/\n")


if __name__ == "__main__":
    main()
