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


@pytest.fixture
def shown_in_parts(client):
    """The stories of the first person who has more than one."""
    return next(found for number in range(100) if len(found := client.user_stories_v1(str(2_000_000_000 + number))) > 1)


def test_a_story_is_shown_and_marked_seen(sandbox, client, shown):
    assert client.story_seen([story.id for story in shown])

    assert sandbox.targets("plain_01", "story_seen") == [story.pk for story in shown]


def test_a_story_tells_how_far_it_was_seen(signed_in, client, shown_in_parts):
    person, (first, *_, last) = shown_in_parts[0].user.pk, shown_in_parts
    assert seen_of(client, person) is None

    client.media_seen([last.id])
    assert seen_of(client, person) == last.taken_at.timestamp()

    client.media_seen([first.id])
    assert seen_of(client, person) == last.taken_at.timestamp()
    assert seen_of(signed_in("plain_02"), person) is None


def test_of_a_story_seen_in_part_the_rest_is_new(client, shown_in_parts):
    client.media_seen([shown_in_parts[0].id])

    seen = seen_of(client, shown_in_parts[0].user.pk)

    assert [one.pk for one in shown_in_parts if one.taken_at.timestamp() > seen] == [
        one.pk for one in shown_in_parts[1:]
    ]


def test_what_is_no_picture_of_a_story_is_in_the_ledger_alone(sandbox, client, shown):
    for strange in ("1", "9" * 19, "3000000000000000001", f"{int(shown[0].pk) + 9}", "x"):
        data = {"reels": {f"{strange}_{shown[0].user.pk}_{shown[0].user.pk}": ["1_2"]}}
        assert client.private_request("/v2/media/seen/?reel=1&live_vod=0", data)["status"] == "ok"

    assert len(sandbox.targets("plain_01", "story_seen")) == 5
    assert seen_of(client, shown[0].user.pk) is None


def test_the_tray_holds_the_stories_of_those_followed(client, shown):
    assert client.get_reels_tray_feed()["tray"] == []

    client.user_follow(shown[0].user.pk)

    assert [reel["user"]["username"] for reel in client.get_reels_tray_feed()["tray"]] == [shown[0].user.username]


def seen_of(client, person):
    return client.private_request(f"feed/user/{person}/story/")["reel"]["seen"]


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


def test_a_picture_is_known_by_its_id_when_it_is_gone():
    people = People(seed=1, count=200)
    stories = Stories(seed=1, people=people)

    shown = [one for number in range(200) for one in stories.of(people.numbered(number), 20_001 * DAY - 1)]

    assert [stories.with_id(one.id) for one in shown] == shown
