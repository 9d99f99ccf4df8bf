"""People at Instagram as plain values, and reading them from its replies."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BotException

Reply = dict[str, Any]

# As many as instagrapi asks for.
_PEOPLE_A_PAGE = 200
_FOLLOWERS = "xdt_api__v1__friendships__followers"


def as_object(value: Any) -> Reply:
    """Return a part of a reply if it is an object, or an empty one."""
    return value if isinstance(value, dict) else {}


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
    """The authors of one page of posts, each once, newest post first. `cursor` leads to the next page."""

    people: list[PersonRef]
    cursor: str | None


@dataclass(frozen=True)
class PeoplePage:
    """One page of followers or followed people. `cursor` leads to the next page.

    `limited` says that Instagram shows only a part of the list.
    """

    people: list[PersonRef]
    cursor: str | None
    limited: bool = False


@dataclass(frozen=True)
class Friendship:
    """The relation of the account to a person: it follows, or it has asked a private account.

    `followed_by` says that the person follows the account.
    """

    following: bool
    requested: bool
    followed_by: bool = False


def people_params(rank_token: str, cursor: str | None) -> Reply:
    """Return the parameters for a page of followers or followed people."""
    params: Reply = {
        "count": _PEOPLE_A_PAGE,
        "rank_token": rank_token,
        "search_surface": "follow_list_page",
        "query": "",
        "enable_groups": "true",
    }
    return params | ({"max_id": cursor} if cursor else {})


def read_person(user: Reply) -> Person:
    """Raise INSTAGRAM_UNREADABLE if the reply lacks an id or a username."""
    person_id = _id_of(user)
    if not person_id:
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no id")
    return Person(
        id=person_id,
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


def _id_of(user: Reply) -> str:
    """Return the id, which is in different fields by call and by app; empty if there is none."""
    return next((str(user[name]) for name in ("pk", "pk_id", "id") if user.get(name)), "")


def read_friendship(status: Reply) -> Friendship:
    """Raise INSTAGRAM_UNREADABLE if the reply leaves open whether the account follows."""
    following = status["following"]
    if following not in (True, False):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no friendship")
    return Friendship(bool(following), bool(status.get("outgoing_request")), bool(status.get("followed_by")))


def read_people_page(page: Reply) -> PeoplePage:
    """Read a page. Without a cursor the list is limited too if Instagram says that it has more."""
    users, cursor = page["users"], page.get("next_max_id")
    limited = page.get("should_limit_list_of_followers") is True or (page.get("has_more") is True and not cursor)
    return PeoplePage(read_refs(users if isinstance(users, list) else ()), str(cursor) if cursor else None, limited)


def read_other_people_page(reply: Reply) -> PeoplePage:
    """Read a page of followers in the form of newer apps. A reply without a list is the end of a limited one."""
    parts = as_object(reply.get("data")).items()
    found = (part for name, part in parts if _FOLLOWERS in name and isinstance(part, dict) and "users" in part)
    page = next(found, None)
    return read_people_page(page) if page else PeoplePage([], None, limited=True)


def read_refs(users: Iterable[Any]) -> list[PersonRef]:
    """Return the people in order, each once. One without an id or a name is dropped."""
    refs: dict[str, PersonRef] = {}
    for user in users:
        if isinstance(user, dict) and (person_id := _id_of(user)) and user.get("username"):
            refs.setdefault(person_id, PersonRef(person_id, str(user["username"])))
    return list(refs.values())
