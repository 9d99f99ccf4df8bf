"""People: by name, by id, by a part of the name; their posts."""

from sandbox.calls import shapes
from sandbox.cursors import cursor_at, place_in
from sandbox.people import Person
from sandbox.rng import Rng
from sandbox.routing import Call, Table
from sandbox.wire import Refused, Reply, ok

POSTS_PAGE = 33
# Percentage of the people whose list of posts says that there are more, and does not lead there.
DEAD_END_PERCENT = 3

table = Table()


@table.get(r"users/([\w.]+)/usernameinfo/", "usernameinfo")
def by_username(call: Call, username: str) -> Reply:
    return _profile(call, call.world.person_named(username))


@table.get(r"users/(\d+)/info/", "user_info")
def by_id(call: Call, person_id: str) -> Reply:
    return _profile(call, call.world.person(person_id))


@table.get("users/search/", "user_search")
def search(call: Call) -> Reply:
    """Find only whole names. People are derived one by one, so there is no list to search."""
    asked = call.query.get("q") or call.query.get("query", "")
    found = call.world.person_named(asked)
    people = [shapes.short_person(found)] if found else []
    return ok(users=people, num_results=len(people), has_more=False)


@table.get(r"feed/user/(\d+)/", "user_feed")
def posts(call: Call, person_id: str) -> Reply:
    """Return a page of posts. A pinned one comes before newer ones."""
    owner = visible(call, person_id)
    start = place_in(call.query, "max_id")
    page = call.world.posts.of(owner, start, POSTS_PAGE)
    end = start + len(page)
    more = end < owner.posts
    goes_on = more and not Rng("dead end", owner.id).chance(DEAD_END_PERCENT)
    return ok(
        items=[shapes.post_for(call.world, call.account, one) for one in page],
        num_results=len(page),
        more_available=more,
        auto_load_more_enabled=True,
        **({"next_max_id": cursor_at(end)} if goes_on else {}),
    )


def visible(call: Call, person_id: str) -> Person:
    """Return the person. Refuses an unknown id, and a private person that the account does not follow."""
    person = call.world.person(person_id)
    if person is None:
        raise Refused(404, "User not found")
    if not call.world.shows_itself(person, call.account):
        raise Refused(400, "Not authorized to view user")
    return person


def _profile(call: Call, person: Person | None) -> Reply:
    if person is None:
        raise Refused(404, "User not found")
    return ok(user=shapes.full_person(call.world, person))
