"""Instagram's JSON of people, posts and friendships."""

import math

from sandbox.accounts import Account
from sandbox.comments import Comment
from sandbox.likes import like_count
from sandbox.people import Person
from sandbox.posts import Post
from sandbox.rng import Rng
from sandbox.stories import Story
from sandbox.wire import Json
from sandbox.world import World

PICTURES = "https://scontent.cdninstagram.com/v"
# Instagram's own file name for the gray figure of people without a picture.
NO_PICTURE = f"{PICTURES}/44884218_345707102882519_2446069589734326272_n.jpg"
TOLD_OF_HIDDEN = 3
SHORTCODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def short_person(person: Person) -> Json:
    """Return a person in short. Ids are numbers under one name and texts under the others."""
    picture = {"profile_pic_id": f"{person.id}_1"} if person.has_picture else {}
    return {
        "pk": int(person.id),
        "pk_id": person.id,
        "id": person.id,
        "strong_id__": person.id,
        "fbid_v2": f"1784140{person.id}",
        "username": person.username,
        "full_name": person.full_name,
        "is_private": person.is_private,
        "is_verified": person.is_verified,
        "profile_pic_url": f"{PICTURES}/{person.id}.jpg" if person.has_picture else NO_PICTURE,
        "has_anonymous_profile_picture": not person.has_picture,
        "account_badges": [],
        **picture,
    }


def listed_person(person: Person) -> Json:
    """Return a person in a list of followers, with the id as a text under its own name too."""
    return {**short_person(person), "pk": person.id, "latest_reel_media": 0, "third_party_downloads_enabled": 0}


def full_person(world: World, person: Person) -> Json:
    """Return a profile page. Its counts include the effects of the sandbox's accounts."""
    state = world.state
    return {
        **short_person(person),
        "media_count": person.posts,
        "follower_count": person.followers
        + len(state.followers.get(person.id, ()))
        - len(state.left.get(person.id, ())),
        "following_count": person.following + len(state.following.get(person.id, ())),
        "biography": person.biography,
        "is_business": person.is_business,
        "account_type": 2 if person.is_business else 1,
        "external_url": "",
    }


def own_profile(account: Account) -> Json:
    person = account.person
    return {
        **short_person(person),
        "biography": person.biography,
        "is_business": person.is_business,
        "external_url": "",
        "email": account.email,
        "phone_number": "",
        "birthday": None,
        "gender": 3,
    }


def friendship(world: World, account: Account, person: Person, as_of: float = math.inf) -> Json:
    """Return the relation of the account and the person."""
    return {
        **standing(world, account, person, as_of),
        "followed_by": world.followed_by(account, person),
        "blocking": False,
        "is_blocking_reel": False,
        "is_muting_reel": False,
        "muting": False,
        "subscribed": False,
        "is_eligible_to_subscribe": False,
    }


def standing(world: World, account: Account, person: Person, as_of: float = math.inf) -> Json:
    """Return the relation as Instagram gives it for many people: without who follows back."""
    present = world.standing(account, person, as_of)
    return {
        "following": present == "following",
        "outgoing_request": present == "requested",
        "incoming_request": False,
        "is_bestie": False,
        "is_feed_favorite": False,
        "is_private": person.is_private,
        "is_restricted": False,
    }


def post_for(world: World, account: Account, one: Post, as_of: float = math.inf) -> Json:
    """Return a post as the account sees it, with the likes of the sandbox's accounts."""
    return {
        **post(one),
        "like_count": shown_likes(account, one, like_count(world, account, one, as_of)),
        "has_liked": world.likes(account, one, as_of),
    }


def shown_likes(account: Account, one: Post, likes: int) -> int:
    """Return the likes that Instagram tells the account of. Of hidden ones it tells others of three at most."""
    return min(likes, TOLD_OF_HIDDEN) if hides_likes(account, one) else likes


