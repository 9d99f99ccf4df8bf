"""The body of a request: its largest size, and failures of reading it."""

from collections.abc import Callable
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import BadRequest, HTTPException

# Actions and forms are smaller than this.
MAX_BODY = 256 * 1024
MAX_FORM_PARTS = 200


def init_request_bodies(app: Flask) -> None:
    app.config |= {"MAX_CONTENT_LENGTH": MAX_BODY, "MAX_FORM_PARTS": MAX_FORM_PARTS}
    app.before_request(_blame_the_client)


def _blame_the_client() -> None:
    request.environ["wsgi.input"] = _SentBody(request.environ["wsgi.input"])


class _SentBody:
    """The client's body. Whatever raises while it is read is the client's fault."""

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
