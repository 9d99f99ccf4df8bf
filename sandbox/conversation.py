"""What a connection and the answers to its requests know of each other, whatever the version of HTTP."""

import asyncio
from collections.abc import Coroutine
from enum import Enum, auto
from typing import Any, Protocol

from sandbox.wire import Refused, Reply, Request

MAX_BODY = 1_000_000
TOO_LARGE = Refused(413, "Request too large").reply


class Lost(Enum):
    """A reply that never arrives whole.

    The difference matters: curl sends a request again by itself, a POST too, when a warm connection ends
    before any of the reply came.
    """

    BEFORE_THE_HEAD = auto()
    AFTER_THE_HEAD = auto()


class Visit:
    """Whether the client still waits for its reply."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    def leave(self) -> None:
        self.left.set()


# Most answers are known at once; those that are held back, or held, come later.
Answer = Reply | Lost | Coroutine[Any, Any, Reply | Lost]


class Conversation(Protocol):
    def answer(self, request: Request, visit: Visit) -> Answer: ...
