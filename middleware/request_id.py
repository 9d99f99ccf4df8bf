"""The id of a request: taken or made when it begins, bound to its log lines, sent with its answer."""

import re
import secrets
import time

from flask import Flask, Response, g, request

from bot.core.log import bind_contextvars, clear_contextvars, get_logger

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def init_request_ids(app: Flask) -> None:
    """Set the id before anything that may fail or log."""
    app.before_request(_begin)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    g.started = time.monotonic()
    clear_contextvars()
    bind_contextvars(request_id=g.request_id, action=f"{request.method} {request.url_rule or 'none'}")


def finish_request(response: Response) -> None:
    """Send the id, and log the request in one line."""
    response.headers["X-Request-ID"] = g.request_id
    get_logger().info(
        "request",
        method=request.method,
        route=str(request.url_rule or "none"),
        status=response.status_code,
        milliseconds=round((time.monotonic() - g.started) * 1000, 1),
    )
