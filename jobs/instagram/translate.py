"""Translation of every exception that leaves this package into a BotException without secrets."""

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import requests
from instagrapi import exceptions as ig

from bot.core.causes import cause_of
from bot.core.errors import BotException
from jobs.instagram.wire import network_failure

P = ParamSpec("P")
T = TypeVar("T")

# The first match counts. "no": Instagram said that it did not do it. "maybe": it may have done it.
_BY_TYPE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
    ((ig.LoginRequired, ig.ClientUnauthorizedError, ig.ClientLoginRequired), "INSTAGRAM_LOGGED_OUT", "no"),
    ((ig.PleaseWaitFewMinutes, ig.RateLimitError), "INSTAGRAM_PLEASE_WAIT", "no"),
    (ig.ClientThrottledError, "INSTAGRAM_THROTTLED", "no"),
    ((ig.FeedbackRequired, ig.SentryBlock), "INSTAGRAM_ACTION_BLOCKED", "no"),
    (ig.ChallengeError, "INSTAGRAM_CHALLENGE", "no"),
    ((ig.BadPassword, ig.BadCredentials), "INSTAGRAM_WRONG_PASSWORD", "no"),
    (ig.ProxyAddressIsBlocked, "INSTAGRAM_UNKNOWN_USER", "no"),
    ((ig.UserNotFound, ig.InvalidTargetUser, ig.ClientNotFoundError), "INSTAGRAM_PERSON_NOT_FOUND", "no"),
    (ig.PrivateAccount, "INSTAGRAM_PERSON_PRIVATE", "no"),
    (ig.DirectMessageRequestsDisabled, "INSTAGRAM_MESSAGES_CLOSED", "no"),
    ((ig.TwoFactorRequired, ig.ClientForbiddenError), "INSTAGRAM_REFUSED", "no"),
    (ig.ClientJSONDecodeError, "INSTAGRAM_UNREADABLE", "maybe"),
    ((ig.ClientConnectionError, ig.ClientIncompleteReadError), "INSTAGRAM_UNREACHABLE", "maybe"),
)
# Words of Instagram for which instagrapi has a class only with one HTTP status, or none at all.
_BY_MESSAGE = {
    "login_required": "INSTAGRAM_LOGGED_OUT",
    "feedback_required": "INSTAGRAM_ACTION_BLOCKED",
    "challenge_required": "INSTAGRAM_CHALLENGE",
    "checkpoint_required": "INSTAGRAM_CHALLENGE",
    "consent_required": "INSTAGRAM_CONSENT",
    "Please wait a few minutes": "INSTAGRAM_PLEASE_WAIT",
    "Not authorized to view user": "INSTAGRAM_PERSON_PRIVATE",
    "allow new message requests": "INSTAGRAM_MESSAGES_CLOSED",
    "message this account unless they follow you": "INSTAGRAM_MESSAGES_CLOSED",
}
_SERVER_ERRORS = 500


def translate(error: Exception) -> BotException:
    """Return the BotException for an error of instagrapi, requests or the reading of a reply."""
    if isinstance(error, BotException):
        return error
    if isinstance(error, requests.RequestException) and not isinstance(error, requests.JSONDecodeError):
        return network_failure(error)
    status = getattr(error, "code", None)
    name, delivered = _name_of(error, status)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return BotException(
        name,
        delivered=delivered,
        cause=type(error).__name__,
        http_status=status,
        raised_at=f"{Path(where.filename).name}:{where.lineno}",
        **cause_of(error),
    )


def _name_of(error: Exception, status: object) -> tuple[str, str]:
    if not isinstance(error, ig.ClientError):
        return "INSTAGRAM_UNREADABLE", "maybe"
    if isinstance(error, ig.AccountSuspended):  # Its message is that of a challenge
        return "INSTAGRAM_SUSPENDED", "no"
    for words, name in _BY_MESSAGE.items():
        if words in str(error.message):
            return name, "no"
    for types, name, delivered in _BY_TYPE:
        if isinstance(error, types):
            return name, delivered
    if isinstance(status, int) and status >= _SERVER_ERRORS:
        return "INSTAGRAM_SERVER_ERROR", "maybe"
    return "INSTAGRAM_REFUSED", "maybe"


def bot_exceptions_only(work: Callable[P, T]) -> Callable[P, T]:
    """Let nothing but BotException out of `work`, without the cause, context and frames of its origin.

    Those hold requests and replies: passwords, codes, session ids.
    """

    @functools.wraps(work)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except Exception as error:
            failure = translate(error)
        failure.__cause__ = failure.__context__ = failure.__traceback__ = None
        raise failure

    return guarded
