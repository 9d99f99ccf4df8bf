"""A check: one read of each kind with a user's account, compared with the contracts. It changes nothing."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, get_args

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.linking.claimed import ClaimedCheck
from bot.operations.instagram_check import finish, note_progress
from bot.storage.models.values import HashtagTab
from jobs.instagram import APP_VERSION, CLIENT_VERSION, InstagramClient, PersonRef, Post, Thread
from jobs.instagram.answers import Answered
from jobs.instagram.contracts import CONTRACTS, differences
from jobs.instagram.shapes import masked_path, shape_of, words_of_people
from jobs.instance import BotInstance

T = TypeVar("T")
# A hashtag that has posts in every country.
HASHTAG = "coffee"
# Nothing new is read after this time, so that the check ends before a request counts as abandoned.
SECONDS = 60.0
# Refusals of one person, post or hashtag, which say nothing about the account. After all others the check stops.
_OF_ONE = frozenset(
    ("INSTAGRAM_PERSON_PRIVATE", "INSTAGRAM_PERSON_NOT_FOUND", "INSTAGRAM_POST_NOT_FOUND", "INSTAGRAM_HASHTAG_HIDDEN")
)
_OK = 200
# The regions that headers name are those of Instagram's own machines.
_PLACES = re.compile(r"(^|_)(country|country_code|ip|ip_address)$")
_HEADERS = re.compile(r"country|(^|-)client-ip$")
_MAX_SAID = 64


class NothingToRead(Exception):
    """The reads before brought nothing that this one could be about."""


@dataclass
class Reader:
    """The reads of a check, in order. Each takes what the ones before have found."""

    client: InstagramClient
    username: str
    people: list[PersonRef] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)

    def reads(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield the title of each read, and the call."""
        yield "current user", self.client.own_account
        yield "own counts", self.client.own_counts
        yield "newest followers", self.client.own_followers
        yield "person", lambda: self.client.person(self.username)
        yield "followers", lambda: self.people.extend(self.client.followers_page(self.client.own_id).people)
        yield "following", lambda: self.people.extend(self.client.following_page(self.client.own_id).people)
        for tab in get_args(HashtagTab):
            yield f"hashtag, {tab}", partial(self._hashtag, tab)
        yield "post", lambda: self.client.post(_first(self.posts, "no post under the hashtag").id)
        yield "likers", lambda: self.client.likers(_first(self.posts, "no post under the hashtag").id)
        yield "comments", lambda: self.client.comments_page(_first(self.posts, "no post under the hashtag").id)
        yield "posts of a person", lambda: self.client.user_posts(self._somebody().id)
        yield "story", lambda: self.client.story(self._somebody().id)
        yield "friendship", lambda: self.client.friendship(self._somebody().id)
        yield "news", self.client.news
        yield "inbox", lambda: self.threads.extend(self.client.inbox().threads)
        yield "requests", lambda: self.client.inbox(requests=True)
        yield "conversation", lambda: self.client.thread_with(self._correspondent().id)
        yield "older messages", self._older

    def _hashtag(self, tab: HashtagTab) -> None:
        self.posts.extend(self.client.hashtag_posts(HASHTAG, tab=tab).posts)

    def _somebody(self) -> PersonRef:
        return _first([*(post.author for post in self.posts), *self.people], "no person was found")

    def _correspondent(self) -> PersonRef:
        alone = [thread.people[0] for thread in self.threads if len(thread.people) == 1]
        return _first([*alone, *self.people], "no person was found")

    def _older(self) -> None:
        thread = _first([one for one in self.threads if one.cursor], "no conversation has older messages")
        self.client.thread(thread.id, thread.cursor or "")


def _first(found: Sequence[T], why_not: str) -> T:
    if not found:
        raise NothingToRead(why_not)
    return found[0]


def check(bot: BotInstance, claimed: ClaimedCheck, clock: Callable[[], float] = time.monotonic) -> None:
    """Read, compare, and store the report after each read. End early if it is withdrawn or Instagram pushes back."""
    bot.refresh()
    seen: list[tuple[Answered, BotException | None]] = []
    report: dict[str, Any] = {"client": CLIENT_VERSION, "app": APP_VERSION, "reads": [], "said": [], "stopped": None}
    failure, ends = None, clock() + SECONDS
    with bot.watched(lambda answered, error: seen.append((answered, error))):
        for title, read in Reader(bot.client, claimed.username).reads():
            before = len(seen)
            failure, line = _read(title, read) if clock() < ends else (None, _too_late(title))
            answers = [answered for answered, _ in seen[before:]]
            report["reads"].append(line | _compared(answers))
            report["said"] += [said for answered in answers for said in said_about_place(answered)]
            if not note_progress(bot.user_id, claimed, report):
                break
            if failure is not None:
                report["stopped"] = failure.name
                break
    bot.keep()
    if claimed.record:
        report["recording"] = recorded([answered for answered, _ in seen])
    finish(bot.user_id, claimed, report, failure)


def _too_late(title: str) -> dict[str, Any]:
    return {"read": title, "note": "no time was left"}


def _read(title: str, read: Callable[[], object]) -> tuple[BotException | None, dict[str, Any]]:
    """Return the failure that stops the check, if there is one, and the line of the report."""
    try:
        read()
    except NothingToRead as nothing:
        return None, {"read": title, "note": str(nothing)}
    except BotException as error:
        unread = error.name == "INSTAGRAM_UNREADABLE" and error.meta.get("http_status") in (None, _OK)
        stops = None if unread or error.name in _OF_ONE else error
        return stops, {"read": title, "error": error.name}
    return None, {"read": title}


def _compared(answers: list[Answered]) -> dict[str, Any]:
    if not answers:
        return {}
    last = answers[-1]
    known = last.status == _OK and last.path in CONTRACTS
    return {"http_status": last.status, "differences": differences(last.path, shape_of(last.body)) if known else []}


def said_about_place(answered: Answered) -> Iterator[dict[str, str]]:
    """Yield each country or address that a reply names: its place, and the value."""
    for name, value in answered.response.headers.items():
        if _HEADERS.search(name.lower()) and len(value) <= _MAX_SAID:
            yield {"where": f"{answered.path} header {name.lower()}", "value": value}
    for place, value in _places(answered.body, ""):
        yield {"where": f"{answered.path} {place}", "value": value}


def _places(body: Any, place: str) -> Iterator[tuple[str, str]]:
    """Look at objects only: entries of a list are about others."""
    if not isinstance(body, dict):
        return
    for name, value in body.items():
        inner = f"{place}.{name}" if place else str(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and _PLACES.search(str(name)):
            if str(value).strip() and len(str(value)) <= _MAX_SAID:
                yield inner, str(value)
        else:
            yield from _places(value, inner)


def recorded(answers: list[Answered]) -> dict[str, Any]:
    """Return paths, statuses and shapes of the replies. No word that people use in one of them is kept in any."""
    hidden = {word for answered in answers for word in words_of_people(answered.body)}
    replies = [
        {"path": _public_path(answered.path), "http_status": answered.status, "shape": shape_of(answered.body, hidden)}
        for answered in answers
    ]
    return {"client": CLIENT_VERSION, "app": APP_VERSION, "recorded": f"{now():%Y-%m}", "replies": replies}


def _public_path(path: str) -> str:
    return path if path in CONTRACTS else masked_path(path)
