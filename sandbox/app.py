"""The control API on HTTP."""

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from sandbox import control
from sandbox.conversation import MAX_BODY, TOO_LARGE
from sandbox.wire import Reply, Request
from sandbox.world import World


class App:
    """The ASGI application."""

    def __init__(self, world: World, connection: control.Connection) -> None:
        self._world = world
        self._connection = connection

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            request = await _read(scope, receive)
            await _send(send, control.answer(self._world, self._connection, request) if request else TOO_LARGE)


async def _read(scope: HTTPScope, receive: ASGIReceiveCallable) -> Request | None:
    """Return the whole request; None if it is larger than anything that a client sends."""
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] != "http.request":
            break
        body += event["body"]
        if len(body) > MAX_BODY:
            return None
        if not event["more_body"]:
            break
    return Request(
        method=scope["method"],
        path=scope["path"],
        query_string=scope["query_string"].decode("latin-1"),
        headers=_headers(scope),
        body=bytes(body),
    )


def _headers(scope: HTTPScope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _send(send: ASGISendCallable, reply: Reply) -> None:
    body, headers = reply.encoded()
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _live(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
