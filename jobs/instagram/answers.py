"""Replies of Instagram as observers see them: those of a check, and those that were not understood."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests

from bot.core.errors import BotException

# Failures that say: this version does not know the reply.
UNKNOWN = ("INSTAGRAM_REFUSED", "INSTAGRAM_UNREADABLE", "INSTAGRAM_UNKNOWN_STEP", "INSTAGRAM_SIGN_IN_CHANGED")


@dataclass(frozen=True)
class Answered:
    """A reply to one request. `path` has `{}` for names and ids; the rest of it may hold anything."""

    path: str
    response: requests.Response = field(repr=False)

    @property
    def status(self) -> int:
        return self.response.status_code

    @cached_property
    def body(self) -> Any:
        """Return the JSON of the reply, or its text if it is none."""
        text = text_of(self.response)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text


def text_of(reply: requests.Response) -> str:
    """Return the text of a reply, whatever charset it names."""
    try:
        return reply.text
    except ValueError:
        # Some charsets of Python cannot be those of a page.
        return reply.content.decode(errors="replace")


Observer = Callable[[Answered, BotException | None], None]
"""Sees each reply, and the failure of its call, which is None if it was understood."""


def unobserved(_answered: Answered, _failure: BotException | None) -> None:
    """Observe nothing."""


def answered_by(path: str, response: requests.Response | None) -> Answered | None:
    """Return the reply to a request; None if there was none."""
    return Answered(path, response) if response is not None else None
