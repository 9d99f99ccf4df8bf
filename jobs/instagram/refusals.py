"""Names of refusals, read from the fields of Instagram's reply, and from its words only if no field tells."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from bot.config.clock import Clock
from bot.core.errors import BotException
from jobs.instagram import wordings
from jobs.instagram.block_ends import BlockEnd, block_end
from jobs.instagram.people import as_object

_YES = (True, "true", 1)
# Instagram's longest texts have a few hundred characters.
_MOST_WORDS = 4_000
_STATUS = re.compile(r"\d{3}", re.ASCII)

At = Literal["sign_in", "code", "read", "act"]
About = Literal["person", "post", "hashtag", "message"]


@dataclass(frozen=True)
class Call:
    """A call to Instagram, as far as it matters for a refusal. `client_context` is that of a message."""

    at: At = "read"
    about: About = "person"
    client_context: str = ""


@dataclass(frozen=True)
class Meaning:
    """The registry's name of a refusal, whether the call may have been applied, and when a block ends."""

    name: str
    delivered: Literal["no", "maybe"] = "no"
    end: BlockEnd | None = None

    def failure(self, **more: Any) -> BotException:
        """Return the exception of this meaning, with `more` facts about it."""
        return BotException(self.name, delivered=self.delivered, **(self.end.meta if self.end else {}), **more)


@dataclass(frozen=True)
class Refusal:
    """A refusing reply. `fields` are those of its JSON object, empty if it has none.

    `is_bare` says that it is a few words of plain text; `came_at` is its time.
    """

    call: Call
    status: int | None
    fields: Mapping[str, Any] = field(repr=False)
    is_bare: bool = False
    came_at: datetime = field(default_factory=Clock().now)

    @cached_property
    def tokens(self) -> frozenset[str]:
        """Return the short protocol words in fields: lower case, with underscores."""
        values = (self.fields.get(name) for name in ("message", "error_type", "exception_name", "raw_message"))
        return frozenset(value.strip().lower().replace(" ", "_") for value in values if isinstance(value, str))

    @cached_property
    def words(self) -> str:
        """Return the words for people, `plain`."""
        names = ("message", "feedback_title", "feedback_message", "error_title", "error_body")
        said = [*(self.fields.get(name) for name in names), self.payload.get("message")]
        return wordings.plain("\n".join(text[:_MOST_WORDS] for text in said if isinstance(text, str)))

    @cached_property
    def payload(self) -> Mapping[str, Any]:
        return as_object(self.fields.get("payload"))

    @cached_property
    def urls(self) -> str:
        challenge = as_object(self.fields.get("challenge"))
        found = (challenge.get("url"), challenge.get("api_path"), self.fields.get("checkpoint_url"))
        return "\n".join(url for url in found if isinstance(url, str))

    def is_one_of(self, *tokens: str) -> bool:
        return not self.tokens.isdisjoint(tokens)

    def says(self, phrase: re.Pattern[str]) -> bool:
        return phrase.search(self.words) is not None

    @property
    def is_sign_in(self) -> bool:
        return self.call.at in ("sign_in", "code")

    @property
    def said_status(self) -> int | None:
        """Return the status in the body, which overrides that of HTTP; None if there is none."""
        said = str(self.fields.get("status_code", ""))
        return int(said) if _STATUS.fullmatch(said) else None

    @cached_property
    def end(self) -> BlockEnd | None:
        """Return the end of a block as the words name it."""
        return block_end(self.words, self.came_at)

    @property
    def names_policy(self) -> bool:
        """Return whether spam or a policy is named. Then the refusal concerns the account, not the target."""
        return self.fields.get("spam") in _YES or bool(self.fields.get("category") or self.fields.get("feedback_url"))


def meaning_of(refusal: Refusal) -> Meaning | None:
    """Return the meaning by the first rule that matches the reply's fields or words; None if none does."""
    for rule in _RULES:
        if meaning := rule(refusal):
            return meaning
    return None


def refused_though_acknowledged(call: Call, fields: Mapping[str, Any]) -> Meaning | None:
    """Return the meaning of a reply with HTTP 200 to an act that also has the fields of a refusal; None if it has none.

    It is that of the same fields in a refusing reply. With an acknowledgement, it leaves open what happened.
    """
    refusal = Refusal(call, _OK, fields)
    if not (refusal.fields.get("spam") in _YES or _has_feedback(refusal)):
        return None
    meaning = meaning_of(refusal)
    acknowledged = call.about != "message" or bool(refusal.payload.get("item_id"))
    return replace(meaning, delivered="maybe") if meaning and acknowledged else meaning


def _of_the_client(refusal: Refusal) -> Meaning | None:
    outdated = refusal.is_one_of("needs_upgrade", "unsupported_version") or "/unsupported_version" in refusal.urls
    return Meaning("INSTAGRAM_CLIENT_OUTDATED") if outdated or refusal.says(wordings.OUTDATED) else None


