"""What people did for the account, as Instagram's news tell it."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.instagram import PersonRef, Reaction
from jobs.instagram.news import read_news
from sandbox.people import People
from tests.jobs.instagram.conftest import ClientOf, Sandbox, failure_of, named

PEOPLE = People(1, 5000)
ANN, BEN = PersonRef("7", "ann"), PersonRef("8", "ben")


def test_news_tell_who_liked_and_commented_the_own_posts(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    posts = {post.id: post for post in client.user_posts(client.own_id).posts}

    news = client.news()

    assert sandbox.requests("plain_01")["news"] == 1
    assert {reaction.kind for reaction in news} == {"like", "comment"}
    for reaction in news:
        assert reaction.post_id in posts
        assert reaction.at is not None
        person = PEOPLE.with_id(reaction.person.id)
        assert person
        assert person.username == reaction.person.username
    likers = {post_id: {one.id for one in client.likers(post_id).people} for post_id in posts}
    assert all(one.person.id in likers[one.post_id] for one in news if one.kind == "like")
    authors = {post_id: {one.id for one in client.comments_page(post_id).people} for post_id in posts}
    # Of some posts Instagram lists no comments though there are some.
    assert any(authors.values())
    assert all(one.person.id in authors[one.post_id] for one in news if one.kind == "comment" and authors[one.post_id])


def test_news_tell_who_began_to_follow_and_not_who_is_suggested(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    first, second = itertools.islice((one for one in map(PEOPLE.numbered, range(99)) if not one.is_private), 2)
    for person in (first, second):
        sandbox.post("/followers", account="plain_01", username=person.username, follows=True)

    told = {reaction.person for reaction in client.news() if reaction.kind == "follow"}

    assert told == {PersonRef(person.id, person.username) for person in (first, second)}


def test_asking_for_the_news_changes_nothing(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    before = sandbox.ledger("plain_01")

    assert client.news() == client.news()
    assert sandbox.ledger("plain_01") == before


def story(number: int = 60, **args: Any) -> dict[str, Any]:
    return {"story_type": number, "args": args}


def people(*stories: object) -> list[PersonRef]:
    return [reaction.person for reaction in read_news({"old_stories": list(stories)})]


NAMES = {
    "the profile": {"profile_id": 7, "profile_name": "ann"},
    "a rich text": {"profile_id": "7", "rich_text": "{ann|000000|1|user?id=7} liked your post."},
    "a rich text with a suffix": {"rich_text": "{ann|#|bold|user?id=7|none} liked your post."},
    "links": {"text": "ann liked your post.", "links": [{"start": 0, "end": 3, "id": "7", "type": "user"}]},
    "an inline follow": {"inline_follow": {"user_info": {"id": 7, "username": "ann"}}},
    "all of them": {
        "profile_id": 7,
        "profile_name": "ann",
        "rich_text": "{ann|000000|1|user?id=7} liked your post.",
        "inline_follow": {"user_info": {"id": 7, "username": "ann"}},
    },
}


@pytest.mark.parametrize("args", NAMES.values(), ids=NAMES)
def test_a_person_is_named_in_any_form(args: dict[str, Any]) -> None:
    assert people(story(101, **args)) == [ANN]


GROUPS = {
    "a rich text": {
        "profile_id": 7,
        "profile_name": "ann",
        "second_profile_id": "8",
        "rich_text": "{ann|000000|1|user?id=7}, {ben|000000|1|user?id=8} and 5 others liked your post.",
    },
    "links": {
        "text": "ann, ben and 5 others liked your post.",
        "links": [{"start": 0, "end": 3, "id": 7}, {"start": 5, "end": 8, "id": 8}],
    },
}


@pytest.mark.parametrize("args", GROUPS.values(), ids=GROUPS)
def test_the_named_people_of_a_group_are_told(args: dict[str, Any]) -> None:
    assert people(story(60, **args)) == [ANN, BEN]


ANN_ALONE = {"profile_id": 7, "profile_name": "ann"}
NOBODY = {
    "no name": {"profile_id": 7},
    "no id": {"profile_name": "ann"},
    "an odd name": {"profile_id": 7, "profile_name": "a b"},
    "an odd id": {"profile_id": True, "profile_name": "ann"},
    "a number of people": {"rich_text": "{5 others|000000|1|user_list?id=7} liked your post."},
    "a link past the end": {"text": "ann", "links": [{"start": 0, "end": 9, "id": 7}]},
    "a link that is not whole": {"text": "anna liked", "links": [{"start": 0, "end": 3, "id": 7}]},
    "a link into a name": {"text": "joann liked", "links": [{"start": 2, "end": 5, "id": 7}]},
    "a link without places": {"text": "ann", "links": [{"id": 7}, {"start": None, "end": None, "id": 7}, 7]},
}


@pytest.mark.parametrize("args", NOBODY.values(), ids=NOBODY)
def test_no_one_is_guessed(args: dict[str, Any]) -> None:
    assert people(story(60, **args)) == []


@pytest.mark.parametrize("text", ["{ann|0|1|user?id=7} commented: @{ben|0|1|user?id=8} {zed|0|1|user?id=9}"])
def test_the_words_of_a_comment_name_no_one_else(text: str) -> None:
    links = [{"start": 0, "end": 3, "id": 7}, {"start": 16, "end": 19, "id": 8}]
    in_links = {"profile_id": 7, "text": "ann commented: @ben", "links": links}

    assert people(story(12, **ANN_ALONE, rich_text=text), story(12, **in_links)) == [ANN]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"story_type": 60}, "like"),
        ({"story_type": 12}, "comment"),
        ({"story_type": 101}, "follow"),
        ({"notif_name": "like"}, "like"),
        ({"notif_name": "comment"}, "comment"),
        ({"notif_name": "user_followed"}, "follow"),
        ({"story_type": 13, "notif_name": "comment_like"}, None),
        ({"story_type": 651, "notif_name": "like"}, None),
        ({"story_type": 192}, None),
        ({"story_type": 328}, None),
        ({"story_type": "60"}, None),
        ({"story_type": True, "notif_name": "like"}, None),
        ({"notif_name": ["like"]}, None),
        ({}, None),
    ],
)
def test_only_a_like_a_comment_and_a_follow_are_told(said: dict[str, Any], kind: str | None) -> None:
    told = read_news({"old_stories": [{**said, "args": ANN_ALONE}]})

    assert [reaction.kind for reaction in told] == ([kind] if kind else [])


def test_a_reaction_has_its_time_and_its_post() -> None:
    args = {**ANN_ALONE, "timestamp": 1_790_000_000.25, "media": [{"id": "5_1"}]}

    [told] = read_news({"old_stories": [story(60, **args)]})

    assert told == Reaction("like", ANN, datetime.fromtimestamp(1_790_000_000.25, UTC), "5_1")


@pytest.mark.parametrize("media", [None, [], {}, [{}], [{"id": "x"}], [{"id": "5_1"}, {"id": "6_1"}], "5_1"], ids=repr)
def test_a_reaction_to_an_unclear_post_has_none(media: object) -> None:
    [told] = read_news({"old_stories": [story(60, **ANN_ALONE, media=media)]})

    assert told.post_id == ""


def test_new_and_old_news_are_read_and_each_reaction_once() -> None:
    told = read_news(
        {"new_stories": [story(60, **ANN_ALONE)], "old_stories": [story(60, **ANN_ALONE), story(12), None]}
    )

    assert told == [Reaction("like", ANN, None)]


@pytest.mark.parametrize("old", [None, {}, "x", 7], ids=repr)
def test_news_without_a_list_are_not_read(old: object) -> None:
    assert named(failure_of(lambda: read_news({"old_stories": old}))) == ("INSTAGRAM_UNREADABLE", "maybe")
