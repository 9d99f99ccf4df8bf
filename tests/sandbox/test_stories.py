"""Stories as the client sees them and marks them seen."""

import pytest

from sandbox.people import People
from sandbox.stories import DAY, Stories


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


@pytest.fixture
def shown(client):
    """The stories of the first person who has some."""
    return next(found for number in range(100) if (found := client.user_stories_v1(str(2_000_000_000 + number))))


def test_a_story_is_shown_and_marked_seen(sandbox, client, shown):
    assert client.story_seen([story.id for story in shown])

    assert sandbox.targets("plain_01", "story_seen") == [story.pk for story in shown]


def test_the_tray_holds_the_stories_of_those_followed(client, shown):
    assert client.get_reels_tray_feed()["tray"] == []

    client.user_follow(shown[0].user.pk)

    assert [reel["user"]["username"] for reel in client.get_reels_tray_feed()["tray"]] == [shown[0].user.username]


def test_some_people_show_stories_and_tomorrow_others_do():
    people = People(seed=1, count=200)
    stories = Stories(seed=1, people=people)

    today = {number for number in range(200) if stories.of(people.numbered(number), 20_000 * DAY)}
    tomorrow = {number for number in range(200) if stories.of(people.numbered(number), 20_001 * DAY)}

    assert 50 < len(today) < 110
    assert today != tomorrow


def test_a_story_is_alive_while_it_is_shown_and_unlike_any_other():
    people = People(seed=1, count=200)
    stories = Stories(seed=1, people=people)
    now = 20_000 * DAY + DAY - 1.0

    shown = [story for number in range(200) for story in stories.of(people.numbered(number), now)]

    assert all(story.taken_at <= now < story.expires_at for story in shown)
    assert len({story.id for story in shown}) == len(shown)
