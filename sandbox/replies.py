"""Instagram's answers word for word: the replies of `replies.json`, and those of a command."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.wire import Json, Reply

# The body of a case that lets the client in. Only a world can make that screen.
LOGGED_IN = "@logged-in"
_FILE = Path(__file__).with_name("replies.json")
_PLACEHOLDER = re.compile(r"\{\{(\w+)(?:\.([\w-]+))?\}\}")

# For the first word of a placeholder, a function that gets the second word and returns the value.
Values = Mapping[str, Callable[[str], object]]


@dataclass(frozen=True, slots=True)
class Scripted:
    """One reply. The body is JSON, or text, or bytes; names of headers are lower case.

    `{{form.NAME}}` in a text of the body is the field NAME of the request.
    """

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()

    def filled(self, values: Values) -> Reply:
        """Fill in the placeholders. Those that `values` does not know stay as they are."""
        return Reply(_filled(self.body, values), self.status, list(self.headers))


@cache
def cases() -> list[Json]:
    """Return every recorded reply with its expected consequences. README.md explains the fields."""
    known: list[Json] = _read()["cases"]
    return known


@cache
def recorded() -> dict[str, Scripted]:
    """Return each reply that has a name: that of a fault, or the id of a case."""
    by_id = {case["id"]: _scripted(case) for case in cases()}
    faults: Json = _read()["faults"]
    return by_id | {name: by_id[one] if isinstance(one, str) else _scripted(one) for name, one in faults.items()}


def reply_of(name: str, **values: Callable[[str], object]) -> Reply:
    return recorded()[name].filled(values)


@cache
def _read() -> Json:
    whole: Json = json.loads(_FILE.read_text(encoding="utf-8"))
    return whole


def _scripted(one: Json) -> Scripted:
    return Scripted(one["status"], one["body"], tuple(one.get("headers", {}).items()))


def _filled(value: Any, values: Values) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, values) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if isinstance(value, str) and "{{" in value:
        return _PLACEHOLDER.sub(lambda found: _in_place_of(found, values), value)
    return value


def _in_place_of(found: re.Match[str], values: Values) -> str:
    known = values.get(found[1])
    return found[0] if known is None else str(known(found[2] or ""))
