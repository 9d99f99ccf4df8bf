"""Posts at Instagram as plain values, and reading them from its replies."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BotException
from bot.storage.models.values import HashtagTab
from jobs.instagram.people import PersonRef, Reply, read_refs

# The app sends one of these words with each tab.
_RECENCY: dict[HashtagTab, str] = {"top": "default", "recent": "top_recent_posts", "clips": "clips"}

_ID = re.compile(r"[0-9]{1,20}(_[0-9]{1,20})?")


@dataclass(frozen=True)
class Post:
    """A post. `id` is `<number>_<author's id>`, as a like needs it; `code` is that of its address; `liked` is by us."""

    id: str
    code: str
    author: PersonRef
    liked: bool


@dataclass(frozen=True)
class PostsPage:
    """The posts of one page, each once. `cursor` leads to the next page."""

    posts: list[Post]
    cursor: str | None


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
    if not _is_media_id(media_id) or not authors or not (liked is None or isinstance(liked, bool)):
        return None
    return Post(str(media_id), str(media.get("code") or ""), authors[0], liked is True)


def _is_media_id(value: Any) -> bool:
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
