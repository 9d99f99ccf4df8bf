"""A post and its likes."""

from sandbox.calls import shapes
from sandbox.calls.people import visible
from sandbox.likes import like_count
from sandbox.likes import likers as likers_of
from sandbox.people import Person
from sandbox.posts import Post
from sandbox.rng import Rng
from sandbox.routing import Call, Table
from sandbox.wire import Json, Refused, Reply, ok

# People report that many since 2021, and no way to the rest.
SHOWN_LIKERS = 100
# Percentage of the lists with a person twice, and with one without a name.
TWICE_PERCENT = 15
NAMELESS_PERCENT = 15
POST = r"media/(\d+)(?:_\d+)?"

table = Table()


@table.get(f"{POST}/info/", "media_info")
def info(call: Call, post_id: str) -> Reply:
    post = call.world.posts.with_id(post_id)
    if post is None:
        raise Refused(404, "Media not found")
    return ok(items=[shapes.post_for(call.world, call.account, post, call.as_of)], num_results=1)


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


@table.get(f"{POST}/likers/", "likers")
def likers(call: Call, post_id: str) -> Reply:
    """Return people who like a post, and how many there are. The list is shorter than that for a popular post."""
    post = visible_post(call, post_id)
    people = [] if shapes.hides_likes(call.account, post) else likers_of(call.world, post, SHOWN_LIKERS)
    count = shapes.shown_likes(call.account, post, like_count(call.world, call.account, post))
    return ok(users=_rows(post, people), user_count=count)


def _rows(post: Post, people: list[Person]) -> list[Json]:
    """Return the people in short. Some lists have a person twice, or one whose account is gone."""
    rows, rng = [shapes.short_person(person) for person in people], Rng("odd likers", post.id)
    if rows and rng.chance(TWICE_PERCENT):
        rows.append(rows[0])
    if len(rows) > 1 and rng.chance(NAMELESS_PERCENT):
        rows[-1] = {"pk": rows[-1]["pk"], "username": "", "full_name": ""}
    return rows


def visible_post(call: Call, post_id: str) -> Post:
    """Return the post. Refuses an unknown one, and that of a private person that the account does not follow."""
    post = _post(call, post_id)
    visible(call, post.owner.id)
    return post


def _post(call: Call, post_id: str) -> Post:
    post = call.world.posts.with_id(post_id)
    if post is None:
        raise Refused(400, "Media not found or unavailable")
    return post
