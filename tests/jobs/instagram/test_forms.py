"""What our client sends is what instagrapi's own methods would send, so that both look the same to Instagram."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from jobs.instagram import Endpoint, InstagramClient, Story, StoryPicture

SESSION = json.dumps({"authorization_data": {"ds_user_id": "1", "sessionid": "1%3Aa"}})
TOKEN = "6800012345678901234"
RECENT, OLDER = '["27", "[5]"]', "WyIyNyIsIFs1XV0="  # one place in a hashtag, in our words and in instagrapi's
# Drawn anew for each request.
RANDOM = ("igd_request_log_tracking_id", "feed_position")

PAIRS: dict[str, tuple[Callable[[InstagramClient], object], Callable[[Any], object]]] = {
    "followers": (lambda ours: ours.followers_page("7"), lambda theirs: theirs.user_followers_v1_chunk("7")),
    "more followers": (
        lambda ours: ours.followers_page("7", "200"),
        lambda theirs: theirs.user_followers_v1_chunk("7", max_id="200"),
    ),
    "following": (lambda ours: ours.following_page("7"), lambda theirs: theirs.user_following_v1_chunk("7")),
    "top posts": (
        lambda ours: ours.hashtag_posts("coffee", tab="top"),
        lambda theirs: theirs.hashtag_medias_v1_chunk("coffee", tab_key="top"),
    ),
    "clips": (
        lambda ours: ours.hashtag_posts("coffee", tab="clips"),
        lambda theirs: theirs.hashtag_medias_v1_chunk("coffee", tab_key="clips"),
    ),
    "more recent posts": (
        lambda ours: ours.hashtag_posts("coffee", tab="recent", cursor=RECENT),
        lambda theirs: theirs.hashtag_medias_v1_chunk("coffee", tab_key="recent", max_id=OLDER),
    ),
    "post": (lambda ours: ours.post("5_7"), lambda theirs: theirs.media_info_v1("5")),
    "likers": (lambda ours: ours.likers("5_7"), lambda theirs: theirs.media_likers("5_7")),
    "comments": (lambda ours: ours.comments_page("5_7"), lambda theirs: theirs.media_comments_v1_chunk("5_7")),
    "more comments": (
        lambda ours: ours.comments_page("5_7", '[20, "{\\"bifilter_token\\": \\"K\\"}"]'),
        lambda theirs: theirs.media_comments_v1_chunk("5_7", min_id='{"bifilter_token": "K"}'),
    ),
    "user posts": (lambda ours: ours.user_posts("7"), lambda theirs: theirs.user_medias_paginated_v1("7")),
    "more user posts": (
        lambda ours: ours.user_posts("7", "9_7"),
        lambda theirs: theirs.user_medias_paginated_v1("7", end_cursor="9_7"),
    ),
    "post by its code": (
        lambda ours: ours.post_with_code("B1LbfVPlwIA"),
        lambda theirs: theirs.media_info_v1(theirs.media_pk_from_code("B1LbfVPlwIA")),
    ),
    "like": (lambda ours: ours.like("5_7"), lambda theirs: theirs.media_like("5_7")),
    "unfollow": (lambda ours: ours.unfollow("7"), lambda theirs: theirs.user_unfollow("7")),
    "story": (lambda ours: ours.story("7"), lambda theirs: theirs.user_stories_v1("7")),
    "seen": (
        lambda ours: ours.see_story(Story([StoryPicture("5_7", 20), StoryPicture("6_7", 30)], 0)),
        lambda theirs: theirs.story_seen(["5_7", "6_7"]),
    ),
    "message": (
        lambda ours: ours.send_message("7", "Hello, Zoë", TOKEN),
        lambda theirs: theirs.direct_send("Hello, Zoë", [7]),
    ),
    "message with links": (
        lambda ours: ours.send_message("7", "https://a.example/x?y=1 and http://b.example", TOKEN),
        lambda theirs: theirs.direct_send("https://a.example/x?y=1 and http://b.example", [7]),
    ),
    "thread": (lambda ours: ours.thread_with("7"), lambda theirs: theirs.direct_thread_by_participants([7])),
    "news": (lambda ours: ours.news(), lambda theirs: theirs.news_inbox_v1()),
    "inbox": (lambda ours: ours.inbox(), lambda theirs: theirs.direct_threads_chunk()),
    "more of the inbox": (lambda ours: ours.inbox("9"), lambda theirs: theirs.direct_threads_chunk(cursor="9")),
}


class Caught(Exception):
    """Ends a call where it would have gone out."""


@pytest.mark.parametrize("call", PAIRS)
def test_our_request_is_that_of_instagrapi(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    client = InstagramClient(SESSION, Endpoint())
    requests: list[dict[str, Any]] = []

    def catch(path: str, data: Any = None, params: Any = None, with_signature: bool = True) -> None:
        requests.append({"path": path, "data": data, "params": params, "signed": with_signature})
        raise Caught

    monkeypatch.setattr(client._client, "private_request", catch)
    monkeypatch.setattr(client._client, "generate_mutation_token", lambda: TOKEN)
    for request, subject in zip(PAIRS[call], (client, client._client), strict=True):
        with suppress(Exception):
            request(subject)
    client.close()

    ours, theirs = requests
    assert _steady(ours) == _steady(theirs)


def _steady(request: dict[str, Any]) -> dict[str, Any]:
    """Without what is drawn anew for each request; of the looks at a story which pictures they were."""
    steady = json.loads(json.dumps(request))
    for part in (steady["data"] or {}, steady["params"] or {}):
        for name in RANDOM:
            part.pop(name, None)
        if "reels" in part:
            part["reels"] = list(part["reels"])
    if steady["data"] and "next_media_ids" in steady["data"]:
        steady["data"]["next_media_ids"] = json.loads(steady["data"]["next_media_ids"])
    return dict(steady)
