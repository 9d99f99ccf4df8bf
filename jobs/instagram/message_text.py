"""The words that a person wrote in a direct message of any kind.

Not theirs are reactions, the message that they replied to, placeholders and notes of Instagram, and captions of posts
that they passed on. Newer apps show replies to stories, links and shared posts as an `xma_…`. Its versions differ in
which field has the words, so all are taken: one "stop" too many is better than one missed.
"""

from collections.abc import Iterator
from typing import Any

from bot.storage.models.values import AnswerSort
from jobs.instagram.people import Reply

_XMA_TEXTS = ("text", "title_text", "caption_body_text", "header_subtitle_text", "subtitle_text")
# Parts of a message with a `text` by its sender: with a link, as a reply to a story or a video.
_WITH_TEXT = ("link", "reel_share", "story_share", "felix_share", "clip", "story_reply", "note_reply")
# Recordings and pictures of the sender, which can have a caption.
_OWN_MEDIA = ("media", "visual_media", "raven_media", "voice_media", "animated_media")

# Types of items that say nothing: a heart, and the note that a person reacted to a message.
_SIGNS = ("like", "action_log")


def text_of(item: Reply) -> str:
    """Return the person's words; empty if there are none."""
    return "\n".join(dict.fromkeys(_texts(item)))


def sort_of(item: Reply) -> AnswerSort:
    """Return what a message is. A heart, or an emoji for a story or a message, is a reaction even if it has words."""
    shared = item.get("reel_share")
    reacts = isinstance(shared, dict) and shared.get("type") == "reaction"
    if reacts or item.get("item_type") in _SIGNS:
        return "reaction"
    return "text" if text_of(item) else "media"


def _texts(item: Reply) -> Iterator[str]:
    yield from _said(item, ("text",))
    for name, content in item.items():
        for part in content if isinstance(content, list) else [content]:
            if not isinstance(part, dict):
                continue
            if name.startswith("xma_") or name == "generic_xma":
                yield from _said(part, _XMA_TEXTS)
            elif name in _WITH_TEXT:
                yield from _said(part, ("text",))
            elif name in _OWN_MEDIA:
                yield from _said(part, ("text", "caption"))
                yield from _said(part.get("media"), ("text", "caption"))


def _said(part: Any, names: tuple[str, ...]) -> Iterator[str]:
    """Yield captions. A caption is a text, or an object with it."""
    if not isinstance(part, dict):
        return
    for name in names:
        value = part.get(name)
        text = value.get("text") if isinstance(value, dict) else value
        if isinstance(text, str) and text:
            yield text
