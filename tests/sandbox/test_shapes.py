"""Replies look as Instagram's do: ids as numbers and as texts, opaque cursors, several layouts and kinds of item."""

import pytest
import requests
from instagrapi import exceptions, extractors

from sandbox.calls.items import KINDS
from sandbox.cursors import cursor_at, place_in
from sandbox.people import COMMON_WORDS, People
from sandbox.wire import Refused

OWN_WORDS = {"text", "link", "story_share", "reel_share"}
WRITER = "lucia.diaz_2"


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


def test_an_id_is_a_number_under_one_name_and_a_text_under_others(client):
    person = client.private_request("users/lucia.diaz_2/usernameinfo/")["user"]
    (listed, *_) = client.private_request(f"friendships/{person['pk']}/followers/")["users"]
    post = client.private_request("tags/coffee/sections/", {"tab": "recent"}, with_signature=False)

    assert person["pk"] == 2_000_000_002
    assert person["pk_id"] == person["id"] == person["strong_id__"] == "2000000002"
    assert isinstance(listed["pk"], str)
    media = _medias(post["sections"])[0]
    assert isinstance(media["pk"], int)
    assert media["id"] == f"{media['pk']}_{media['user']['pk']}"


@pytest.mark.parametrize("place", [0, 1, 27, 123_456_789])
def test_a_cursor_says_nothing_and_leads_to_its_place(place):
    cursor = cursor_at(place)

    assert len(cursor) > 60
    assert not cursor.isdigit()
    assert place_in({"max_id": cursor}, "max_id") == place


@pytest.mark.parametrize("cursor", ["x", "QVFE", "-1", "9" * 12, "é", cursor_at(5)[:-1], cursor_at(5) + "="])
def test_a_cursor_of_nobodys_is_refused(cursor):
    with pytest.raises(Refused):
        place_in({"max_id": cursor}, "max_id")


def test_every_list_that_goes_on_has_such_a_cursor(client):
    owner = "2000000042"
    followers = client.private_request(f"friendships/{owner}/following/", params={"count": 1})
    tag = client.private_request("tags/coffee/sections/", {"tab": "recent"}, with_signature=False)

    for cursor in (followers["next_max_id"], tag["next_max_id"]):
        assert len(cursor) > 60
    assert tag["next_media_ids"]


def test_a_hashtag_has_grids_and_clips_with_fill_items_and_an_ad(client):
    layouts, cursor, sections = set(), None, []
    for _ in range(12):
        form = {"tab": "recent", **({"max_id": cursor} if cursor else {})}
        page = client.private_request("tags/coffee/sections/", form, with_signature=False)
        cursor = page["next_max_id"]
        sections += page["sections"]
        layouts |= {one["layout_type"] for one in page["sections"]}

    assert layouts >= {"media_grid", "one_by_two_left", "one_by_two_right", "ad_unit"}
    beside = next(one["layout_content"] for one in sections if one["layout_type"].startswith("one_by_two"))
    assert beside["one_by_two_item"]["clips"]["items"]
    assert beside["fill_items"]
    assert all("explore_item_info" in one for one in sections)


def test_posts_are_pictures_videos_and_albums_that_the_client_reads(client):
    posts = client.hashtag_medias_recent_v1("travel", 60)

    assert {(post.media_type, post.product_type) for post in posts} == {
        (1, "feed"),
        (2, "clips"),
        (8, "carousel_container"),
    }
    assert all(post.video_url for post in posts if post.media_type == 2)
    assert all(len(post.resources) == 2 for post in posts if post.media_type == 8)


def test_stories_are_pictures_and_videos(client):
    shown = [item for one in range(60) for item in client.user_stories_v1(str(2_000_000_000 + one))]

    assert {item.media_type for item in shown} == {1, 2}


def test_somebody_sends_live_and_shows_no_story(client):
    shown = [client.private_request(f"feed/user/{2_000_000_000 + one}/story/") for one in range(80)]

    live = [one for one in shown if one["broadcast"]]
    assert live
    assert all(one["reel"] is None for one in live)
    owner = live[0]["broadcast"]["broadcast_owner"]["pk"]
    assert client.user_stories_v1(str(owner)) == []


def test_who_follows_back_is_told_of_one_person_only(client):
    one = client.private_request("friendships/show/2000000042/")
    many = client.private_request("friendships/show_many/", {"user_ids": "2000000042"}, with_signature=False)

    assert "followed_by" in one
    assert many["friendship_statuses"]["2000000042"].keys() == {
        "following",
        "outgoing_request",
        "incoming_request",
        "is_bestie",
        "is_feed_favorite",
        "is_private",
        "is_restricted",
    }


def test_a_big_account_shows_a_few_followers_and_says_so(client):
    people = map(People(seed=1, count=100_000).numbered, range(10_000))
    big = next(one for one in people if one.followers > 60_000 and not one.is_private)

    page = client.private_request(f"friendships/{big.id}/followers/", params={"count": 200})

    assert (len(page["users"]), page["should_limit_list_of_followers"], page["has_more"]) == (48, True, False)
    assert "next_max_id" not in page
    small = client.private_request("friendships/2000000042/followers/")
    assert small["should_limit_list_of_followers"] is False


