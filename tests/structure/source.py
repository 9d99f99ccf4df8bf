"""The source files of this repository, read for the tests of its structure."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "bot", "jobs", "local", "middleware", "sandbox", "web")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def product_files() -> list[Path]:
    """Every module of the product, without migrations and tests."""
    packaged = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
    return [ROOT / "wsgi.py", *packaged]


def all_files() -> list[Path]:
    """Every module, tests and journeys too."""
    tests = [path for name in ("tests", "e2e") for path in sorted((ROOT / name).rglob("*.py"))]
    return product_files() + tests


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
