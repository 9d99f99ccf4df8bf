"""How Instagram says no: the replies of every refusal that a fault or a behaviour can call for."""

from collections.abc import Callable
from dataclasses import replace

from sandbox.accounts import Account
from sandbox.faults import STALE, Fault
from sandbox.wire import Refused, Reply, ok
from sandbox.world import World

HTML = "<!DOCTYPE html><html><head><title>Instagram</title></head><body>Something went wrong.</body></html>"
SITE = "https://i.instagram.com"


def refusal(world: World, account: Account | None, fault: Fault) -> Reply:
    """The reply for a fault; some change the world: a session ends, a challenge opens."""
    reply = REFUSALS[fault.kind](world, account)
    return replace(reply, status=fault.status) if fault.status else reply


def logged_out() -> Refused:
    return Refused(
        403,
        "login_required",
        error_title="You've Been Logged Out",
        error_body="Please log back in.",
        logout_reason=8,
    )


def challenge_required(world: World, account: Account | None, on_phone: bool = False) -> Refused:
    """`on_phone`: the kind that only the app on the owner's phone can solve."""
    nonce = world.challenge(account).nonce if account else world.token()
    path = f"/challenge/{account.id if account else 0}/{nonce}/"
    return Refused(
        400,
        "challenge_required",
        challenge={
            "url": SITE + path,
            "api_path": path,
            "hide_webview_header": True,
            "lock": True,
            "logout": False,
            "native_flow": on_phone,
        },
        error_type="checkpoint_challenge_required",
    )


def feedback_required() -> Refused:
    return Refused(
        400,
        "feedback_required",
        spam=True,
        feedback_title="Try Again Later",
        feedback_message="We limit how often you can do certain things to protect our community.",
        feedback_url="repute/report_problem/instagram_action_blocked/",
        feedback_appeal_label="Report problem",
        feedback_ignore_label="OK",
        feedback_action="report_problem",
    )


def _login_required(world: World, account: Account | None) -> Reply:
    if account:
        world.end_sessions(account)
    return logged_out().reply


def _challenge(world: World, account: Account | None) -> Reply:
    return challenge_required(world, account).reply


def _feedback_required(*_: object) -> Reply:
    return feedback_required().reply


def _please_wait(*_: object) -> Reply:
    return Refused(429, "Please wait a few minutes before you try again.", require_login=True).reply


def _throttled(*_: object) -> Reply:
    return Refused(429, "Too many requests").reply


def _server_error(*_: object) -> Reply:
    return Refused(500, "Oops, an error occurred.").reply


def _html(*_: object) -> Reply:
    return Reply(HTML)


def _suspended(_: World, account: Account | None) -> Reply:
    path = f"/accounts/suspended/?uid={account.id if account else 0}"
    return Refused(400, "challenge_required", challenge={"url": SITE + path, "api_path": path, "lock": True}).reply


def _consent(*_: object) -> Reply:
    return Refused(
        400,
        "consent_required",
        consent_data={"headline": "Updates to our Terms", "content": "Please review and agree to continue."},
    ).reply


def _messages_closed(*_: object) -> Reply:
    words = "This account can't receive your message because they don't allow new message requests from everyone."
    return Refused(400, words).reply


def _private(*_: object) -> Reply:
    return Refused(400, "Not authorized to view user").reply


def _not_followed(*_: object) -> Reply:
    """Follow, taken with thanks and not done."""
    return ok(friendship_status=_nothing_changed(following=False), previous_following=False)


def _still_followed(*_: object) -> Reply:
    """Unfollow, taken with thanks and not done."""
    return ok(friendship_status=_nothing_changed(following=True))


def _nothing_changed(*, following: bool) -> dict[str, bool]:
    others = ("followed_by", "blocking", "muting", "is_private", "incoming_request", "outgoing_request", "is_bestie")
    return {"following": following, **dict.fromkeys((*others, "is_restricted", "is_feed_favorite"), False)}


REFUSALS: dict[str, Callable[[World, Account | None], Reply]] = {
    "login_required": _login_required,
    "challenge": _challenge,
    "feedback_required": _feedback_required,
    "please_wait": _please_wait,
    "throttled": _throttled,
    "server_error": _server_error,
    "html": _html,
    "suspended": _suspended,
    "consent": _consent,
    "messages_closed": _messages_closed,
    "private": _private,
    "not_followed": _not_followed,
    "still_followed": _still_followed,
}
# Faults of the connection: held until the client goes; processed, and the reply ends in its middle;
# processed, and the connection ends before the first byte of the reply.
CONNECTION_FAULTS = frozenset({"hang", "cut", "drop"})
LOSE_THE_REPLY = frozenset({"cut", "drop"})
KINDS = REFUSALS.keys() | CONNECTION_FAULTS | {STALE}
