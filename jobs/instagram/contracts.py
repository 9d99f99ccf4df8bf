"""Contracts of the reads: the fields of each reply that the readers look at, and the types that they know.

`tests/jobs/instagram/test_contracts.py` holds them together with the readers.
"""

from jobs.instagram.shapes import Shape

Contract = dict[str, str]
"""Place → types, as in a Shape. A `?` at the end says that the field may be missing."""

_ID = "number|digits"
_TEXT = "text|null?"
_FLAG = "bool|null?"
_TIME = "number|digits|null?"
# A cursor is opaque: any scalar.
_CURSOR = "text|number|null?"


def _at(place: str, contract: Contract) -> Contract:
    """Return the contract of a part of a reply, at its place in the whole."""
    return {f"{place}.{name}" if name else place: types for name, types in contract.items()}


_REF: Contract = {"": "object", "pk": f"{_ID}?", "pk_id": f"{_ID}?", "id": f"{_ID}?", "username": "text"}
_PERSON: Contract = {
    **_REF,
    "full_name": _TEXT,
    "follower_count": "number",
    "following_count": "number",
    "media_count": "number",
    "is_private": "bool",
    "is_verified": _FLAG,
    "is_business": _FLAG,
    "biography": _TEXT,
    "has_anonymous_profile_picture": _FLAG,
    "profile_pic_url": _TEXT,
}
_PEOPLE: Contract = {
    "users": "list",
    **_at("users[]", _REF),
    "next_max_id": _CURSOR,
    "should_limit_list_of_followers": _FLAG,
}
_LIKERS: Contract = {"users": "list", **_at("users[]", _REF), "user_count": "number|digits|null?"}
_POST: Contract = {
    "": "object",
    "id": "text|number",
    "pk": f"{_ID}?",
    "code": _TEXT,
    "has_liked": _FLAG,
    "taken_at": _TIME,
    "like_count": "number|null?",
    "like_and_view_counts_disabled": _FLAG,
    "comment_count": "number|null?",
    "caption": "object|null?",
    "caption.text": _TEXT,
    **_at("user", _REF),
}
_COMMENTS: Contract = {
    "comments": "list",
    "comments[]": "object",
    "comments[].pk": _ID,
    **_at("comments[].user", _REF),
    "comments[].text": _TEXT,
    "comments[].created_at_utc": _TIME,
    "comment_count": "number|digits|null?",
    "has_more_headload_comments": _FLAG,
    "has_more_comments": _FLAG,
    "next_min_id": _CURSOR,
}
_USER_POSTS: Contract = {
    "items": "list",
    **_at("items[]", _POST),
    "items[].timeline_pinned_user_ids": "list|null?",
    "more_available": _FLAG,
    "next_max_id": _CURSOR,
}
_NODE: Contract = {
    "": "object",
    **{place: f"{types.removesuffix('?')}?" for place, types in _at("media", _POST).items()},
}
_STORY_OF_NEWS: Contract = {
    "": "object",
    "story_type": "number|null?",
    "notif_name": _TEXT,
    "args": "object|null?",
    "args.profile_id": f"{_ID}|null?",
    "args.profile_name": _TEXT,
    "args.timestamp": _TIME,
    "args.rich_text": _TEXT,
    "args.text": _TEXT,
    "args.links": "list|null?",
    "args.links[]": "object",
    "args.links[].id": _ID,
    "args.links[].start": "number",
    "args.links[].end": "number",
    "args.media": "list|null?",
    "args.media[]": "object",
    "args.media[].id": "text|number",
    "args.inline_follow": "object|null?",
    "args.inline_follow.user_info": "object?",
    **{f"args.inline_follow.user_info.{name}": f"{_ID}?" for name in ("pk", "pk_id", "id")},
    "args.inline_follow.user_info.username": "text?",
}
_NEWS: Contract = {
    "new_stories": "list|null?",
    **_at("new_stories[]", _STORY_OF_NEWS),
    "old_stories": "list",
    **_at("old_stories[]", _STORY_OF_NEWS),
}
_LAYOUT = "sections[].layout_content"
_HASHTAG: Contract = {
    "sections": "list|null?",
    "sections[]": "object",
    _LAYOUT: "object",
    f"{_LAYOUT}.medias": "list?",
    **_at(f"{_LAYOUT}.medias[]", _NODE),
    f"{_LAYOUT}.fill_items": "list?",
    **_at(f"{_LAYOUT}.fill_items[]", _NODE),
    f"{_LAYOUT}.one_by_two_item": "object?",
    f"{_LAYOUT}.one_by_two_item.clips": "object?",
    f"{_LAYOUT}.one_by_two_item.clips.items": "list?",
    **_at(f"{_LAYOUT}.one_by_two_item.clips.items[]", _NODE),
    "more_available": _FLAG,
    "next_max_id": _CURSOR,
    "next_media_ids": "list|null?",
}
_STORY: Contract = {
    "reel": "object|null?",
    "reel.items": "list?",
    "reel.items[]": "object",
    "reel.items[].id": "text|number",
    "reel.items[].taken_at": _TIME,
    "reel.seen": _TIME,
}
_FRIENDSHIP: Contract = {"following": "bool", "outgoing_request": "bool?", "followed_by": "bool?"}
_COUNTS = ("follower_count", "following_count", "media_count")
_THREAD: Contract = {
    "": "object",
    "thread_id": "text",
    "users": "list",
    **_at("users[]", _REF),
    "items": "list",
    "items[]": "object",
    "items[].item_id": "text",
    "items[].user_id": f"{_ID}|null?",
    "items[].timestamp": _ID,
    "items[].text": _TEXT,
    "items[].client_context": _TEXT,
    "has_older": _FLAG,
    "oldest_cursor": _CURSOR,
}
_INBOX: Contract = {
    "inbox": "object",
    "inbox.threads": "list",
    **_at("inbox.threads[]", _THREAD),
    "inbox.has_older": _FLAG,
    "inbox.oldest_cursor": _CURSOR,
    "pending_requests_total": "number|digits|null?",
    "has_pending_top_requests": _FLAG,
}

