"""Friendships: show one, follow and unfollow, list followers and followed people."""

import itertools
import math
from collections.abc import Iterable

from sandbox.calls import shapes
from sandbox.calls.people import visible
from sandbox.cursors import cursor_at, place_in
from sandbox.people import Person
from sandbox.routing import Call, Table
from sandbox.wire import Refused, Reply, ok, parse_object, text_at

MAX_PAGE = 200
# Instagram's own numbers are not public. People report lists of about 48.
MANY = 50_000
SHOWN_OF_MANY = 48
LATEST_FIRST = "date_followed_latest"

table = Table()


@table.get(r"friendships/show/(\d+)/", "friendship")
def show(call: Call, person_id: str) -> Reply:
    person = call.world.person(person_id)
    if person is None:
        raise Refused(404, "User not found")
    return ok(**shapes.friendship(call.world, call.account, person, call.as_of))


@table.post("friendships/show_many/", "friendship")
def show_many(call: Call) -> Reply:
    asked = text_at(call.form, "user_ids").split(",")
    people = [person for person_id in asked if (person := call.world.person(person_id))]
    return ok(
        friendship_statuses={
            person.id: shapes.standing(call.world, call.account, person, call.as_of) for person in people
        }
    )


@table.post(r"friendships/create/(\d+)/", "follow")
def follow(call: Call, person_id: str) -> Reply:
    person = _target(call, person_id)
    before = call.world.follows(call.account, person)
    call.world.follow(call.account, person)
    status = shapes.friendship(call.world, call.account, person)
    return ok(friendship_status=status, previous_following=before, error=None)


@table.post(r"friendships/destroy/(\d+)/", "unfollow")
def unfollow(call: Call, person_id: str) -> Reply:
    person = _target(call, person_id)
    call.world.unfollow(call.account, person)
    return ok(friendship_status=shapes.friendship(call.world, call.account, person))


@table.get(r"friendships/(\d+)/followers/", "followers")
def followers(call: Call, person_id: str) -> Reply:
    """Return a few followers if the person has very many, as Instagram does."""
    world, person = call.world, visible(call, person_id)
    if person.id == call.account.id:
        return _own_followers(call)
    known, places = world.state.followers.get(person.id, {}), world.people.follower_numbers(person)
    limited = person.followers >= MANY
    size = min(len(known) + len(places), SHOWN_OF_MANY if limited else math.inf)
    if call.query.get("order") == LATEST_FIRST:
        known = dict(reversed(known.items()))
    start, count = place_in(call.query, "max_id"), _page_size(call)
    end = min(start + count, int(size))
    page = _people(call, known, start, end)
    first = max(0, start - len(known))
    page += [world.people.follower_at(person, place) for place in places[first : first + end - start - len(page)]]
    return _people_page(page, end, int(size), should_limit_list_of_followers=limited)


def _own_followers(call: Call) -> Reply:
    """Return the own followers in the order and at the length that the sandbox was told for this account."""
    world, asked = call.world, call.query.get("order") == LATEST_FIRST
    manner = world.manner_of_lists(call.account)
    ids = world.own_followers(call.account, manner if asked else None)
    shown = ids if manner.shown is None else ids[: manner.shown]
    start, cut = place_in(call.query, "max_id"), len(shown) < len(ids) and manner.told
    end = start + _page_size(call)
    return _people_page(_people(call, shown, start, end), end, len(shown), should_limit_list_of_followers=cut)


@table.post("/graphql/query", "followers")
def followers_of_newer_apps(call: Call) -> Reply:
    """Return the followers in the form that newer apps ask for, which is not cut."""
    asked = parse_object(text_at(call.form, "variables"))
    if call.form.get("fb_api_req_friendly_name") != "FollowersList":
        raise Refused(400, "Unknown query")
    person, world = visible(call, text_at(asked, "user_id")), call.world
    places, start = world.people.follower_numbers(person), place_in(asked, "max_id")
    page = [world.people.follower_at(person, place) for place in places[start : start + MAX_PAGE]]
    end = start + MAX_PAGE
    more = {"next_max_id": cursor_at(end)} if end < len(places) else {"next_max_id": None}
    listed = {"users": [shapes.listed_person(one) for one in page], **more}
    return ok(data={"1$xdt_api__v1__friendships__followers(_request_data:$request_data)": listed})


@table.get(r"friendships/(\d+)/following/", "following")
def following(call: Call, person_id: str) -> Reply:
    world, person = call.world, visible(call, person_id)
    known = world.state.following.get(person.id, {})
    size = len(known) + min(person.following, world.people.count)
    start, count = place_in(call.query, "max_id"), _page_size(call)
    page = _people(call, known, start, start + count)
    for place in range(start + len(page), min(start + count, size)):
        page.append(world.people.followed_at(person, place))
    return _people_page(page, start + count, size)


def _people(call: Call, ids: Iterable[str], start: int, end: int) -> list[Person]:
    return [person for one in itertools.islice(ids, start, end) if (person := call.world.person(one))]


def _target(call: Call, person_id: str) -> Person:
    person = call.world.person(person_id)
    if person is None or person.id == call.account.id:
        raise Refused(400, "Invalid target user")
    return person


def _page_size(call: Call) -> int:
    return min(place_in(call.query, "count") or 50, MAX_PAGE)


def _people_page(page: list[Person], end: int, size: int, **more: bool) -> Reply:
    """Return one page. The page after the last one has no cursor at all."""
    goes_on = end < size
    return ok(
        users=[shapes.listed_person(person) for person in page],
        page_size=len(page),
        big_list=goes_on,
        has_more=goes_on,
        use_clickable_see_more=False,
        **more,
        **({"next_max_id": cursor_at(end)} if goes_on else {}),
    )
