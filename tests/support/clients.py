"""Both databases' own clients, as an administrator has them, or the drivers if they are not installed."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg


def run_sql(url: str, script: Path) -> None:
    """Apply the script to the database of SQLAlchemy's URL, with only the database's own client."""
    kind, address = url.split("://", 1)
    if kind.startswith("postgresql"):
        _psql(f"postgresql://{address}", script)
    else:
        _sqlite3(address.removeprefix("/"), script)


def _psql(url: str, script: Path) -> None:
    if shutil.which("psql"):
        _run(["psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(script)])
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(script.read_bytes())


def _sqlite3(path: str, script: Path) -> None:
    if shutil.which("sqlite3"):
        with script.open("rb") as text:
            _run(["sqlite3", "-bail", path], text)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script.read_text(encoding="utf-8"))


def _run(command: list[str], text: object = subprocess.DEVNULL) -> None:
    done = subprocess.run(command, stdin=text, capture_output=True, text=True)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