def hides_likes(account: Account, one: Post) -> bool:
    return one.hides_likes and one.owner.id != account.id


def post(one: Post) -> Json:
    """Return a picture, a video or an album, the same each time."""
    kind = Rng("kind of post", one.id).below(10)
    return {
        **medium(one.id, one.owner, one.taken_at),
        **(_video("clips") if kind < 3 else _album(one) if kind < 5 else {"media_type": 1, "product_type": "feed"}),
        "caption": caption(one) if one.caption else None,
        "like_count": one.likes,
        "like_and_view_counts_disabled": one.hides_likes,
        "comment_count": one.comments,
        "comments_disabled": one.is_closed,
        "has_liked": False,
        "top_likers": [],
        "facepile_top_likers": [],
        "usertags": {"in": []},
        "timeline_pinned_user_ids": [int(one.owner.id)] if one.is_pinned else [],
    }


def comment(one: Comment, post_id: str) -> Json:
    """Return a comment. Of an author whose account is gone no name is left."""
    gone = {"pk": int(one.author.id), "username": "", "full_name": ""}
    return {
        "pk": one.id,
        "user_id": int(one.author.id),
        "user": gone if one.is_gone else short_person(one.author),
        "media_id": int(post_id),
        "text": one.text,
        "created_at": one.created_at,
        "created_at_utc": one.created_at,
        "content_type": "comment",
        "status": "Active",
        "type": 0,
        "bit_flags": 0,
        "comment_like_count": 0,
        "child_comment_count": 0,
        "has_liked_comment": False,
        "did_report_as_spam": False,
        "share_enabled": False,
    }


def caption(one: Post) -> Json:
    return {
        "pk": str(int(one.id) + 1),
        "user_id": int(one.owner.id),
        "text": one.caption,
        "created_at": one.taken_at,
        "content_type": "comment",
        "status": "Active",
        "user": short_person(one.owner),
    }


def _video(product_type: str) -> Json:
    versions = [{"type": 101, "width": 720, "height": 1280, "url": f"{PICTURES}/video.mp4", "id": "1v"}]
    return {"media_type": 2, "product_type": product_type, "video_versions": versions, "video_duration": 9.5}


def _album(one: Post) -> Json:
    pictures = [{"id": f"{one.id}_{place}", "pk": int(one.id) + place, "media_type": 1} for place in (1, 2)]
    parts = [{**picture, **images(str(picture["pk"]))} for picture in pictures]
    return {"media_type": 8, "product_type": "carousel_container", "carousel_media_count": 2, "carousel_media": parts}


def story_item(one: Story) -> Json:
    """Return a story's medium. One in three is a video."""
    video = Rng("kind of story", one.id).below(3) == 0
    return {
        **medium(one.id, one.owner, one.taken_at),
        **(_video("story") if video else {"media_type": 1, "product_type": "story"}),
        "expiring_at": one.expires_at,
        "caption": None,
        "can_reply": True,
    }


def medium(medium_id: str, owner: Person, taken_at: int) -> Json:
    """Return the fields that posts and stories share."""
    return {
        "pk": int(medium_id),
        "id": f"{medium_id}_{owner.id}",
        "strong_id__": f"{medium_id}_{owner.id}",
        "code": _shortcode(int(medium_id)),
        "taken_at": taken_at,
        "device_timestamp": taken_at * 1_000_000,
        "client_cache_key": f"{medium_id}.2",
        "filter_type": 0,
        "original_width": 1080,
        "original_height": 1080,
        "organic_tracking_token": f"token-{medium_id}",
        "user": short_person(owner),
        **images(medium_id),
    }


def images(name: str) -> Json:
    sizes = ((1080, 1080), (320, 320))
    found = [{"width": width, "height": height, "url": f"{PICTURES}/{name}_{width}.jpg"} for width, height in sizes]
    return {"image_versions2": {"candidates": found}}


def _shortcode(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 64)
        digits = SHORTCODE[digit] + digits
    return digits
