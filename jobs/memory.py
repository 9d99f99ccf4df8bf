"""The private memory of one bot: people its account has looked up, in a small SQLite file of its own."""

import json
import sqlite3
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from jobs.instagram import Person

# Follower counts and privacy drift slowly; within this a look-up is not paid to Instagram twice.
FRESH = timedelta(days=3)
_SCHEMA = "CREATE TABLE IF NOT EXISTS people (username TEXT PRIMARY KEY, person TEXT NOT NULL, seen_at TEXT NOT NULL)"


class Memory:
    """A cache: when the file is lost or broken it starts anew and fills again."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._connection = _open(path)

    def person(self, username: str, moment: datetime) -> Person | None:
        """Somebody looked up not long ago."""
        row = self._connection.execute(
            "SELECT person FROM people WHERE username = ? AND seen_at > ?", (username, (moment - FRESH).isoformat())
        ).fetchone()
        return Person(**json.loads(row[0])) if row else None

    def keep(self, person: Person, moment: datetime) -> None:
        with self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO people VALUES (?, ?, ?)",
                (person.username, json.dumps(asdict(person)), moment.isoformat()),
            )

    def close(self) -> None:
        self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _prepared(path)
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
        return _prepared(path)


def _prepared(path: Path) -> sqlite3.Connection:
    # Lanes pass between the threads of a worker, but one step of a lane runs at a time.
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute(_SCHEMA)
    return connection
