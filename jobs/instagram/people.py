"""People at Instagram as plain values, and reading them from its replies."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BotException
from bot.inputs.usernames import is_username

Reply = dict[str, Any]

# As many as instagrapi asks for.
_PEOPLE_A_PAGE = 200
_FOLLOWERS = "xdt_api__v1__friendships__followers"
_ID = re.compile(r"[0-9]{1,20}")


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
    posts: int


@dataclass(frozen=True)
class HashtagPage:
    """The authors of one page of posts, each once, newest post first. `cursor` leads to the next page."""

    people: list[PersonRef]
    cursor: str | None


@dataclass(frozen=True)
class PeoplePage:
    """One page of followers, followed people or people who like a post. `cursor` leads to the next page.

    `limited` says that Instagram shows only a part of the list.
    """

    people: list[PersonRef]
    cursor: str | None
    limited: bool = False


@dataclass(frozen=True)
class OwnCounts:
    """The counts of the own account's profile."""

    followers: int
    following: int
    posts: int


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


def read_person_named(user: Reply | None, username: str) -> Person:
    """Return the person with this username.

    Raises INSTAGRAM_PERSON_NOT_FOUND if there is no person, and INSTAGRAM_UNREADABLE if it is another one: that does
    not show that the person is gone, and no one else may be taken for them.
    """
    if not user:
        raise BotException("INSTAGRAM_PERSON_NOT_FOUND", delivered="no", cause="no user")
    person = read_person(user)
    if person.username.lower() != username.lower():
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="another person")
    return person


def read_person(user: Reply) -> Person:
    """Raise INSTAGRAM_UNREADABLE if the reply lacks an id or a username, or has them in another form."""
    ref = _ref(user)
    if ref is None:
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no id or name")
    return Person(
        id=ref.id,
        username=ref.username,
        full_name=str(user.get("full_name") or ""),
        followers=int(user.get("follower_count") or 0),
        following=int(user.get("following_count") or 0),
        is_private=_profile_flag(user, "is_private"),
        is_verified=_profile_flag(user, "is_verified"),
        is_business=_profile_flag(user, "is_business"),
        biography=str(user.get("biography") or ""),
        has_picture=not _profile_flag(user, "has_anonymous_profile_picture") and bool(user.get("profile_pic_url")),
        posts=int(user.get("media_count") or 0),
    )


def _ref(user: Any) -> PersonRef | None:
    """Return None unless the reply has an id and a username in Instagram's forms.

    The id is in different fields by call and by app. A field with anything but a number is never passed over.
    """
    if not isinstance(user, dict):
        return None
    person_id = next((user[name] for name in ("pk", "pk_id", "id") if user.get(name)), None)
    username = user.get("username")
    return PersonRef(str(person_id), username) if is_id(person_id) and is_username(username) else None


def is_id(value: Any) -> bool:
    """Return whether a value is a number, or the digits of one."""
    return type(value) in (int, str) and _ID.fullmatch(str(value)) is not None


def _profile_flag(user: Reply, name: str) -> bool:
    """Return a flag of a profile. Profiles may lack it, or have null."""
    return user.get(name) is not None and _flag(user[name])


def _flag(value: Any) -> bool:
    """Return a boolean. Raises INSTAGRAM_UNREADABLE for all else: the text "false" would be true."""
    if value is True or value is False:
        return value
    raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no flag")


def read_friendship(status: Reply) -> Friendship:
    """Raise INSTAGRAM_UNREADABLE if the reply leaves open how the account and the person are related."""
    return Friendship(
        following=_flag(status["following"]),
        requested=_flag(status.get("outgoing_request", False)),
        followed_by=_flag(status.get("followed_by", False)),
    )


def read_friendships(statuses: Reply, asked: Iterable[str]) -> dict[str, Friendship]:
    """Read how the account follows several people, by id; who is not told of is left out.

    Such a reply does not say who follows the account.
    """
    return {one: read_friendship(statuses[one]) for one in asked if isinstance(statuses.get(one), dict)}


def read_own_counts(user: Reply) -> OwnCounts:
    """Raise INSTAGRAM_UNREADABLE if a count is missing: it is no 0."""
    counts = [user.get(name) for name in ("follower_count", "following_count", "media_count")]
    if any(type(count) is not int or count < 0 for count in counts):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no counts")
    return OwnCounts(*counts)  # type: ignore[arg-type]  # they are numbers


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


def read_likers(reply: Reply) -> PeoplePage:
    """Return the people who like a post. The list is limited if Instagram counts more than it lists.

    Raises INSTAGRAM_UNREADABLE if it has no list: that does not show that there are no likes.
    """
    users, count = reply["users"], reply.get("user_count")
    if not isinstance(users, list):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no likers")
    return PeoplePage(read_refs(users), None, limited=is_id(count) and int(str(count)) > len(users))


def read_refs(users: Iterable[Any]) -> list[PersonRef]:
    """Return the people in order, each once. One without an id or a name, or with an odd one, is dropped."""
    refs: dict[str, PersonRef] = {}
    for user in users:
        if ref := _ref(user):
            refs.setdefault(ref.id, ref)
    return list(refs.values())
