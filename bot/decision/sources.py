"""Problems of the source that an action takes its people from: one rule for dry runs, actions and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BotException


@dataclass(frozen=True)
class _Trouble:
    """The wording of a failure if it is about a source. `param` is the parameter that names the source."""

    name: str
    param: str
    message: str
    remedy: str


_TROUBLES = (
    _Trouble(
        "INSTAGRAM_PERSON_NOT_FOUND",
        "account",
        "There is no Instagram account @{}.",
        "Check the spelling, or choose another account.",
    ),
    _Trouble(
        "INSTAGRAM_PERSON_PRIVATE",
        "account",
        "The account @{} is private, so Instagram does not show its people and posts.",
        "Choose a public account, or one that your account follows.",
    ),
    _Trouble(
        "INSTAGRAM_PERSON_PRIVATE",
        "post",
        "The post {} is one of a private account.",
        "Choose a post of a public account, or of one that your account follows.",
    ),
    _Trouble(
        "INSTAGRAM_POST_NOT_FOUND", "post", "There is no post {}.", "Check the link: the post may have been taken down."
    ),
    _Trouble(
        "HASHTAG_EMPTY",
        "hashtag",
        "Instagram shows no posts under #{}.",
        "Check the spelling, or choose another hashtag.",
    ),
    _Trouble(
        "INSTAGRAM_HASHTAG_HIDDEN", "hashtag", "Instagram does not show the posts of #{}.", "Choose another hashtag."
    ),
)


def source_failure(name: str, params: Mapping[str, Any]) -> BotException | None:
    """Return the failure of that name in the words of the source, with its field. None if it is not about a source.

    `params` are the parameters of the action, which name the source.
    """
    named = _named(params)
    trouble = next((one for one in _TROUBLES if one.name == name and one.param in named), None)
    if trouble is None:
        return None
    message = trouble.message.format(named[trouble.param])
    problem = {"field": trouble.param, "code": name, "message": message}
    return BotException(name, message, remedy=trouble.remedy, errors=[problem])


NAMES = {"tags": "hashtag", "of": "account", "posts": "post"}
"""Fields of a plan's sources with several names, and the parameter of one. Each name is a part of the search."""


def _named(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters, or the one name that the sources of a plan have; nothing if they have several."""
    if "source" not in params:
        return params
    names = [(param, name) for one in params["source"] for field, param in NAMES.items() for name in one.get(field, ())]
    return dict(names) if len(names) == 1 else {}


def source_remedy(name: str) -> str | None:
    """Return the remedy if the failure is about the source of an action, else None."""
    return next((one.remedy for one in _TROUBLES if one.name == name), None)


def nothing_found(params: Mapping[str, Any]) -> BotException | None:
    """Return the failure of a search that ended without finding anyone, or None if the source is not at fault."""
    return source_failure("HASHTAG_EMPTY", params)
