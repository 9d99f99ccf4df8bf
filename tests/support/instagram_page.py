"""docs/instagram.md, made of the recorded replies: what Instagram says, what the product does, and why.

`python -m tests.support.instagram_page` writes it.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.core.errors import registry
from sandbox.replies import cases

PAGE = Path(__file__).resolve().parents[2] / "docs" / "instagram.md"
_HEAD = """# What Instagram answers, and what follows

This page is made of `sandbox/replies.json` by `python -m tests.support.instagram_page`, and a test holds the two
together. It lists every reply that the product is tested with, through the real client. The replies are shapes from
public records: names, ids and addresses in them are invented, and this project has seen nothing of it at Instagram.

"No" means that the call surely had no effect, "maybe" that it is looked up before anything else.
"""
_TABLE = "| reply | told as | effect | what follows | why |\n| --- | --- | --- | --- | --- |\n"
_FOLLOWS = {
    "none": "nothing more",
    "skip-person": "this person or post is skipped, the action goes on",
    "kind-rests-24h": "this kind of step rests 24 hours at least",
    "bot-rests-1h": "the whole bot rests, one hour at least",
    "session-invalid": "the session is over and the bot stops until its owner acts",
    "all-bots-held": "every bot is held until another client version runs or an admin releases them",
    "retry": "it is tried again later",
    "look-up": "it is looked up, and never sent again by itself",
}
_AT = {"work": "at work", "sign-in": "at sign-in", "code": "after a code", "challenge": "in a challenge"}
# The fields that tell one refusal from another.
_TELLING = ("action", "status_code", "error_type", "message", "spam", "category", "feedback_title", "logout_reason")


def page() -> str:
    """Return the text of the page."""
    parts = [_HEAD]
    by_kind = sorted(cases(), key=_kind)
    for kind, group in groupby(by_kind, key=_kind):
        title = kind.replace("-", " ").capitalize()
        parts.append(
            f"\n## {title}\n\n| reply | told as | effect | what follows | why |\n| --- | --- | --- | --- | --- |\n"
        )
        parts += [f"| {' | '.join(_cells(case))} |\n" for case in group]
    return "".join(parts)


def _kind(case: dict[str, Any]) -> str:
    return str(case["kind"])


def _cells(case: dict[str, Any]) -> Iterator[str]:
    must = case["must"]
    yield f"{_AT[case['at']]}, `{case['calls'][0]}`: {case['status']} {_shape(case['body'])}".strip()
    yield _named(must["name"])
    yield must["delivered"]
    yield _FOLLOWS[must["consequence"]]
    yield _safe(case["why"])


def _named(name: str | None) -> str:
    entry = registry().get(name or "")
    if entry is None:
        return "nothing"
    return f"{entry.code} `{entry.name}`"


def _shape(body: Any) -> str:
    if not isinstance(body, dict):
        return "with a page or a text" if body else "without a body"
    told = [f"`{name}: {_safe(str(body[name]))[:48]}`" for name in _TELLING if body.get(name) not in (None, "")]
    return ", ".join(told[:3])


def _safe(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
