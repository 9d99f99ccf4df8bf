"""Direct messages: the threads between people and their messages."""

import itertools
from dataclasses import dataclass, field

from sandbox.rng import Rng

FIRST_THREAD_ID = 340_282_366_841_710_300_949_128_000_000_000_000_000
FIRST_MESSAGE_ID = 30_000_000_000_000_000_000_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message. `at` is in microseconds; `context` is the token by which the sender's client recognizes it.

    `kind` is Instagram's name for its kind; most kinds have no text.
    """

    id: str
    sender: str
    text: str
    at: int
    context: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation. `members` and `sender` are ids of people; the messages are oldest first."""

    id: str
    members: frozenset[str]
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Mailbox:
    """All threads, one for each set of members. `latest` has each person's threads with a message, the latest last.

    `pending`: for an account, the threads that strangers began and that it has not answered.
    """

    threads: dict[str, Thread] = field(default_factory=dict)
    latest: dict[str, dict[str, None]] = field(default_factory=dict)
    pending: dict[str, set[str]] = field(default_factory=dict)
    sent: int = 0

    def between(self, members: frozenset[str]) -> Thread:
        """Return the thread of these people, and open it if there is none."""
        thread_id = thread_id_of(members)
        return self.threads.setdefault(thread_id, Thread(thread_id, members))

    def of(self, person_id: str, start: int, end: int, *, pending: bool = False) -> list[Thread]:
        """Return some of a person's threads with a message, the latest first."""
        aside = self.pending.get(person_id, set())
        own = (one for one in reversed(self.latest.get(person_id, {})) if (one in aside) == pending)
        return [self.threads[one] for one in itertools.islice(own, start, end)]

    def size(self, person_id: str, *, pending: bool = False) -> int:
        aside = len(self.pending.get(person_id, ()))
        return aside if pending else len(self.latest.get(person_id, ())) - aside

    def add(self, thread: Thread, sender: str, text: str, now: float, context: str, kind: str = "text") -> Message:
        self.sent += 1
        message = Message(str(FIRST_MESSAGE_ID + self.sent), sender, text, int(now * 1_000_000), context, kind)
        thread.messages.append(message)
        self.pending.get(sender, set()).discard(thread.id)
        for member in thread.members:
            own = self.latest.setdefault(member, {})
            own.pop(thread.id, None)
            own[thread.id] = None
        return message


def thread_id_of(members: frozenset[str]) -> str:
    return str(FIRST_THREAD_ID + Rng("thread", *sorted(members)).below(10**15))


def known(thread: Thread, sender: str, context: str) -> Message | None:
    """Return the message that a sender's client has already sent under this token; None if there is none."""
    return next((one for one in thread.messages if context and (one.sender, one.context) == (sender, context)), None)
