"""Replies that the sandbox does not give, and the rule that nothing but BotException gets out."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from instagrapi import exceptions as ig

from bot.core.errors import BotException, registry
from jobs.instagram.refusals import Call
from jobs.instagram.translate import bot_exceptions_only, translate


def reply(status: int) -> SimpleNamespace:
    return SimpleNamespace(status_code=status)


@pytest.mark.parametrize(
    ("error", "name", "delivered"),
    [
        (ig.UnknownError(message="login_required"), "INSTAGRAM_LOGGED_OUT", "no"),
        (ig.ClientUnauthorizedError("401", response=reply(401)), "INSTAGRAM_LOGGED_OUT", "no"),
        (ig.UnknownError(message="checkpoint_required"), "INSTAGRAM_CHALLENGE", "no"),
        (ig.ClientForbiddenError(message='{"message":"challenge_required"}'), "INSTAGRAM_CHALLENGE", "no"),
        (ig.ChallengeRequired(), "INSTAGRAM_CHALLENGE", "no"),
        (ig.ChallengeSelfieCaptcha("selfie"), "INSTAGRAM_CHALLENGE", "no"),
        (ig.ClientError(message="feedback_required", response=reply(200)), "INSTAGRAM_ACTION_BLOCKED", "no"),
        (ig.SentryBlock(message="blocked"), "INSTAGRAM_ADDRESS_BLOCKED", "no"),
        (ig.ClientNeedsUpgradeError(message="too old"), "INSTAGRAM_CLIENT_OUTDATED", "no"),
        (ig.RateLimitError(message="slow down"), "INSTAGRAM_PLEASE_WAIT", "no"),
        (ig.InvalidTargetUser(message="Invalid target user"), "INSTAGRAM_PERSON_NOT_FOUND", "no"),
        (ig.ClientForbiddenError("403", response=reply(403)), "INSTAGRAM_REFUSED", "no"),
        (ig.PrivateAccount(message="Not authorized to view user"), "INSTAGRAM_PERSON_PRIVATE", "no"),
        (ig.ClientForbiddenError(message="Not authorized to view user"), "INSTAGRAM_PERSON_PRIVATE", "no"),
        (ig.DirectMessageRequestsDisabled(message="in other words"), "INSTAGRAM_MESSAGES_CLOSED", "no"),
        (ig.UnknownError(message="something new"), "INSTAGRAM_REFUSED", "maybe"),
        (ig.ClientError(message="fail", response=reply(200)), "INSTAGRAM_REFUSED", "maybe"),
        (ig.ClientError(message="", response=reply(572)), "INSTAGRAM_SERVER_ERROR", "maybe"),
        (ig.ClientJSONDecodeError("no JSON", response=reply(200)), "INSTAGRAM_UNREADABLE", "maybe"),
        (TypeError("argument of type 'NoneType' is not iterable"), "INSTAGRAM_UNREADABLE", "maybe"),
        (AttributeError("'list' object has no attribute 'get'"), "INSTAGRAM_UNREADABLE", "maybe"),
        (KeyError("friendship_status"), "INSTAGRAM_UNREADABLE", "maybe"),
        (requests.JSONDecodeError("Expecting value", "", 0), "INSTAGRAM_UNREADABLE", "maybe"),
        (requests.TooManyRedirects("Exceeded 0 redirects."), "INSTAGRAM_UNREADABLE", "maybe"),
        (requests.ReadTimeout("read timed out"), "INSTAGRAM_TIMEOUT", "maybe"),
        (requests.ConnectionError("reset"), "INSTAGRAM_UNREACHABLE", "maybe"),
        (requests.exceptions.ChunkedEncodingError("cut"), "INSTAGRAM_UNREACHABLE", "maybe"),
        (requests.exceptions.ProxyError("no way"), "INSTAGRAM_PROXY_FAILED", "no"),
        (requests.exceptions.SSLError("no trust"), "INSTAGRAM_UNREACHABLE", "no"),
    ],
)
def test_it_names_what_instagrapi_and_the_network_raise(error: Exception, name: str, delivered: str) -> None:
    @bot_exceptions_only
    def work() -> None:
        raise error

    with pytest.raises(BotException) as caught:
        work()

    assert (caught.value.name, caught.value.meta["delivered"]) == (name, delivered)


def translated(error: Exception, call: Call) -> BotException:
    try:
        raise error
    except Exception as raised:
        return translate(raised, call)


def led_to(address: str) -> requests.TooManyRedirects:
    found = requests.Response()
    found.status_code, found.headers["Location"] = 302, address
    return requests.TooManyRedirects("Exceeded 0 redirects.", response=found)


@pytest.mark.parametrize(
    ("address", "name", "delivered"),
    [
        ("https://www.instagram.com/accounts/login/?next=/x/", "INSTAGRAM_LOGGED_OUT", "no"),
        ("https://i.instagram.com/challenge/?next=/x/", "INSTAGRAM_CHALLENGE", "no"),
        ("https://www.instagram.com/accounts/suspended/", "INSTAGRAM_SUSPENDED", "no"),
        ("https://i.instagram.com/web/unsupported_version/", "INSTAGRAM_CLIENT_OUTDATED", "no"),
        ("https://www.instagram.com/", "INSTAGRAM_UNREADABLE", "maybe"),
        ("", "INSTAGRAM_UNREADABLE", "maybe"),
    ],
)
def test_the_address_that_instagram_leads_to_tells_the_refusal(address: str, name: str, delivered: str) -> None:
    failure = translated(led_to(address), Call("act"))
    assert (failure.name, failure.meta["delivered"]) == (name, delivered)


@pytest.mark.parametrize(("at", "delivered"), [("act", "maybe"), ("read", "no")])
def test_a_refusal_without_a_reason_leaves_open_whether_an_act_was_applied(at: Any, delivered: str) -> None:
    failure = translated(ig.ClientForbiddenError("403", response=reply(403)), Call(at))
    assert (failure.name, failure.meta["delivered"]) == ("INSTAGRAM_REFUSED", delivered)


def test_what_is_already_named_stays_as_it_is() -> None:
    failure = BotException("INSTAGRAM_TIMEOUT", delivered="maybe")

    assert translate(failure) is failure


def test_nothing_hangs_on_to_what_was_translated() -> None:
    @bot_exceptions_only
    def work() -> None:
        try:
            raise KeyError("canary")
        except KeyError:
            raise BotException("INSTAGRAM_REFUSED", delivered="no")  # noqa: B904

    with pytest.raises(BotException) as caught:
        work()

    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_the_place_of_a_failure_is_told_without_its_text() -> None:
    @bot_exceptions_only
    def work() -> None:
        raise KeyError("canary")

    with pytest.raises(BotException) as caught:
        work()

    assert caught.value.meta["cause"] == "KeyError"
    assert caught.value.meta["raised_at"].startswith("test_translate.py:")
    assert "canary" not in str(caught.value) + str(caught.value.meta)


NAMES = frozenset(registry())
FIELDS = st.sampled_from(
    [
        *("message", "error_type", "exception_name", "raw_message", "status", "status_code", "spam", "category"),
        *("feedback_title", "feedback_message", "feedback_url", "error_title", "error_body", "payload", "challenge"),
        *("url", "api_path", "checkpoint_url", "client_context", "action", "buttons", "logout_reason", "require_login"),
        *("consent_data", "invalid_credentials"),
    ]
)
WORDS = st.text(max_size=8) | st.sampled_from(
    [
        *("feedback_required", "login_required", "item_ack", "bad_password", "blocked until 9999-12-31", "31.12.9999"),
        *("for 999999999 weeks", "until december 31, 9999", "9" * 5000, "٣٣٣", "0001-01-01", "\ud800"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
BODIES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | WORDS, inner, max_size=6)
)
TEXTS = BODIES.map(json.dumps) | st.sampled_from(
    [
        "[" * 50_000,
        '{"message":' * 50_000,
        *('{"status_code":' + "[" * depth + "]" * depth + "}" for depth in (300, 800, 950, 50_000)),
        *('{"message":' + "[" * depth + "]" * depth + "}" for depth in (300, 800, 950)),
        '{"status_code":' + "9" * 5000 + "}",
        '{"status_code":1e999}',
    ]
)
CALLS = st.builds(
    Call,
    st.sampled_from(["sign_in", "code", "read", "act"]),
    st.sampled_from(["person", "post", "hashtag", "message"]),
    st.sampled_from(["", "77"]),
)
ERRORS: list[Callable[[requests.Response], Exception]] = [
    lambda found: ig.ClientError("x", response=found),
    lambda found: ig.ClientNotFoundError("x", response=found),
    lambda found: ig.UnknownError(message=found.text),
    lambda found: ig.FeedbackRequired(response=found),
    lambda found: requests.TooManyRedirects("x", response=found),
    lambda _: RecursionError("too deep"),
]


@given(
    text=TEXTS,
    status=st.integers(100, 599),
    call=CALLS,
    made=st.sampled_from(ERRORS),
    charset=st.sampled_from(["utf-8", "idna", "utf-16", "hex", "?"]),
)
@settings(max_examples=300)
def test_any_reply_to_any_call_has_a_name_of_the_registry(text, status, call, made, charset):
    found = requests.Response()
    found.status_code, found._content = status, text.encode(errors="surrogatepass")
    found.headers["Content-Type"] = f"application/json; charset={charset}"
    found.encoding = charset

    failure = translate(made(found) if charset == "utf-8" else KeyError("x"), call, found)

    assert failure.name in NAMES
    assert failure.meta["delivered"] in ("no", "maybe")
