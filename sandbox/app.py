"""The two faces of the sandbox on HTTP: Instagram itself over TLS, and the plain control API."""

from collections.abc import Callable

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from sandbox import control
from sandbox.answer import Lost, answer, gone
from sandbox.wire import Refused, Reply, Request
from sandbox.world import World

LARGEST_BODY = 1_000_000


class App:
    """The ASGI application; `cut` drops the connection that came from a port, in the middle of a reply."""

    def __init__(self, world: World, connection: control.Connection, cut: Callable[[int], None]) -> None:
        self._world = world
        self._connection = connection
        self._cut = cut

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            request = await _read(scope, receive)
            if request is None:
                await _send(send, Refused(413, "Request too large").reply)
            elif scope["scheme"] == "http":
                await _send(send, control.answer(self._world, self._connection, request))
            else:
                await self._instagram(request, receive, send)

    async def _instagram(self, request: Request, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        reply = await answer(self._world, request, receive)
        if isinstance(reply, Reply):
            await _send(send, reply)
            return
        if reply is Lost.AFTER_THE_HEAD:
            headers = [(b"content-length", b"512")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        self._cut(request.peer)
        if reply is Lost.BEFORE_THE_HEAD:
            # Were this to return now, the server would send a reply of its own before the connection ends.
            await gone(receive)


async def _read(scope: HTTPScope, receive: ASGIReceiveCallable) -> Request | None:
    """The whole request, or None where it is larger than anything that a client sends."""
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] != "http.request":
            break
        body += event["body"]
        if len(body) > LARGEST_BODY:
            return None
        if not event["more_body"]:
            break
    client = scope["client"]
    return Request(
        method=scope["method"],
        path=scope["path"],
        query_string=scope["query_string"].decode("latin-1"),
        headers=_headers(scope),
        body=bytes(body),
        peer=client[1] if client else 0,
    )


def _headers(scope: HTTPScope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        # HTTP/2 clients may send each cookie in a header of its own.
        headers[name] = f"{headers[name]}; {value}" if name in headers else value
    return headers


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