CONTRACTS: dict[str, Contract] = {
    "accounts/current_user/?edit=true": {"user": "object", "user.pk": _ID},
    "users/{}/usernameinfo/": _at("user", _PERSON),
    "friendships/{}/followers/": _PEOPLE,
    "friendships/{}/following/": _PEOPLE,
    "tags/{}/sections/": _HASHTAG,
    "media/{}/info/": {"items": "list", **_at("items[]", _POST)},
    "media/{}/likers/": _LIKERS,
    "media/{}/comments/": _COMMENTS,
    "news/inbox/": _NEWS,
    "feed/user/{}/": _USER_POSTS,
    "feed/user/{}/story/": _STORY,
    "friendships/show/{}/": _FRIENDSHIP,
    "users/{}/info/": _at("user", {"": "object", **dict.fromkeys(_COUNTS, "number")}),
    "direct_v2/inbox/": _INBOX,
    "direct_v2/pending_inbox/": _INBOX,
    "direct_v2/threads/get_by_participants/": _at("thread", {**_THREAD, "": "object|null?"}),
    "direct_v2/threads/{}/": _at("thread", _THREAD),
}
"""The path of a read → the contract of its reply."""


def differences(path: str, shape: Shape) -> list[str]:
    """Return a line for each field of a reply that is missing, or has a type that its reader does not know."""
    lines = (_difference(place, types, shape) for place, types in CONTRACTS[path].items())
    return [line for line in lines if line]


def _difference(place: str, types: str, shape: Shape) -> str | None:
    expected, found = set(types.removesuffix("?").split("|")), _types(shape.get(place, ""))
    missing = not found or "absent" in found
    if missing and not types.endswith("?") and _has_parent(place, shape):
        return f"{place} is missing"
    unknown = found - expected - {"absent"} - ({"digits"} if "text" in expected else set())
    return f"{place} is {_words(unknown)}, expected {_words(expected)}" if unknown else None


def _has_parent(place: str, shape: Shape) -> bool:
    """Return whether the reply has the object that the field belongs to. A list without entries has none."""
    return not place.endswith("[]") and "object" in _types(shape.get(place.rpartition(".")[0] or ".", ""))


def _types(types: str) -> set[str]:
    return {"text" if one == "empty" or one.startswith("=") else one for one in types.split("|") if one}


def _words(types: set[str]) -> str:
    return " or ".join(sorted(types))
