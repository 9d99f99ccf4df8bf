"""The values of columns that responses, pages and exports show. Each list exists here only."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal, TypeAlias, cast, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from sqlalchemy import String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

DAY_MINUTES = 1440
Span = tuple[int, int]
"""Minutes after local midnight. An end that is not after the start is on the next day."""
ALL_DAY: Span = (0, DAY_MINUTES)


class Value(StrEnum):
    """The values of a status or a kind column. Pydantic and OpenAPI treat them as a Literal of strings."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        strings = core_schema.literal_schema([member.value for member in cls])
        shown = core_schema.plain_serializer_function_ser_schema(str.__str__, return_schema=strings)
        return core_schema.no_info_after_validator_function(cls, strings, serialization=shown)


class ActionStatus(Value):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


Outcome = Literal["done", "partly", "none"]
"""The result of an ended action: all that was asked for, some of it, or nothing."""


class TargetStatus(Value):
    PENDING = "pending"
    WORKING = "working"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ActivityStatus(Value):
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"
    STARTED = "started"
    RESTING = "resting"
    WARNED = "warned"


ActivityName = Literal[
    "follow",
    "unfollow",
    "like",
    "story",
    "message",
    "own_reply",
    "reply",
    "read_replies",
    "catch_up",
    "measure",
    "message_sent",
    "message_not_sent",
    "message_send_again",
    "order",
    "preview",
    "action_paused",
    "action_running",
    "action_cancelled",
    "action_rescheduled",
    "action_renamed",
    "repeat_ended",
    "link",
    "verify",
    "send_code",
    "import",
    "test",
    "check",
    "unlink",
    "account_request",
    "request",
    "bot_start",
    "bot_stop",
    "settings",
    "limits",
    "do_not_contact",
    "may_contact",
    "person_forgotten",
    "alert_channel_added",
    "alert_channel_removed",
    "step",
]


class ActionKind(Value):
    FOLLOW_HASHTAG = "follow-hashtag"
    FOLLOW_FOLLOWERS = "follow-followers"
    LIKE_HASHTAG = "like-hashtag"
    VIEW_STORIES = "view-stories"
    SEND_MESSAGES = "send-messages"
    UNFOLLOW = "unfollow"
    REPLY = "reply"
    PLAN = "plan"


class StepKind(Value):
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    LIKE = "like"
    STORY = "story"
    MESSAGE = "message"
    REPLY = "reply"


WRITTEN = (StepKind.MESSAGE, StepKind.REPLY)
"""Steps that write to a person. What came of them is read in the conversation."""


Fact = Literal["follows_back", "accepted", "answered", "answered_positive"]
"""Facts of a person that a step of a plan may wait for."""
OF_ANSWERS: frozenset[Fact] = frozenset({"answered", "answered_positive"})
"""Facts that the inbox tells. Instagram is asked for the others."""


def activity_of(kind: StepKind) -> ActivityName:
    """Return the name of a step in the activity. `reply` is the answer of a person there."""
    return "own_reply" if kind is StepKind.REPLY else cast(ActivityName, str(kind))


class RequestKind(Value):
    LINK = "link"
    VERIFY = "verify"
    SEND_CODE = "send_code"
    IMPORT = "import"
    TEST = "test"
    PREVIEW = "preview"
    CHECK = "check"


class RequestStatus(Value):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class VerificationKind(Value):
    TWO_FACTOR = "two_factor"
    CHALLENGE = "challenge"
    APP = "app"


CodeMethod = Literal["app", "sms", "whatsapp", "backup_code", "device", "email"]
"""How a code reaches the person who signs in at Instagram. `device` is an approval on another one and needs no code."""
HashtagTab = Literal["top", "recent", "clips"]
"""The tabs of a hashtag: the most popular posts, the newest, and videos alone. Instagram calls those clips."""
ListedBy = Literal["user", "admin", "answer"]
AnswerSort = Literal["text", "media", "reaction"]
HandMark = Literal["interested", "question", "declined"]
"""Marks of an answer that its user sets by hand."""
AnswerMark = Literal["opted_out", "positive", HandMark]
"""Marks of an answer. The first two are set by rules: by words that ask to stop, and by the user's own words."""
MarkedBy = Literal["rule", "hand"]


BotCondition = Literal["working", "waiting", "needs_help", "off"]
"""The first thing to know of a bot. `needs_help` waits for a person; `off` was never turned on, or
was turned off by one."""


class AlertKind(Value):
    WEBHOOK = "webhook"
    EMAIL = "email"


AnswerEvent = Literal["answer_stop", "answer_positive", "answer"]
ANSWER_EVENTS: tuple[AnswerEvent, ...] = get_args(AnswerEvent)
"""Events of answers, the one that matters most first. A channel tells them only if its user wants it."""
NewsEvent = Literal["session_ended", "blocked", AnswerEvent]
AlertEvent = Literal["test", "reminder", NewsEvent]
"""Messages of an alert channel: news of the bot, an admin's reminder, or the test that its user asked for."""
RestoreCause = Literal["found", "declared"]
Role = Literal["admin", "user"]


class SignInKind(Value):
    USUAL = "usual"
    REMEMBERED = "remembered"
    FIRST_VERSION = "first_version"


class AttemptKind(Value):
    SIGN_IN = "sign_in"
    CODE = "code"
    CONFIRM = "confirm"
    RESET = "reset"
    REGISTER = "register"
    VERIFY = "verify"
    EXPORT = "export"


Values: TypeAlias = Any
"""A StrEnum, or a Literal of strings as a value."""


class OneOf(TypeDecorator[str]):
    """A text column that takes the strings of a StrEnum or a Literal, and raises ValueError for others.

    Values of a StrEnum are read as its members.
    """

    impl = String
    cache_ok = True

    def __init__(self, values: Values, length: int = 16) -> None:
        super().__init__(length)
        of_enum = isinstance(values, type)
        self.read: Callable[[str], str] = values if of_enum else str
        self.values: tuple[str, ...] = tuple(str(value) for value in (values if of_enum else get_args(values)))
        self.length = length

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        if value is not None and value not in self.values:
            raise ValueError(f"{str(value)!r} is none of {', '.join(self.values)}")
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else self.read(value)
