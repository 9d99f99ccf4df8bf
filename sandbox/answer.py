"""How one request to Instagram is answered: whose it is, which fault meets it, else its view."""

import asyncio
import math
from enum import Enum, auto

from hypercorn.typing import ASGIReceiveCallable

from sandbox.accounts import Account
from sandbox.calls import TABLE
from sandbox.faults import STALE, Fault, covers
from sandbox.past import LAG
from sandbox.refusals import CONNECTION_FAULTS, LOSE_THE_REPLY, feedback_required, logged_out, refusal
from sandbox.routing import Call, Route
from sandbox.wire import Refused, Reply, Request
from sandbox.world import World

Found = tuple[Route, tuple[str, ...]]


class Lost(Enum):
    """A reply that never arrives whole.

    The difference matters: curl sends a request again by itself, a POST too, when a warm connection ends
    before any of the reply came.
    """

    BEFORE_THE_HEAD = auto()
    AFTER_THE_HEAD = auto()


async def answer(world: World, request: Request, receive: ASGIReceiveCallable) -> Reply | Lost:
    """The reply to a request, with everything that the request does done."""
    world.catch_up()
    found = TABLE.find(request.method, request.path)
    try:
        account = found[0].who(world, request, *found[1]) if found else world.claimed(request)
    except Refused as refused:
        return refused.reply
    username, call = account.username if account else "", found[0].call if found else "unknown"
    world.state.requests[username, call] += 1
    if world.state.latency:
        await asyncio.sleep(world.state.latency)
    fault = world.state.faults.take(username, call, world.seed) or _standing_fault(world, account, call)
    if fault is None:
        return _processed(world, request, account, found)
    if fault.kind == STALE:
        return _processed(world, request, account, found, as_of=world.now() - LAG)
    if fault.processed:
        _processed(world, request, account, found)
    if fault.kind not in CONNECTION_FAULTS:
        return refusal(world, account, fault)
    if fault.kind == "hang":
        await _hold(world, receive)
    return Lost.BEFORE_THE_HEAD if fault.kind == "drop" else Lost.AFTER_THE_HEAD


async def gone(receive: ASGIReceiveCallable) -> None:
    """Waits until the client has closed the connection, or given the request up."""
    while (await receive())["type"] != "http.disconnect":
        continue


def _standing_fault(world: World, account: Account | None, call: str) -> Fault | None:
    if account is None or not covers(account.behaviour.calls, call):
        return None
    kind = account.behaviour.fault
    if kind == "challenge" and account.id in world.state.solved:
        return None
    return Fault(account.username, call, kind, processed=kind in LOSE_THE_REPLY)


def _processed(
    world: World, request: Request, account: Account | None, found: Found | None, as_of: float = math.inf
) -> Reply:
    try:
        if found is None:
            raise Refused(404, f"Nothing at {request.path}")
        route, arguments = found
        if not route.public and (account is None or world.signed_in(request) is not account):
            raise logged_out()
        if account and world.at_limit(account, route.call):
            raise feedback_required()
        return route.view(Call(world, request, account, as_of), *arguments)
    except Refused as refused:
        return refused.reply


async def _hold(world: World, receive: ASGIReceiveCallable) -> None:
    """Waits until the client goes away or the world lets go."""
    left = asyncio.ensure_future(gone(receive))
    let_go = asyncio.ensure_future(world.state.let_go.wait())
    _, waiting = await asyncio.wait((left, let_go), return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
