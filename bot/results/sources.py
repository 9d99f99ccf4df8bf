"""The origins of the people and posts of actions."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from sqlalchemy import bindparam, select

from bot.storage.models import Action, ActionSource
from bot.storage.tenancy import TenantSession

SourceKind = Literal["hashtag", "account", "list", "followed", "several"]


class Source(NamedTuple):
    """The origin of the people or posts of an action.

    `name` is a hashtag or an account in the words of its form, and None for a list and for the people that the account
    follows. Of an action with several sources it is one of them, or all together for a step without its part.
    """

    kind: SourceKind
    name: str | None = None


class Origins(NamedTuple):
    """The sources and filters of some actions, the text of each message action, and the parts of several sources."""

    sources: dict[str, Source]
    templates: dict[str, str]
    filters: dict[str, dict[str, Any] | None]
    parts: dict[tuple[str, int], Source]


_OF_ACTIONS = select(Action.id, Action.params, Action.listed).where(Action.id.in_(bindparam("actions", expanding=True)))
_PARTS = select(ActionSource.action_id, ActionSource.number, ActionSource.label).where(
    ActionSource.action_id.in_(bindparam("actions", expanding=True)), ActionSource.label.is_not(None)
)


def origins(session: TenantSession, actions: Iterable[str]) -> Origins:
    """Return the origins of the people and posts of some actions."""
    found = Origins({}, {}, {}, {})
    for action, params, listed in session.run(_OF_ACTIONS, {"actions": list(actions)}):
        found.sources[action] = source_of(params, listed)
        found.templates[action] = params.get("message", "")
        found.filters[action] = params.get("filters")
    several = [action for action, source in found.sources.items() if source.kind == "several"]
    if several:
        for action, number, label in session.run(_PARTS, {"actions": several}):
            found.parts[action, number] = _part(label or "")
    return found


def _part(label: str) -> Source:
    """Return a part by its label. A hashtag is the same source as in an action of its own."""
    return Source("hashtag" if label.startswith("#") and " " not in label else "several", label)


def source_of(params: dict[str, Any], listed: bool) -> Source:
    """Return the source of an action by its parameters."""
    if "subject" in params:
        return Source("several", params["subject"])
    if "hashtag" in params:
        return Source("hashtag", f"#{params['hashtag']}")
    if "account" in params:
        return Source("account", f"@{params['account']}")
    return Source("list" if listed else "followed")
