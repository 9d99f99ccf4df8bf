"""Structured JSON logs: static event names, context bound once, no local variables, no secrets."""

import atexit
import logging
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars
from structlog.processors import CallsiteParameter, CallsiteParameterAdder
from structlog.typing import EventDict, Processor

from bot.core.causes import cause_of
from bot.core.errors import BotException, generate_error_code, module_of_file, origin_of, stack_of
from bot.core.foreseen import foreseen

__all__ = [
    "ERROR",
    "bind_contextvars",
    "bound_contextvars",
    "clear_contextvars",
    "configure_logging",
    "error_fields",
    "finish_telling",
    "get_logger",
    "tell",
]

ERROR = "_error"
"""Key of an event that carries the exception its fields describe. It is never written."""
Observer = Callable[[Mapping[str, Any], BaseException | None], None]
"""Observer of each line of level `error` or above. It receives the fields, and the exception if there is one."""

# URLs, e-mail addresses and IP addresses. The pattern of IPv6 also matches times of day.
_ADDRESS = re.compile(
    r"\w+://\S+|\S+@[\w.-]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])",
    re.IGNORECASE,
)
_ALARMING = ("error", "critical")
_observers: dict[str, tuple[Observer, Callable[[], None]]] = {}
_callsite = CallsiteParameterAdder(
    {CallsiteParameter.PATHNAME, CallsiteParameter.FUNC_NAME},
    additional_ignores=["bot.core.log", "bot.history.activity"],
)


def configure_logging(level: str = "info") -> None:
    """Write JSON lines of this level and above to standard error, for structlog and for the loggers of libraries."""
    number = getattr(logging, level.upper())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Processor] = [_without_locals, _completed, _tell_others]
    structlog.configure(
        processors=[*shared, *ending, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, _of_library, *ending],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for noisy in ("httpx", "httpcore", "urllib3", "alembic"):
        logging.getLogger(noisy).setLevel(max(number, logging.WARNING))


def get_logger() -> Any:
    return structlog.get_logger()


def tell(name: str, observer: Observer | None, finish: Callable[[], None] = lambda: None) -> None:
    """Register an observer of every line of level `error` or above.

    It replaces the observer of the same name; None removes it. `finish` waits a moment for what the observer still has
    to pass on.
    """
    _observers.pop(name, None)
    if observer is not None:
        _observers[name] = observer, finish


@atexit.register
def finish_telling() -> None:
    """Wait a moment until every observer has passed on its lines.

    Call it before a process ends without running its exit handlers.
    """
    for _, finish in list(_observers.values()):
        finish()


def _of_library(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Make a library's format string its event name, and the whole text its message.

    The name holds no address: it is the text before values are filled in, with addresses cut out.
    """
    pattern, values = str(event["event"]), event.pop("positional_args", ())
    text = pattern % values if values else pattern
    event["event"] = _ADDRESS.sub("…", pattern)
    if text != event["event"]:
        event["message"] = text
    return event


def _without_locals(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type, code and stack of lines: its text may hold what a person typed."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if info is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event.update(error_fields(error))
        event[ERROR] = error
    return event


def _completed(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Add to every line of a failure the module, the act, the severity and the user."""
    if event["level"] not in ("warning", *_ALARMING) and event["event"] != "failure":
        return event
    if not {"module", "action"} <= event.keys():
        place = _callsite(logging.getLogger(), "", {"_record": event["_record"]} if "_record" in event else {})
        event.setdefault("module", module_of_file(place["pathname"]))
        event.setdefault("action", place["func_name"])
    event.setdefault("severity", event["level"])
    event.setdefault("user_id", None)
    return event


def _tell_others(_logger: object, _method: str, event: EventDict) -> EventDict:
    error = event.pop(ERROR, None)
    if event["level"] in _ALARMING:
        fields = {name: value for name, value in event.items() if not name.startswith("_")}
        for observer, _ in list(_observers.values()):
            observer(fields, error)
    return event


def error_fields(error: BaseException) -> dict[str, Any]:
    """Return what the log says of an error: code, module, severity, file, line, stack and cause.

    The text of a foreign exception is never part of it. Only our own faults are `critical`: an account that Instagram
    closed is not, nor is a database that is away.
    """
    known, origin = foreseen(error), origin_of(error)
    code = generate_error_code(known or error)
    fields: dict[str, Any] = {
        "error_code": code,
        "module": code.split("-")[1],
        "severity": _severity(known),
        "exception": type(error).__qualname__,
        "file": origin.file,
        "line": origin.line,
        "stack": stack_of(error),
    }
    if known is None:
        return fields | cause_of(error)
    fields["error_name"] = known.name
    observer = {key: value for key, value in known.meta.items() if key not in ("errors", *fields)}
    # A failure of Instagram's client carries its cause in meta, because its exception chain is cut off.
    return fields | cause_of(error) | observer


def _severity(known: BotException | None) -> str:
    if known is None:
        return "critical"
    return "error" if known.severity == "critical" and known.who != "admin" else known.severity
