"""bot/ is divided: no package is a hall, each says what it owns, and none of it sees a request."""

import ast

import pytest

from tests.structure.source import ROOT, shown, tree

MAX_MODULES = 14
BOT = ROOT / "bot"
PACKAGES = sorted(path.parent for path in BOT.glob("*/__init__.py"))
# What flask and flask-login bind to the request that a thread answers.
OF_A_REQUEST = {"request", "session", "g", "current_user", "login_user", "logout_user"}


def modules_of(package):
    return [path for path in package.glob("*.py") if path.name != "__init__.py"]


def of_a_request(module: ast.Module) -> list[str]:
    """What a module takes of the request, by whatever way it is imported."""
    taken = []
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("flask", "flask_login"):
            taken += [alias.name for alias in node.names if alias.name in OF_A_REQUEST]
        if isinstance(node, ast.Import):
            taken += [alias.name for alias in node.names if alias.name.split(".")[0] in ("flask", "flask_login")]
    return taken


def test_no_package_is_a_hall():
    sizes = {package.name: len(modules_of(package)) for package in PACKAGES}
    assert {name: size for name, size in sizes.items() if size > MAX_MODULES} == {}


def test_no_module_lies_beside_the_packages():
    assert {path.name for path in BOT.glob("*.py")} == {"__init__.py", "app.py"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_says_what_it_owns_and_what_it_may_use(package):
    owns, _, uses = (ast.get_docstring(tree(package / "__init__.py")) or "").partition("\n\n")
    assert owns
    assert "may use" in uses


def test_nothing_in_bot_takes_the_request():
    found = {shown(path): of_a_request(tree(path)) for path in BOT.rglob("*.py")}
    assert {name: taken for name, taken in found.items() if taken} == {}


@pytest.mark.parametrize(
    "line",
    ["from flask import request", "from flask import Flask, g", "import flask", "from flask_login import current_user"],
)
def test_who_takes_it_is_found(line):
    assert of_a_request(ast.parse(line))


def test_what_belongs_to_the_app_is_none_of_it():
    assert of_a_request(ast.parse("from flask import Flask, current_app\nfrom flask_login import UserMixin")) == []
