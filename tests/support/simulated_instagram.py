"""An Instagram in memory for one account: people, posts, stories and threads, a record of calls, and refusals."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bot.core.errors import BotException
from bot.storage.models.values import HashtagTab
from jobs.instagram import (
    Friendship,
    HashtagPage,
    Inbox,
    InstagramClient,
    Message,
    PeoplePage,
    Person,
    PersonRef,
    Post,
    PostsPage,
    Sent,
    Story,
    StoryPicture,
    Thread,
)
from jobs.instagram.people import OwnCounts

PEOPLE = 20_000
POSTS_A_PAGE, PAGES_OF_A_TAG = 30, 8
FOLLOWERS_A_PAGE, PAGES_OF_FOLLOWERS, SHOWN_OF_MANY = 100, 5, 48
OWN_ID = "1"
_ENDS = ("LOGGED_OUT", "CHALLENGE", "CONFIRM_IN_APP", "CONSENT", "SUSPENDED")
SESSION_ENDERS = tuple(f"INSTAGRAM_{end}" for end in _ENDS)
ANSWERS_FILE = Path(__file__).with_name("simulated_answers.json")
ASSUMED = json.loads(ANSWERS_FILE.read_text())
UNSURE = ("INSTAGRAM_TIMEOUT", "INSTAGRAM_SERVER_ERROR", "INSTAGRAM_UNREADABLE")
"""After these the call may have arrived."""
NOT_DONE, OUTDATED = "INSTAGRAM_NOT_DONE", "INSTAGRAM_CLIENT_OUTDATED"
STOPS = ("stop", "Please leave me alone")
ANSWERS = ("Thanks!", "Who is this?", *STOPS, "Nice to meet you")


@dataclass(frozen=True)
class Call:
    """One request. `kind` is a step kind if it changes something, else `look`; `arrived`: it took effect.

    `error` is what the bot was told instead of an answer. `quiet` tells that the act was acknowledged and not done, and
    `until` the end that a block named.
    """

    at: datetime
    kind: str
    person: str = ""
    arrived: bool = False
    error: str | None = None
    quiet: bool = False
    until: datetime | None = None


@dataclass
class AppVersion:
    """The version of the app that all bots speak for. From `refused_from` on Instagram refuses it.

    `replaced_at` is the time at which an administrator installs another one; `held` tells that a bot has been refused.
    """

    refused_from: datetime
    replaced_at: datetime
    held: bool = False

    def is_refused(self, moment: datetime) -> bool:
        return self.refused_from <= moment < self.replaced_at


@dataclass
class SimulatedInstagram(InstagramClient):
    """Instagram for one account. `trouble` multiplies the chances of refusals; `watch` sees every call.

    Between the times of `outage` every call fails. `signed_in` ends with the session until a new link.
    """

    now: Callable[[], datetime]
    chance: Random
    watch: Callable[[Call], None]
    trouble: float = 1.0
    own_id: str = OWN_ID
    outage: tuple[datetime, datetime] | None = None
    app: AppVersion | None = None
    outdated: BotException | None = None
    signed_in: bool = True
    follows: set[str] = field(default_factory=set)
    liked: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)
    threads: dict[str, list[Message]] = field(default_factory=dict)
    answers: list[tuple[datetime, str, str]] = field(default_factory=list)
    blocked: dict[str, datetime] = field(default_factory=dict)

    def dump(self) -> str:
        return "{}"

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def check(self) -> None:
        """Test the session."""
        self._read()

    def person(self, username: str) -> Person:
        number = _number(username)
        self._read("INSTAGRAM_PERSON_NOT_FOUND" if is_gone(number) else None)
        return Person(
            id_of(username),
            username,
            f"Person {number}",
            followers=number % 3000,
            following=number % 900,
            is_private=number % 9 == 0,
            is_verified=number % 50 == 0,
            is_business=number % 12 == 0,
            biography="coffee and cats",
            has_picture=number % 20 != 0,
            posts=number % 300,
        )

    def followers_page(self, user_id: str, cursor: str | None = None) -> PeoplePage:
        self._read()
        page = int(cursor or 0)
        if _is_cut(user_id):
            return PeoplePage([_ref(_drawn(user_id, 0, place)) for place in range(SHOWN_OF_MANY)], None, limited=True)
        places = self._readable(FOLLOWERS_A_PAGE, page)
        return PeoplePage([_ref(_drawn(user_id, page, place)) for place in places], _next(page, PAGES_OF_FOLLOWERS))

    def own_followers(self, cursor: str | None = None) -> PeoplePage:
        self._read()
        return PeoplePage([_ref(self.now().toordinal() - place) for place in range(40)], None)

    def own_counts(self) -> OwnCounts:
        self._read()
        return OwnCounts(40, len(self.follows), 0)

    def friendships(self, user_ids: Sequence[str]) -> dict[str, Friendship]:
        self._read()
        return {one: self._friendship(one) for one in user_ids}

    def following_page(self, user_id: str, cursor: str | None = None) -> PeoplePage:
        self._read()
        return PeoplePage([_ref(_number(name)) for name in sorted(self.follows)], None)

    def hashtag_page(self, tag: str, cursor: str | None = None, *, tab: HashtagTab = "recent") -> HashtagPage:
        page = self.hashtag_posts(tag, tab=tab, cursor=cursor)
        return HashtagPage(list(dict.fromkeys(post.author for post in page.posts)), page.cursor)

    def hashtag_posts(self, tag: str, *, tab: HashtagTab, cursor: str | None = None) -> PostsPage:
        """Return posts. Every day brings new ones."""
        self._read()
        page = int(cursor or 0)
        source = f"{tag}:{tab}:{self.now().date()}"
        posts = [
            self._post(f"{_drawn(source, page, place)}{page:02}{place:02}")
            for place in self._readable(POSTS_A_PAGE, page)
        ]
        return PostsPage(posts, _next(page, PAGES_OF_A_TAG))

    def post(self, media_id: str) -> Post:
        number = media_id.partition("_")[0]
        self._read("INSTAGRAM_POST_NOT_FOUND" if is_gone(int(number)) else None)
        return self._post(number)

    def story(self, user_id: str) -> Story | None:
        self._read()
        today = self.now().date()
        if (int(user_id) + today.toordinal()) % 3:
            return None
        taken_at = int(datetime.combine(today, datetime.min.time(), self.now().tzinfo).timestamp())
        return Story([StoryPicture(f"{taken_at}_{user_id}", taken_at)], self.seen.get(user_id, 0))

    def thread_with(self, user_id: str) -> Thread | None:
        self._read()
        found = self.threads.get(user_id)
        return Thread(f"t{user_id}", [_ref(int(user_id))], found[-20:][::-1]) if found else None

    def inbox(self, cursor: str | None = None, *, requests: bool = False) -> Inbox:
        self._read()
        self._deliver_answers()
        latest = sorted(self.threads.items(), key=lambda one: one[1][-1].at, reverse=True)
        start = int(cursor or 0)
        page = [Thread(f"t{who}", [_ref(int(who))], found[-10:][::-1]) for who, found in latest[start : start + 20]]
        return Inbox(page, str(start + 20) if len(latest) > start + 20 else None)

    def friendship(self, user_id: str) -> Friendship:
        self._read("INSTAGRAM_PERSON_NOT_FOUND" if is_gone(int(user_id)) else None)
        return self._friendship(user_id)

    def follow(self, user_id: str) -> Friendship:
        self._change("follow", user_id, lambda: self.follows.add(name_of(user_id)))
        return self._friendship(user_id)

    def unfollow(self, user_id: str) -> Friendship:
        self._change("unfollow", user_id, lambda: self.follows.discard(name_of(user_id)))
        return self._friendship(user_id)

    def like(self, media_id: str) -> None:
        number, _, author = media_id.partition("_")
        self._change("like", author, lambda: self.liked.add(number))

    def see_story(self, story: Story) -> None:
        picture = story.pictures[-1]
        owner = picture.id.partition("_")[2]
        self._change("story", owner, lambda: self.seen.update({owner: picture.taken_at}))

    def send_message(self, user_id: str, text: str, token: str) -> Sent:
        moment, thread = self.now(), self.threads.get(user_id, [])
        item = Message(f"i{user_id}.{len(thread)}", OWN_ID, text, token, moment, mine=True)
        self._change("message", user_id, lambda: self._written(user_id, item))
        return Sent(item.item_id, f"t{user_id}", moment)

    def _written(self, user_id: str, item: Message) -> None:
        self.threads.setdefault(user_id, []).append(item)
        if self.chance.random() < 0.3:
            later = self.now() + timedelta(minutes=self.chance.uniform(5, 3000))
            self.answers.append((later, user_id, self.chance.choice(ANSWERS)))

    def _deliver_answers(self) -> None:
        due = [one for one in self.answers if one[0] <= self.now()]
        self.answers = [one for one in self.answers if one[0] > self.now()]
        for at, user_id, text in due:
            thread = self.threads[user_id]
            thread.append(Message(f"i{user_id}.{len(thread)}", user_id, text, "", at, mine=False))

    def _friendship(self, user_id: str) -> Friendship:
        following = name_of(user_id) in self.follows
        private = int(user_id) % 9 == 0
        return Friendship(following and not private, following and private, int(user_id) % 5 == 0)

    def _post(self, number: str) -> Post:
        author = int(number[:-4])
        return Post(f"{number}_{author}", f"c{number}", _ref(author), number in self.liked)

    def _readable(self, count: int, page: int) -> list[int]:
        """Return the places of a page that can be read. A first page has some."""
        odd = ASSUMED["pages"]
        if page and self._happens(odd["without_entries_and_with_more"]):
            return []
        return [place for place in range(count) if not self._happens(odd["entries_that_cannot_be_read"])]

    def _happens(self, of_a_thousand: float) -> bool:
        return self.chance.random() * 1000 < of_a_thousand * self.trouble

    def _read(self, otherwise: str | None = None) -> None:
        self._answer(Call(self.now(), "look", error=self._met(ASSUMED["reads"]) or otherwise))

    def _change(self, kind: str, user_id: str, effect: Callable[[], object]) -> None:
        already = self.signed_in and self.blocked.get(kind, self.now()) > self.now()
        chances = {**ASSUMED["acts_of_a_kind"][kind], **ASSUMED["acts"]}
        name = self._refused_app() or ("INSTAGRAM_ACTION_BLOCKED" if already else self._met(chances))
        arrived = name in (None, "lost reply", "unreadable reply", "quiet no, and done")
        until = None
        if name in ("INSTAGRAM_ACTION_BLOCKED", "dated block") and not already:
            # Some blocks last longer than the bot's first rest.
            hours = ASSUMED["block_hours" if name == "INSTAGRAM_ACTION_BLOCKED" else "dated_block_hours"]
            self.blocked[kind] = self.now() + timedelta(hours=self.chance.uniform(*hours))
            until = self.blocked[kind] if name == "dated block" else None
        if arrived:
            effect()
        error, quiet = _told(kind, name), bool(name and name.startswith("quiet"))
        self._answer(Call(self.now(), kind, name_of(user_id), arrived, error, quiet, until))

    def _refused_app(self) -> str | None:
        return OUTDATED if self.signed_in and self.app and self.app.is_refused(self.now()) else None

    def _met(self, chances: dict[str, float]) -> str | None:
        if not self.signed_in:
            return "INSTAGRAM_LOGGED_OUT"
        if refused := self._refused_app():
            return refused
        if self.outage and self.outage[0] <= self.now() < self.outage[1]:
            return "INSTAGRAM_SERVER_ERROR"
        drawn = self.chance.random() * 1000
        for name, share in chances.items():
            drawn -= share * self.trouble
            if drawn < 0:
                return name
        return None

    def _answer(self, call: Call) -> None:
        if call.error in SESSION_ENDERS:
            self.signed_in = False
        self.watch(call)
        if call.error:
            more: dict[str, Any] = {"blocked_until": call.until.isoformat()} if call.until else {}
            if call.error == OUTDATED:
                more = {"refused_client": "simulated", "refused_app": "1.0"}
            error = BotException(call.error, delivered="maybe" if call.error in UNSURE else "no", **more)
            self.outdated = error if call.error == OUTDATED else None
            raise error


def _told(kind: str, name: str | None) -> str | None:
    """Return what the bot is told. Likes and story views are acknowledged in the same words if they are not done."""
    if name in ("lost reply", "lost request"):
        return "INSTAGRAM_TIMEOUT"
    if name == "unreadable reply":
        return "INSTAGRAM_UNREADABLE"
    if name == "dated block":
        return "INSTAGRAM_ACTION_BLOCKED"
    if name and name.startswith("quiet"):
        return NOT_DONE if kind in ("follow", "unfollow") else None
    return name


def _is_cut(user_id: str) -> bool:
    """Return whether Instagram shows only a part of this person's followers."""
    return int(user_id) * 7919 % 1000 < ASSUMED["pages"]["lists_that_are_cut"]


def name_of(user_id: str) -> str:
    return f"p{user_id}"


def id_of(username: str) -> str:
    return username.removeprefix("p")


def _number(username: str) -> int:
    return int(username.removeprefix("p"))


def is_gone(number: int) -> bool:
    """Return whether a person or post is found by a search but gone."""
    return number % 331 == 0


def _ref(number: int) -> PersonRef:
    return PersonRef(str(number), f"p{number}")


def _drawn(source: str, page: int, place: int) -> int:
    """Return a person's number, always the same for the same place of the same source."""
    digest = hashlib.sha256(f"{source}:{page}:{place}".encode()).digest()
    return 10 + int.from_bytes(digest[:6]) % PEOPLE


def _next(page: int, pages: int) -> str | None:
    return str(page + 1) if page + 1 < pages else None
