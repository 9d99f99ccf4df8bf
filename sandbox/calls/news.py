"""The news of an account: one page, as the app shows it under the heart."""

from hashlib import blake2b

from sandbox.calls import shapes
from sandbox.limits import DAY
from sandbox.news import Piece, news_of
from sandbox.people import Person
from sandbox.rng import Rng
from sandbox.routing import Call, Table
from sandbox.wire import Json, Reply, ok

SHOWN = 50
# Percentage of the stories in the form of older apps.
OLD_FORM_PERCENT = 20
# The numbers and names of stories are those in public sources of other clients.
FORMS = {"like": (1, 60, "like"), "comment": (1, 12, "comment"), "follow": (3, 101, "user_followed")}
SAYS = {"like": "liked your post.", "follow": "started following you."}

table = Table()


@table.get("news/inbox/", "news")
def inbox(call: Call) -> Reply:
    """Return the latest news. Asking for it marks nothing as seen."""
    pieces, now = news_of(call.world, call.account)[:SHOWN], call.world.now()
    stories = [(piece.at, _story(call, piece)) for piece in pieces]
    return ok(
        counts={"likes": 0, "comments": 0, "relationships": 0, "usertags": 0, "requests": 0},
        last_checked=now - DAY,
        priority_stories=[],
        new_stories=[story for at, story in stories if at > now - DAY],
        old_stories=[story for at, story in stories if at <= now - DAY] + _of_no_one(call),
        continuation_token=0,
        is_last_page=True,
        subscription=None,
    )


def _story(call: Call, piece: Piece) -> Json:
    kind, story_type, name = FORMS[piece.kind]
    first, *more = piece.people
    args: Json = {
        "profile_id": int(first.id),
        "profile_name": first.username,
        "profile_image": f"{shapes.PICTURES}/{first.id}.jpg",
        "timestamp": piece.at + 0.25,
        "tuuid": _key(piece),
        "clicked": False,
        **(
            {"second_profile_id": more[0].id, "second_profile_image": f"{shapes.PICTURES}/{more[0].id}.jpg"}
            if more
            else {}
        ),
        **_about(piece),
        **(_inline_follow(call, first) if piece.kind == "follow" and not more else {}),
    }
    story = {"pk": _key(piece), "type": kind, "story_type": story_type, "counts": {}}
    if Rng("old form", _key(piece)).chance(OLD_FORM_PERCENT):
        del args["profile_name"]
        return {**story, "args": {**args, **_plain_text(piece)}}
    return {**story, "notif_name": name, "args": {**args, "rich_text": _rich_text(piece)}}


def _key(piece: Piece) -> str:
    named = (piece.kind, piece.at, *(person.id for person in piece.people), piece.comment_id)
    return blake2b(repr(named).encode(), digest_size=16).hexdigest()


def _about(piece: Piece) -> Json:
    if piece.post is None:
        return {"destination": "user_list?story_type=101"}
    media = f"{piece.post.id}_{piece.post.owner.id}"
    shown = {"media": [{"id": media, "image": f"{shapes.PICTURES}/{piece.post.id}_150.jpg"}]}
    return {
        **shown,
        "destination": f"media?id={media}",
        **({"comment_id": piece.comment_id} if piece.comment_id else {}),
    }


def _inline_follow(call: Call, person: Person) -> Json:
    standing = call.world.standing(call.account, person, call.as_of)
    user = {
        "id": int(person.id),
        "username": person.username,
        "profile_pic_url": f"{shapes.PICTURES}/{person.id}.jpg",
        "is_private": person.is_private,
    }
    following = {"following": standing == "following", "outgoing_request": standing == "requested"}
    return {"inline_follow": {"user_info": user, **following}}


def _names(piece: Piece, names: list[str]) -> str:
    """Return the names as a sentence has them, with the number of those who are not named."""
    if piece.others:
        return f"{', '.join(names)} and {piece.others} others"
    return " and ".join(names)


def _said(piece: Piece) -> str:
    return SAYS.get(piece.kind) or f"commented: {piece.text}"


def _rich_text(piece: Piece) -> str:
    names = [f"{{{person.username}|000000|1|user?id={person.id}}}" for person in piece.people]
    return f"{_names(piece, names)} {_said(piece)}"


def _plain_text(piece: Piece) -> Json:
    """Return the sentence, and the places of the names in it."""
    text = f"{_names(piece, [person.username for person in piece.people])} {_said(piece)}"
    links = [
        {
            "start": (at := text.index(person.username)),
            "end": at + len(person.username),
            "id": person.id,
            "type": "user",
        }
        for person in piece.people
    ]
    return {"text": text, "links": links}


def _of_no_one(call: Call) -> list[Json]:
    """Return stories without a reaction to the account: a suggestion, and a message of Instagram's own."""
    someone = call.world.people.numbered(Rng("suggested", call.account.id).below(call.world.people.count))
    named = f"{{{someone.username}|000000|1|user?id={someone.id}}}"
    suggestion = {
        "profile_id": int(someone.id),
        "profile_name": someone.username,
        "rich_text": f"{named}, who you might know, is on Instagram.",
        "timestamp": call.world.now() - 9 * DAY,
        **_inline_follow(call, someone),
    }
    return [
        {"pk": "1", "type": 3, "story_type": 328, "notif_name": "contact_joined", "args": suggestion, "counts": {}},
        {"pk": "2", "type": 13, "story_type": 287, "args": {"text": "Your request was updated."}, "counts": {}},
    ]
