"""Problems of the source that an action takes its people from: one rule for dry runs, actions and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BotException


@dataclass(frozen=True)
class _Trouble:
    """The wording of a failure if it is about a source. `param` is the parameter that names the source."""

    param: str
    message: str
    remedy: str


_TROUBLES = {
    "INSTAGRAM_PERSON_NOT_FOUND": _Trouble(
        "account", "There is no Instagram account @{}.", "Check the spelling, or choose another account."
    ),
    "INSTAGRAM_PERSON_PRIVATE": _Trouble(
        "account",
        "The account @{} is private, so Instagram does not show its followers.",
        "Choose a public account, or one that your account follows.",
    ),
    "HASHTAG_EMPTY": _Trouble(
        "hashtag", "Instagram shows no posts under #{}.", "Check the spelling, or choose another hashtag."
    ),
    "INSTAGRAM_HASHTAG_HIDDEN": _Trouble(
        "hashtag", "Instagram does not show the posts of #{}.", "Choose another hashtag."
    ),
}


def source_failure(name: str, params: Mapping[str, Any]) -> BotException | None:
    """Return the failure of that name in the words of the source, with its field. None if it is not about a source.

    `params` are the parameters of the action, which name the source.
    """
    trouble = _TROUBLES.get(name)
    if trouble is None or trouble.param not in params:
        return None
    message = trouble.message.format(params[trouble.param])
    problem = {"field": trouble.param, "code": name, "message": message}
    return BotException(name, message, remedy=trouble.remedy, errors=[problem])


def source_remedy(name: str) -> str | None:
    """Return the remedy if the failure is about the source of an action, else None."""
    trouble = _TROUBLES.get(name)
    return trouble.remedy if trouble else None


def nothing_found(params: Mapping[str, Any]) -> BotException | None:
    """Return the failure of a search that ended without finding anyone, or None if the source is not at fault."""
    return source_failure("HASHTAG_EMPTY", params)
