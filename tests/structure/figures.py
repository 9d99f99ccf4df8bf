"""Count what describes the structure of a checkout: `python -m tests.structure.figures [FOLDER]`."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.structure.prose import BANNED_OPENING

PACKAGES = ("api", "bot", "jobs", "local", "middleware", "sandbox", "web")


def modules(root: Path, *packages: str) -> Iterator[tuple[Path, ast.Module]]:
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def largest_package(root: Path) -> tuple[int, str]:
    """Modules of the fullest folder of bot/, and its name; `__init__` does not count."""
    counted: dict[str, int] = defaultdict(int)
    for path in (root / "bot").rglob("*.py"):
        counted[str(path.parent.relative_to(root))] += path.name != "__init__.py"
    return max((count, name) for name, count in counted.items())


def known_packages(root: Path) -> list[int]:
    """Of each module of bot/, how many packages of bot/ but its own it imports from; a flat module is its own."""
    counts = []
    for path, tree in modules(root, "bot"):
        if path.name == "__init__.py":
            continue
        own = path.relative_to(root / "bot").parts[0]
        used = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "bot":
                parts = node.module.split(".")
                used |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        counts.append(len(used - {own}))
    return counts


def repeated_names(root: Path) -> int:
    """Public top-level functions and classes of bot/ whose name more than one module defines."""
    places: dict[str, set[Path]] = defaultdict(set)
    for path, tree in modules(root, "bot"):
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(path)
    return sum(len(found) > 1 for found in places.values())


def constants(root: Path, *prefixes: str) -> int:
    """Assigned names with one of these prefixes, with or without an underscore before it."""
    count = 0
    for _, tree in modules(root, *PACKAGES):
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            count += sum(isinstance(one, ast.Name) and one.id.lstrip("_").startswith(prefixes) for one in targets)
    return count


def docstrings(root: Path) -> Iterator[tuple[Path, str]]:
    for path, tree in modules(root, *PACKAGES):
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node)
                if text:
                    yield path, text


def main(root: Path) -> None:
    texts = [text for _, text in docstrings(root)]
    banned = sum(bool(BANNED_OPENING.match(text)) for text in texts)
    known = known_packages(root)
    size, name = largest_package(root)
    print(f"modules of the largest package of bot: {size} ({name})")
    print(f"packages that a module of bot knows: median {median(known):g}, most {max(known)}")
    print(f"public names of bot that more than one module defines: {repeated_names(root)}")
    print(f"constants MAX_*: {constants(root, 'MAX_')}; MOST_*, LONGEST_*, LARGEST_*: ", end="")
    print(constants(root, "MOST_", "LONGEST_", "LARGEST_"))
    print(f"docstrings: {len(texts)}, on a banned opening: {banned}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
