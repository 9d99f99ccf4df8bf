"""The OpenAPI document: APIFlask's reading of the views, completed by access, failures and headers."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any, cast

from apiflask import APIFlask
from flask import current_app
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from api.blueprint import answers_of, bodies_of, failures_of
from api.problems import CONTENT_TYPE, Problem
from bot.core.errors import registry
from bot.inputs.validation import InstagramName
from middleware.access import ID_COOKIE, Access, access_of, cookie_name

Json = dict[str, Any]
View = Callable[..., Any]

_EXTENSION = "api.openapi"
_ARGUMENT = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")
_SCHEMAS = "#/components/schemas/{model}"
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ALWAYS = ("RATE_LIMITED", "INTERNAL", "SCOPE_VIOLATION", "DATABASE_UNAVAILABLE", "SESSIONS_UNAVAILABLE")
_OF_BODY = ("BAD_REQUEST", "MALFORMED_JSON", "UNSUPPORTED_MEDIA_TYPE", "TOO_LARGE", "INVALID_INPUT")
_REQUEST_ID = {"description": "The id of the request, given or made.", "schema": {"type": "string"}}
_LOCATION = {"description": "Where to ask again.", "schema": {"type": "string", "format": "uri-reference"}}
_RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
# The characters that bot.inputs.refuse_controls accepts in every free text.
_TEXT = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
_OF_PATHS = {"username": TypeAdapter(InstagramName).json_schema()}
_NARROWER = frozenset({"pattern", "format", "enum", "const"})
DESCRIPTION = (
    "Every answer is JSON with `success`. A failure is `application/problem+json` with a registered code, what to do "
    "about it and the problems of single fields. Sign in at `/api/auth/login` and send the token as "
    "`Authorization: Bearer`. A browser that is signed in by its cookie sends the `csrf_token` of `/api/auth/me` as "
    "`X-CSRFToken` with everything but GET. `RateLimit-Limit` and `RateLimit-Remaining` tell how many requests a "
    "minute may have and how many of them are left, `RateLimit-Reset` in how many seconds there is one more; a 429 "
    "says in `Retry-After` how long to wait."
)


def configure(app: APIFlask) -> None:
    """Set what APIFlask reads from the configuration for its part of the document."""
    app.config |= {
        "DESCRIPTION": DESCRIPTION,
        "LICENSE": {"name": "MIT", "identifier": "MIT"},
        "SERVERS": [{"url": "/"}],
        "AUTO_VALIDATION_ERROR_RESPONSE": False,
        "AUTO_404_RESPONSE": False,
        "AUTO_200_RESPONSE": False,
    }


def document() -> Json:
    """Return the document of the running application, made once."""
    made: Json | None = current_app.extensions.get(_EXTENSION)
    if made is None:
        made = current_app.extensions[_EXTENSION] = _make(cast(APIFlask, current_app))
    return made


def _make(app: APIFlask) -> Json:
    made = deepcopy(cast(Json, app.spec))
    models: set[tuple[type[BaseModel], str]] = {(Problem, "serialization")}
    for rule, view in _routes(app):
        path = made["paths"][_template(rule)]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            _complete(path[method.lower()], method, rule, view)
        models |= set(_models(view))
    made["components"] = {"schemas": _schemas(models), "securitySchemes": _security_schemes()}
    return made


def _routes(app: APIFlask) -> Iterator[tuple[Rule, View]]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint.startswith("api.") and hasattr(view, "_spec"):
            yield rule, view


def _template(rule: Rule) -> str:
    return _ARGUMENT.sub(r"{\1}", rule.rule)


def _models(view: View) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield the models that the document refers to. Parameters are written out in it."""
    spec: Json = view._spec  # type: ignore[attr-defined]
    if "body" in spec:
        yield spec["body"], "validation"
    if schema := spec.get("response", {}).get("schema"):
        yield schema, "serialization"
    for shapes in bodies_of(view).values():
        yield from ((shape, "validation") for shape in shapes)
    for answers in answers_of(view).values():
        yield from ((answer, "serialization") for answer in answers)


def _schemas(models: Iterable[tuple[type[BaseModel], str]]) -> Json:
    """Return the schemas by name.

    APIFlask would name a part again in every model that holds it, and describe answers as if they were inputs.
    """
    ordered = sorted(models, key=lambda pair: pair[0].__name__)
    made, inputs = (_defined(pairs) for pairs in (ordered, [pair for pair in ordered if pair[1] == "validation"]))
    for name in inputs:
        _refuse_controls(made[name])
    return dict(sorted(made.items()))


def _defined(pairs: list[tuple[type[BaseModel], str]]) -> Json:
    """Return the schemas of models and of their parts by name.

    If a part has the name of a model, Pydantic gives both long ones. Routes refer to models by their own.
    """
    found, whole = models_json_schema(cast(Any, pairs), ref_template=_SCHEMAS)
    own = {schema["$ref"]: _SCHEMAS.format(model=model.__name__) for (model, _), schema in found.items()}
    names = {long.rpartition("/")[2]: short.rpartition("/")[2] for long, short in own.items()}
    return {names.get(name, name): _renamed(schema, own) for name, schema in whole["$defs"].items()}


