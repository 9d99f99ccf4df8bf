"""Write docs/access.md from the routes: permitted callers and accepted fields (`python -m` this module)."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask

from api.openapi import document
from middleware.access import Access, access_of
from tests.support.environment import config_for

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
_HEAD = """# Who may call what

Every route, who may call it, and the fields that the API takes there; other fields are refused. Pages take the same
fields by the same names. This page is made of the code by `python -m tests.support.access_table`; a test compares them.

Users reach what is theirs: an address that names somebody else's is answered 404. *Confirmed* asks again who it is,
unless that was proved in the last 10 minutes. *First password* is also open to who has to change it first, *code* to
whose sign-in waits for a code of Instagram, *setup* to an administrator who has to set up a second factor first.
*First version* takes an id of `/api/login` as well, as a bearer token or in the cookie `session_id`, and a body as
`text/plain`; such an id opens no other path. *Demo* exists by POST alone, with the sandbox, on a server that listens on
loopback, and under a name of loopback.
"""
_ALSO = {
    "confirmed": "confirmed",
    "allow_password_change": "first password",
    "allow_code": "code",
    "allow_second_factor_setup": "setup",
    "valid_session": "valid Instagram session",
    "first_version": "first version",
    "demo": "demo",
}


def who(access: Access) -> str:
    """Return the access in words, for the table."""
    callers = "everybody" if access.public else {"admin": "administrators", None: "users"}[access.role]
    return ", ".join([callers, *(words for name, words in _ALSO.items() if getattr(access, name))])


def table(app: Flask) -> str:
    """Return the whole page."""
    with app.test_request_context():
        described = document()
    parts: dict[str, list[str]] = {"The API": [], "The pages": []}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        access = access_of(app.view_functions[rule.endpoint]) or Access()
        is_page = rule.endpoint.startswith("web.")
        path = re.sub(r"<(?:any\(.*?\):|\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            taken = "" if is_page else f" {', '.join(fields(described, path, method))} |"
            parts["The pages" if is_page else "The API"].append(f"| {method} | `{path}` | {who(access)} |{taken}")
    api = ["| method | path | who | fields |", "| --- | --- | --- | --- |", *parts["The API"]]
    pages = ["| method | path | who |", "| --- | --- | --- |", *parts["The pages"]]
    return "\n".join([_HEAD, "## The API", "", *api, "", "## The pages", "", *pages, ""])


def fields(described: dict[str, Any], path: str, method: str) -> list[str]:
    """Return the fields that the body of an operation may hold, in the order of the document."""
    operation = described["paths"].get(path, {}).get(method.lower(), {})
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    return list(dict.fromkeys(name for body in bodies for name in _names(described, body["schema"])))


def _names(described: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    for part in schema.get("anyOf", [schema]):
        name = part.get("$ref", "").rpartition("/")[2]
        yield from described["components"]["schemas"].get(name, part).get("properties", {})


def main() -> None:
    from wsgi import create_app

    with TemporaryDirectory() as folder:
        PAGE.write_text(table(create_app(config_for(Path(folder), "", "redis://127.0.0.1:1"))), encoding="utf-8")


if __name__ == "__main__":
    main()
