"""What a person wrote is read from every kind of message, and nobody else's words are."""

from typing import Any

import pytest

from bot.contacts.opt_out import asks_to_stop
from jobs.instagram.message_text import text_of

POST = {"code": "C1", "user": {"pk": 9, "username": "shop"}, "caption": {"text": "Stop scrolling!"}}


@pytest.mark.parametrize(
    "item",
    [
        {"item_type": "text", "text": "stop"},
        {"item_type": "link", "link": {"text": "stop", "link_context": {"link_url": "https://example.org"}}},
        {"item_type": "story_share", "story_share": {"text": "stop", "title": "", "media": POST}},
        {"item_type": "story_share", "story_share": {"text": "stop", "message": "No longer available"}},
        {"item_type": "reel_share", "reel_share": {"text": "stop", "type": "reply", "media": POST}},
        {"item_type": "felix_share", "felix_share": {"text": "stop", "video": POST}},
        {"item_type": "clip", "clip": {"text": "stop", "clip": POST}},
        {"item_type": "media_share", "media_share": POST, "text": "stop"},
        {"item_type": "clip", "clip": {"clip": POST}, "text": "stop"},
        {"item_type": "xma_story_share", "xma_story_share": [{"header_subtitle_text": "stop"}]},
        {"item_type": "xma_story_share", "xma_story_share": [{"title_text": "stop"}], "auxiliary_text": "Replied"},
        {"item_type": "xma_reel_share", "xma_reel_share": [{}], "text": "stop"},
        {"item_type": "xma_reel_mention", "xma_reel_mention": [{"caption_body_text": "stop"}]},
        {"item_type": "xma_link", "xma_link": [{"title_text": "stop", "target_url": "https://example.org"}]},
        {"item_type": "xma_clip", "xma_clip": {"subtitle_text": "stop"}},
        {"item_type": "generic_xma", "generic_xma": [None, {"text": "stop"}]},
        {"item_type": "voice_media", "voice_media": {"media": {"audio": {}, "caption": {"text": "stop"}}}},
        {"item_type": "voice_media", "voice_media": {"media": {"audio": {}}, "text": "stop"}},
        {"item_type": "media", "media": {"media_type": 1, "caption": "stop"}},
        {"item_type": "raven_media", "visual_media": {"media": {"caption": {"text": "stop"}}}},
    ],
    ids=lambda item: item["item_type"],
)
def test_a_stop_is_read_from_every_kind_of_message(item: dict[str, Any]) -> None:
    assert asks_to_stop(text_of(item))


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"item_type": "text", "text": None},
        {"item_type": "media_share", "media_share": POST},
        {"item_type": "clip", "clip": {"clip": POST}},
        {"item_type": "story_share", "story_share": {"text": "", "media": POST}},
        {"item_type": "reel_share", "reel_share": {"text": "❤️", "type": "reaction", "media": POST}},
        {"item_type": "text", "text": "Nice", "reactions": {"emojis": [{"emoji": "🛑", "text": "stop"}]}},
        {"item_type": "text", "text": "Nice", "replied_to_message": {"item_type": "text", "text": "stop"}},
        {"item_type": "placeholder", "placeholder": {"title": "Stop", "message": "stop"}},
        {"item_type": "action_log", "action_log": {"description": "stop", "text": "stop"}},
        {"item_type": "profile", "profile": {"username": "stop", "text": "stop"}},
        {"item_type": "like", "like": "❤️"},
        {"item_type": "xma_reel_share", "xma_reel_share": [{}, None, "stop"]},
        {"item_type": "story_share", "story_share": {"text": {"stop": "stop"}}},
    ],
)
def test_what_others_wrote_is_not_the_senders(item: dict[str, Any]) -> None:
    assert not asks_to_stop(text_of(item))


def test_what_is_said_twice_is_read_once() -> None:
    assert text_of({"text": "see https://example.org", "link": {"text": "see https://example.org"}}) == (
        "see https://example.org"
    )
    assert text_of({"text": "stop", "xma_link": [{"title_text": "Example"}]}) == "stop\nExample"
