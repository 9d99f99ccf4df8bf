"""Instagram's refusals: the replies to a fault, a behavior or a limit, and what they change."""

from dataclasses import replace

from sandbox.accounts import Account
from sandbox.faults import STALE, Fault
from sandbox.replies import recorded, reply_of
from sandbox.wire import Json, Refused, Reply, Request, Turned
from sandbox.world import World

# Faults of the connection: held until the client goes; processed, and the reply ends in its middle; processed, and the
# connection ends before the first byte of the reply.
CONNECTION_FAULTS = frozenset({"hang", "cut", "drop"})
LOSE_THE_REPLY = frozenset({"cut", "drop"})
KINDS = recorded().keys() | CONNECTION_FAULTS | {STALE}
_LATER_SECONDS = 30


def refusal(world: World, account: Account | None, fault: Fault, request: Request) -> Reply:
    """Return the reply for a fault. Some change the world: a session ends, a challenge opens."""
    scripted = fault.reply or recorded()[fault.kind]
    reply = scripted.filled(
        {
            "form": lambda name: _fields(request).get(name, ""),
            "challenge": lambda _: _challenge_path(world, account),
            "now_us": lambda _: int(world.now() * 1_000_000),
            "later_us": lambda _: int((world.now() + _LATER_SECONDS) * 1_000_000),
        }
    )
    if fault.kind == "login_required" and account:
        world.end_sessions(account)
    return replace(reply, status=fault.status) if fault.status else reply


def logged_out() -> Turned:
    return Turned(reply_of("login_required"))


def challenge_required(world: World, account: Account, on_phone: bool = False) -> Turned:
    """Return the demand for a challenge. `on_phone`: only the app on the owner's phone can solve it."""
    reply = reply_of("challenge", challenge=lambda _: _challenge_path(world, account))
    reply.body["challenge"]["native_flow"] = on_phone
    return Turned(reply)


def feedback_required() -> Turned:
    return Turned(reply_of("feedback_required"))


def _challenge_path(world: World, account: Account | None) -> str:
    return f"/challenge/{account.id}/{world.challenge(account).nonce}/" if account else "/challenge/"


def _fields(request: Request) -> Json:
    """Return the fields of the body; none if it is unreadable."""
    try:
        return request.form
    except Refused:
        return {}
