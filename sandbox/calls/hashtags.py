"""Hashtags: how many posts one has, and its recent and top posts page by page."""

from sandbox.calls import shapes
from sandbox.dice import Dice
from sandbox.posts import PAGE
from sandbox.routing import Call, Table
from sandbox.wire import Refused, Reply, ok, place_in

ROW = 3

table = Table()


@table.get(r"tags/([^/]+)/info/", "hashtag_info")
def info(call: Call, tag: str) -> Reply:
    name = tag.lower()
    number = 17_840_000_000_000_000 + Dice("hashtag id", name).below(10**12)
    return ok(id=str(number), name=name, media_count=call.world.posts.hashtag_size(name), profile_pic_url=None)


@table.post(r"tags/([^/]+)/sections/", "hashtag")
def sections(call: Call, tag: str) -> Reply:
    tab = call.form.get("tab", "top")
    if tab not in ("recent", "top", "clips"):
        raise Refused(400, "Invalid tab")
    start = place_in(call.form, "max_id")
    found, more = call.world.posts.under_hashtag(tag.lower(), tab, start)
    posts = [{"media": shapes.post(one, call.world.likes(call.account, one))} for one in found]
    return ok(
        sections=[
            {"layout_type": "media_grid", "layout_content": {"medias": posts[row : row + ROW]}}
            for row in range(0, len(posts), ROW)
        ],
        more_available=more,
        next_max_id=str(start + PAGE) if more else None,
        next_page=start // PAGE + 1,
        next_media_ids=[],
    )
