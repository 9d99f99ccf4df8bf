"""The interface between a connection and the answers to its requests, for every version of HTTP."""

import asyncio
from collections.abc import Coroutine
from enum import Enum, auto
from typing import Any, Protocol

from sandbox.wire import Refused, Reply, Request

MAX_BODY = 1_000_000
TOO_LARGE = Refused(413, "Request too large").reply


class Lost(Enum):
    """A reply that never arrives whole.

    The difference matters: curl sends a request again automatically, a POST too, if a warm connection ends before any
    byte of the reply.
    """

    BEFORE_THE_HEAD = auto()
    AFTER_THE_HEAD = auto()


class Visit:
    """One client's wait for its reply, or its end."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    def leave(self) -> None:
        self.left.set()


# Most answers are known immediately. Delayed and held ones come later.
Answer = Reply | Lost | Coroutine[Any, Any, Reply | Lost]


class Conversation(Protocol):
    def answer(self, request: Request, visit: Visit) -> Answer: ...
