"""The OpenAPI document as chapters for people: fields by path, failures by name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from api.problems import CONTENT_TYPE
from bot.core.errors import ErrorCode, registry

Json = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One field of a body or an answer, or one parameter.

    In its path a dot leads into a part, `[]` into the items of a list, `*` into the values of a mapping.
    """

    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True)
class Body:
    """One of the shapes in which the input may come."""

    content_type: str
    fields: list[Field]


@dataclass(frozen=True)
class Answer:
    """One of the shapes of an answer to a call that succeeded."""

    status: str
    description: str
    content_type: str
    fields: list[Field]


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    public: bool
    role: str | None
    parameters: list[Field]
    bodies: list[Body]
    answers: list[Answer]
    failures: list[ErrorCode]


@dataclass
class Chapter:
    """The operations of one noun."""

    title: str
    operations: list[Operation] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.title.lower().replace(" ", "-")


def chapters(document: Json) -> list[Chapter]:
    """Return the operations of the document by tag, in the order of the tags and of the paths."""
    found: dict[str, Chapter] = {tag["name"]: Chapter(tag["name"]) for tag in document["tags"]}
    for path in sorted(document["paths"]):
        for method, operation in document["paths"][path].items():
            found[operation["tags"][0]].operations.append(_operation(document, path, method, operation))
    return [chapter for chapter in found.values() if chapter.operations]


def _operation(document: Json, path: str, method: str, operation: Json) -> Operation:
    bodies = operation.get("requestBody", {}).get("content", {})
    responses = operation["responses"].items()
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        public=not operation["security"],
        role=operation.get("x-role"),
        parameters=[_parameter(document, parameter) for parameter in operation.get("parameters", [])],
        bodies=[Body(content_type, list(_fields(document, schema))) for content_type, schema in _shapes(bodies)],
        answers=[
            Answer(status, response["description"], content_type, list(_fields(document, schema)))
            for status, response in responses
            if status < "300"
            for content_type, schema in _shapes(response["content"])
        ],
        failures=[entry for status, response in responses if status >= "300" for entry in _failures(response)],
    )


def _parameter(document: Json, parameter: Json) -> Field:
    kind = _kind(document, parameter["schema"])
    name = f"{parameter['name']} ({parameter['in']})"
    return Field(name, kind, parameter.get("required", False), parameter.get("description", ""))


def _shapes(content: Json) -> Iterator[tuple[str, Json]]:
    """Yield every content type with each of its schemas."""
    for content_type, described in content.items():
        yield from ((content_type, schema) for schema in described["schema"].get("anyOf", [described["schema"]]))


def _failures(response: Json) -> Iterator[ErrorCode]:
    names = response["content"][CONTENT_TYPE]["schema"]["properties"]["error"]["enum"]
    return (registry()[name] for name in names)


def _fields(document: Json, schema: Json, prefix: str = "") -> Iterator[Field]:
    """Yield the fields of an object and of its parts, each with its path."""
    schema = _resolved(document, schema)
    for name, inner in schema.get("properties", {}).items():
        part, required = _resolved(document, inner), name in schema.get("required", [])
        description = inner.get("description") or part.get("description", "")
        yield Field(prefix + name, _kind(document, inner), required, description)
        if part.get("type") == "array":
            yield from _fields(document, part["items"], f"{prefix}{name}[].")
        elif isinstance(values := part.get("additionalProperties"), dict):
            yield from _fields(document, values, f"{prefix}{name}.*.")
        else:
            yield from _fields(document, part, f"{prefix}{name}.")


def _resolved(document: Json, schema: Json) -> Json:
    """Follow a reference. Of a schema that may be null, return the other one."""
    for choice in schema.get("anyOf", []):
        if choice.get("type") != "null":
            return _resolved(document, choice)
    reference = schema.get("$ref")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def _kind(document: Json, schema: Json) -> str:
    part = _resolved(document, schema)
    if "const" in part:
        kind = f"always {str(part['const']).lower()}"
    elif "enum" in part:
        kind = "one of " + ", ".join(map(str, part["enum"]))
    elif part.get("type") == "array":
        kind = f"list of {_kind(document, part['items'])}"
    else:
        kind = (_FORMATS.get(part.get("format", "")) or str(part.get("type", "anything"))) + _bounds(part)
    may_be_null = any(choice.get("type") == "null" for choice in schema.get("anyOf", []))
    return f"{kind} or null" if may_be_null else kind


def _bounds(schema: Json) -> str:
    for least, most, unit in (("minimum", "maximum", ""), ("minLength", "maxLength", " characters")):
        if most in schema:
            return f", {schema.get(least, 0)} to {schema[most]}{unit}"
    return ""


_FORMATS = {"date-time": "time (UTC)", "email": "e-mail address", "uuid": "id"}


def prose(text: str) -> Markup:
    """Escape the text and show backticks as code."""
    plain, code = Markup("{}"), Markup("<code>{}</code>")
    parts = ((code if number % 2 else plain).format(part) for number, part in enumerate(text.split("`")))
    return Markup("").join(parts)
