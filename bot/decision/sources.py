"""What is wrong with the source that an action takes its people from: one rule for dry runs, actions and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BotException


@dataclass(frozen=True)
class _Trouble:
    """How a failure is worded where it is about a source; `param` is the parameter that names the source."""

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
    """The failure of that name in the words of the source that these parameters of an action name, with the field it is
    about; None where it says nothing of a source.
    """
    trouble = _TROUBLES.get(name)
    if trouble is None or trouble.param not in params:
        return None
    message = trouble.message.format(params[trouble.param])
    problem = {"field": trouble.param, "code": name, "message": message}
    return BotException(name, message, remedy=trouble.remedy, errors=[problem])


def source_remedy(name: str) -> str | None:
    """What to do where the failure of that name is about the source of an action; None for one that never is."""
    trouble = _TROUBLES.get(name)
    return trouble.remedy if trouble else None


def nothing_found(params: Mapping[str, Any]) -> BotException | None:
    """What is wrong where a search has ended and never found anybody; None where that is no failure of the source."""
    return source_failure("HASHTAG_EMPTY", params)
