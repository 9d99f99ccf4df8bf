"""The state of the world, and how each event changes it."""

import asyncio
import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sandbox.faults import FaultBook
from sandbox.history import History
from sandbox.limits import Limit
from sandbox.lists import ListManner
from sandbox.mailbox import Mailbox
from sandbox.moods import Moods
from sandbox.scripts import Script


@dataclass(frozen=True, slots=True)
class Event:
    """One event, `at` seconds since 1970, as the journal keeps it.

    `account` is a username. The ledger gets a line for each of `targets`. `facts` are JSON values for the change of
    this kind; without facts nothing but the ledger changes.
    """

    at: float
    kind: str
    account: str
    targets: Sequence[str] = ()
    facts: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """A client's act that was processed; `at` is in UTC."""

    account: str
    kind: str
    target: str
    at: datetime


@dataclass(slots=True)
class Challenge:
    """A question to the owner of an account, open until the code comes back."""

    nonce: str
    code_sent: bool = False


class Answer(NamedTuple):
    """A message that a person will write, `due` seconds since 1970. `sender` and `members` are ids of people."""

    due: float
    context: str
    sender: str
    members: list[str]
    text: str
    kind: str = "text"


class Deed(NamedTuple):
    """A change that a person will make, `due` seconds since 1970: `accepts`, `follows_back` or `leaves`."""

    due: float
    token: str
    kind: str
    account_id: str
    person_id: str


@dataclass(slots=True)
class State:
    """The state that a reset forgets.

    Everything above `requests` changes by events alone, and a restart may keep it.

    Sessions and contexts lead to the id of their account; accounts and people are known by their ids. `sent`: for an
    account, the ways it was sent a second factor since its last sign-in. `likes`: for a post, the accounts that
    like it. `seen`: for an account and a person, when the newest picture was taken that the account marked as seen.
    `answers` and `deeds`: what people will write and do, heaps with the next one first. `left`: for an account, the
    people who followed it from the start and do no more. `times`: for a username and a kind, when each line of the
    ledger was. `ahead`: the seconds by which the clock is ahead of the machine's. `at`: when the latest event was.
    `followers`: for a person, the accounts and people that follow since a moment.
    """

    sessions: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, str] = field(default_factory=dict)
    challenges: dict[str, Challenge] = field(default_factory=dict)
    solved: set[str] = field(default_factory=set)
    sent: set[tuple[str, str]] = field(default_factory=set)
    following: dict[str, dict[str, None]] = field(default_factory=dict)
    followers: dict[str, dict[str, float]] = field(default_factory=dict)
    requested: dict[str, dict[str, None]] = field(default_factory=dict)
    likes: dict[str, dict[str, None]] = field(default_factory=dict)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    mailbox: Mailbox = field(default_factory=Mailbox)
    answers: list[Answer] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    left: dict[str, dict[str, None]] = field(default_factory=dict)
    ahead: float = 0.0
    at: float = 0.0
    ledger: list[Effect] = field(default_factory=list)
    times: defaultdict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    # By account, what its requests said of the phone: (name, value), in the order of their first time.
    phones: dict[str, dict[tuple[str, str], None]] = field(default_factory=dict)
    faults: FaultBook = field(default_factory=FaultBook)
    scripts: dict[str, Script] = field(default_factory=dict)
    history: History = field(default_factory=History)
    limits: list[Limit] = field(default_factory=list)
    moods: Moods = field(default_factory=Moods)
    lists: dict[str, ListManner] = field(default_factory=dict)
    latency: float = 0.0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    def apply(self, event: Event) -> None:
        """Apply an event. Raises KeyError or TypeError for one that this version does not know."""
        self.at = event.at
        if event.facts:
            CHANGES[event.kind](self, *event.facts)
        at = datetime.fromtimestamp(event.at, UTC)
        self.ledger += [Effect(event.account, event.kind, target, at) for target in event.targets]
        self.times[event.account, event.kind] += [event.at] * len(event.targets)


def _login(state: State, account_id: str, session: str) -> None:
    state.sessions[session] = account_id
    state.sent = {one for one in state.sent if one[0] != account_id}


def _logout(state: State, session: str) -> None:
    state.sessions.pop(session, None)


def _sessions_ended(state: State, account_id: str) -> None:
    state.sessions = {name: owner for name, owner in state.sessions.items() if owner != account_id}


def _context(state: State, account_id: str, context: str) -> None:
    state.contexts[context] = account_id


