"""A post and its likes."""

from sandbox.calls import shapes
from sandbox.posts import Post
from sandbox.routing import Call, Table
from sandbox.wire import Refused, Reply, ok

POST = r"media/(\d+)(?:_\d+)?"

table = Table()


@table.get(f"{POST}/info/", "media_info")
def info(call: Call, post_id: str) -> Reply:
    post = call.world.posts.with_id(post_id)
    if post is None:
        raise Refused(404, "Media not found")
    return ok(items=[shapes.post(post, call.world.likes(call.account, post, call.as_of))], num_results=1)


@table.post(f"{POST}/like/", "like")
def like(call: Call, post_id: str) -> Reply:
    post = _post(call, post_id)
    call.world.like(call.account, post)
    return ok()


@table.post(f"{POST}/unlike/", "unlike")
def unlike(call: Call, post_id: str) -> Reply:
    post = _post(call, post_id)
    call.world.unlike(call.account, post)
    return ok()


def _post(call: Call, post_id: str) -> Post:
    post = call.world.posts.with_id(post_id)
    if post is None:
        raise Refused(400, "Media not found or unavailable")
    return post
