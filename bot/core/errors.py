"""BotException, the registry of error codes, and fingerprint codes for unforeseen errors."""

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
"""The person who has to act."""
_SEVERITIES: dict[str, Severity] = {"I": "info", "W": "warning", "E": "error", "C": "critical"}
# The first match wins, so narrow packages come first.
_MODULE_OF_PACKAGE = {
    "bot.storage": "DB",
    "jobs.step_kinds.like": "LIKE",
    "jobs.step_kinds.message": "DM",
    "jobs.step_kinds.reply": "DM",
    "jobs.step_kinds.story": "STO",
    "jobs.step_kinds": "FLW",
    "jobs.instagram": "NET",
    "jobs": "SCH",
    "bot": "BOT",
    "api": "API",
    "web": "API",
}
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ErrorCode:
    """One entry of error_registry.json. `who` has to act.

    `if_asked` replaces `remedy` if a person asked for the call that failed; `remedy` speaks of a bot that works on its
    own. `{again}` in `if_asked` takes the act to repeat. `page` is the address at which the user does what the remedy
    says, if a bot waits for it.
    """

    code: str
    name: str
    status: int
    who: Who
    retryable: bool
    description: str
    remedy: str
    if_asked: str | None = None
    page: str | None = None

    @property
    def module(self) -> str:
        return self.code.split("-")[1]

    @property
    def severity(self) -> Severity:
        return _SEVERITIES[self.code.split("-")[2]]


@cache
def registry() -> dict[str, ErrorCode]:
    """Return every registered code by its name, in the order of error_registry.json."""
    entries = json.loads(Path(__file__).with_name("error_registry.json").read_text(encoding="utf-8"))
    return {entry["name"]: ErrorCode(**entry) for entry in entries}


@cache
def _by_code() -> dict[str, ErrorCode]:
    return {entry.code: entry for entry in registry().values()}


def find_code(code: str | None) -> ErrorCode | None:
    """Return the registered entry of an `E-…` code or of a name. None for fingerprints and unknown codes."""
    return _by_code().get(code or "") or registry().get(code or "")


def _caller() -> tuple[str, int, str]:
    """Return file, line and function of the code that creates an exception."""
    frame = sys._getframe(1)
    while frame.f_code.co_name == "__init__" and frame.f_back:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


class BotException(Exception):
    """A failure with a registered code, a message that a person understands, and a remedy.

    `name` is the name in the registry. Message and remedy come from the registry unless the context has better words.
    `meta` goes into the log and into `activity_logs`, so it must hold no secret. `meta["errors"]` lists the problems of
    single fields as `{field, code, message}`.
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
    """Return the exception of one bad field. It carries the code for the whole and for the field."""
    return BotException(code, errors=[{"field": field, "code": code, "message": message}])


@dataclass(frozen=True)
class Origin:
    """The innermost line of our own code that raised an exception."""

    module: str
    file: str
    line: int
    function: str


def origin_of(error: BaseException) -> Origin:
    """Return the innermost frame of our own code in the error's traceback, or the innermost of all if none is ours.

    A failure that is recorded but never raised has the line that created it.
    """
    frames = _frames(error)
    if not frames:
        return Origin("bot", "unknown", 0, "unknown")
    ours = [frame for frame in frames if _own_path(frame[0])]
    filename, line, function = (ours or frames)[-1]
    file = _own_path(filename) or Path(filename).name
    return Origin(file.removesuffix(".py").replace("/", "."), file, line or 0, function)


def _frames(error: BaseException) -> list[tuple[str, int | None, str]]:
    """Return file, line and function of each frame, innermost last.

    `traceback.extract_tb` would read every file from the disk.
    """
    if error.__traceback__ is None and isinstance(error, BotException):
        return [error.made_at]
    walked = traceback.walk_tb(error.__traceback__)
    return [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in walked]


@cache
def _own_path(filename: str) -> str | None:
    """Return the path of one of our own files below the root, or None for any other file."""
    if filename.startswith("<"):
        # A library or a command line generated this code at run time.
        return None
    path = Path(filename).resolve()
    ours = path.is_relative_to(_ROOT) and not path.is_relative_to(_ROOT / ".venv")
    return str(path.relative_to(_ROOT)) if ours else None


def generate_error_code(error: BaseException) -> str:
    """Return the registered code of an exception, or a stable fingerprint if it has none.

    The fingerprint hashes module, exception type, file and function, so it survives edits elsewhere in the file. Its
    first digit is a letter. Registered numbers are decimal, so the two never collide.
    """
    if isinstance(error, BotException):
        return error.code
    origin = origin_of(error)
    text = "|".join((origin.module, type(error).__qualname__, origin.file, origin.function))
    digest = hashlib.sha256(text.encode()).hexdigest()
    first = "ABCDEF"[int(digest[:2], 16) % 6]
    return f"E-{_module_code(origin.module)}-C-{first}{digest[2:5].upper()}"


def module_of_file(filename: str) -> str:
    """Return the code module of a file, such as `NET`. A file that is not ours gets `API`."""
    return _module_code((_own_path(filename) or "").removesuffix(".py").replace("/", "."))


def _module_code(module: str) -> str:
    for package, code in _MODULE_OF_PACKAGE.items():
        if module == package or module.startswith(package + "."):
            return code
    return "API"


def stack_of(error: BaseException) -> list[str]:
    """Return the traceback as lines `file:line function`, without source text and local variables."""
    return [
        f"{_own_path(filename) or '/'.join(Path(filename).parts[-2:])}:{line} {function}"
        for filename, line, function in _frames(error)
    ]
