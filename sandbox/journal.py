"""The journal, which lets the world survive a restart: a line of JSON for each event, in order."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from sandbox.state import Event


class Unreadable(ValueError):
    """A line that is no event. The message says where it is."""


class Journal:
    """A journal.

    Each event reaches the operating system before the next one happens, so it survives a killed process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115

    def replay(self, apply: Callable[[Event], None]) -> None:
        """Apply every event of earlier runs. A last line that was cut short is dropped.

        Raises Unreadable if any other line is damaged.
        """
        whole = 0
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    apply(Event(*json.loads(line)))
                except (ValueError, TypeError, KeyError) as error:
                    raise Unreadable(f"cannot read line {number} of {self._path}") from error
                whole += len(line)
        self._file.truncate(whole)

    def add(self, event: Event) -> None:
        line = json.dumps([event.at, event.kind, event.account, event.targets, event.facts], separators=(",", ":"))
        self._file.write(line.encode() + b"\n")
        self._file.flush()

    def forget(self) -> None:
        self._file.truncate(0)
