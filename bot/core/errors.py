"""BotException, the registry of error codes and the fingerprint codes of what nobody foresaw."""

import hashlib
import json
import sys
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Severity = Literal["info", "warning", "error", "critical"]
Who = Literal["user", "admin", "nobody"]
"""Who has to act."""
_SEVERITIES: dict[str, Severity] = {"I": "info", "W": "warning", "E": "error", "C": "critical"}
# The first that fits.
_MODULE_OF_PACKAGE = {
    "bot.storage": "DB",
    "jobs.actions.like_hashtag": "LIKE",
    "jobs.actions.send_messages": "DM",
    "jobs.actions.view_stories": "STO",
    "jobs.actions": "FLW",
    "jobs.instagram": "NET",
    "jobs": "SCH",
    "bot": "BOT",
    "api": "API",
    "web": "API",
}
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ErrorCode:
    """One line of the registry. `who` must act.

    `if_asked` is the remedy for a person who asked for the call that failed, where `remedy` is about a bot at work; its
    `{again}` is what to do again.
    """

    code: str
    name: str
    status: int
    who: Who
    retryable: bool
    description: str
    remedy: str
    if_asked: str | None = None

    @property
    def module(self) -> str:
        return self.code.split("-")[1]

    @property
    def severity(self) -> Severity:
        return _SEVERITIES[self.code.split("-")[2]]


@cache
def registry() -> dict[str, ErrorCode]:
    """Every registered code by its name, in the order of error_registry.json."""
    entries = json.loads(Path(__file__).with_name("error_registry.json").read_text(encoding="utf-8"))
    return {entry["name"]: ErrorCode(**entry) for entry in entries}


@cache
def _by_code() -> dict[str, ErrorCode]:
    return {entry.code: entry for entry in registry().values()}


def find_code(code: str | None) -> ErrorCode | None:
    """The registered entry of an `E-…` code or of a name; None for fingerprints and unknown ones."""
    return _by_code().get(code or "") or registry().get(code or "")


def _caller() -> tuple[str, int, str]:
    """File, line and function of what makes an exception."""
    frame = sys._getframe(1)
    while frame.f_code.co_name == "__init__" and frame.f_back:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


class BotException(Exception):
    """A failure with a registered code, a message a person understands and what to do about it.

    `name` is the registry's name. `meta` goes into the log and into `activity_logs`: never put a secret there.
    `errors` in `meta` is the list of per-field problems: `{field, code, message}`. Message and remedy are those of the
    registry unless the context has better words.
    """

    def __init__(self, name: str, message: str | None = None, *, remedy: str | None = None, **meta: Any) -> None:
        self.entry = registry()[name]
        self.message = message or self.entry.description
        self.remedy = remedy or self.entry.remedy
        self.meta = meta
        self.made_at = _caller()
        super().__init__(f"{self.entry.code} {name}: {self.message}")

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def code(self) -> str:
        return self.entry.code

    @property
    def status(self) -> int:
        return self.entry.status

    @property
    def severity(self) -> Severity:
        return self.entry.severity

    @property
    def retryable(self) -> bool:
        return self.entry.retryable

    @property
    def who(self) -> Who:
        return self.entry.who


def invalid(field: str, message: str, code: str = "INVALID_INPUT") -> BotException:
    """The exception of one bad field; it carries the code both for the whole and for the field."""
    return BotException(code, errors=[{"field": field, "code": code, "message": message}])


@dataclass(frozen=True)
class Origin:
    """Where an exception was raised: the innermost line of our own code."""

    module: str
    file: str
    line: int
    function: str


def origin_of(error: BaseException) -> Origin:
    """The innermost frame of our own code in the error's traceback, else the innermost of all.

    Of a failure that is recorded without being raised, it is the line that made it.
    """
    frames = _frames(error)
    if not frames:
        return Origin("bot", "unknown", 0, "unknown")
    ours = [frame for frame in frames if _own_path(frame[0])]
    filename, line, function = (ours or frames)[-1]
    file = _own_path(filename) or Path(filename).name
    return Origin(file.removesuffix(".py").replace("/", "."), file, line or 0, function)


def _frames(error: BaseException) -> list[tuple[str, int | None, str]]:
    """File, line and function of each frame, the innermost last; `traceback` would look each file up on the disk."""
    if error.__traceback__ is None and isinstance(error, BotException):
        return [error.made_at]
    walked = traceback.walk_tb(error.__traceback__)
    return [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in walked]


@cache
def _own_path(filename: str) -> str | None:
    """Where a file of our own code lies below the root; None for all others."""
    if filename.startswith("<"):
        # Code that was made while running, by a library or on a command line.
        return None
    path = Path(filename).resolve()
    ours = path.is_relative_to(_ROOT) and not path.is_relative_to(_ROOT / ".venv")
    return str(path.relative_to(_ROOT)) if ours else None


def generate_error_code(error: BaseException) -> str:
    """The code of any exception: its own if registered, else a stable fingerprint.

    The fingerprint is of module, exception type, file and function, so that it survives edits elsewhere in the
    file. Its first digit is a letter: registered numbers are decimal, so the two never meet.
    """
    if isinstance(error, BotException):
        return error.code
    origin = origin_of(error)
    text = "|".join((origin.module, type(error).__qualname__, origin.file, origin.function))
    digest = hashlib.sha256(text.encode()).hexdigest()
    first = "ABCDEF"[int(digest[:2], 16) % 6]
    return f"E-{_module_code(origin.module)}-C-{first}{digest[2:5].upper()}"


def module_of_file(filename: str) -> str:
    """The module of codes that a file belongs to; API for one that is not ours."""
    return _module_code((_own_path(filename) or "").removesuffix(".py").replace("/", "."))


def _module_code(module: str) -> str:
    for package, code in _MODULE_OF_PACKAGE.items():
        if module == package or module.startswith(package + "."):
            return code
    return "API"


def stack_of(error: BaseException) -> list[str]:
    """The traceback as lines `file:line function`, without source text and without local variables."""
    return [
        f"{_own_path(filename) or '/'.join(Path(filename).parts[-2:])}:{line} {function}"
        for filename, line, function in _frames(error)
    ]
