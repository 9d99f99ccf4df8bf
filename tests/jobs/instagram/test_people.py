"""Who follows whom, page by page, and how our account stands with somebody."""

from collections.abc import Callable

import pytest

from jobs.instagram import Friendship, InstagramClient, PeoplePage, PersonRef
from jobs.instagram.client import OTHER_FORM
from jobs.instagram.people import read_friendship, read_people_page, read_person
from jobs.instagram.posts import read_post
from sandbox.calls.friendships import MANY, SHOWN_OF_MANY
from sandbox.people import People, Person
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


def somebody_big() -> Person:
    everybody = (People(1, 5000).numbered(number) for number in range(5000))
    return next(one for one in everybody if one.followers >= MANY and not one.is_private)


def test_a_list_that_is_cut_goes_on_in_the_other_form_of_the_client(sandbox: Sandbox, client_of: ClientOf) -> None:
    client, big = client_of(), somebody_big()

    first = client.followers_page(big.id)
    assert (len(first.people), first.limited, first.cursor) == (SHOWN_OF_MANY, True, OTHER_FORM)
    second = client.followers_page(big.id, first.cursor)
    third = client.followers_page(big.id, second.cursor)

    assert (len(second.people), second.limited, len(third.people)) == (200, False, 200)
    assert set(first.people) <= set(second.people)
    assert not set(second.people) & set(third.people)
    assert sandbox.requests("plain_01")["followers"] == 3


@pytest.mark.parametrize("status", [200, 400, 403, 404])
def test_a_list_stays_cut_if_instagram_does_not_know_the_other_form(
    sandbox: Sandbox, client_of: ClientOf, status: int
) -> None:
    client, big = client_of(), somebody_big()
    body = {"errors": [{"message": "x"}], "status": "ok" if status == 200 else "fail"}
    sandbox.answer("plain_01", {"status": status, "body": body}, path="/graphql/query")

    assert client.followers_page(big.id, OTHER_FORM) == PeoplePage([], None, limited=True)


def test_a_throttle_in_the_other_form_is_a_throttle(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    sandbox.answer("plain_01", {"status": 429, "body": ""}, path="/graphql/query")

    assert named(failure_of(lambda: client.followers_page("7", OTHER_FORM))) == ("INSTAGRAM_THROTTLED", "no")


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


ODD_IDS: list[object] = [[1], {}, {"a": 1}, True, -1, 1.5, "1.5", "7x", "٧", " 7", "7" * 21, "None"]
ODD_NAMES: list[object] = [None, 7, ["ben"], "", "../x", "a b", "a/b", "ä", ".ben", "b" * 31]
ODD_REFS: list[dict[str, object]] = [
    *({"pk": pk, "username": "ben"} for pk in ODD_IDS),
    *({"pk": 8, "username": name} for name in ODD_NAMES),
    {"pk": [9], "pk_id": "9", "username": "ben"},
]


@pytest.mark.parametrize("odd", ODD_REFS, ids=repr)
def test_an_id_or_a_name_of_another_form_is_dropped_and_never_guessed(odd: dict[str, object]) -> None:
    ann = {"pk": 7, "username": "ann"}
    assert read_people_page({"users": [odd, ann, odd]}).people == [PersonRef("7", "ann")]
    assert read_post({"id": "1_8", "user": odd}) is None
    assert named(failure_of(lambda: read_person(odd))) == ("INSTAGRAM_UNREADABLE", "maybe")


@pytest.mark.parametrize("field", ["following", "outgoing_request", "followed_by"])
@pytest.mark.parametrize("odd", ["false", "true", "", 0, 1, None, [], {}], ids=repr)
def test_only_a_boolean_says_how_two_are_related(field: str, odd: object) -> None:
    whole = {"following": False, "outgoing_request": False, "followed_by": False}
    assert named(failure_of(lambda: read_friendship({**whole, field: odd}))) == ("INSTAGRAM_UNREADABLE", "maybe")


def test_one_without_an_id_is_left_out_of_a_page_and_is_nobody_alone() -> None:
    odd = [{"username": "ben"}, {"pk": 8}, {"pk": 9, "username": None}, None, "x"]
    page = read_people_page({"users": [*odd, {"pk": 7, "username": "ann"}]})
    assert page.people == [PersonRef("7", "ann")]
    assert named(failure_of(lambda: read_person({"username": "ben"}))) == ("INSTAGRAM_UNREADABLE", "maybe")
