"""The texts that people see: of templates, of modules with words, of failures, of help articles."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.structure.prose import registry_texts
from tests.structure.source import ROOT, shown, tree

# Modules whose strings are shown or mailed. Of all others, only the words of failures are.
SHOWN = (
    "web",
    "bot/actions/filters.py",
    "bot/alerts/delivery.py",
    "bot/alerts/operator_mail.py",
    "bot/automation/status.py",
    "bot/fleet/words.py",
    "bot/mail/texts.py",
)
_FAILURES = {"BotException", "invalid", "wrong_form", "PydanticCustomError", "flash"}
_SPOKEN = {"aria-label", "placeholder", "title", "alt", "label"}
_COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
_JINJA = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)
_LITERAL = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")
_ATTRIBUTE = re.compile(rf"\b(?:{'|'.join(_SPOKEN)})=\"([^\"]*)\"")
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
# A literal in a template is words if it has a space or begins with a capital; else it is a name.
_WORDS = re.compile(r"[A-Z][a-z]+$|.*[A-Za-z]{2,} [A-Za-z]", re.DOTALL)


class Said(NamedTuple):
    """One visible text and its place."""

    place: str
    text: str


def visible() -> Iterator[Said]:
    """Yield every text that people see."""
    for folder in ("web", "api"):
        for path in sorted((ROOT / folder / "templates").rglob("*.html")):
            yield from of_template(path.read_text(encoding="utf-8"), shown(path))
    for path in sorted(ROOT.glob("bot/**/*.py")) + sorted(ROOT.glob("web/**/*.py")) + sorted(ROOT.glob("api/**/*.py")):
        yield from of_module(path)
    registry = ROOT / "bot" / "core" / "error_registry.json"
    yield from (Said(shown(registry), text.text) for text in registry_texts(registry.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "bot" / "help").glob("*.toml")):
        yield from of_articles(path)


def of_template(source: str, place: str) -> Iterator[Said]:
    """Yield the text between tags, the attributes that are read out, and the words in expressions."""
    bare = _COMMENT.sub(" ", source)
    for found in _JINJA.finditer(bare):
        for literal in _LITERAL.finditer(found[0]):
            if _WORDS.match(text := literal[1] or literal[2] or ""):
                yield Said(place, text)
    written = _JINJA.sub(" … ", bare)
    yield from (Said(place, found[1]) for found in _ATTRIBUTE.finditer(written))
    yield from (Said(place, " ".join(text.split())) for text in _TAG.split(written) if text.strip(" \n…"))


def of_module(path: Path) -> Iterator[Said]:
    """Yield the strings of a module that shows all of its own, else those of its failures."""
    place, module = shown(path), tree(path)
    if place.startswith(SHOWN):
        nodes: list[ast.AST] = [module]
    else:
        calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
        nodes = [call for call in calls if getattr(call.func, "id", "") in _FAILURES]
    skipped = set(_unseen(module))
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if not isinstance(node, ast.Constant) or node in skipped:
            continue
        if isinstance(node.value, str) and _WORDS.match(node.value):
            yield Said(f"{place}:{node.lineno}", node.value)


def _unseen(module: ast.Module) -> Iterator[ast.AST]:
    """Yield docstrings and other strings that stand alone."""
    yield from (node.value for node in ast.walk(module) if isinstance(node, ast.Expr))


def of_articles(path: Path) -> Iterator[Said]:
    """Yield the texts of help articles."""
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["article"]:
        button = [entry["button"]["label"]] if "button" in entry else []
        for text in (entry["title"], entry["summary"], entry["happened"], *entry["now"], entry["nothing"], *button):
            yield Said(f"{shown(path)}: {entry['slug']}", text)