def _renamed(schema: Any, references: dict[str, str]) -> Any:
    """Return the schema with other references, at any depth."""
    if isinstance(schema, list):
        return [_renamed(part, references) for part in schema]
    if isinstance(schema, dict):
        return {name: _renamed(part, references) for name, part in schema.items()}
    return references.get(schema, schema) if isinstance(schema, str) else schema


def _refuse_controls(schema: Any) -> None:
    """Add a pattern without control characters to every free text in the schema, at any depth."""
    if isinstance(schema, list):
        for part in schema:
            _refuse_controls(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "string" and not schema.keys() & _NARROWER:
            schema["pattern"] = _TEXT
        _refuse_controls(list(schema.values()))


def _security_schemes() -> Json:
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "The token of a sign-in."},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie_name(),
            "description": "The cookie of a sign-in by the pages; everything but GET needs X-CSRFToken as well.",
        },
        "session_id": {
            "type": "apiKey",
            "in": "cookie",
            "name": ID_COOKIE,
            "description": "The session_id of /api/login, for the paths of the first version alone. It may also be the "
            "bearer token there, and JSON may come as text/plain.",
        },
    }


def _complete(operation: Json, method: str, rule: Rule, view: View) -> None:
    access = access_of(view) or Access()
    operation["operationId"] = view.__name__
    by_id: list[Json] = [{"session_id": []}] if access.first_version else []
    operation["security"] = [] if access.public else [{"bearer": []}, {"cookie": []}, *by_id]
    if access.role:
        operation["x-role"] = access.role
    if bodies := bodies_of(view):
        operation["requestBody"] = {"content": {name: {"schema": _one_of(shapes)} for name, shapes in bodies.items()}}
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    for parameter in operation.get("parameters", []):
        _complete_parameter(parameter, rule)
    responses = operation["responses"]
    for status, answers in answers_of(view).items():
        response = responses.setdefault(status, {"description": "Not done yet", "content": {}})
        response["content"]["application/json"] = {"schema": _one_of(answers)}
    for status, response in responses.items():
        response["headers"] = {"X-Request-ID": _REQUEST_ID}
        if status in ("201", "202"):
            response["headers"]["Location"] = _LOCATION
    responses.update(_failures(sorted({*_following(operation, method, rule, access), *failures_of(view)})))


def _complete_parameter(parameter: Json, rule: Rule) -> None:
    schema = parameter["schema"]
    if parameter["in"] == "path":
        schema |= _OF_PATHS.get(parameter["name"], {})
    _refuse_controls(schema)
    if "description" in schema:
        parameter["description"] = schema.pop("description")
    if f"<uuid:{parameter['name']}>" in rule.rule:
        schema["format"] = "uuid"


def _one_of(models: tuple[type[BaseModel], ...]) -> Json:
    schemas: list[Json] = [{"$ref": _SCHEMAS.format(model=model.__name__)} for model in models]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _following(operation: Json, method: str, rule: Rule, access: Access) -> Iterator[str]:
    """Yield the error names that follow from the access, the method and the input of a route."""
    yield from _ALWAYS
    if not access.public:
        yield "AUTHENTICATION_REQUIRED"
        yield "SIGN_IN_LOST"
        if not access.allow_password_change:
            yield "PASSWORD_CHANGE_REQUIRED"
        if not access.allow_code:
            yield "SIGN_IN_NEEDS_CODE"
        if not access.allow_second_factor_setup:
            yield "SECOND_FACTOR_SETUP_REQUIRED"
    if access.role:
        yield "FORBIDDEN"
    if access.confirmed:
        yield "CONFIRMATION_REQUIRED"
    if access.valid_session:
        yield "SESSION_INVALID"
    if method in _UNSAFE:
        yield "CSRF_FAILED"
    if "requestBody" in operation:
        yield from _OF_BODY
    if any(parameter["in"] != "path" for parameter in operation.get("parameters", [])):
        yield "INVALID_INPUT"
    if rule.arguments:
        yield "NOT_FOUND"


def _failures(names: Iterable[str]) -> Json:
    by_status = defaultdict(list)
    for name in names:
        by_status[registry()[name].status].append(name)
    return {str(status): _failure(status, by_status[status]) for status in sorted(by_status)}


def _failure(status: int, names: list[str]) -> Json:
    """Return the response of one status with all its failures. The code of an unforeseen one is a fingerprint."""
    entries = [registry()[name] for name in names]
    lines = [f"- `{entry.name}` ({entry.code}): {entry.description}" for entry in entries]
    known: Json = {"error": {"enum": names}}
    if "INTERNAL" not in names:
        known["code"] = {"enum": [entry.code for entry in entries]}
    headers = {"X-Request-ID": _REQUEST_ID}
    if status == 429:
        headers["Retry-After"] = _RETRY_AFTER
    return {
        "description": "\n".join(lines),
        "headers": headers,
        "content": {CONTENT_TYPE: {"schema": {"$ref": _SCHEMAS.format(model="Problem"), "properties": known}}},
    }
