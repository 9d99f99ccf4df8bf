"""Orders of every kind but messages: accept one, or only look whom it would find."""

from collections.abc import Callable
from typing import TypeVar

from flask import url_for
from flask.wrappers import Response
from pydantic import Field

from api.accounts import ASKING, FOUND_NOTHING, SAID_NO, Candidates, Ended, Pending, rendered
from api.actions import ActionAnswer
from api.answers import later
from api.blueprint import blueprint, fails, may_answer
from bot import orders
from bot.access import me, require_valid_session
from bot.actions import Progress
from bot.orders import FollowFollowers, FollowHashtag, LikeHashtag, Order, Unfollow, ViewStories
from bot.users import Params

bp = blueprint("orders", "Orders")
ORDERING = ("BOT_STOPPED", "TOO_MANY_OPEN_ACTIONS", "IDEMPOTENCY_KEY_REUSED")
_LOOKING = (*ASKING, *FOUND_NOTHING, *SAID_NO)

Ordered = TypeVar("Ordered", bound=Order)
Given = Candidates | Ended | Response


class Once(Params):
    """The header that makes a repeated order one order."""

    key: str | None = Field(
        None,
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x2b\x2d-\x7e]{1,128}$",
        description="1 to 128 visible ASCII characters without commas: the same key is the same order.",
    )


def place_of(progress: Progress) -> str:
    """Where the progress of an order can be asked for."""
    return url_for("api.actions.show_action", action_id=progress.action.id)


def _given(kind: str, order: Callable[[str, Ordered, str | None], Progress], params: Ordered, once: Once) -> Given:
    if params.dry_run:
        return rendered(orders.dry_run(me().id, kind, params))
    progress = order(me().id, params, once.key)
    return later(ActionAnswer.of(progress), place_of(progress))


@bp.post("/follow-hashtag")
@require_valid_session
@bp.input(FollowHashtag)
@bp.input(Once, location="headers")
@bp.output(Candidates)
@may_answer(202, ActionAnswer, Pending)
@fails(*ORDERING, *_LOOKING)
def follow_hashtag(json_data: FollowHashtag, headers_data: Once) -> Given:
    """Order to follow people who posted under a hashtag."""
    return _given("follow-hashtag", orders.follow_hashtag, json_data, headers_data)


@bp.post("/follow-followers")
@require_valid_session
@bp.input(FollowFollowers)
@bp.input(Once, location="headers")
@bp.output(Candidates)
@may_answer(202, ActionAnswer, Pending)
@fails(*ORDERING, *_LOOKING)
def follow_followers(json_data: FollowFollowers, headers_data: Once) -> Given:
    """Order to follow people who follow an account."""
    return _given("follow-followers", orders.follow_followers, json_data, headers_data)


@bp.post("/like-hashtag")
@require_valid_session
@bp.input(LikeHashtag)
@bp.input(Once, location="headers")
@bp.output(Candidates)
@may_answer(202, ActionAnswer, Pending)
@fails(*ORDERING, *_LOOKING)
def like_hashtag(json_data: LikeHashtag, headers_data: Once) -> Given:
    """Order to like posts under a hashtag."""
    return _given("like-hashtag", orders.like_hashtag, json_data, headers_data)


@bp.post("/view-stories")
@require_valid_session
@bp.input(ViewStories)
@bp.input(Once, location="headers")
@bp.output(Candidates)
@may_answer(202, ActionAnswer, Pending)
@fails(*ORDERING, *_LOOKING)
def view_stories(json_data: ViewStories, headers_data: Once) -> Given:
    """Order to watch the stories of those whom the account follows, or of people named one by one."""
    return _given("view-stories", orders.view_stories, json_data, headers_data)


@bp.post("/unfollow")
@require_valid_session
@bp.input(Unfollow)
@bp.input(Once, location="headers")
@bp.output(Candidates)
@may_answer(202, ActionAnswer, Pending)
@fails(*ORDERING, *_LOOKING)
def unfollow(json_data: Unfollow, headers_data: Once) -> Given:
    """Order to unfollow people whom this bot followed."""
    return _given("unfollow", orders.unfollow, json_data, headers_data)
