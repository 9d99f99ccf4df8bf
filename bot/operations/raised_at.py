"""Places that raise each registered code, read from the source, so that no second list exists."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from bot.core.errors import registry

ROOT = Path(__file__).resolve().parents[2]
_FACES = ("api", "web")
_PACKAGES = ("bot", "jobs", "middleware", *_FACES)
_SHOWN = 2
_TELL = ("BotException", "invalid")
_QUOTED = re.compile(r"[\"']([A-Z0-9_]+)[\"']")
MAX_LENGTH = 255
"""Characters of the column that holds the places."""


@cache
def raised_at() -> dict[str, str]:
    """Return the places of each registered name as `file:line`, separated by commas, as many as fit the column.

    Places that pass the name to an exception come first. Places that only name it follow, such as a table of foreign
    words. Pages and API, which show and declare names, count only if there are no others. A comparison with a name, or
    its declaration on a view, does not raise it.
    """
    named: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for path in _sources():
        text = path.read_text()
        if registry().keys().isdisjoint(_QUOTED.findall(text)):
            # A release waits for this, and most files name none.
            continue
        file = str(path.relative_to(ROOT))
        shows = file.startswith(_FACES)
        for name, line, raises in _names_in(ast.parse(text, file)):
            named[name].append((0 if raises else _SHOWN if shows else 1, file, line))
    return {name: _fitting(sorted(found)) for name, found in named.items()}


def _sources() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.py"))
    for package in _PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _names_in(module: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """Yield each registered name that the module passes on, its line, and whether that is to an exception."""
    known = registry()
    told: set[ast.AST] = set()
    # A call comes before what is given to it.
    for node in _given_on(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _TELL:
            told.update(node.args)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known:
            yield node.value, node.lineno, node in told


def _given_on(module: ast.Module) -> Iterator[ast.AST]:
    """Yield all nodes of a module, without names that are only compared or looked up, and without decorators."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not _is_compared(node, child)]


def _is_compared(node: ast.AST, child: ast.AST) -> bool:
    if isinstance(node, ast.Dict):
        return child in node.keys
    if isinstance(node, ast.FunctionDef):
        return child in node.decorator_list
    return isinstance(node, ast.Compare) or _is_list_of_names(child)


def _is_list_of_names(node: ast.AST) -> bool:
    if not isinstance(node, ast.Set | ast.Tuple | ast.List) or not node.elts:
        return False
    return all(isinstance(part, ast.Constant) and part.value in registry() for part in node.elts)


def _fitting(places: Sequence[tuple[int, str, int]]) -> str:
    text, (first, *_) = "", places[0]
    for place in dict.fromkeys(f"{file}:{line}" for rank, file, line in places if rank == first or rank < _SHOWN):
        longer = f"{text}, {place}" if text else place
        if len(longer) > MAX_LENGTH:
            return text
        text = longer
    return text
