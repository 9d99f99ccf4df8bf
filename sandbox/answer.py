"""The answer to one request at Instagram: find its account, meet a fault, else call its view."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.accounts import Account
from sandbox.calls import TABLE, bloks
from sandbox.conversation import Answer, Lost, Visit
from sandbox.faults import STALE, Fault, covers
from sandbox.history import LAG
from sandbox.phones import said_of_phone
from sandbox.refusals import CONNECTION_FAULTS, LOSE_THE_REPLY, feedback_required, logged_out, refusal
from sandbox.replies import LOGGED_IN
from sandbox.routing import Call, Route
from sandbox.wire import Refused, Reply, Request, Turned
from sandbox.world import World

Found = tuple[Route, tuple[str, ...]]


@dataclass(frozen=True)
class Instagram:
    """The side of the clients: it answers each of their requests."""

    world: World

    def answer(self, request: Request, visit: Visit) -> Answer:
        """Do everything that the request asks, and return the reply."""
        world = self.world
        world.catch_up()
        found = TABLE.find(request.method, request.path)
        try:
            account = found[0].who(world, request, *found[1]) if found else world.claimed(request)
        except Turned:
            account = None
        username, call = account.username if account else "", found[0].call if found else "unknown"
        world.state.requests[username, call] += 1
        world.state.phones.setdefault(username, {}).update(dict.fromkeys(said_of_phone(request)))
        if world.state.latency:
            return _later(world.state.latency, lambda: _met(world, request, account, found, visit))
        return _met(world, request, account, found, visit)


async def _later(seconds: float, answer: Callable[[], Answer]) -> Reply | Lost:
    await asyncio.sleep(seconds)
    known = answer()
    return known if isinstance(known, Reply | Lost) else await known


def _met(world: World, request: Request, account: Account | None, found: Found | None, visit: Visit) -> Answer:
    """Return the answer of the fault that the request meets; else that of its view."""
    username, call = account.username if account else "", found[0].call if found else "unknown"
    scripted = world.state.faults.take(username, call, request.path, world.seed)
    fault = scripted or _standing_fault(world, account, call) or _mood(world, account, call, request)
    if fault is None:
        return _processed(world, request, account, found)
    if fault.kind == STALE:
        return _processed(world, request, account, found, as_of=world.now() - LAG)
    if fault.processed:
        _processed(world, request, account, found)
    if fault.kind not in CONNECTION_FAULTS:
        return _refused(world, account, fault, request)
    if fault.kind == "hang":
        return _hold(world, visit)
    return Lost.BEFORE_THE_HEAD if fault.kind == "drop" else Lost.AFTER_THE_HEAD


def _refused(world: World, account: Account | None, fault: Fault, request: Request) -> Reply:
    reply = refusal(world, account, fault, request)
    return bloks.logged_in(world, account) if reply.body == LOGGED_IN and account else reply


def _mood(world: World, account: Account | None, call: str, request: Request) -> Fault | None:
    name = world.mood(account, call, request) if account else ""
    return Fault(account.username, call, name) if account and name else None


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
    except Turned as turned:
        return turned.reply


async def _hold(world: World, visit: Visit) -> Lost:
    """Wait until the client goes away or the world lets go."""
    waiting = {asyncio.ensure_future(one.wait()) for one in (visit.left, world.state.let_go)}
    _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    return Lost.AFTER_THE_HEAD
