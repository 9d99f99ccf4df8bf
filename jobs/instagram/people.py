"""What Instagram tells about people, as plain values, and how it is read from its replies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Reply = dict[str, Any]


@dataclass(frozen=True)
class PersonRef:
    id: str
    username: str


@dataclass(frozen=True)
class Person:
    id: str
    username: str
    full_name: str
    followers: int
    following: int
    is_private: bool
    is_verified: bool
    is_business: bool
    biography: str
    has_picture: bool


@dataclass(frozen=True)
class HashtagPage:
    """The authors of one page of posts, each once, newest post first; `cursor` leads to the next page."""

    people: list[PersonRef]
    cursor: str | None


@dataclass(frozen=True)
class Friendship:
    """What our account is to another: it follows, or it has asked a private account to be let in."""

    following: bool
    requested: bool


def read_person(user: Reply) -> Person:
    return Person(
        id=str(user["pk"]),
        username=str(user["username"]),
        full_name=str(user.get("full_name") or ""),
        followers=int(user.get("follower_count") or 0),
        following=int(user.get("following_count") or 0),
        is_private=bool(user.get("is_private")),
        is_verified=bool(user.get("is_verified")),
        is_business=bool(user.get("is_business")),
        biography=str(user.get("biography") or ""),
        has_picture=not user.get("has_anonymous_profile_picture") and bool(user.get("profile_pic_url")),
    )


def read_friendship(status: Reply) -> Friendship:
    return Friendship(bool(status["following"]), bool(status.get("outgoing_request")))


def read_authors(sections: list[Reply]) -> list[PersonRef]:
    """The authors of the posts, each once, in order. A post without a readable author is left out."""
    authors: dict[str, PersonRef] = {}
    for user in _users(sections):
        if isinstance(user, dict) and user.get("pk") and user.get("username"):
            ref = PersonRef(str(user["pk"]), str(user["username"]))
            authors.setdefault(ref.id, ref)
    return list(authors.values())


def _users(sections: list[Reply]) -> Iterator[Any]:
    for section in sections:
        content = section.get("layout_content") or {}
        clips = (content.get("one_by_two_item") or {}).get("clips") or {}
        for nodes in (clips.get("items"), content.get("fill_items"), content.get("medias")):
            for node in nodes or ():
                yield (node.get("media") or {}).get("user")
