"""The base of sources: where the people or posts of an action come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from bot.actions.targets import Candidate
from bot.decision.sources import NAMES
from bot.inputs.params import Params
from bot.plans.step import Unit
from bot.storage.models.values import HashtagTab


@dataclass(frozen=True)
class Found:
    """A page of candidates, and the cursor of the next page; None at the end.

    `limited` says that Instagram shows only a part of the list.
    """

    candidates: list[Candidate]
    cursor: str | None
    limited: bool = False


class PersonRef(Protocol):
    """A person of a list at Instagram."""

    @property
    def id(self) -> str: ...
    @property
    def username(self) -> str: ...


class PeoplePage(Protocol):
    """A page of a list of people."""

    @property
    def people(self) -> Sequence[PersonRef]: ...
    @property
    def cursor(self) -> str | None: ...


class LimitedPage(PeoplePage, Protocol):
    """A page of a list that Instagram may cut short."""

    @property
    def limited(self) -> bool: ...


class Post(Protocol):
    """A post at Instagram. `id` is `<number>_<author's id>`, `code` that of its address; `liked` is by us.

    `pinned` says that the author shows it before newer ones.
    """

    @property
    def id(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def author(self) -> PersonRef: ...
    @property
    def liked(self) -> bool: ...
    @property
    def pinned(self) -> bool: ...


class PostsPage(Protocol):
    """A page of posts."""

    @property
    def posts(self) -> Sequence[Post]: ...
    @property
    def cursor(self) -> str | None: ...


class Reaction(Protocol):
    """Something that a person did to the linked account: `kind` is `like`, `comment` or `follow`."""

    @property
    def kind(self) -> str: ...
    @property
    def person(self) -> PersonRef: ...


class Reads(Protocol):
    """The reads of Instagram that sources make. Each is one request, and raises Instagram's answer.

    `post_id_of` reads the id of a post from the code of its address, without a request."""

    @property
    def own_id(self) -> str: ...
    def followers_page(self, user_id: str, cursor: str | None = None) -> LimitedPage: ...
    def following_page(self, user_id: str, cursor: str | None = None) -> LimitedPage: ...
    def post_id_of(self, code: str) -> str: ...
    def likers(self, media_id: str) -> LimitedPage: ...
    def comments_page(self, media_id: str, cursor: str | None = None) -> LimitedPage: ...
    def news(self) -> Sequence[Reaction]: ...
    def user_posts(self, user_id: str, cursor: str | None = None) -> PostsPage: ...
    def hashtag_page(self, tag: str, cursor: str | None = None, *, tab: HashtagTab = "recent") -> PeoplePage: ...
    def hashtag_posts(self, tag: str, *, tab: HashtagTab, cursor: str | None = None) -> PostsPage: ...


class Reader(Protocol):
    """The bot that searches. `person` looks up a person by name, from its memory if they were looked up lately."""

    @property
    def user_id(self) -> str: ...
    @property
    def client(self) -> Reads: ...
    def person(self, username: str) -> PersonRef: ...


class Source(Params):
    """A source of people or posts. Its docstring and its fields are its words for the API.

    A source of several parts, such as hashtags, is searched part by part, each with a cursor of its own.
    """

    kind: str
    words: ClassVar[str]
    """A part for people, with the names in it in braces: `followers of @{account}`."""
    gives: ClassVar[Unit] = "person"
    """A source of posts gives their authors to steps for people."""

    @property
    def parts(self) -> Sequence[Mapping[str, str]]:
        """Return the name in each part, `{"hashtag": "coffee"}` or `{"account": "ann"}`; one `{}` without names."""
        lists = [(field, param) for field, param in NAMES.items() if field in type(self).model_fields]
        return [{param: name} for field, param in lists for name in getattr(self, field)] if lists else [{}]

    @property
    def settings(self) -> str:
        """Return all that its parts have in common: its kind, and how it is read."""
        return repr(self.model_dump(exclude=set(NAMES)))

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        """Return a page of candidates of a part, with one request, and one more to look up the account that it names.

        Raises Instagram's answer.
        """
        raise NotImplementedError


def people_of(page: PeoplePage, *, limited: bool = False) -> Found:
    """Return the people of a page as candidates."""
    return Found([Candidate(one.username, one.username, one.id) for one in page.people], page.cursor, limited)


def who_reacted(news: Sequence[Reaction], kind: str) -> Found:
    """Return the people of the news who did this, the latest first. Instagram names only some."""
    people = {one.person.id: one.person for one in news if one.kind == kind}
    return Found([Candidate(one.username, one.username, one.id) for one in people.values()], None, limited=True)