def _challenged(state: State, account_id: str, nonce: str) -> None:
    state.challenges[account_id] = Challenge(nonce)


def _code_sent(state: State, account_id: str, method: str = "") -> None:
    """Note that a code was sent: by `method` of the second factor, or without one for the open challenge."""
    if method:
        state.sent.add((account_id, method))
    else:
        state.challenges[account_id].code_sent = True


def _challenge_solved(state: State, account_id: str) -> None:
    state.solved.add(account_id)
    state.challenges.pop(account_id, None)


def _follow(state: State, account_id: str, person_id: str, requested: bool = False) -> None:
    if requested:
        state.requested.setdefault(account_id, {})[person_id] = None
        return
    state.following.setdefault(account_id, {})[person_id] = None
    state.followers.setdefault(person_id, {})[account_id] = state.at


def _accepted(state: State, account_id: str, person_id: str) -> None:
    state.requested.get(account_id, {}).pop(person_id, None)
    _follow(state, account_id, person_id)


def _unfollow(state: State, account_id: str, person_id: str) -> None:
    state.requested.get(account_id, {}).pop(person_id, None)
    state.following.get(account_id, {}).pop(person_id, None)
    state.followers.get(person_id, {}).pop(account_id, None)


def _like(state: State, account_id: str, post_id: str) -> None:
    state.likes.setdefault(post_id, {})[account_id] = None


def _unlike(state: State, account_id: str, post_id: str) -> None:
    state.likes.get(post_id, {}).pop(account_id, None)


def _story_seen(state: State, account_id: str, newest: dict[str, int]) -> None:
    for person_id, taken_at in newest.items():
        state.seen[account_id, person_id] = max(taken_at, state.seen.get((account_id, person_id), 0))


def _message(state: State, members: list[str], sender_id: str, text: str, now: float, *rest: str) -> None:
    """Add a message. `rest` is the token, and the kind if it is not a text."""
    state.mailbox.add(state.mailbox.between(frozenset(members)), sender_id, text, now, *rest)


def _pending(state: State, account_id: str, thread_id: str) -> None:
    state.mailbox.pending.setdefault(account_id, set()).add(thread_id)


def _let_in(state: State, account_id: str, thread_id: str) -> None:
    state.mailbox.pending.get(account_id, set()).discard(thread_id)


def _answer_planned(state: State, *facts: Any) -> None:
    heapq.heappush(state.answers, Answer(*facts))


def _answered(state: State, _: str) -> None:
    answer = heapq.heappop(state.answers)
    _message(state, answer.members, answer.sender, answer.text, answer.due, answer.context, answer.kind)


def _left(state: State, account_id: str, person_id: str) -> None:
    """Let a person no longer follow an account. One who followed it from the start is remembered to have left."""
    if account_id in state.following.get(person_id, {}):
        _unfollow(state, person_id, account_id)
    else:
        state.left.setdefault(account_id, {})[person_id] = None


def _deed_planned(state: State, *facts: Any) -> None:
    heapq.heappush(state.deeds, Deed(*facts))


def _deed_due(state: State, happens: bool) -> None:
    """Take the next deed. It does not happen if the account has changed its mind since."""
    deed = heapq.heappop(state.deeds)
    state.at = deed.due
    if happens and deed.kind == "accepts":
        _accepted(state, deed.account_id, deed.person_id)
    elif happens and deed.kind == "follows_back":
        _follow(state, deed.person_id, deed.account_id)
    elif happens:
        _left(state, deed.account_id, deed.person_id)


def _clock_moved(state: State, seconds: float) -> None:
    state.ahead += seconds


CHANGES: dict[str, Callable[..., None]] = {
    "login": _login,
    "logout": _logout,
    "sessions_ended": _sessions_ended,
    "context": _context,
    "challenged": _challenged,
    "code_sent": _code_sent,
    "challenge_solved": _challenge_solved,
    "follow": _follow,
    "accepted": _accepted,
    "followed_back": _follow,
    "unfollow": _unfollow,
    "like": _like,
    "unlike": _unlike,
    "story_seen": _story_seen,
    "message": _message,
    "pending": _pending,
    "let_in": _let_in,
    "answer_planned": _answer_planned,
    "answered": _answered,
    "deed_planned": _deed_planned,
    "deed_due": _deed_due,
    "left": _left,
    "clock_moved": _clock_moved,
}
