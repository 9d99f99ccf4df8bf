"""What the control API takes: the fields of each order, and what it says of a bad one."""

from collections.abc import Set
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from sandbox.faults import ACTS, CALLS, MAY_LAG, STALE, covers
from sandbox.refusals import KINDS
from sandbox.wire import Json, Reply, Request

A_YEAR = 31_536_000
LONGEST_TEXT = 1_000


class Problem(Exception):
    """A request to the control API that cannot be done; `fields` says what is wrong with which field."""

    def __init__(self, status: int, error: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(error)
        body: Json = {"error": error}
        if fields:
            body["fields"] = fields
        self.reply = Reply(body, status)


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


OrderT = TypeVar("OrderT", bound=Order)


class NamesAccount(Order):
    account: str


class FaultOrder(NamesAccount):
    call: str
    fault: str
    count: int = Field(default=1, ge=1, le=1_000_000)
    status: int | None = Field(default=None, ge=400, le=599)
    processed: bool | None = None
    share: float = Field(default=1.0, gt=0, le=1)

    @field_validator("call")
    @classmethod
    def _known_call(cls, call: str) -> str:
        return _one_of(CALLS, call)

    @field_validator("fault")
    @classmethod
    def _known_fault(cls, fault: str, others: ValidationInfo) -> str:
        call = others.data.get("call")
        if fault == STALE and call and not any(covers(call, one) for one in MAY_LAG):
            raise ValueError(f"only for {', '.join(sorted(MAY_LAG))} and their groups")
        return _one_of(KINDS, fault)


class MessageOrder(NamesAccount):
    username: str
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)


class ScriptOrder(Order):
    username: str
    reply: str | None = Field(default=None, min_length=1, max_length=LONGEST_TEXT)
    after: float = Field(default=0.0, ge=0, le=A_YEAR)
    follow_back: bool = False
    accept: bool = False


class LimitOrder(NamesAccount):
    call: str
    count: int = Field(ge=1, le=1_000_000)
    seconds: float = Field(gt=0, le=A_YEAR)

    @field_validator("call")
    @classmethod
    def _an_act(cls, call: str) -> str:
        return _one_of(ACTS, call)


class LatencyOrder(Order):
    ms: int = Field(ge=0, le=60_000)


class ClockOrder(Order):
    seconds: float = Field(ge=0, le=A_YEAR)


def _one_of(known: Set[str], name: str) -> str:
    if name not in known:
        raise ValueError(f"one of {', '.join(sorted(known))}")
    return name


def read(request: Request, kind: type[OrderT]) -> OrderT:
    """The order in the body of a request. Raises Problem."""
    try:
        return kind.model_validate_json(request.body)
    except ValidationError as error:
        problems: list[Any] = error.errors(include_url=False, include_context=False, include_input=False)
        if any(one["type"] == "json_invalid" for one in problems):
            raise Problem(400, "the body is not JSON") from error
        fields = {".".join(map(str, one["loc"])) or "body": str(one["msg"]) for one in problems}
        raise Problem(422, "invalid fields", fields) from error
