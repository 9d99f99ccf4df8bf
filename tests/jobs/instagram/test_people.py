"""Who follows whom, page by page, and how our account stands with somebody."""

from collections.abc import Callable

import pytest

from jobs.instagram import Friendship, InstagramClient, PeoplePage, PersonRef
from jobs.instagram.people import read_friendship, read_people_page, read_person
from tests.jobs.instagram.conftest import ClientOf, Sandbox, failure_of, named, somebody, somebody_private

Page = Callable[[InstagramClient, str, str | None], PeoplePage]
ROWS: dict[str, Page] = {
    "followers": lambda client, user_id, cursor: client.followers_page(user_id, cursor),
    "following": lambda client, user_id, cursor: client.following_page(user_id, cursor),
}


def somebody_with(client: InstagramClient, row: str, least: int) -> PersonRef:
    """Somebody whose row of followers, or of those followed, is longer than a page."""
    cursor = None
    while True:
        page = client.hashtag_page("travel", cursor)
        for ref in page.people:
            person = client.person(ref.username)
            if not person.is_private and getattr(person, row) > least:
                return ref
        cursor = page.cursor
        assert cursor, "nobody has that many"


@pytest.mark.parametrize("row", ROWS)
def test_pages_of_people_follow_each_other_and_show_nobody_twice(
    sandbox: Sandbox, client_of: ClientOf, row: str
) -> None:
    client, read = client_of(), ROWS[row]
    person = somebody_with(client, row, least=250)

    first = read(client, person.id, None)
    assert first.cursor
    second = read(client, person.id, first.cursor)

    assert sandbox.requests("plain_01")[row] == 2
    assert len(first.people) == 200
    assert second.people
    assert not set(first.people) & set(second.people)
    assert client.person(first.people[0].username).id == first.people[0].id


@pytest.mark.parametrize("row", ROWS)
def test_the_last_page_of_people_leads_nowhere(client_of: ClientOf, row: str) -> None:
    client = client_of()
    person, cursor = somebody_with(client, row, least=250), None
    for _ in range(50):
        if not (cursor := ROWS[row](client, person.id, cursor).cursor):
            break

    assert cursor is None


@pytest.mark.parametrize("row", ROWS)
def test_a_private_person_shows_nobody_and_that_is_sure(client_of: ClientOf, row: str) -> None:
    client = client_of()
    private = somebody_private(client)

    assert named(failure_of(lambda: ROWS[row](client, private.id, None))) == ("INSTAGRAM_PERSON_PRIVATE", "no")


@pytest.mark.parametrize("row", ROWS)
def test_nobody_has_no_row_of_people(client_of: ClientOf, row: str) -> None:
    client = client_of()

    assert named(failure_of(lambda: ROWS[row](client, "99999999999999", None))) == ("INSTAGRAM_PERSON_NOT_FOUND", "no")


def test_a_person_without_an_id_or_a_name_is_left_out_of_a_page() -> None:
    ann = {"pk": 7, "username": "ann"}
    users = [None, {"pk": 5}, {"username": "bob"}, ann, ann]

    assert read_people_page({"users": users, "next_max_id": 200}) == PeoplePage([PersonRef("7", "ann")], "200")


def test_an_unfollow_ends_what_a_follow_began(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    person = somebody(client)
    client.follow(person.id)

    answer = client.unfollow(person.id)

    assert (answer.following, answer.requested) == (False, False)
    assert client.friendship(person.id) == answer
    assert sandbox.targets("plain_01", "unfollow") == [person.username]


def test_nobody_can_be_unfollowed_who_does_not_exist(client_of: ClientOf) -> None:
    failure = failure_of(lambda: client_of().unfollow("99999999999999"))

    assert named(failure) == ("INSTAGRAM_PERSON_NOT_FOUND", "no")


@pytest.mark.parametrize(
    ("status", "friendship"),
    [
        ({"following": True}, Friendship(True, False, False)),
        ({"following": False, "outgoing_request": True, "followed_by": False}, Friendship(False, True, False)),
        ({"following": False, "followed_by": True}, Friendship(False, False, True)),
    ],
)
def test_a_friendship_says_who_follows_whom(status: dict[str, bool], friendship: Friendship) -> None:
    assert read_friendship(status) == friendship


@pytest.mark.parametrize("ids", [{"pk": 7}, {"pk": "7"}, {"pk_id": "7"}, {"pk": None, "pk_id": 7}, {"id": "7"}])
def test_a_person_is_known_by_any_of_the_ids(ids: dict[str, object]) -> None:
    assert read_person({"username": "ann", **ids}).id == "7"
    assert read_people_page({"users": [{"username": "ann", **ids}]}).people == [PersonRef("7", "ann")]


def test_one_without_an_id_is_left_out_of_a_page_and_is_nobody_alone() -> None:
    odd = [{"username": "ben"}, {"pk": 8}, {"pk": 9, "username": None}, None, "x"]
    page = read_people_page({"users": [*odd, {"pk": 7, "username": "ann"}]})
    assert page.people == [PersonRef("7", "ann")]
    assert named(failure_of(lambda: read_person({"username": "ben"}))) == ("INSTAGRAM_UNREADABLE", "maybe")
