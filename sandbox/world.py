"""The state of the sandbox: who is signed in, who follows whom, what arrived, what goes wrong next."""

import asyncio
import base64
import binascii
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote

from sandbox.accounts import Account, Accounts
from sandbox.faults import FaultBook
from sandbox.mailbox import Mailbox, Message, Thread
from sandbox.passwords import PasswordKey
from sandbox.people import People, Person
from sandbox.posts import Post, Posts
from sandbox.stories import Stories
from sandbox.wire import Request

BEARER = "Bearer IGT:2:"


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a client did and that was processed; `at` in UTC."""

    account: str
    kind: str
    target: str
    at: datetime


@dataclass(slots=True)
class Challenge:
    """A question to the owner of an account, open until the code came back."""

    nonce: str
    mail_sent: bool = False


@dataclass(slots=True)
class State:
    """All that a reset forgets."""

    sessions: dict[str, Account] = field(default_factory=dict)
    contexts: dict[str, Account] = field(default_factory=dict)
    challenges: dict[str, Challenge] = field(default_factory=dict)
    solved: set[str] = field(default_factory=set)
    following: dict[str, dict[str, None]] = field(default_factory=dict)
    followers: dict[str, dict[str, None]] = field(default_factory=dict)
    likes: set[tuple[str, str]] = field(default_factory=set)
    mailbox: Mailbox = field(default_factory=Mailbox)
    ledger: list[Effect] = field(default_factory=list)
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: FaultBook = field(default_factory=FaultBook)
    latency: float = 0.0
    forgotten: asyncio.Event = field(default_factory=asyncio.Event)


class World:
    """One Instagram. Single-threaded: everything runs on the server's event loop."""

    def __init__(
        self,
        *,
        seed: int = 1,
        people: int = 100_000,
        plain: int = 10,
        now: Callable[[], float] = time.time,
        token: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.seed = seed
        self.people = People(seed, people)
        self.posts = Posts(seed, self.people)
        self.stories = Stories(seed, self.people)
        self.accounts = Accounts(seed, plain)
        self.password_key = PasswordKey()
        self.now = now
        self.token = token
        self.state = State()

    def reset(self) -> None:
        """Forget everything that happened and let go of the requests that are being held."""
        forgotten, self.state = self.state, State()
        forgotten.forgotten.set()

    def record(self, account: Account, kind: str, target: str) -> None:
        at = datetime.fromtimestamp(self.now(), UTC)
        self.state.ledger.append(Effect(account.username, kind, target, at))

    def person(self, person_id: str) -> Person | None:
        account = self.accounts.with_id(person_id)
        return account.person if account else self.people.with_id(person_id)

    def person_named(self, username: str) -> Person | None:
        account = self.accounts.named(username)
        return account.person if account else self.people.named(username)

    def open_session(self, account: Account) -> str:
        session = f"{account.id}%3A{self.token()}%3A28%3A{self.token()}"
        self.state.sessions[unquote(session)] = account
        self.record(account, "login", account.username)
        return session

    def end_sessions(self, account: Account) -> None:
        sessions = self.state.sessions
        self.state.sessions = {name: owner for name, owner in sessions.items() if owner is not account}

    def end_session(self, request: Request) -> None:
        self.state.sessions.pop(unquote(_credentials(request).get("sessionid", "")), None)

    def signed_in(self, request: Request) -> Account | None:
        return self.state.sessions.get(unquote(_credentials(request).get("sessionid", "")))

    def claimed(self, request: Request) -> Account | None:
        """Whom the request says it is from, signed in or not: a dead session still names its account."""
        return self.accounts.with_id(_credentials(request).get("ds_user_id", ""))

    def open_context(self, account: Account) -> str:
        """A token that carries an account from one request of a sign-in to the next."""
        context = self.token()
        self.state.contexts[context] = account
        return context

    def challenge(self, account: Account) -> Challenge:
        """The open challenge of an account, made on first need."""
        return self.state.challenges.setdefault(account.id, Challenge(self.token()))

    def solve(self, account: Account) -> None:
        """The owner has proved it: the challenge is over and not asked again."""
        self.state.solved.add(account.id)
        self.state.challenges.pop(account.id, None)

    def follow(self, account: Account, person: Person) -> None:
        self.state.following.setdefault(account.id, {})[person.id] = None
        self.state.followers.setdefault(person.id, {})[account.id] = None

    def unfollow(self, account: Account, person: Person) -> None:
        self.state.following.get(account.id, {}).pop(person.id, None)
        self.state.followers.get(person.id, {}).pop(account.id, None)

    def follows(self, account: Account, person: Person) -> bool:
        return person.id in self.state.following.get(account.id, {})

    def likes(self, account: Account, post: Post) -> bool:
        return (account.id, post.id) in self.state.likes

    def send(self, sender: Person, thread: Thread, text: str, context: str) -> Message:
        return self.state.mailbox.add(thread, sender.id, text, self.now(), context)


def _credentials(request: Request) -> dict[str, str]:
    """`ds_user_id` and `sessionid` out of the authorization header, else out of the cookies."""
    header = request.headers.get("authorization", "")
    if header.startswith(BEARER):
        try:
            value = json.loads(base64.b64decode(header.removeprefix(BEARER)))
        except (binascii.Error, ValueError, RecursionError):
            return {}
        return {name: str(part) for name, part in value.items()} if isinstance(value, dict) else {}
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs}