_OK = 200
_NOT_FOUND = 404
_OVER = ("/accounts/disabled", "/accounts/suspended", "/suspended/")


def _of_the_account(refusal: Refusal) -> Meaning | None:
    over = refusal.is_one_of("inactive_user", "account_disabled", "account_suspended", "account_deactivated")
    over = over or any(path in refusal.urls for path in _OVER)
    if over or refusal.says(wordings.ACCOUNT_OVER):
        return Meaning("INSTAGRAM_SUSPENDED")
    if refusal.is_one_of("consent_required") or "consent_data" in refusal.fields:
        return Meaning("INSTAGRAM_CONSENT")
    asked = any(token.startswith(("checkpoint_", "challenge_")) for token in refusal.tokens)
    # Instagram hides a challenge as a reply without JSON at an endpoint that exists. That of a code can be gone.
    hidden = refusal.status == _NOT_FOUND and refusal.is_bare and refusal.call.at != "code"
    if asked or hidden or refusal.urls or refusal.fields.get("challenge"):
        return Meaning("INSTAGRAM_CHALLENGE")
    return None


def _of_the_way(refusal: Refusal) -> Meaning | None:
    blocked = refusal.is_one_of("sentry_block", "ip_block", "geo_block", "geo_blocked")
    blocked = blocked or any(token.startswith("geoblock") for token in refusal.tokens)
    blocked = blocked or refusal.says(wordings.ADDRESS_REFUSED)
    return Meaning("INSTAGRAM_ADDRESS_BLOCKED") if blocked else None


_THROTTLED = 429


def _of_the_pace(refusal: Refusal) -> Meaning | None:
    asked = refusal.says(wordings.FEW_MINUTES) or refusal.is_one_of("rate_limit_error") or _asks_a_visitor(refusal)
    if not asked and _THROTTLED not in (refusal.status, refusal.said_status):
        return None
    if refusal.is_sign_in:
        return Meaning("INSTAGRAM_SIGN_IN_LATER")
    return Meaning("INSTAGRAM_PLEASE_WAIT" if asked else "INSTAGRAM_THROTTLED")


def _asks_a_visitor(refusal: Refusal) -> bool:
    """Return whether Instagram asks for a sign-in as it asks visitors who read too fast, and ends no session."""
    return refusal.fields.get("require_login") in _YES and not _ends_session(refusal)


_UNAUTHORIZED = 401


def _of_the_session(refusal: Refusal) -> Meaning | None:
    ended = _ends_session(refusal) or refusal.status == _UNAUTHORIZED
    return Meaning("INSTAGRAM_LOGGED_OUT") if ended else None


def _ends_session(refusal: Refusal) -> bool:
    has_reason = refusal.fields.get("logout_reason") is not None
    return has_reason or refusal.is_one_of("login_required", "user_has_logged_out")


def _of_the_sign_in(refusal: Refusal) -> Meaning | None:
    if refusal.is_one_of("bad_password"):
        return Meaning("INSTAGRAM_SIGN_IN_DISTRUSTED" if _offers_another_way(refusal) else "INSTAGRAM_WRONG_PASSWORD")
    if refusal.is_one_of("unusable_password"):
        return Meaning("INSTAGRAM_NEW_PASSWORD_NEEDED")
    if refusal.is_one_of("userinvalidcredentials", "invalid_user"):
        return Meaning("INSTAGRAM_UNKNOWN_USER")
    if not refusal.is_sign_in:
        return None
    if refusal.is_one_of("field_exception"):
        # The requested screen does not exist, which says nothing about the password or the code.
        return Meaning("INSTAGRAM_SIGN_IN_CHANGED" if refusal.call.at == "sign_in" else "INSTAGRAM_UNKNOWN_STEP")
    return _said_at_sign_in(refusal) if refusal.call.at == "sign_in" else None


def _said_at_sign_in(refusal: Refusal) -> Meaning | None:
    for phrase, name in (
        (wordings.NOBODY, "INSTAGRAM_UNKNOWN_USER"),
        (wordings.PASSWORD_TO_RESET, "INSTAGRAM_NEW_PASSWORD_NEEDED"),
        (wordings.PASSWORD_WRONG, "INSTAGRAM_WRONG_PASSWORD"),
    ):
        if refusal.says(phrase):
            return Meaning(name)
    return Meaning("INSTAGRAM_WRONG_PASSWORD") if refusal.fields.get("invalid_credentials") is True else None


def _offers_another_way(refusal: Refusal) -> bool:
    """Return whether a button leads elsewhere than back, without a word that the password is wrong."""
    if refusal.fields.get("invalid_credentials") is True:
        return False
    buttons = refusal.fields.get("buttons")
    actions = [as_object(button).get("action") for button in buttons] if isinstance(buttons, list) else []
    return any(isinstance(action, str) and action != "dismiss" for action in actions)


def _of_the_follows(refusal: Refusal) -> Meaning | None:
    full = refusal.call.at == "act" and refusal.call.about == "person" and refusal.says(wordings.FOLLOWS_FULL)
    return Meaning("INSTAGRAM_FOLLOWS_FULL") if full else None


