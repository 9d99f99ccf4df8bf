"""What people show for a day, and marking it seen."""

import pytest

from jobs.instagram import InstagramClient, PersonRef, Story, StoryPicture
from jobs.instagram.stories import read_story, read_story_of, seen_form
from tests.jobs.instagram.conftest import ClientOf, Sandbox, failure_of, named

DAY = 86_400


def somebody_with_a_story(client: InstagramClient) -> tuple[PersonRef, Story]:
    for person in client.hashtag_page("coffee").people:
        if story := client.story(person.id):
            return person, story
    raise AssertionError("nobody shows anything")


def test_a_story_has_the_pictures_of_its_owner_and_is_not_seen_at_first(client_of: ClientOf) -> None:
    person, story = somebody_with_a_story(client_of())

    assert {picture.id.partition("_")[2] for picture in story.pictures} == {person.id}
    assert not story.seen


def test_somebody_without_pictures_has_no_story(client_of: ClientOf) -> None:
    client = client_of()
    stories = [client.story(person.id) for person in client.hashtag_page("coffee").people]

    assert None in stories
    assert all(story is None or story.pictures for story in stories)


def test_nobody_has_no_story(client_of: ClientOf) -> None:
    failure = failure_of(lambda: client_of().story("99999999999999"))

    assert named(failure) == ("INSTAGRAM_PERSON_NOT_FOUND", "no")


def test_all_pictures_of_a_story_are_marked_in_one_request_and_the_story_tells(
    sandbox: Sandbox, client_of: ClientOf
) -> None:
    client = client_of()
    person, story = somebody_with_a_story(client)

    client.see_story(story)

    now = client.story(person.id)
    assert now
    assert now.seen
    assert now.pictures == story.pictures
    assert sandbox.requests("plain_01")["story_seen"] == 1
    assert sandbox.targets("plain_01", "story_seen") == [one.id.partition("_")[0] for one in story.pictures]


@pytest.mark.parametrize(("seen_until", "seen"), [(0, False), (10, False), (19, False), (20, True), (30, True)])
def test_a_story_is_seen_when_its_newest_picture_is(seen_until: int, seen: bool) -> None:
    assert Story([StoryPicture("1_7", 20), StoryPicture("2_7", 10)], seen_until).seen is seen


@pytest.mark.parametrize("reel", [None, {}, {"id": 7, "items": []}, {"id": 7, "items": None}])
def test_a_reel_without_pictures_is_no_story(reel: dict[str, object] | None) -> None:
    assert read_story(reel) is None


def test_instagram_tells_how_far_a_story_was_seen() -> None:
    reel = {"items": [{"id": "1_7", "taken_at": 20}], "seen": 20}

    assert read_story(reel) == Story([StoryPicture("1_7", 20)], 20)
    assert read_story(reel | {"seen": None}) == Story([StoryPicture("1_7", 20)], 0)


def test_each_picture_is_marked_with_when_it_was_taken_and_seen() -> None:
    story = Story([StoryPicture("1_7", 20), StoryPicture("2_7", 30)], 0)

    assert seen_form(story, now=50)["reels"] == {"1_7_7": ["20_50"], "2_7_7": ["30_50"]}


@pytest.mark.parametrize("odd", [None, "x", {}, {"id": "ad_1", "item_type": "ad"}, {"id": "ad_1", "taken_at": None}])
def test_what_is_no_picture_is_left_out_of_a_story(odd: object) -> None:
    picture = {"id": "1_7", "taken_at": 20}
    assert read_story({"items": [odd, picture, odd], "seen": 0}) == Story([StoryPicture("1_7", 20)], 0)
    assert read_story({"items": [odd], "seen": 0}) is None


def test_pictures_of_others_are_no_story_of_the_asked_person() -> None:
    other, own = {"id": "1_9", "taken_at": 30}, {"id": "2_7", "taken_at": 20}
    assert read_story_of({"items": [other, own], "seen": 0}, "7") == Story([StoryPicture("2_7", 20)], 0)
    assert read_story_of({"items": [other, {"id": 7, "taken_at": 20}], "seen": 0}, "7") is None
    assert read_story_of(None, "7") is None
