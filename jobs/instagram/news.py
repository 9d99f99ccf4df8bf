"""Reactions of people to the account, read from Instagram's news."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.core.errors import BotException
from jobs.instagram.moments import read_moment
from jobs.instagram.people import PersonRef, Reply, as_object, is_id, read_refs
from jobs.instagram.posts import is_media_id

ReactionKind = Literal["like", "comment", "follow"]

_BY_NUMBER: dict[int, ReactionKind] = {60: "like", 12: "comment", 101: "follow"}
_BY_NAME: dict[str, ReactionKind] = {"like": "like", "comment": "comment", "user_followed": "follow"}
# A name in a sentence, such as {ann|000000|1|user?id=7}.
_NAME = re.compile(r"\{([^|{}]{1,30})\|[^{}]*\|user\?id=([0-9]{1,20})(?:\|[^{}]*)?\}")
_IN_A_NAME = re.compile(r"[A-Za-z0-9._]")


@dataclass(frozen=True)
class Reaction:
    """One person liked or commented a post of the account, or began to follow the account.

    `at` is in UTC, None if Instagram does not tell it; of a group it is the latest. `post_id` is that of the post as in
    `Post.id`, empty if Instagram does not tell it.
    """

    kind: ReactionKind
    person: PersonRef
    at: datetime | None
    post_id: str = ""


def read_news(reply: Reply) -> list[Reaction]:
    """Return the reactions of people in the news. All else in it is left out.

    Raises INSTAGRAM_UNREADABLE if there is no list: that does not show that there are none.
    """
    new, old = reply.get("new_stories"), reply["old_stories"]
    if not isinstance(old, list):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no news")
    stories = [*(new if isinstance(new, list) else ()), *old]
    return list(dict.fromkeys(reaction for story in stories for reaction in _reactions(story)))


def _reactions(story: Any) -> Iterator[Reaction]:
    if not isinstance(story, dict):
        return
    args, kind = as_object(story.get("args")), _kind(story.get("story_type"), story.get("notif_name"))
    at, post_id, people = read_moment(args.get("timestamp")), _post_id(args.get("media")), _people(args)
    if kind == "comment":
        # Their words are in the sentence too, and may name other people.
        people = [person for person in people if person.id == str(args.get("profile_id"))]
    for person in people:
        if kind is not None:
            yield Reaction(kind, person, at, post_id)


def _kind(number: Any, name: Any) -> ReactionKind | None:
    """Return the kind of a reaction, None for all else.

    The name counts only without the number: a like may be that of a comment or a story.
    """
    if number is not None:
        return _BY_NUMBER.get(number) if type(number) is int else None
    return _BY_NAME.get(name) if isinstance(name, str) else None


def _post_id(media: Any) -> str:
    ids = [as_object(one).get("id") for one in media] if isinstance(media, list) else []
    return str(ids[0]) if len(ids) == 1 and is_media_id(ids[0]) else ""


def _people(args: Reply) -> list[PersonRef]:
    """Return the people that a story names with their ids, each once."""
    text, named, links = args.get("rich_text"), args.get("text"), args.get("links")
    told = [
        {"pk": args.get("profile_id"), "username": args.get("profile_name")},
        as_object(as_object(args.get("inline_follow")).get("user_info")),
        *({"pk": number, "username": name} for name, number in _NAME.findall(text if isinstance(text, str) else "")),
        *(_linked(named, as_object(link)) for link in (links if isinstance(links, list) else ())),
    ]
    return read_refs(told)


def _linked(text: Any, link: Reply) -> Reply:
    """Return the person of a link in a sentence, if the link marks a whole name."""
    number, start, end = link.get("id"), link.get("start"), link.get("end")
    if not isinstance(text, str) or type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        return {}
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    is_whole = is_id(number) and not _IN_A_NAME.search(around)
    return {"pk": number, "username": text[start:end]} if is_whole else {}
