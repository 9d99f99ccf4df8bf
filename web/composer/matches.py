"""The matches of an action, as a worker found them by the button: the only part of the composer that asks Instagram."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.actions.placing import NewAction
from bot.core.errors import BotException
from web.composer import fields
from web.composer.fields import Values

# Fields that no match depends on.
_ASIDE = {"amount", "start_at", "repeat", "dry_run", "name"}


@dataclass(frozen=True)
class Matches:
    """The first people or posts of a search: those that were looked at, and those that are looked at in their turn.

    `mark` names the fields that they were found for.
    """

    looked: list[dict[str, Any]]
    later: list[dict[str, Any]]
    mark: str

    @property
    def matching(self) -> int:
        return sum(1 for one in self.looked if one["accepted"])


def matches_of(kind: str, params: NewAction, candidates: list[dict[str, Any]]) -> Matches:
    """Return the candidates of a dry run of these fields."""
    looked = [one for one in candidates if one["accepted"] is not None]
    later = [one for one in candidates if one["accepted"] is None]
    return Matches(looked, later, mark_of(kind, params))


def mark_of(kind: str, params: NewAction) -> str:
    """Return a name for the fields that decide who is found and who matches."""
    told = params.model_dump(mode="json", exclude=_ASIDE)
    return sha256(json.dumps([kind, told], sort_keys=True).encode()).hexdigest()[:16]


def are_old(kind: str, sent: Values) -> bool:
    """Return whether the form has shown matches that were found for other fields."""
    shown = sent.get("previewed", "")
    if not shown:
        return False
    try:
        return mark_of(kind, fields.read(kind, sent)) != shown
    except BotException:
        return True
