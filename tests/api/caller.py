"""A client of the API that holds every answer against the OpenAPI document."""

import json
from typing import Any

from flask import Flask
from jsonschema_rs import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from api.openapi import _EXTENSION, document
from tests.support.people import Somebody


class Caller:
    """Calls as somebody, or as nobody; paths are those below /api."""

    def __init__(self, app: Flask, somebody: Somebody | None = None) -> None:
        self.app = app
        self.client = app.test_client()
        self.headers = somebody.headers if somebody else {}

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> TestResponse:
        return self.call("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> TestResponse:
        return self.call("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.call("DELETE", path, **options)

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = self.headers | options.pop("headers", {})
        response = self.client.open("/api" + path, method=method, headers=headers, **options)
        assert response.headers["X-Request-ID"]
        self._check_documented(method, "/api" + path.partition("?")[0], response)
        return response

    def _check_documented(self, method: str, path: str, response: TestResponse) -> None:
        """Status, content type, headers and body are what the document says of this operation."""
        try:
            endpoint, _ = self.app.url_map.bind("localhost").match(path, method)
        except HTTPException:
            assert json_of(response)["error"] in ("NOT_FOUND", "METHOD_NOT_ALLOWED")
            return
        described = described_by(self.app)
        promised = operations(described)[self.app.view_functions[endpoint].__name__]["responses"]
        answer = promised[str(response.status_code)]
        assert set(answer["headers"]) <= set(response.headers.keys())
        schema = answer["content"][response.mimetype]["schema"]
        if schema.get("type") != "string":
            _validator(described, schema).validate(response.json)


_described: dict[tuple[bool, frozenset[str]], dict[str, Any]] = {}
_validators: dict[tuple[int, str], Draft202012Validator] = {}


def _validator(described: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """The validator of a schema, made once for all operations with this one: it costs as much as a request, and
    megabytes. Documents stay.
    """
    key = id(described), json.dumps(schema, sort_keys=True)
    if key not in _validators:
        _validators[key] = Draft202012Validator(schema | {"components": described["components"]})
    return _validators[key]


def described_by(app: Flask) -> dict[str, Any]:
    """The document of the app; those of the same routes have the same one, which takes a while to make."""
    if _EXTENSION not in app.extensions:
        kind = (
            app.config["SESSION_COOKIE_SECURE"],
            frozenset(f"{rule.endpoint} {rule}" for rule in app.url_map.iter_rules()),
        )
        if kind not in _described:
            with app.test_request_context():
                _described[kind] = document()
        app.extensions[_EXTENSION] = _described[kind]
    described: dict[str, Any] = app.extensions[_EXTENSION]
    return described


def operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every operation of the document by its id."""
    return {operation["operationId"]: operation for path in described["paths"].values() for operation in path.values()}


def json_of(response: TestResponse) -> dict[str, Any]:
    """The body of an answer, which has to be an object."""
    body = response.get_json()
    assert isinstance(body, dict)
    return body


def refusal(response: TestResponse) -> tuple[int, str]:
    """Status and name of a failure, which has the one shape."""
    problem = json_of(response)
    assert response.mimetype == "application/problem+json"
    assert problem["status"] == response.status_code
    assert problem["help"] == problem["type"] == f"/help/errors/{problem['code']}"
    assert problem["request_id"] == response.headers["X-Request-ID"]
    return response.status_code, problem["error"]


def field_codes(response: TestResponse) -> dict[str, str]:
    """The code of each field that was refused."""
    return {problem["field"]: problem["code"] for problem in json_of(response)["errors"]}
