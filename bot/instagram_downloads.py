"""The lists in what Instagram gives its users to download, and plain lists of usernames as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from bot.errors import BotException
from bot.recipient import Row, read_person

_ENTRIES = "string_list_data"


def read_json(text: str) -> Any:
    """The list or object that the text is as JSON; None for any other text, such as a table or a list in brackets."""
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("[", "{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None


def json_rows(value: Any) -> Iterator[Row]:
    """The people in followers_1.json, following.json and their kin, or in a list of usernames; `line` is the number of
    the entry. Raises RECIPIENTS_JSON for JSON of any other form.
    """
    entries = _entries(value)
    if entries is None:
        raise BotException("RECIPIENTS_JSON")
    return (_row(number, entry) for number, entry in enumerate(entries, 1))


def _entries(value: Any) -> list[Any] | None:
    """The entries of the list, or of the only list that an object holds."""
    if isinstance(value, dict):
        lists = [part for part in value.values() if isinstance(part, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list):
        return None
    is_download = all(isinstance(entry, dict) and isinstance(entry.get(_ENTRIES), list) for entry in value)
    return value if is_download or all(isinstance(entry, str) for entry in value) else None


def _row(number: int, entry: Any) -> Row:
    if isinstance(entry, str):
        return Row(number, entry, entry)
    told = [text for part in entry[_ENTRIES] if isinstance(part, dict) for text in _told(part)]
    # Newer lists have the username as the title, too; a title alone can be anything.
    title = entry.get("title")
    named = [*told, title] if told and isinstance(title, str) and read_person(title).name else told
    text = " ".join(named)
    if len({read_person(one).name for one in named}) > 1:
        return Row(number, text, None, reason="several_names")
    return Row(number, text, named[0] if named else "")


def _told(part: dict[str, Any]) -> Iterator[str]:
    yield from (part[key] for key in ("value", "href") if isinstance(part.get(key), str) and part[key])
