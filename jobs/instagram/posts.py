"""Posts at Instagram as plain values, and reading them from its replies."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from instagrapi.utils.ids import InstagramIdCodec

from bot.core.errors import BotException
from bot.storage.models.values import HashtagTab
from jobs.instagram.moments import read_moment
from jobs.instagram.people import PersonRef, Reply, read_refs

# The app sends one of these words with each tab.
_RECENCY: dict[HashtagTab, str] = {"top": "default", "recent": "top_recent_posts", "clips": "clips"}

# As many as instagrapi asks for.
_POSTS_A_PAGE = 33
# Characters of a code that are its number.
_CODE = 11
_ID = re.compile(r"[0-9]{1,20}(_[0-9]{1,20})?")


@dataclass(frozen=True)
class Post:
    """A post. `id` is `<number>_<author's id>`, as a like needs it; `code` is that of its address; `liked` is by us.

    `taken_at` is in UTC. It and the counts are None if Instagram does not tell them, as the count of hidden likes.
    `pinned` says that the person asked for shows it before newer ones.
    """

    id: str
    code: str
    author: PersonRef
    liked: bool
    taken_at: datetime | None = None
    like_count: int | None = None
    comment_count: int | None = None
    caption: str = ""
    pinned: bool = False


@dataclass(frozen=True)
class PostsPage:
    """The posts of one page, each once. `cursor` leads to the next page.

    `limited` says that Instagram has more and does not lead there.
    """

    posts: list[Post]
    cursor: str | None
    limited: bool = False


def posts_form(tab: HashtagTab, cursor: str | None, uuid: str, rank_token: str) -> Reply:
    """Return the form that asks for a page of a hashtag's tab, with its fields in the order of the app."""
    form = {
        "tab": tab,
        "media_recency_filter": _RECENCY[tab],
        "_uuid": uuid,
        "include_persistent": "false",
        "rank_token": rank_token,
    }
    if cursor:
        form["max_id"], form["next_media_ids"] = json.loads(cursor)
    return form


def post_id_of(code: str) -> str:
    """Return the number of the post with this code, that of its address.

    Codes of private people's posts are longer; the rest is a secret of the address.
    """
    return str(InstagramIdCodec.decode(code[:_CODE]))


def read_one_post(items: list[Any], media_id: str) -> Post:
    """Return the post with this id, whose second part does not count.

    Raises INSTAGRAM_POST_NOT_FOUND if there is no post, and INSTAGRAM_UNREADABLE if it is another one.
    """
    if items == []:
        raise BotException("INSTAGRAM_POST_NOT_FOUND", delivered="no", cause="no items")
    post = read_post(items[0])
    if post is None or _number_of(post.id) != _number_of(media_id):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no such post")
    return post


def _number_of(media_id: str) -> str:
    return media_id.partition("_")[0]


def read_post(media: Any) -> Post | None:
    """Return None if the reply lacks what every post has, or has it in another form."""
    if not isinstance(media, dict):
        return None
    media_id, liked = media.get("id") or media.get("pk"), media.get("has_liked")
    authors = read_refs([media.get("user")])
    if not is_media_id(media_id) or not authors or not (liked is None or isinstance(liked, bool)):
        return None
    hidden, likes = media.get("like_and_view_counts_disabled") is True, _count(media.get("like_count"))
    return Post(
        id=str(media_id),
        code=str(media.get("code") or ""),
        author=authors[0],
        liked=liked is True,
        taken_at=read_moment(media.get("taken_at")),
        like_count=None if hidden else likes,
        comment_count=_count(media.get("comment_count")),
        caption=text if isinstance(text := _part(media, "caption").get("text"), str) else "",
    )


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def is_media_id(value: Any) -> bool:
    """Return whether a value is the id of a post, with its author's or without."""
    return type(value) in (int, str) and _ID.fullmatch(str(value)) is not None


def read_posts_page(page: Reply) -> PostsPage:
    """Return one page of a hashtag without unreadable posts.

    The page of a hidden hashtag may have no sections at all.
    """
    posts: dict[str, Post] = {}
    for media in _media(page.get("sections")):
        if post := read_post(media):
            posts.setdefault(post.id, post)
    return PostsPage(list(posts.values()), _next_cursor(page))


def user_posts_params(rank_token: str, cursor: str | None) -> Reply:
    """Return the parameters for a page of a person's posts."""
    return {
        "max_id": cursor or "",
        "count": _POSTS_A_PAGE,
        "min_timestamp": None,
        "rank_token": rank_token,
        "ranked_content": "true",
    }


def read_user_posts(page: Reply, user_id: str) -> PostsPage:
    """Return one page of a person's posts without unreadable ones.

    Raises INSTAGRAM_UNREADABLE if it has no list: that does not show that there are no posts.
    """
    items, cursor = page["items"], page.get("next_max_id")
    if not isinstance(items, list):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no posts")
    posts: dict[str, Post] = {}
    for media in items:
        if post := read_post(media):
            pinned = user_id in map(str, _listed(media.get("timeline_pinned_user_ids")))
            posts.setdefault(post.id, replace(post, pinned=pinned))
    more = page.get("more_available")
    goes_on = bool(cursor) and more is not False
    return PostsPage(list(posts.values()), str(cursor) if goes_on else None, limited=more is True and not goes_on)


def _media(sections: Any) -> Iterator[Any]:
    for section in _listed(sections):
        content = _part(section, "layout_content")
        clips = _part(_part(content, "one_by_two_item"), "clips")
        for nodes in (clips.get("items"), content.get("fill_items"), content.get("medias")):
            for node in _listed(nodes):
                yield node.get("media") if isinstance(node, dict) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _part(whole: Any, name: str) -> Reply:
    part = whole.get(name) if isinstance(whole, dict) else None
    return part if isinstance(part, dict) else {}


def _next_cursor(page: Reply) -> str | None:
    if not page.get("more_available") or not page.get("next_max_id"):
        return None
    return json.dumps([page["next_max_id"], json.dumps(page.get("next_media_ids") or [])])
