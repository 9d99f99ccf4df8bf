"""Direct messages of each kind as JSON: those with words, and all the others."""

from collections.abc import Callable
from typing import Any

from sandbox.calls import shapes
from sandbox.mailbox import Message
from sandbox.people import Person
from sandbox.wire import Json
from sandbox.world import World

# The app shows these if it is too old for the message.
TOO_OLD = {"is_linked": False, "title": "Use the latest version of the app", "message": "This message can't be shown."}

Builder = Callable[[World, Message, Person], Json]


def item(world: World, message: Message, sender: Person, *, mine: bool, as_text: bool) -> Json:
    """Return a message as JSON. With `as_text` the time is a text, as in some answers."""
    return {
        "item_id": message.id,
        "message_item_type": message.kind,
        "user_id": int(message.sender),
        "timestamp": str(message.at) if as_text else message.at,
        "item_type": message.kind,
        "client_context": message.context,
        "otid": message.context,
        "show_forward_attribution": False,
        "is_shh_mode": False,
        "is_sent_by_viewer": mine,
        **KINDS[message.kind](world, message, sender),
    }


def _text(_: World, message: Message, __: Person) -> Json:
    return {"text": message.text}


def _like(*_: object) -> Json:
    return {"like": "❤️"}


def _link(_: World, message: Message, __: Person) -> Json:
    address = next((word for word in message.text.split() if word.startswith("http")), "https://example.com/")
    context = {"link_url": address, "link_title": "", "link_summary": "", "link_image_url": ""}
    link = {"text": message.text, "link_context": context}
    return {"link": {**link, "client_context": message.context, "mutation_token": message.context}}


def _media_share(world: World, _: Message, __: Person) -> Json:
    return {"media_share": _some_post(world), "preview_medias": None}


def _clip(world: World, _: Message, __: Person) -> Json:
    return {"clip": {"clip": _some_post(world)}}


def _media(_: World, message: Message, __: Person) -> Json:
    return {"media": {"id": int(message.id[-18:]), "media_type": 1, **shapes.images(message.id)}}


def _voice(_: World, message: Message, sender: Person) -> Json:
    audio = {"audio_src": f"{shapes.PICTURES}/{message.id}.mp4", "duration": 2_300, "waveform_data": [0.0, 0.4, 0.2]}
    media = {
        "id": f"{message.id[-18:]}_{sender.id}",
        "media_type": 11,
        "product_type": "direct_audio",
        "audio": {**audio, "waveform_sampling_frequency_hz": 10},
        "user": {"pk": int(sender.id), "username": sender.username},
    }
    return {"voice_media": {"media": media, **_seen_by_nobody("permanent")}}


def _animated(_: World, message: Message, __: Person) -> Json:
    sizes = {"height": "200", "width": "200", "mp4_size": "9000", "webp_size": "9000", "size": "9000"}
    picture = {"url": f"{shapes.PICTURES}/{message.id}.gif", "mp4": "", "webp": "", **sizes}
    owner = {"is_verified": False, "username": "stickers"}
    images = {"fixed_height": picture}
    return {
        "animated_media": {"id": message.id, "images": images, "is_random": False, "is_sticker": True, "user": owner}
    }


def _raven(_: World, message: Message, sender: Person) -> Json:
    """Return a picture that is shown once; `visual_media` is its name inside."""
    media = {
        "media_id": int(message.id[-18:]),
        "id": f"{message.id[-18:]}_{sender.id}",
        "media_type": 1,
        "original_width": 1080,
        "original_height": 1920,
        "user": shapes.short_person(sender),
        **shapes.images(message.id),
    }
    return {"visual_media": {"media": media, "reply_type": "once", **_seen_by_nobody("once")}}


def _action_log(_: World, __: Message, sender: Person) -> Json:
    words = f"{sender.username} liked a message"
    bold = [{"start": 0, "end": len(sender.username)}]
    return {"action_log": {"description": words, "bold": bold, "text_attributes": [], "is_reaction_log": True}}


def _placeholder(*_: object) -> Json:
    return {"placeholder": TOO_OLD}


def _story_share(_: World, message: Message, sender: Person) -> Json:
    """Return a reply with a shared story that is over."""
    gone = {"title": "Not available", "message": "This story is no longer available.", "reason": 4}
    return {"story_share": {"text": message.text, **gone, "is_linked": False, "story_share_type": "default"}}


def _reel_share(_: World, message: Message, sender: Person) -> Json:
    """Return a reply to a story of ours."""
    media = {"pk": int(message.id[-18:]), "id": f"{message.id[-18:]}_{sender.id}", "media_type": 1}
    return {
        "reel_share": {
            "text": message.text,
            "type": "reply",
            "reel_owner_id": int(sender.id),
            "is_reel_persisted": False,
            "reel_type": "user_reel",
            "media": {**media, **shapes.images(message.id)},
        }
    }


def _profile(_: World, __: Message, sender: Person) -> Json:
    return {"profile": shapes.short_person(sender), "preview_medias": []}


def _video_call(_: World, message: Message, sender: Person) -> Json:
    event = {"action": "video_call_started", "vc_id": int(message.id[-18:]), "description": "started a call"}
    return {"video_call_event": {**event, "text_attributes": [], "did_join": False, "thread_has_audio_only_call": True}}


def _expired(*_: object) -> Json:
    return {"message": "Expired"}


def _xma(name: str) -> Builder:
    """Return a builder of a card, by which newer apps show shared things, with the words in one of its texts."""

    def built(_: World, message: Message, sender: Person) -> Json:
        card: dict[str, Any] = {
            "xma_layout_type": 0,
            "preview_url": f"{shapes.PICTURES}/{message.id}.jpg",
            "preview_url_mime_type": "image/jpeg",
            "target_url": f"https://www.instagram.com/p/{message.id[-11:]}/",
            "header_title_text": sender.username,
            "header_icon_url": None,
            "title_text": message.text,
            "subtitle_text": None,
            "caption_body_text": None,
            "is_quoted": False,
            "playable_url": None,
        }
        return {name: [card]}

    return built


def _seen_by_nobody(view_mode: str) -> Json:
    return {"seen_user_ids": [], "view_mode": view_mode, "seen_count": 0, "replay_expiring_at_us": None}


def _some_post(world: World) -> Json:
    (post, *_), _more = world.posts.under_hashtag("coffee", "recent", 0)
    return shapes.post(post)


KINDS: dict[str, Builder] = {
    "text": _text,
    "like": _like,
    "link": _link,
    "media": _media,
    "media_share": _media_share,
    "clip": _clip,
    "voice_media": _voice,
    "animated_media": _animated,
    "raven_media": _raven,
    "action_log": _action_log,
    "placeholder": _placeholder,
    "story_share": _story_share,
    "reel_share": _reel_share,
    "profile": _profile,
    "video_call_event": _video_call,
    "expired_placeholder": _expired,
    **{name: _xma(name) for name in ("xma_media_share", "xma_reel_share", "xma_clip", "xma_link", "generic_xma")},
}
