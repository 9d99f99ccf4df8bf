"""Failures of requests: each becomes a BotException with a code, logged once or recorded for its user."""

from contextlib import suppress

from flask import request
from flask_limiter.errors import RateLimitExceeded
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from bot.core.errors import BotException
from bot.core.foreseen import foreseen
from bot.history.activity import log_error
from bot.history.refusals import is_of_bot, note_refusal
from bot.users.directory import usernames
from middleware.origin_check import SAFE_METHODS
from middleware.rate_limit import too_many_requests

_NAMES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMITED",
}


def told_failure(error: Exception) -> tuple[BotException, str]:
    """Return the failure to show to the caller, and the code under which it was written down."""
    failure = _as_bot_exception(error)
    return failure, _write(error if failure.name == "INTERNAL" else failure, failure)


def _write(error: Exception, failure: BotException) -> str:
    """Log the failure, or record it for its user if the state of their bot refused the request. Return its code."""
    route = str(request.url_rule or "none")
    if request.method not in SAFE_METHODS and is_of_bot(failure) and current_user.is_authenticated:
        failure.meta["route"] = route
        # A failure that cannot be recorded is logged all the same.
        with suppress(SQLAlchemyError):
            note_refusal(current_user.id, failure)
            return failure.code
    return log_error(error, refused=failure.status < 500, route=route)


def _as_bot_exception(error: Exception) -> BotException:
    if isinstance(error, BotException):
        return error
    if isinstance(error, CSRFError):
        return BotException("CSRF_FAILED", token=False)
    if isinstance(error, RateLimitExceeded):
        return too_many_requests()
    if isinstance(error, RecursionError):
        return BotException("MALFORMED_JSON")
    if isinstance(error, HTTPException):
        code = error.code or 500
        return BotException(_NAMES.get(code, "BAD_REQUEST" if code < 500 else "INTERNAL"), status=code)
    if known := foreseen(error):
        return known
    return BotException("USER_NOT_FOUND" if _is_erased_meanwhile() else "INTERNAL")


def _is_erased_meanwhile() -> bool:
    """Return whether the request's user, or the user it is about, was erased meanwhile. Its failures are no faults."""
    concerned = {str((request.view_args or {}).get("user_id", ""))} - {""}
    if current_user.is_authenticated:
        concerned.add(current_user.id)
    with suppress(SQLAlchemyError):
        return usernames(concerned).keys() < concerned
    return False
