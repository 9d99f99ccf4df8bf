"""Rules about dangerous code, as functions: the syntax tree of a module → the lines that break the rule."""

import ast
import re
from collections.abc import Callable, Iterator

Rule = Callable[[ast.Module], Iterator[int]]

_NETWORK = {"socket", "http", "urllib3", "requests", "httpx", "aiohttp", "smtplib", "ftplib", "curl_cffi", "telnetlib"}
_LOADS_CODE = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "cloudpickle"}
_LOG_METHODS = {"debug", "info", "warning", "error", "critical", "exception"}
_SECRET = re.compile(r"(^|_)(token|digest|hash|secret|password|signature|mac|otp)$")
_SECRET_PARAMETER = re.compile(r"(^|_)(token|password|secret|key|session)$")
_SECRET_QUERY = re.compile(r"[?&]\w*(token|password|secret)=$")
_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|DROP|ALTER)\s")
_PAST_THE_SCOPE = {"text", "literal_column", "connection", "raw_connection", "exec_driver_sql"}
_EXECUTES = {"text", "execute", "exec_driver_sql", "scalars", "scalar", "literal_column"}


def chance(tree: ast.Module) -> Iterator[int]:
    """`random` can be foreseen: secrets come from `secrets` or os.urandom."""
    return (line for line, name in _imports(tree) if name.split(".")[0] == "random")


def network(tree: ast.Module) -> Iterator[int]:
    """Only modules that check addresses open connections."""
    for line, name in _imports(tree):
        if name.split(".")[0] in _NETWORK or name.startswith("urllib.request"):
            yield line


def loads_code(tree: ast.Module) -> Iterator[int]:
    """What others wrote is never run: no pickle, eval, exec, and no template made of input."""
    yield from (line for line, name in _imports(tree) if name.split(".")[0] in _LOADS_CODE)
    for call in _calls(tree):
        if _name(call.func) in ("eval", "exec", "os.system", "os.popen", "yaml.load", "render_template_string"):
            yield call.lineno


def shell(tree: ast.Module) -> Iterator[int]:
    """No command goes through a shell."""
    return _keyword(tree, "shell", True)


def unverified(tree: ast.Module) -> Iterator[int]:
    """No certificate goes unchecked."""
    yield from _keyword(tree, "verify", False)
    yield from _keyword(tree, "check_hostname", False)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("CERT_NONE", "_create_unverified_context"):
            yield node.lineno


def markup(tree: ast.Module) -> Iterator[int]:
    """Markup is written here, never made of data: `Markup("…{}").format(data)` escapes, `Markup(data)` does not."""
    for call in _calls(tree):
        if _name(call.func).endswith("Markup") and not all(isinstance(part, ast.Constant) for part in call.args):
            yield call.lineno


def made_up_sql(tree: ast.Module) -> Iterator[int]:
    """Values are bound, never written into a statement."""
    for call in _calls(tree):
        if _name(call.func).split(".")[-1] in _EXECUTES and any(_is_made_up(part) for part in call.args):
            yield call.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and any(_SQL.search(text) for text in _texts(node)):
            yield node.lineno


def beside_the_scope(tree: ast.Module) -> Iterator[int]:
    """Raw and Core statements, connections and engines reach past the scope of a user."""
    yield from (call.lineno for call in _calls(tree) if _name(call.func).split(".")[-1] in _PAST_THE_SCOPE)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (node.attr == "__table__" or _name(node) in ("db.engine", "db.session")):
            yield node.lineno


def own_clock(tree: ast.Module) -> Iterator[int]:
    """The time comes from bot.runtime.now(), which tests move."""
    for call in _calls(tree):
        if _name(call.func) in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"):
            yield call.lineno


def told_by_foreigners(tree: ast.Module) -> Iterator[int]:
    """The text of a foreign exception may hold what was typed: its type and place are logged, its text is not."""
    for handler in ast.walk(tree):
        if not isinstance(handler, ast.ExceptHandler) or not handler.name:
            continue
        for call in _calls(handler):
            told = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg != "exc_info")]
            logs = isinstance(call.func, ast.Attribute) and call.func.attr in _LOG_METHODS
            if (logs or _name(call.func) == "BotException") and any(_tells(part, handler.name) for part in told):
                yield call.lineno


def secret_in_address(tree: ast.Module) -> Iterator[int]:
    """Addresses are kept by browsers, proxies and logs: none holds a secret."""
    for call in _calls(tree):
        if _name(call.func).endswith("url_for") and any(
            _SECRET_PARAMETER.search(keyword.arg or "") for keyword in call.keywords
        ):
            yield call.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and any(
            re.search(r"[?&]\w*(token|password|secret)=$", t) for t in _texts(node)
        ):
            yield node.lineno


def compared_in_time(tree: ast.Module) -> Iterator[int]:
    """`==` ends at the first difference, which can be timed: secrets are compared by hmac.compare_digest."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        sides = [node.left, node.comparators[0]]
        if any(_is_column(side) or isinstance(side, ast.Constant) for side in sides):
            continue
        if any(_SECRET.search(_name(side).split(".")[-1]) for side in sides):
            yield node.lineno


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(node: ast.AST) -> str:
    """`a.b.c` of an expression that is one; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return ""


def _keyword(tree: ast.AST, name: str, value: object) -> Iterator[int]:
    for call in _calls(tree):
        for keyword in call.keywords:
            if keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value is value:
                yield call.lineno


def _texts(node: ast.JoinedStr) -> Iterator[str]:
    return (str(part.value) for part in node.values if isinstance(part, ast.Constant))


def _is_made_up(node: ast.AST) -> bool:
    """An f-string, `+`, `%` or `.format()`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    added = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod)
    return isinstance(node, ast.JoinedStr) or (added and any(isinstance(part, ast.Constant) for part in ast.walk(node)))


def _tells(node: ast.AST, error: str) -> bool:
    """Whether the text of the exception of that name is in the expression, not merely something of it."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and _name(part.func) in ("str", "repr", "format"):
            return any(_name(argument) == error for argument in part.args)
        if isinstance(part, ast.FormattedValue) and _name(part.value) == error:
            return True
        if isinstance(part, ast.Attribute) and _name(part) == f"{error}.args":
            return True
    return isinstance(node, ast.Name) and node.id == error


def _is_column(node: ast.AST) -> bool:
    """`Model.column`: the database compares."""
    return isinstance(node, ast.Attribute) and _name(node)[:1].isupper()
