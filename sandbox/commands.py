"""Input of the control API: the fields of each command, and the problems of a bad one."""

import base64
import re
from collections.abc import Set
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sandbox.calls.items import KINDS as ITEMS
from sandbox.faults import ACTS, CALLS, MAY_LAG, STALE, covers
from sandbox.refusals import KINDS
from sandbox.replies import Scripted
from sandbox.wire import Json, Reply, Request

A_YEAR = 31_536_000
MAX_TEXT = 1_000
# All headers of a reply go out in one frame of HTTP/2, which holds 16 KB.
MAX_HEADERS = 8_000
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"|[!-~]|[!-~][ -~\t]*[!-~]")
# The sandbox frames each reply itself, on either version of HTTP.
_FRAMING = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})
_BODILESS = frozenset({204, 205, 304})


class Problem(Exception):
    """A request that the control API cannot do. `fields` says which field has which problem."""

    def __init__(self, status: int, error: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(error)
        body: Json = {"error": error}
        if fields:
            body["fields"] = fields
        self.reply = Reply(body, status)


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


CommandT = TypeVar("CommandT", bound=Command)


class NamesAccount(Command):
    account: str


class ReplyCommand(Command):
    """A call's answer word for word: the body as JSON or text, or bytes in base64."""

    status: int = Field(default=200, ge=200, le=599)
    headers: dict[str, str | list[str]] = Field(default_factory=dict, max_length=50)
    body: Any = ""
    body_base64: str | None = None

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a header")
            if name.lower() in _FRAMING:
                raise ValueError(f"{name} is the sandbox's own")
            if not all(_HEADER_VALUE.fullmatch(one) for one in _several(value)):
                raise ValueError(f"{name} has a value that no header can have")
        if sum(len(name) + len(one) for name, value in headers.items() for one in _several(value)) > MAX_HEADERS:
            raise ValueError(f"more than {MAX_HEADERS} bytes")
        return headers

    @field_validator("body_base64")
    @classmethod
    def _is_base64(cls, text: str | None) -> str | None:
        try:
            base64.b64decode(text or "", validate=True)
        except ValueError as error:
            raise ValueError("not base64") from error
        return text

    @model_validator(mode="after")
    def _one_body(self) -> "ReplyCommand":
        if self.body_base64 is not None and "body" in self.model_fields_set:
            raise _problem("body_base64", "body or body_base64, and not both")
        if self.status in _BODILESS and self.scripted().body not in ("", b""):
            raise _problem("body", f"a reply of status {self.status} has none")
        return self

    def scripted(self) -> Scripted:
        body = self.body if self.body_base64 is None else base64.b64decode(self.body_base64)
        lines = ((name.lower(), one) for name, value in self.headers.items() for one in _several(value))
        return Scripted(self.status, body, tuple(lines))


class FaultCommand(NamesAccount):
    """`fault` or `reply`, for `call` or for `path`, a regular expression that is searched in the path."""

    call: str | None = None
    path: str | None = Field(default=None, min_length=1, max_length=MAX_TEXT)
    fault: str | None = None
    reply: ReplyCommand | None = None
    count: int = Field(default=1, ge=1, le=1_000_000)
    status: int | None = Field(default=None, ge=400, le=599)
    processed: bool | None = None
    share: float = Field(default=1.0, gt=0, le=1)

    @field_validator("call")
    @classmethod
    def _known_call(cls, call: str | None) -> str | None:
        return call if call is None else _one_of(CALLS, call)

    @field_validator("path")
    @classmethod
    def _is_pattern(cls, path: str | None) -> str | None:
        try:
            re.compile(path or "")
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return path

    @field_validator("fault")
    @classmethod
    def _known_fault(cls, fault: str | None, others: ValidationInfo) -> str | None:
        call = others.data.get("call")
        if fault == STALE and not any(covers(call or "any", one) for one in MAY_LAG):
            raise ValueError(f"only for {', '.join(sorted(MAY_LAG))} and their groups")
        return fault if fault is None else _one_of(KINDS, fault)

    @model_validator(mode="after")
    def _one_of_each(self) -> "FaultCommand":
        if (self.call is None) == (self.path is None):
            raise _problem("call", "call or path, and not both")
        if (self.fault is None) == (self.reply is None):
            raise _problem("fault", "fault or reply, and not both")
        if self.fault == STALE and self.path is not None:
            raise _problem("path", f"{STALE} goes by call")
        if self.reply is not None and self.status is not None:
            raise _problem("status", "the reply has its own")
        return self


class OfAKind(Command):
    kind: str = "text"

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        return _one_of(ITEMS.keys(), kind)


class MessageCommand(OfAKind, NamesAccount):
    """A message to add. `others` make the thread a group. `pending`: a stranger's message waits to be let in."""

    username: str
    text: str = Field(default="", max_length=MAX_TEXT)
    others: list[str] = Field(default_factory=list, max_length=30)
    pending: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "MessageCommand":
        if self.kind == "text" and not self.text:
            raise _problem("text", "at least 1 character")
        return self


class ScriptCommand(OfAKind):
    username: str
    reply: str | None = Field(default=None, max_length=MAX_TEXT)
    after: float = Field(default=0.0, ge=0, le=A_YEAR)
    follow_back: bool = False
    accept: bool = False
    follow_back_after: float = Field(default=0.0, ge=0, le=A_YEAR)
    accept_after: float = Field(default=0.0, ge=0, le=A_YEAR)
    leave_after: float | None = Field(default=None, ge=0, le=A_YEAR)

    @model_validator(mode="after")
    def _says_something(self) -> "ScriptCommand":
        if self.kind == "text" and self.reply == "":
            raise _problem("reply", "at least 1 character")
        return self


class FollowerCommand(NamesAccount):
    """A person follows the account from now on, or no longer."""

    username: str
    follows: bool


class ListCommand(NamesAccount):
    latest_first: bool = True
    shown: int | None = Field(default=None, ge=0, le=1_000_000)
    told: bool = True


class LimitCommand(NamesAccount):
    call: str
    count: int = Field(ge=1, le=1_000_000)
    seconds: float = Field(gt=0, le=A_YEAR)

    @field_validator("call")
    @classmethod
    def _an_act(cls, call: str) -> str:
        return _one_of(ACTS, call)


class UnkindCommand(NamesAccount):
    reads: int = Field(default=0, ge=0, le=1_000_000)
    seconds: float = Field(default=0.0, ge=0, le=A_YEAR)
    oldest_app: str = Field(default="", pattern=r"^(\d{1,9}(\.\d{1,9}){0,9})?$")
    quiet: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _within_a_time(self) -> "UnkindCommand":
        if bool(self.reads) != bool(self.seconds):
            raise _problem("seconds", "goes with reads")
        return self


class LatencyCommand(Command):
    ms: int = Field(ge=0, le=60_000)


class ClockCommand(Command):
    seconds: float = Field(ge=-A_YEAR, le=A_YEAR)


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _problem(name: str, what: str) -> PydanticCustomError:
    """Return the problem of one field that depends on the others."""
    return PydanticCustomError("field", "{what}", {"field": name, "what": what})


def _one_of(known: Set[str], name: str) -> str:
    if name not in known:
        raise ValueError(f"one of {', '.join(sorted(known))}")
    return name


def read(request: Request, kind: type[CommandT]) -> CommandT:
    """Return the command in the body of a request. Raises Problem."""
    try:
        return kind.model_validate_json(request.body)
    except ValidationError as error:
        problems: list[Any] = error.errors(include_url=False, include_input=False)
        if any(one["type"] == "json_invalid" for one in problems):
            raise Problem(400, "the body is not JSON") from error
        fields = {_place(one) or "body": str(one["msg"]) for one in problems}
        raise Problem(422, "invalid fields", fields) from error


def _place(problem: Any) -> str:
    """Return the field that a problem is about, as `reply.headers`."""
    of_the_whole = [problem["ctx"]["field"]] if problem["type"] == "field" else []
    return ".".join(map(str, [*problem["loc"], *of_the_whole]))