@pytest.mark.parametrize("word", COMMON_WORDS)
def test_somebody_is_named_by_a_common_word(client, word):
    person = client.user_info_by_username_v1(word)

    assert person.username == word
    assert client.user_info_v1(person.pk).username == word


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_of_each_kind_is_read_by_the_client(sandbox, client, kind):
    words = "please stop" if kind in OWN_WORDS or "xma" in kind else ""
    sandbox.post("/messages", account="plain_01", username=WRITER, kind=kind, text=words)

    (thread,) = client.private_request("direct_v2/inbox/")["inbox"]["threads"]
    (item,) = thread["items"]
    assert (item["item_type"], item["user_id"]) == (kind, 2_000_000_002)
    assert words in str(item)

    read = extractors.extract_direct_thread(thread)
    assert (read.messages[0].item_type, read.messages[0].user_id) == (kind, "2000000002")


def test_times_are_numbers_in_the_inbox_and_texts_in_a_thread(sandbox, client):
    sandbox.post("/messages", account="plain_01", username=WRITER, text="hello")

    (listed,) = client.private_request("direct_v2/inbox/")["inbox"]["threads"]
    thread = client.private_request(f"direct_v2/threads/{listed['thread_id']}/")["thread"]

    assert isinstance(listed["items"][0]["timestamp"], int)
    assert thread["items"][0]["timestamp"] == str(listed["items"][0]["timestamp"])
    assert thread["last_activity_at"] == str(listed["last_activity_at"])
    assert (thread["has_older"], isinstance(thread["oldest_cursor"], str)) == (False, True)
    end = client.private_request(
        f"direct_v2/threads/{listed['thread_id']}/", params={"cursor": thread["oldest_cursor"]}
    )
    assert (end["thread"]["items"], end["thread"]["oldest_cursor"]) == ([], None)


def test_a_group_is_a_thread_of_several(sandbox, client):
    sandbox.post("/messages", account="plain_01", username=WRITER, text="all of you", others=["plain_02"])

    (thread,) = client.direct_threads()
    assert thread.is_group
    assert {one.username for one in thread.users} == {WRITER, "plain_02"}


def test_what_strangers_write_may_wait_to_be_let_in(sandbox, client):
    sandbox.post("/messages", account="plain_01", username=WRITER, text="who are you?", pending=True)

    assert client.direct_threads() == []
    (waiting,) = client.direct_pending_inbox()
    assert (waiting.pending, waiting.messages[0].text) == (True, "who are you?")
    assert client.private_request("direct_v2/inbox/")["pending_requests_total"] == 1

    client.private_request(f"direct_v2/threads/{waiting.id}/approve/", {"_uuid": client.uuid})

    assert [one.messages[0].text for one in client.direct_threads()] == ["who are you?"]
    assert client.direct_pending_inbox() == []


@pytest.mark.parametrize("how", ["follows", "wrote"])
def test_those_whom_the_account_knows_do_not_wait(sandbox, client, how):
    person = client.user_info_by_username_v1(WRITER)
    if how == "follows":
        client.user_follow(person.pk)
    else:
        client.direct_send("hello", [int(person.pk)])

    sandbox.post("/messages", account="plain_01", username=WRITER, text="hi", pending=True)

    assert client.direct_threads()[0].messages[0].text == "hi"


def test_an_answer_takes_a_thread_out_of_the_waiting_ones(sandbox, client):
    sandbox.post("/messages", account="plain_01", username=WRITER, text="hi", pending=True)

    client.direct_send("hello", [2_000_000_002])

    assert [one.messages[0].text for one in client.direct_threads()] == ["hello"]
    assert client.direct_pending_inbox() == []


def test_a_script_answers_with_what_is_no_text(sandbox, client):
    sandbox.post("/scripts", username=WRITER, reply="", kind="like")

    client.direct_send("hello", [2_000_000_002])

    assert [one.item_type for one in client.direct_threads()[0].messages] == ["like", "text"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "dance"}, "kind"),
        ({"kind": "text", "text": ""}, "text"),
        ({}, "text"),
        ({"text": "x", "others": ["nobody.at.all"]}, "username"),
        ({"text": "x", "pending": "yes"}, "pending"),
    ],
)
def test_a_message_that_makes_no_sense_is_refused(sandbox, client, body, field):
    command = {"account": "plain_01", "username": WRITER, **body}

    refused = requests.post(f"{sandbox.url}/messages", json=command, timeout=10)

    assert refused.status_code == 422
    assert field in refused.json()["fields"]
    assert client.direct_threads() == []


def test_a_thread_that_is_not_ones_own_is_not_there(client):
    with pytest.raises(exceptions.ClientNotFoundError):
        client.private_request("direct_v2/threads/123/")


def _medias(sections):
    return [node["media"] for one in sections for node in one["layout_content"].get("medias", ())]
