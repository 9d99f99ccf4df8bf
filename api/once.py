"""The Idempotency-Key header, and the views that replay their stored answer."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

from flask import current_app, jsonify, request
from flask.wrappers import Response
from pydantic import BaseModel, Field

from bot.core.errors import BotException
from bot.history import idempotency
from bot.history.idempotency import Answered
from bot.inputs.params import Params
from bot.inputs.validation import Pattern
from middleware.access import me

View = TypeVar("View", bound=Callable[..., Any])
REPEATED = ("IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_IN_PROGRESS")
_KEY = "Send 1 to 128 visible ASCII characters without commas."
_KEPT_HEADERS = ("Location", "Retry-After")


class Once(Params):
    """The Idempotency-Key header."""

    key: Annotated[str, Pattern(r"^[\x21-\x2b\x2d-\x7e]{1,128}$", _KEY)] | None = Field(
        None,
        alias="Idempotency-Key",
        description="1 to 128 visible ASCII characters without commas: the same key is the same request, for a day.",
    )


def once(*, secret: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Replay the stored answer to a request that comes again under its key.

    The decorator goes below the input of `Once`. `secret` fields are not stored; they are null in a replay.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def entered(*, headers_data: Once, **values: Any) -> Response:
            if headers_data.key is None:
                return current_app.make_response(view(**values))
            return _only_once(headers_data.key, secret, view, values)

        return entered  # type: ignore[return-value]  # it takes the key beside what the view does

    return declare


def _only_once(key: str, secret: tuple[str, ...], view: Callable[..., Any], values: dict[str, Any]) -> Response:
    user_id = me().id
    known = idempotency.begin(user_id, key, [request.path, _plain(values)])
    if known:
        return _given_again(known)
    try:
        response = current_app.make_response(view(**values))
    except BotException as failure:
        idempotency.keep_failure(user_id, key, failure)
        raise
    except Exception:
        idempotency.give_up(user_id, key)
        raise
    body = (response.get_json() or {}) | dict.fromkeys(secret)
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    idempotency.keep(user_id, key, Answered(response.status_code, body, headers))
    return response


def _given_again(known: Answered) -> Response:
    response = jsonify(known.body)
    response.status_code = known.status
    response.headers.update(known.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)
        for name, value in values.items()
    }
