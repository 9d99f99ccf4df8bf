"""The body of a request: how large it may be, and whose fault it is if it cannot be read."""

from collections.abc import Callable
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import BadRequest, HTTPException

# Nothing that is sent to either face is larger: an action, a form.
MAX_BODY = 256 * 1024
MAX_FORM_PARTS = 200


def init_request_bodies(app: Flask) -> None:
    app.config |= {"MAX_CONTENT_LENGTH": MAX_BODY, "MAX_FORM_PARTS": MAX_FORM_PARTS}
    app.before_request(_blame_the_client)


def _blame_the_client() -> None:
    request.environ["wsgi.input"] = _SentBody(request.environ["wsgi.input"])


class _SentBody:
    """The body that a client sends: whatever raises while it is read is the client's fault."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, *size: int) -> bytes:
        return self._read(self._body.read, *size)

    def readline(self, *size: int) -> bytes:
        return self._read(self._body.readline, *size)

    def _read(self, read: Callable[..., bytes], *size: int) -> bytes:
        try:
            return read(*size)
        except HTTPException:
            raise
        except Exception as error:
            raise BadRequest from error
