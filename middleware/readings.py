"""One transaction for the readings of a request."""

from contextlib import ExitStack

from flask import Flask, Response, g, request

from bot.storage.readings import reading_together

_READING = frozenset({"GET", "HEAD"})
_STACK = "readings"


def init_readings(app: Flask) -> None:
    """Let each request that changes nothing read in one transaction, until its answer begins.

    The lines of a download are read while the answer is sent, each part in a transaction of its own.
    """
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_clean_up)


def _begin() -> None:
    if request.method in _READING and request.endpoint is not None:
        stack = ExitStack()
        stack.enter_context(reading_together())
        setattr(g, _STACK, stack)


def _end(response: Response) -> Response:
    _clean_up()
    return response


def _clean_up(_error: BaseException | None = None) -> None:
    stack = g.pop(_STACK, None)
    if stack:
        stack.close()
