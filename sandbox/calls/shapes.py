"""The JSON that Instagram shows of people, posts and friendships."""

import math

from sandbox.accounts import Account
from sandbox.people import Person
from sandbox.posts import Post
from sandbox.wire import Json
from sandbox.world import World

PICTURES = "https://scontent.cdninstagram.com/v"
# Instagram's own file name for the grey figure of those without a picture.
NO_PICTURE = f"{PICTURES}/44884218_345707102882519_2446069589734326272_n.jpg"
SHORTCODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def short_person(person: Person) -> Json:
    picture = {"profile_pic_id": f"{person.id}_1"} if person.has_picture else {}
    return {
        "pk": person.id,
        "pk_id": person.id,
        "username": person.username,
        "full_name": person.full_name,
        "is_private": person.is_private,
        "is_verified": person.is_verified,
        "profile_pic_url": f"{PICTURES}/{person.id}.jpg" if person.has_picture else NO_PICTURE,
        "has_anonymous_profile_picture": not person.has_picture,
        **picture,
    }


def full_person(world: World, person: Person) -> Json:
    """A profile page; the counts include what accounts of the sandbox did."""
    state = world.state
    return {
        **short_person(person),
        "media_count": person.posts,
        "follower_count": person.followers + len(state.followers.get(person.id, ())),
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
    """How the account and the person stand."""
    standing = world.standing(account, person, as_of)
    return {
        "following": standing == "following",
        "outgoing_request": standing == "requested",
        "followed_by": world.followed_by(account, person),
        "incoming_request": False,
        "blocking": False,
        "is_bestie": False,
        "is_blocking_reel": False,
        "is_feed_favorite": False,
        "is_muting_reel": False,
        "is_private": person.is_private,
        "is_restricted": False,
        "muting": False,
    }


def post(one: Post, liked: bool = False) -> Json:
    return {
        **picture(one.id, one.owner, one.taken_at),
        "product_type": "feed",
        "caption": {"text": one.caption},
        "like_count": one.likes + liked,
        "comment_count": one.comments,
        "has_liked": liked,
    }


def picture(picture_id: str, owner: Person, taken_at: int) -> Json:
    """What a post and a story have in common."""
    return {
        "pk": picture_id,
        "id": f"{picture_id}_{owner.id}",
        "code": _shortcode(int(picture_id)),
        "taken_at": taken_at,
        "media_type": 1,
        "image_versions2": {"candidates": [{"width": 1080, "height": 1080, "url": f"{PICTURES}/{picture_id}.jpg"}]},
        "user": short_person(owner),
    }


def _shortcode(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 64)
        digits = SHORTCODE[digit] + digits
    return digits
