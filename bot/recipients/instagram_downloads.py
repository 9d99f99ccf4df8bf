"""Lists in Instagram's data downloads, and plain lists of usernames as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from bot.core.errors import BotException
from bot.recipients.recipient import Row, read_person, shown
from bot.recipients.sections import reason_against

_ENTRIES = "string_list_data"
# Keys whose list surely holds people to write to. Instagram writes blocked, restricted, unfollowed people and those
# hidden from a story in the same form, so any other key is refused.
_LISTS = frozenset(
    {
        "usernames",
        "recipients",
        "followers",
        "following",
        "relationships_followers",
        "relationships_following",
        "relationships_close_friends",
    }
)


def read_json(text: str) -> Any:
    """Return the list or object of a JSON text, or None for any other text, such as a table or a list in brackets."""
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("[", "{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None


def json_rows(value: Any) -> Iterator[Row]:
    """Return the people in followers_1.json, following.json and close_friends.json, or in a list of usernames.

    `line` is the number of the entry. Raises RECIPIENTS_JSON for JSON of any other form, and for a list with an unknown
    key.
    """
    entries = _entries(_only_list(value) if isinstance(value, dict) else value)
    if entries is None:
        raise BotException("RECIPIENTS_JSON")
    return (_row(number, entry) for number, entry in enumerate(entries, 1))


def _only_list(value: dict[str, Any]) -> Any:
    """Return the only list of an object, or None. Raises RECIPIENTS_JSON if its key is unknown."""
    lists = {key: part for key, part in value.items() if isinstance(part, list)}
    if len(lists) != 1:
        return None
    [(key, part)] = lists.items()
    if key not in _LISTS:
        raise BotException(
            "RECIPIENTS_JSON", f"This JSON holds “{shown(key)}”, which is not a list of people to write to."
        )
    others = (f"{name}: {value}" for name, value in value.items() if isinstance(value, str))
    if any(reason_against(other) for other in others):
        raise BotException("RECIPIENTS_JSON", "What this JSON says of its list may not be of people to write to.")
    return part


def _entries(value: Any) -> list[Any] | None:
    if not isinstance(value, list):
        return None
    is_download = all(isinstance(entry, dict) and isinstance(entry.get(_ENTRIES), list) for entry in value)
    return value if is_download or all(isinstance(entry, str) for entry in value) else None


def _row(number: int, entry: Any) -> Row:
    if isinstance(entry, str):
        return Row(number, entry, entry)
    told = [text for part in entry[_ENTRIES] if isinstance(part, dict) for text in _told(part)]
    # Newer lists also have the username as the title. A title alone can be anything.
    title = entry.get("title")
    named = [*told, title] if told and isinstance(title, str) and read_person(title).name else told
    text = " ".join(named)
    if len({read_person(one).name for one in named}) > 1:
        return Row(number, text, None, reason="several_names")
    return Row(number, text, named[0] if named else "")


def _told(part: dict[str, Any]) -> Iterator[str]:
    yield from (part[key] for key in ("value", "href") if isinstance(part.get(key), str) and part[key])
