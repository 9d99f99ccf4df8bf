"""The registry of error codes, the code that raises them and the page that explains them know the same."""

import ast
import re

from bot.core.errors import registry
from tests.structure.source import ROOT, product_files, shown, tree

PAGE = (ROOT / "docs" / "errors.md").read_text()


def texts(path):
    return {
        node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def raised(path):
    """The names that the module gives to BotException as they stand."""
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    names = [call.args[0] for call in calls if getattr(call.func, "id", "") == "BotException" and call.args]
    return {name.value for name in names if isinstance(name, ast.Constant)}


def test_every_registered_name_is_used():
    used = set().union(*(texts(path) for path in product_files()))
    assert set(registry()) - used == set()


def test_every_name_that_is_raised_is_registered():
    unknown = {f"{shown(path)}: {name}" for path in product_files() for name in raised(path) - set(registry())}
    assert unknown == set()


def test_the_page_explains_every_module():
    modules = {entry.module for entry in registry().values()}
    rows = re.findall(r"^\| ([A-Z][A-Z, ]+) \| \w", PAGE, re.MULTILINE)
    explained = {name for row in rows for name in row.split(", ")} - set("IWEC")
    assert modules == explained
