import ast
import re

from tests.structure.source import all_files, product_files, shown, tree

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "manager", "handler", "handlers", "service", "services"}
# Names that clients and maintainers of the first design know.
KEPT = {"BotInstanceManager", "SessionManager", "get_current_bot_manager"}
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def words(name):
    return {word.lower() for word in WORD.findall(name)}


def defined(path):
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [node.name for node in ast.walk(tree(path)) if isinstance(node, kinds)]


def test_no_name_hides_what_a_thing_does():
    names = {f"{shown(path)}:{name}" for path in all_files() for name in defined(path) if name not in KEPT}
    modules = {shown(path) for path in all_files()}
    assert {name for name in names if words(name.split(":")[1]) & EMPTY_WORDS} == set()
    assert {name for name in modules if words(name) & EMPTY_WORDS} == set()


def test_every_module_says_what_it_owns():
    silent = {shown(path) for path in product_files() if path.read_text().strip() and not ast.get_docstring(tree(path))}
    assert silent == set()


def test_a_modules_first_line_says_it_in_one():
    openings = {shown(path): (ast.get_docstring(tree(path)) or "x.").splitlines()[0] for path in product_files()}
    assert {name for name, line in openings.items() if not line.endswith((".", "?"))} == set()
