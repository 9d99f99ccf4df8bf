"""Recordings of a check, for others to read: a second look that nothing of an account is in one.

It does not rely on how the shapes were made: it knows the form of a recording, and refuses all else.
"""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

Recording = dict[str, Any]
_PATH = re.compile(r"[a-z0-9_.{}/*]{1,200}(\?edit=true)?")
_PLACE = re.compile(r"\.|([A-Za-z][A-Za-z0-9_]{0,47}|\*)?(\[\])*(\.([A-Za-z][A-Za-z0-9_]{0,47}|\*)(\[\])*)*")
_TYPES = re.compile(
    r"(absent|bool|digits|empty|list|null|number|object|page|text|=[1-5]\d\d|=[A-Za-z*]+(_[A-Za-z*]+)*)"
)
_VERSION = re.compile(r"[0-9][0-9a-z.]{0,30}")
_MONTH = re.compile(r"\d{4}-\d\d")
_NUMBER = re.compile(r"\d{3,}")
_MAX_WORD = 49


def text_of(recording: Recording) -> str:
    """Return a recording as the text that is shown and saved."""
    return json.dumps(recording, indent=1, sort_keys=True) + "\n"


def objections(recording: Recording, names: Collection[str]) -> list[str]:
    """Return why a recording must not be saved, without the values themselves; empty if nothing speaks against it.

    `names` are those of the account and its user, and its id, in lower case.
    """
    if recording.keys() != {"client", "app", "recorded", "replies"}:
        return ["it has other parts than a recording"]
    found = []
    if not all(_VERSION.fullmatch(str(recording[name])) for name in ("client", "app")):
        found.append("a version is none")
    if not _MONTH.fullmatch(str(recording["recorded"])):
        found.append("its date is no month")
    for number, reply in enumerate(recording["replies"], 1):
        found += [f"reply {number}: {why}" for why in _of_reply(reply, names)]
    return found


def _of_reply(reply: Any, names: Collection[str]) -> Iterator[str]:
    is_whole = isinstance(reply, dict) and reply.keys() == {"path", "http_status", "shape"}
    if not is_whole or not isinstance(reply["shape"], dict):
        yield "it has other parts than a reply"
        return
    if reply["http_status"] not in range(100, 600):
        yield "its status is none"
    path, shape = str(reply["path"]), reply["shape"]
    if not _PATH.fullmatch(path) or _NUMBER.search(path):
        yield "its path has a name, a number or a text"
    for number, (place, types) in enumerate(shape.items(), 1):
        if not _PLACE.fullmatch(str(place)) or _NUMBER.search(str(place)):
            yield f"place {number} is no name of a field"
        if not all(_TYPES.fullmatch(one) and len(one) <= _MAX_WORD for one in str(types).split("|")):
            yield f"the types at place {number} are none"
    if _names_in(json.dumps([path, shape]), names):
        yield "it has a name or the id of the account"


def _names_in(text: str, names: Collection[str]) -> bool:
    """Return whether one of the names is in the text as a whole."""
    lowered = text.lower()
    return any(re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", lowered) for name in names)
