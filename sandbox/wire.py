"""Messages on HTTP: requests with their forms, replies, refusals."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """One request. Header names are lower case."""

    method: str
    path: str
    query_string: str
    headers: dict[str, str]
    body: bytes

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> Json:
        """Return the body's fields, in any of the client's three ways: signed, plain form, raw JSON."""
        text = self.body.decode("utf-8", "replace")
        if text.startswith("{"):
            return parse_object(text)
        fields = dict(parse_qsl(text, keep_blank_values=True))
        if "signed_body" in fields:
            return parse_object(fields["signed_body"].partition(".")[2])
        return fields


@dataclass(frozen=True, slots=True)
class Reply:
    body: Any
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)

    def encoded(self) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Return the body and all headers as they go out. Text is a page of HTML unless a header says otherwise."""
        if isinstance(self.body, str | bytes):
            content, content_type = self.body if isinstance(self.body, bytes) else self.body.encode(), HTML_TYPE
        else:
            content, content_type = json.dumps(self.body, separators=(",", ":")).encode(), JSON_TYPE
        lines = [("content-length", str(len(content))), *self.headers]
        if not any(name == "content-type" for name, _ in self.headers):
            lines = [("content-type", content_type), *lines]
        return content, [(name.encode(), value.encode()) for name, value in lines]


class Turned(Exception):
    """The reply to a refused call, raised at the place that refuses it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Refused(Turned):
    """A refusal in a few words, with `status: fail`."""

    def __init__(self, status: int, message: str, **fields: Any) -> None:
        super().__init__(Reply({"message": message, **fields, "status": "fail"}, status))


def ok(**fields: Any) -> Reply:
    return Reply({**fields, "status": "ok"})


def parse_object(text: str) -> Json:
    """Return a JSON object from a client. Refuses anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "Invalid JSON") from error
    if not isinstance(value, dict):
        raise Refused(400, "Invalid parameters")
    return value


def text_at(fields: Json, *path: str) -> str:
    """Return the text or number at a path of nested objects. Refuses a missing one."""
    value: Any = fields
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str | int):
        raise Refused(400, f"Missing parameter {path[-1]}")
    return str(value)
