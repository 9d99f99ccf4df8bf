"""The private memory of one bot: people its account has looked up, in its own small SQLite file."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from jobs.instagram import Person

T = TypeVar("T")

# Follower counts and privacy change slowly. Within this time a person is not looked up again.
FRESH = timedelta(days=3)
_FIELDS = {field.name for field in fields(Person)}
_SCHEMA = "CREATE TABLE IF NOT EXISTS people (username TEXT PRIMARY KEY, person TEXT NOT NULL, seen_at TEXT NOT NULL)"


class Memory:
    """A cache. If the file is lost or broken, it starts empty.

    The file is open from the first use to `close`, and after that again from the next use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def person(self, username: str, moment: datetime) -> Person | None:
        """Return a person who was looked up lately; None if there is no fresh entry."""
        query = "SELECT person FROM people WHERE username = ? AND seen_at > ?"
        row = self._within(lambda file: file.execute(query, (username, (moment - FRESH).isoformat())).fetchone())
        known = json.loads(row[0]) if row else {}
        # An entry of an earlier version lacks what this one reads.
        return Person(**known) if known.keys() == _FIELDS else None

    def keep(self, person: Person, moment: datetime) -> None:
        """Store a person, and delete entries that are no longer fresh."""
        row = (person.username, json.dumps(asdict(person)), moment.isoformat())

        def write(file: sqlite3.Connection) -> None:
            with file:
                file.execute("DELETE FROM people WHERE seen_at <= ?", ((moment - FRESH).isoformat(),))
                file.execute("INSERT OR REPLACE INTO people VALUES (?, ?, ?)", row)

        self._within(write)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _within(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._opened())
        except sqlite3.DatabaseError:
            self.close()
            self._path.unlink(missing_ok=True)
            return work(self._opened())

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
            # Lanes pass between the threads of a worker, but one step of a lane runs at a time.
            self._connection = sqlite3.connect(self._path, timeout=5, check_same_thread=False)
            # One step at a time needs no files next to it, and a file broken by a crash is replaced.
            self._connection.execute("PRAGMA journal_mode=MEMORY")
            self._connection.execute("PRAGMA synchronous=OFF")
            self._connection.execute(_SCHEMA)
        return self._connection
