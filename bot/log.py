"""Structured JSON logs: static event names, context bound once, no local variables, no secrets."""

import logging
import sys
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars
from structlog.typing import EventDict, Processor

from bot.errors import BotException, generate_error_code, origin_of, stack_of

__all__ = ["bind_contextvars", "clear_contextvars", "configure_logging", "error_fields", "get_logger"]

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logging(level: int = logging.INFO) -> None:
    """JSON lines on standard error for structlog and for the libraries' own loggers."""
    structlog.configure(
        processors=[*_SHARED, _without_locals, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name, _without_locals],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "urllib3", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger() -> Any:
    return structlog.get_logger()


def _without_locals(_logger: object, _method: str, event: EventDict) -> EventDict:
    """An exception becomes its type, its code and its stack of lines: its text may hold what somebody typed."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if info is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event.update(error_fields(error))
    return event


def error_fields(error: BaseException) -> dict[str, Any]:
    """What is written of an error: code, module, severity, file, line and stack; no message of a foreign exception."""
    code, origin = generate_error_code(error), origin_of(error)
    fields: dict[str, Any] = {
        "error_code": code,
        "module": code.split("-")[1],
        "severity": error.severity if isinstance(error, BotException) else "critical",
        "exception": type(error).__qualname__,
        "file": origin.file,
        "line": origin.line,
        "stack": stack_of(error),
    }
    if isinstance(error, BotException):
        fields["error_name"] = error.name
        fields |= {key: value for key, value in error.meta.items() if key not in ("errors", *fields)}
    return fields
