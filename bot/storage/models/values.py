"""The values of columns that responses, pages and exports show. Each list exists here only."""

from typing import Any, Literal, TypeAlias, get_args

from sqlalchemy import String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

DAY_MINUTES = 1440
Span = tuple[int, int]
"""Minutes after local midnight. An end that is not after the start is on the next day."""
ALL_DAY: Span = (0, DAY_MINUTES)

ActionStatus = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]
Outcome = Literal["done", "partly", "none"]
"""The result of an ended action: all that was asked for, some of it, or nothing."""
TargetStatus = Literal["pending", "working", "done", "skipped", "failed", "unknown"]
ActivityStatus = Literal["done", "skipped", "failed", "unknown", "started", "resting", "warned"]
ActivityName = Literal[
    "follow",
    "unfollow",
    "like",
    "story",
    "message",
    "reply",
    "read_replies",
    "catch_up",
    "message_sent",
    "message_not_sent",
    "message_send_again",
    "order",
    "preview",
    "action_paused",
    "action_running",
    "action_cancelled",
    "action_rescheduled",
    "repeat_ended",
    "link",
    "verify",
    "test",
    "unlink",
    "account_request",
    "request",
    "bot_start",
    "bot_stop",
    "settings",
    "limits",
    "do_not_contact",
    "may_contact",
    "alert_channel_added",
    "alert_channel_removed",
    "step",
]
StepKind = Literal["follow", "unfollow", "like", "story", "message"]
RequestKind = Literal["link", "verify", "test", "preview"]
RequestStatus = Literal["queued", "running", "done", "failed"]
VerificationKind = Literal["two_factor", "challenge", "app"]
ListedBy = Literal["user", "admin", "answer"]
AlertKind = Literal["webhook", "email"]
AlertEvent = Literal["test", "session_ended", "blocked"]
RestoreCause = Literal["found", "declared"]
Role = Literal["admin", "user"]
SignInKind = Literal["usual", "remembered", "first_version"]

Values: TypeAlias = Any
"""A Literal of strings, passed as a value."""


class OneOf(TypeDecorator[str]):
    """A text column that takes the strings of a Literal and refuses all others with ValueError."""

    impl = String
    cache_ok = True

    def __init__(self, values: Values, length: int = 16) -> None:
        super().__init__(length)
        self.values: tuple[str, ...] = get_args(values)
        self.length = length

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        if value is not None and value not in self.values:
            raise ValueError(f"{value!r} is none of {', '.join(self.values)}")
        return value
