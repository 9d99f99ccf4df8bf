"""The ways to write a status, as a function: the syntax tree of a module → each line and what is written there."""

import ast
from collections.abc import Iterator

NAME, MODEL = "status", "ActionTarget"
_CHANGES = {"update", "insert", "merge"}
# Calls that write what their keywords or their dictionary say.
_WRITES = {"values", "update", "setdefault", "__setattr__", "setattr", "set_attribute", "set_committed_value", "dict"}


def writes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every way to set a status that may be one of a target: an attribute, a column of a change, a key of a row."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            if _names_it(node.slice) if isinstance(node, ast.Subscript) else node.attr == NAME:
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Dict) and any(key is not None and _names_it(key) for key in node.keys):
            yield node.lineno, "{status}"
        elif isinstance(node, ast.Call) and _writes_it(node):
            yield node.lineno, f"{_called(node)}(status)"


def _writes_it(call: ast.Call) -> bool:
    name, subject = _called(call), _subject(call)
    by_keyword = any(keyword.arg == NAME for keyword in call.keywords)
    if name == MODEL:
        return by_keyword
    if name in _CHANGES and call.args and _last(call.args[0]) == MODEL:
        return True
    if name not in _WRITES or subject not in (None, MODEL):
        return False
    return by_keyword or any(_names_it(part) for part in call.args)


def _subject(call: ast.Call) -> str | None:
    """The model that a chain of calls changes: `Action` of `update(Action).where(…).values(…)`; None if unknown."""
    node: ast.expr = call
    while isinstance(node, ast.Call):
        if _called(node) in _CHANGES and isinstance(node.func, ast.Name) and node.args:
            return _last(node.args[0])
        if not isinstance(node.func, ast.Attribute):
            return None
        node = node.func.value
    return None


def _called(call: ast.Call) -> str:
    return _last(call.func)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _names_it(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return any(_names_it(part) for part in node.elts)
    if isinstance(node, ast.Attribute):
        return node.attr in (NAME, "key") and MODEL in ast.unparse(node)
    return isinstance(node, ast.Constant) and node.value == NAME