def _of_the_kind(refusal: Refusal) -> Meaning | None:
    """Return a block of one kind of step, or a refusal of one target in the same form."""
    shown = refusal.is_one_of("feedback_required", "action_blocked") or _has_feedback(refusal)
    # With a session that has ended, a category says nothing.
    named = refusal.call.at == "act" and refusal.names_policy and not _ends_session(refusal)
    if not shown and not named and refusal.fields.get("spam") not in _YES and not _is_for_a_time(refusal):
        return None
    if refusal.is_sign_in:
        # No kind of step is at work yet.
        return Meaning("INSTAGRAM_SIGN_IN_LATER")
    if _is_of_one_target(refusal):
        # A refusal of one recipient has names of its own.
        return None if refusal.call.about == "message" else Meaning("INSTAGRAM_TARGET_REFUSED")
    return Meaning("INSTAGRAM_ACTION_BLOCKED", end=refusal.end)


def _is_for_a_time(refusal: Refusal) -> bool:
    """Return whether an act is refused until some time, which is said of the account and never of a target."""
    return refusal.call.at == "act" and (refusal.end is not None or refusal.says(wordings.BLOCKED))


def _has_feedback(refusal: Refusal) -> bool:
    says_feedback = str(refusal.fields.get("message") or "").startswith("feedback_required")
    return says_feedback or any(refusal.fields.get(name) for name in ("feedback_title", "feedback_message"))


def _is_of_one_target(refusal: Refusal) -> bool:
    """Return whether Instagram denies that it is about spam, or names the target, and names no policy and no block.

    A time alone makes a block only of what is not denied to be spam and not said of the recipient.
    """
    if refusal.call.at != "act" or refusal.names_policy:
        return False
    if refusal.says(wordings.BLOCKED):
        return False
    if refusal.call.about == "message" and refusal.says(wordings.MESSAGES_CLOSED):
        return True
    denied = refusal.fields.get("spam") is False
    named = refusal.end is None and refusal.says(wordings.TARGET_NOT_ALLOWED)
    return not refusal.says(wordings.TRY_LATER) and (denied or named)


def message_refusal(refusal: Refusal) -> Meaning | None:
    """Return the meaning of a refused message; None if it is open. `refusal` may be a reply with HTTP 200."""
    of_the_kind = _of_the_kind(refusal)
    if of_the_kind and of_the_kind.name == "INSTAGRAM_ACTION_BLOCKED":
        return of_the_kind
    if refusal.says(wordings.MESSAGES_CLOSED):
        return Meaning("INSTAGRAM_MESSAGES_CLOSED")
    if _has_feedback(refusal):
        return Meaning("INSTAGRAM_TARGET_REFUSED")
    acknowledged = refusal.fields.get("action") == "item_ack" and refusal.payload.get("client_context") is not None
    is_ours = acknowledged and str(refusal.payload["client_context"]) == refusal.call.client_context
    refused = is_ours and (refusal.said_status or refusal.status) in range(400, 500)
    return Meaning("INSTAGRAM_MESSAGE_REFUSED") if refused else None


def _of_a_message(refusal: Refusal) -> Meaning | None:
    return message_refusal(refusal) if refusal.call.about == "message" else None


def _of_the_target(refusal: Refusal) -> Meaning | None:
    if "not authorized to view user" in refusal.words:
        return Meaning("INSTAGRAM_PERSON_PRIVATE")
    if refusal.call.about == "message":
        # Other words leave open whether the message was delivered.
        return Meaning("INSTAGRAM_PERSON_NOT_FOUND") if refusal.says(wordings.NO_RECIPIENT) else None
    if refusal.call.about == "hashtag" and "hashtag" in refusal.words:
        return Meaning("INSTAGRAM_HASHTAG_HIDDEN")
    if refusal.says(wordings.NO_POST):
        return Meaning("INSTAGRAM_POST_NOT_FOUND")
    if refusal.says(wordings.NO_PERSON):
        return Meaning("INSTAGRAM_PERSON_NOT_FOUND")
    if refusal.status == _NOT_FOUND and (name := _GONE.get(refusal.call.about)):
        return Meaning(name)
    if refusal.call.at == "act" and refusal.says(wordings.TARGET_NOT_ALLOWED):
        return Meaning("INSTAGRAM_TARGET_REFUSED")
    return None


_GONE: dict[str, str] = {
    "person": "INSTAGRAM_PERSON_NOT_FOUND",
    "post": "INSTAGRAM_POST_NOT_FOUND",
    "hashtag": "INSTAGRAM_HASHTAG_HIDDEN",
}

_RULES: tuple[Callable[[Refusal], Meaning | None], ...] = (
    _of_the_client,
    _of_the_account,
    _of_the_way,
    _of_the_follows,
    _of_the_kind,
    _of_the_pace,
    _of_the_session,
    _of_the_sign_in,
    _of_a_message,
    _of_the_target,
)
