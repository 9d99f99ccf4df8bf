"""Translation of every exception that leaves this package into a BotException without secrets."""

import functools
import json
import re
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

import requests
from instagrapi import exceptions as ig

from bot.core.causes import cause_of
from bot.core.errors import BotException
from bot.core.log import get_logger
from jobs.instagram.answers import text_of
from jobs.instagram.refusals import Call, Meaning, Refusal, meaning_of
from jobs.instagram.wire import network_failure

P = ParamSpec("P")
T = TypeVar("T")
Delivered = Literal["no", "maybe"]

# The first match counts, if the reply itself says nothing. "no": Instagram said that it did not do it. "maybe": it may
# have done it.
_BY_TYPE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, Delivered], ...] = (
    ((ig.LoginRequired, ig.ClientUnauthorizedError, ig.ClientLoginRequired), "INSTAGRAM_LOGGED_OUT", "no"),
    ((ig.PleaseWaitFewMinutes, ig.RateLimitError), "INSTAGRAM_PLEASE_WAIT", "no"),
    (ig.ClientThrottledError, "INSTAGRAM_THROTTLED", "no"),
    (ig.FeedbackRequired, "INSTAGRAM_ACTION_BLOCKED", "no"),
    (ig.SentryBlock, "INSTAGRAM_ADDRESS_BLOCKED", "no"),
    (ig.ClientNeedsUpgradeError, "INSTAGRAM_CLIENT_OUTDATED", "no"),
    (ig.AccountSuspended, "INSTAGRAM_SUSPENDED", "no"),
    (ig.ChallengeError, "INSTAGRAM_CHALLENGE", "no"),
    ((ig.BadPassword, ig.BadCredentials), "INSTAGRAM_WRONG_PASSWORD", "no"),
    (ig.ProxyAddressIsBlocked, "INSTAGRAM_UNKNOWN_USER", "no"),
    ((ig.MediaUnavailable, ig.InvalidMediaId), "INSTAGRAM_POST_NOT_FOUND", "no"),
    ((ig.UserNotFound, ig.InvalidTargetUser, ig.ClientNotFoundError), "INSTAGRAM_PERSON_NOT_FOUND", "no"),
    (ig.PrivateAccount, "INSTAGRAM_PERSON_PRIVATE", "no"),
    (ig.DirectMessageRequestsDisabled, "INSTAGRAM_MESSAGES_CLOSED", "no"),
    ((ig.TwoFactorRequired, ig.ClientForbiddenError), "INSTAGRAM_REFUSED", "no"),
    (ig.ClientJSONDecodeError, "INSTAGRAM_UNREADABLE", "maybe"),
    ((ig.ClientConnectionError, ig.ClientIncompleteReadError), "INSTAGRAM_UNREACHABLE", "maybe"),
)
_SERVER_ERRORS = 500
_IN_DOUBT = ("INSTAGRAM_REFUSED", "INSTAGRAM_PERSON_NOT_FOUND", "INSTAGRAM_POST_NOT_FOUND")
_ANY_CALL = Call()


def translate(error: Exception, call: Call = _ANY_CALL, reply: requests.Response | None = None) -> BotException:
    """Return the BotException for an error of instagrapi, requests or the reading of a reply.

    `call` is the call; `reply` is the client's last reply, for errors that carry none.
    """
    if isinstance(error, BotException):
        return error
    refusal = _redirection(error, call)
    is_unread = isinstance(error, requests.JSONDecodeError)
    if refusal is None and isinstance(error, requests.RequestException) and not is_unread:
        return network_failure(error)
    refusal = refusal or _refusal(error, call, reply)
    meaning = _said(refusal) or _meaning_by_type(error, refusal)
    return meaning.failure(
        cause=type(error).__name__, http_status=refusal.status, raised_at=_place(error), **cause_of(error)
    )


def _said(refusal: Refusal) -> Meaning | None:
    """Return the meaning of what the reply itself says; None if it cannot be read. The call has failed all the same."""
    try:
        return meaning_of(refusal)
    except Exception as error:
        get_logger().warning("refusal_unread", cause=type(error).__name__, raised_at=_place(error))
        return meaning_of(replace(refusal, fields={}))


def _place(error: Exception) -> str | None:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None


def _meaning_by_type(error: Exception, refusal: Refusal) -> Meaning:
    if not isinstance(error, ig.ClientError):
        return Meaning("INSTAGRAM_UNREADABLE", "maybe")
    meaning = next((Meaning(name, delivered) for types, name, delivered in _BY_TYPE if isinstance(error, types)), None)
    if meaning is None:
        failed = refusal.status is not None and refusal.status >= _SERVER_ERRORS
        return Meaning("INSTAGRAM_SERVER_ERROR" if failed else "INSTAGRAM_REFUSED", "maybe")
    if refusal.call.at == "act" and meaning.name in _IN_DOUBT:
        # A bare 403 or 404 leaves open whether the act was applied.
        return Meaning("INSTAGRAM_REFUSED", "maybe")
    return meaning


# Instagram leads a client to these pages in place of a reply. In the fields of a refusal they mean the same.
_LED_TO = re.compile(r"/(challenge|checkpoint|accounts/(suspended|disabled)|suspended|web/unsupported_version)\b")


def _redirection(error: Exception, call: Call) -> Refusal | None:
    """Read the refusal from the address that a reply leads to; None if the address tells nothing."""
    reply = error.response if isinstance(error, requests.TooManyRedirects) else None
    if reply is None:
        return None
    address = str(reply.headers.get("location", ""))
    if "/accounts/login" in address:
        return Refusal(call, reply.status_code, {"message": "login_required"})
    return Refusal(call, reply.status_code, {"checkpoint_url": address}) if _LED_TO.search(address) else None


def _refusal(error: Exception, call: Call, reply: requests.Response | None) -> Refusal:
    """Read the refusal from the reply, or else from the parts of it that instagrapi has stored."""
    own = getattr(error, "response", None)
    reply = own if isinstance(own, requests.Response) else reply
    if reply is None:
        status = getattr(error, "code", None)
        return Refusal(call, status if isinstance(status, int) else None, _carried(error))
    text = text_of(reply)
    fields = json_object(text)
    bare = fields is None and not text.lstrip().startswith(("<", "[", "{"))
    return Refusal(call, reply.status_code, fields or {}, is_bare=bare)


def _carried(error: Exception) -> dict[str, Any]:
    """Return the fields of an instagrapi exception. Its message can be the whole reply."""
    if not isinstance(error, ig.ClientError):
        return {}
    return json_object(str(error.message)) or dict(vars(error))


def json_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is; None if it is none, or too deep to be read."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


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
