"""Hashtags: the number of posts, and pages of recent and top posts in sections of several layouts."""

from collections.abc import Iterator

from sandbox.calls import shapes
from sandbox.cursors import cursor_at, place_in
from sandbox.posts import PAGE
from sandbox.rng import Rng
from sandbox.routing import Call, Table
from sandbox.wire import Json, Refused, Reply, ok

ROW = 3
# Percentage of a page's rows with a clip next to two posts, and of empty pages after the first.
CLIPS_PERCENT = 25
EMPTY_PERCENT = 15

table = Table()


@table.get(r"tags/([^/]+)/info/", "hashtag_info")
def info(call: Call, tag: str) -> Reply:
    name = tag.lower()
    number = 17_840_000_000_000_000 + Rng("hashtag id", name).below(10**12)
    return ok(id=str(number), name=name, media_count=call.world.posts.hashtag_size(name), profile_pic_url=None)


@table.post(r"tags/([^/]+)/sections/", "hashtag")
def sections(call: Call, tag: str) -> Reply:
    """Return a page. A cursor leads to a place, or to the rest behind an empty page at that place."""
    tab = call.form.get("tab", "top")
    if tab not in ("recent", "top", "clips"):
        raise Refused(400, "Invalid tab")
    start, after_the_gap = divmod(place_in(call.form, "max_id"), 2)
    if start and not after_the_gap and Rng("empty page", tag, tab, start).chance(EMPTY_PERCENT):
        return ok(sections=[], more_available=True, **_cursor(call, start, 1))
    found, more = call.world.posts.under_hashtag(tag.lower(), tab, start)
    posts = [{"media": shapes.post_for(call.world, call.account, one)} for one in found]
    return ok(
        sections=list(_sections(tag, start, posts)),
        more_available=more,
        **(_cursor(call, start + PAGE, 0) if more else {"next_max_id": None, "next_page": None, "next_media_ids": []}),
    )


def _cursor(call: Call, start: int, after_the_gap: int) -> Json:
    """Return a cursor with the ids of the next posts. A client returns them unread."""
    ids = [17_900_000_000_000_000 + Rng("next", start, place).below(10**12) for place in range(ROW)]
    return {"next_max_id": cursor_at(start * 2 + after_the_gap), "next_page": start // PAGE + 1, "next_media_ids": ids}


def _sections(tag: str, start: int, posts: list[Json]) -> Iterator[Json]:
    for row in range(0, len(posts), ROW):
        rng, some = Rng("layout", tag, start, row), posts[row : row + ROW]
        if rng.chance(CLIPS_PERCENT):
            side = rng.pick(("left", "right"))
            clips = {"id": f"clips_{start + row}", "items": some[:1], "more_available": True, "content_source": ""}
            content: Json = {"one_by_two_item": {"clips": clips}, "fill_items": some[1:]}
            yield _section(f"one_by_two_{side}", "clips", content)
        else:
            yield _section("media_grid", "media", {"medias": some})
    if start == 0 and posts:
        yield _section("ad_unit", "ad", {"ad": {"ad_id": "1", "label": "Sponsored"}})


def _section(layout_type: str, feed_type: str, content: Json) -> Json:
    explore = {"num_columns": 3, "total_num_columns": 3, "aspect_ratio": 1, "autoplay": False}
    return {
        "layout_type": layout_type,
        "layout_content": content,
        "feed_type": feed_type,
        "explore_item_info": explore,
    }
