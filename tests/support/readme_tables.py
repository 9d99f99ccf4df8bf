"""Write the tables of README.md that follow from the code: endpoints and error codes (`python -m` this module)."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask

from api.openapi import document
from bot.core.errors import registry
from tests.support.environment import config_for

PAGE = Path(__file__).resolve().parents[2] / "README.md"
# Codes that users meet first, and one of each severity.
EXAMPLES = (
    "SESSION_INVALID",
    "PASSWORD_CHANGE_REQUIRED",
    "LIMIT_REACHED",
    "OUTSIDE_HOURS",
    "INSTAGRAM_ACTION_BLOCKED",
    "INSTAGRAM_CHALLENGE",
    "QUEUE_UNAVAILABLE",
    "INTERNAL",
)


def with_tables(text: str, app: Flask) -> str:
    """Return the page with the present tables, each between its two marks."""
    with app.test_request_context():
        described = document()
    for name, table in (("endpoints", endpoints(described)), ("codes", codes())):
        begins, ends = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(begins)
        text = f"{before}{begins}\n\n{table}\n\n{ends}{rest.partition(ends)[2]}"
    return text


def endpoints(described: dict[str, Any]) -> str:
    groups: dict[str, list[str]] = {}
    for path, operations in sorted(described["paths"].items()):
        for tag in dict.fromkeys(operation["tags"][0] for operation in operations.values()):
            methods = [name.upper() for name, operation in operations.items() if operation["tags"][0] == tag]
            groups.setdefault(tag, []).append(f"`{','.join(methods)} {path.removeprefix('/api')}`")
    rows = [f"| {tag} | {' '.join(paths)} |" for tag, paths in sorted(groups.items())]
    return "\n".join(["| | below `/api` |", "| --- | --- |", *rows])


def codes() -> str:
    rows = [
        f"| `{entry.code}` | `{entry.name}` | {entry.status} | {entry.description} | {entry.remedy} |"
        for entry in (registry()[name] for name in EXAMPLES)
    ]
    return "\n".join(["| code | name | HTTP | what happened | what to do |", "| --- | --- | --- | --- | --- |", *rows])


def main() -> None:
    from wsgi import create_app

    with TemporaryDirectory() as name:
        app = create_app(config_for(Path(name), f"sqlite:///{name}/troupe.db", "redis://127.0.0.1:1/0"))
        PAGE.write_text(with_tables(PAGE.read_text(), app))


if __name__ == "__main__":
    main()
