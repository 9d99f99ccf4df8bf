"""Replies made from the contracts of the readers, with texts and numbers of the caller's choice."""

from typing import Any

from jobs.instagram.contracts import Contract


def reply_of(contract: Contract, text: str = "text", number: int = 1_790_000_000_000_000) -> dict[str, Any]:
    """Return a reply that has every field of a contract. Each list has one entry."""
    reply: dict[str, Any] = {}
    for place, types in sorted(contract.items()):
        kinds = types.removesuffix("?").split("|")
        _put(reply, place.split("."), _named(place.rpartition(".")[2], text, number) or _value(kinds, text, number))
    return reply


def _named(name: str, text: str, number: int) -> Any:
    """Return a value in the form of the field: a username has no spaces, and an id is a number."""
    return {"username": text.partition(" ")[0], "id": number}.get(name)


def _value(types: list[str], text: str, number: int) -> Any:
    values = {"object": {}, "list": [], "bool": True, "text": text, "number": number}
    return next(values[kind] for kind in values if kind in types)


def _put(within: dict[str, Any], place: list[str], value: Any) -> None:
    name, _, listed = place[0].partition("[")
    if len(place) > 1:
        inner = within.setdefault(name, [{}] if listed else {})
        _put(inner[0] if listed else inner, place[1:], value)
    elif listed:
        within[name] = [value]
    else:
        within.setdefault(name, value)
