"""One Instagram: its people and accounts, and everything that happens to them."""

import base64
import binascii
import json
import math
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sandbox.accounts import Account, Accounts
from sandbox.comments import Comments
from sandbox.journal import Journal
from sandbox.limits import EVERYBODY
from sandbox.lists import AS_ASKED, ListManner
from sandbox.mailbox import Message, Thread
from sandbox.passwords import PasswordKey
from sandbox.people import People, Person
from sandbox.posts import Post, Posts
from sandbox.rng import Rng
from sandbox.scripts import NOTHING, Script, character
from sandbox.state import Challenge, Deed, Event, State
from sandbox.stories import Stories
from sandbox.unkindness import KIND, UNKIND
from sandbox.wire import Request

BEARER = "Bearer IGT:2:"


class World:
    """One Instagram. Single-threaded: everything runs on the server's event loop."""

    def __init__(
        self,
        *,
        seed: int = 1,
        people: int = 100_000,
        plain: int = 10,
        lively: bool = False,
        unkind: bool = False,
        now: Callable[[], float] = time.time,
        token: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.seed = seed
        self.people = People(seed, people)
        self.accounts = Accounts(seed, plain)
        self.posts = Posts(seed, self.people, [account.person for account in self.accounts])
        self.comments = Comments(seed, self.people)
        self.stories = Stories(seed, self.people)
        self.password_key = PasswordKey()
        self.lively = lively
        self.unkind = unkind
        self.token = token
        self._now = now
        self.state = State()
        self._journal: Journal | None = None

    def keep_in(self, folder: Path) -> None:
        """Apply what earlier runs with the same people did, and write down every later event.

        Raises Unreadable, and OSError if the folder cannot be written to.
        """
        journal = Journal(folder / f"journal-{self.seed}-{self.people.count}-{self.accounts.plain}.jsonl")
        journal.replay(self.state.apply)
        self._journal = journal

    def reset(self) -> None:
        """Forget everything that happened, and end the requests that are being held."""
        if self._journal:
            self._journal.forget()
        self.let_go()
        self.state = State()

    def now(self) -> float:
        """Return the seconds since 1970 by the sandbox's clock, which commands may put forward and back."""
        return self._now() + self.state.ahead

    def move_clock(self, seconds: float) -> None:
        self._happen("clock_moved", "", facts=[seconds])

    def let_go(self) -> None:
        """End the requests that are being held, and hold none until a reset."""
        self.state.let_go.set()

    def record(self, account: Account, kind: str, *targets: str) -> None:
        """Record a line that is in the ledger and changes nothing."""
        self._happen(kind, account.username, targets)

    def _happen(self, kind: str, username: str, targets: Sequence[str] = (), facts: Sequence[Any] = ()) -> None:
        """Make the only kind of change. It is written down first, so that nothing a client was told is ever missing."""
        event = Event(self.now(), kind, username, targets, facts)
        if self._journal:
            self._journal.add(event)
        self.state.apply(event)

    def person(self, person_id: str) -> Person | None:
        account = self.accounts.with_id(person_id)
        return account.person if account else self.people.with_id(person_id)

    def person_named(self, username: str) -> Person | None:
        account = self.accounts.named(username)
        return account.person if account else self.people.named(username)

    def open_session(self, account: Account) -> str:
        session = f"{account.id}%3A{self.token()}%3A28%3A{self.token()}"
        self._happen("login", account.username, [account.username], [account.id, unquote(session)])
        return session

    def end_sessions(self, account: Account) -> None:
        self._happen("sessions_ended", account.username, facts=[account.id])

    def log_out(self, account: Account, request: Request) -> None:
        self._happen("logout", account.username, [account.username], [_session(request)])

    def signed_in(self, request: Request) -> Account | None:
        return self.accounts.with_id(self.state.sessions.get(_session(request), ""))

    def claimed(self, request: Request) -> Account | None:
        """Return the account that the request names, signed in or not: a dead session still names its account."""
        return self.accounts.with_id(_credentials(request).get("ds_user_id", ""))

    def open_context(self, account: Account) -> str:
        """Return a token that carries an account from one request of a sign-in to the next."""
        context = self.token()
        self._happen("context", account.username, facts=[account.id, context])
        return context

    def in_context(self, context: str) -> Account | None:
        return self.accounts.with_id(self.state.contexts.get(context, ""))

    def challenge(self, account: Account) -> Challenge:
        """Return the open challenge of an account, made on first need."""
        if account.id not in self.state.challenges:
            self._happen("challenged", account.username, facts=[account.id, self.token()])
        return self.state.challenges[account.id]

    def ask_for_code(self, account: Account, sent_to: str) -> None:
        """Let its open challenge wait for a code that was sent to a mail address or a phone."""
        self._happen("code_sent", account.username, [sent_to], [account.id])

    def send_code(self, account: Account, sent_to: str, method: str) -> None:
        """Send a code of the second factor by `method`. `sent_to` is the address that the ledger shows."""
        self._happen("code_sent", account.username, [sent_to], [account.id, method])

    def was_sent(self, account: Account, method: str) -> bool:
        """Return whether a code went out this way since the account last signed in."""
        return (account.id, method) in self.state.sent

    def solve(self, account: Account, by_code: bool = False) -> None:
        """End the challenge of an account. `by_code` is in the ledger."""
        self._happen("challenge_solved", account.username, [account.username] if by_code else (), [account.id])

    def mood(self, account: Account, call: str, request: Request) -> str:
        """Return the fault that a call meets because of the account's settings; empty if there is none."""
        moods = self.state.moods
        how = moods.towards(account, UNKIND if self.unkind else KIND)
        return moods.meets(account, call, request, how, self.now(), self.seed)

    def is_stranger(self, account: Account, person: Person, thread: Thread) -> bool:
        """Return whether the account neither follows a person nor has written in the thread."""
        return not self.follows(account, person) and not any(one.sender == account.id for one in thread.messages)

    def at_limit(self, account: Account, call: str) -> bool:
        """Return whether the account is at its present limit for this call."""
        limits = (*account.behaviour.limits, *self.state.limits)
        times, now = self.state.times.get((account.username, call), ()), self.now()
        return any(one.meets(account.username, call) and one.reached(times, now) for one in limits)

    def follow(self, account: Account, person: Person) -> None:
        """Follow a person. A private person gets a request, until they accept. Their reaction is scheduled here."""
        self._keep_history("standing", account, person.id, self.standing(account, person))
        request, script = person.is_private and not self.follows(account, person), self.script_of(person)
        self._happen("follow", account.username, [person.username], [account.id, person.id, request])
        if request and script.accept:
            self._plan(script.accept_after, "accepts", account, person)
        if script.follow_back and not self.followed_by(account, person):
            self._plan(script.follow_back_after, "follows_back", account, person)
            if script.leave_after is not None:
                self._plan(script.follow_back_after + script.leave_after, "leaves", account, person)
        self.catch_up()

    def _plan(self, seconds: float, kind: str, account: Account, person: Person) -> None:
        facts = [self.now() + seconds, self.token(), kind, account.id, person.id]
        self._happen("deed_planned", person.username, facts=facts)

    def set_follower(self, account: Account, person: Person, follows: bool) -> None:
        """Let a person follow an account from now on, or no longer."""
        if follows == self.followed_by(account, person):
            return
        if follows:
            self._happen("followed_back", person.username, facts=[person.id, account.id])
        else:
            self._happen("left", person.username, facts=[account.id, person.id])

    def unfollow(self, account: Account, person: Person) -> None:
        self._keep_history("standing", account, person.id, self.standing(account, person))
        self._happen("unfollow", account.username, [person.username], [account.id, person.id])

    def like(self, account: Account, post: Post) -> None:
        self._keep_history("likes", account, post.id, self.likes(account, post))
        self._happen("like", account.username, [post.id], [account.id, post.id])

    def unlike(self, account: Account, post: Post) -> None:
        self._keep_history("likes", account, post.id, self.likes(account, post))
        self._happen("unlike", account.username, [post.id], [account.id, post.id])

    def see(self, account: Account, picture_ids: Sequence[str]) -> None:
        """Mark pictures of stories as seen. The ledger names ids without a picture too."""
        stories = [story for one in picture_ids if (story := self.stories.with_id(one))]
        newest: dict[str, int] = {}
        for story in stories:
            newest[story.owner.id] = max(story.taken_at, newest.get(story.owner.id, 0))
        for person_id in newest:
            self._keep_history("seen", account, person_id, self.state.seen.get((account.id, person_id), 0))
        self._happen("story_seen", account.username, picture_ids, [account.id, newest])

    def _keep_history(self, noun: str, account: Account, other_id: str, was: object) -> None:
        self.state.history.keep((noun, account.id, other_id), self.now(), was)

    def seen(self, account: Account, person: Person, as_of: float = math.inf) -> int:
        """Return when the newest picture was taken that the account marked as seen, 0 if none."""
        present = self.state.seen.get((account.id, person.id), 0)
        return self.state.history.of(("seen", account.id, person.id), as_of, present)

    def standing(self, account: Account, person: Person, as_of: float = math.inf) -> str:
        """Return how the account follows the person: `following`, `requested`, or the empty string.

        `as_of` is a moment in epoch seconds within the last `LAG` seconds, for a reply that lags.
        """
        requested = "requested" if person.id in self.state.requested.get(account.id, {}) else ""
        present = "following" if self.follows(account, person) else requested
        return self.state.history.of(("standing", account.id, person.id), as_of, present)

    def follows(self, account: Account, person: Person) -> bool:
        return person.id in self.state.following.get(account.id, {})

    def followed_by(self, account: Account, person: Person) -> bool:
        if account.id in self.state.following.get(person.id, {}):
            return True
        return self.people.follows(person, account.person) and person.id not in self.state.left.get(account.id, {})

    def own_followers(self, account: Account, manner: ListManner | None) -> list[str]:
        """Return the ids of an account's followers, the latest first if a manner asks for it and honours that."""
        gone, places = self.state.left.get(account.id, {}), self.people.follower_numbers(account.person)
        known = list(self.state.followers.get(account.id, {}))
        at_first = [
            one.id for place in places if (one := self.people.follower_at(account.person, place)).id not in gone
        ]
        if manner is None:
            return known + at_first
        if manner.latest_first:
            return known[::-1] + at_first
        return sorted(known + at_first, key=lambda one: Rng(self.seed, "own order", account.id, one).share())

    def manner_of_lists(self, account: Account) -> ListManner:
        return self.state.lists.get(account.username) or self.state.lists.get(EVERYBODY) or AS_ASKED

    def shows_itself(self, person: Person, account: Account) -> bool:
        """Return whether the account may see the person. Private people show strangers nothing."""
        return not person.is_private or self.follows(account, person)

    def likes(self, account: Account, post: Post, as_of: float = math.inf) -> bool:
        present = account.id in self.state.likes.get(post.id, ())
        return self.state.history.of(("likes", account.id, post.id), as_of, present)

    def send(
        self,
        sender: Person,
        thread: Thread,
        text: str,
        context: str,
        names: Sequence[str] = (),
        kind: str = "text",
    ) -> Message:
        """Send a message. `names` are the people it is listed under in the ledger."""
        facts = [sorted(thread.members), sender.id, text, self.now(), context, kind]
        self._happen("message", sender.username, names, facts)
        return thread.messages[-1]

    def receive(self, account: Account, sender: Person, thread: Thread, text: str, kind: str, pending: bool) -> None:
        """Let a person write to an account. `pending`: a stranger's messages wait to be let in."""
        if pending and self.is_stranger(account, sender, thread):
            self._happen("pending", account.username, facts=[account.id, thread.id])
        self.send(sender, thread, text, self.token(), kind=kind)

    def let_in(self, account: Account, thread: Thread) -> None:
        self._happen("let_in", account.username, facts=[account.id, thread.id])

    def write(self, account: Account, thread: Thread, text: str, context: str, kind: str) -> Message:
        """Let an account write. People answer by their scripts, without delay if the script has none."""
        others = [person for one in sorted(thread.members - {account.id}) if (person := self.person(one))]
        message = self.send(account.person, thread, text, context, [person.username for person in others], kind)
        for person in others:
            script = self.script_of(person)
            if script.reply is not None:
                due, members = self.now() + script.after, sorted(thread.members)
                answer = [due, self.token(), person.id, members, script.reply, script.kind]
                self._happen("answer_planned", person.username, facts=answer)
        self.catch_up()
        return message

    def catch_up(self) -> None:
        """Deliver the answers that are due, and let people do what they planned, in order.

        Call it before anyone reads or writes, so that threads stay in order.
        """
        while self.state.deeds and self.state.deeds[0].due <= self.now():
            self._happen("deed_due", "", facts=[self._happens(self.state.deeds[0])])
        while self.state.answers and self.state.answers[0].due <= self.now():
            self._happen("answered", "", facts=[self.state.answers[0].context])

    def _happens(self, deed: Deed) -> bool:
        """Return whether a deed still has its occasion."""
        requested = deed.person_id in self.state.requested.get(deed.account_id, {})
        followed = deed.person_id in self.state.following.get(deed.account_id, {})
        follows = deed.account_id in self.state.following.get(deed.person_id, {})
        return {"accepts": requested, "follows_back": (requested or followed) and not follows, "leaves": follows}[
            deed.kind
        ]

    def script_of(self, person: Person) -> Script:
        """Return a person's reactions. The named accounts have owners: only scripts that name them count for them."""
        scripts = self.state.scripts
        if person.username in scripts:
            return scripts[person.username]
        if self.people.number(person.id) is None:
            return NOTHING
        return scripts.get(EVERYBODY) or (character(self.seed, person) if self.lively else NOTHING)


def _session(request: Request) -> str:
    return unquote(_credentials(request).get("sessionid", ""))


def _credentials(request: Request) -> dict[str, str]:
    """Return `ds_user_id` and `sessionid` from the authorization header, else from the cookies."""
    header = request.headers.get("authorization", "")
    if header.startswith(BEARER):
        try:
            value = json.loads(base64.b64decode(header.removeprefix(BEARER)))
        except (binascii.Error, ValueError, RecursionError):
            return {}
        return {name: str(part) for name, part in value.items()} if isinstance(value, dict) else {}
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs}
