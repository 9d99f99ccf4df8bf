"""The comments of a post, page by page."""

import json
from typing import Any

from sandbox.calls import shapes
from sandbox.calls.likes import POST, visible_post
from sandbox.cursors import cursor_at, place_in
from sandbox.posts import Post
from sandbox.rng import Rng
from sandbox.routing import Call, Table
from sandbox.wire import Json, Refused, Reply, ok, parse_object

PAGE = 20
# Percentage of the posts whose list is empty though there are comments, ends without a cursor though there are more,
# and begins again at its end. People report all three.
EMPTY_PERCENT = 5
DEAD_END_PERCENT = 5
CIRCLE_PERCENT = 8

table = Table()


@table.get(f"{POST}/comments/", "comments")
def comments(call: Call, post_id: str) -> Reply:
    """Return a page of comments. The next one is reached by `min_id`, a cursor in the form of JSON."""
    post = visible_post(call, post_id)
    start, way = _start(call), way_of(post)
    found = [] if way == "empty" else call.world.comments.of(post, start, PAGE)
    end = start + len(found)
    more = bool(found) and (end < post.comments or (way == "circle" and post.comments > PAGE))
    leads_to = end if end < post.comments else 0
    return ok(
        comments=[shapes.comment(one, post.id) for one in found],
        comment_count=post.comments,
        caption=shapes.caption(post) if post.caption else None,
        caption_is_edited=False,
        comment_likes_enabled=True,
        threading_enabled=True,
        initiate_at_top=True,
        media_header_display="none",
        has_more_comments=False,
        has_more_headload_comments=more,
        **({"next_min_id": _cursor(post, leads_to)} if more and way != "dead end" else {}),
    )


def way_of(post: Post) -> str:
    """Return what is odd about the pages of a post: `empty`, `dead end`, `circle`, or the empty string."""
    drawn = Rng("odd comments", post.id).below(100)
    ways = (("empty", EMPTY_PERCENT), ("dead end", DEAD_END_PERCENT), ("circle", CIRCLE_PERCENT))
    for way, percent in ways:
        if drawn < percent:
            return way
        drawn -= percent
    return ""


def _cursor(post: Post, place: int) -> str:
    return json.dumps({"cached_comments_cursor": post.id[-17:], "bifilter_token": cursor_at(place)})


def _start(call: Call) -> int:
    cursor = call.query.get("min_id")
    if not cursor:
        return 0
    parts: Json = parse_object(cursor)
    token: Any = parts.get("bifilter_token")
    if not isinstance(token, str):
        raise Refused(400, "Invalid cursor")
    return place_in(parts, "bifilter_token")
