"""The Idempotency-Key header, and the answers that are replayed under it."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

from flask import current_app, jsonify, request
from flask.wrappers import Response
from pydantic import Field

from bot.core.errors import BotException
from bot.history import idempotency
from bot.history.idempotency import StoredAnswer
from bot.inputs.params import Params
from bot.inputs.validation import Pattern
from middleware.access import me

View = TypeVar("View", bound=Callable[..., Any])
REPEATED = ("IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_IN_PROGRESS")
_KEY = "Send 1 to 128 visible ASCII characters without commas."
_STORED_HEADERS = ("Location", "Retry-After")


class IdempotencyKey(Params):
    """The Idempotency-Key header."""

    key: Annotated[str, Pattern(r"^[\x21-\x2b\x2d-\x7e]{1,128}$", _KEY)] | None = Field(
        None,
        alias="Idempotency-Key",
        description="1 to 128 visible ASCII characters without commas: the same key is the same request, for a day. "
        "The answer to a request that comes again has the header `Idempotency-Replayed: true`.",
    )


def idempotent(*, secret: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Replay the stored answer to a request that comes again under its key.

    The decorator goes below the input of `IdempotencyKey`. `secret` fields are not stored; they are null in a replay.
    Views that place actions do without it: `bot.actions.placing` replays in the transaction that places the action.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def entered(*, headers_data: IdempotencyKey, **values: Any) -> Response:
            if headers_data.key is None:
                return current_app.make_response(view(**values))
            return _replayed_or_done(headers_data.key, secret, view, values)

        return entered  # type: ignore[return-value]  # it takes the key beside what the view does

    return declare


def _replayed_or_done(key: str, secret: tuple[str, ...], view: Callable[..., Any], values: dict[str, Any]) -> Response:
    user_id = me().id
    known = idempotency.begin(user_id, key, [request.path, _plain(values)])
    if known:
        return _replay_of(known)
    try:
        response = current_app.make_response(view(**values))
    except BotException as failure:
        idempotency.store_failure(user_id, key, failure)
        raise
    except Exception:
        idempotency.discard(user_id, key)
        raise
    body = (response.get_json() or {}) | dict.fromkeys(secret)
    headers = {name: response.headers[name] for name in _STORED_HEADERS if name in response.headers}
    idempotency.store(user_id, key, StoredAnswer(response.status_code, body, headers))
    return response


def _replay_of(known: StoredAnswer) -> Response:
    response = jsonify(known.body)
    response.status_code = known.status
    response.headers.update(known.headers)
    return mark_replayed(response)


def mark_replayed(response: Response) -> Response:
    """Says on the response that it is not the first one to its request."""
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.identity() if isinstance(value, Params) else str(value) for name, value in values.items()}
