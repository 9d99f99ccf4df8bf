"""Causes of failures as classes and codes, without anybody's data."""

import errno
import smtplib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

_DEEPEST = 10
_NAMES_OF_LOOKUPS = {value: name for name, value in vars(socket).items() if name.startswith("EAI_")}


def cause_of(error: BaseException) -> dict[str, Any]:
    """Return the cause of an error as fields for the log.

    `chain` lists the classes from the error down to its root. The other keys hold the first code of each sort in that
    chain: `sqlstate`, `sqlite_error`, `smtp_code`, `errno` (by name) and `tls_reason`.

    The text of an exception never goes in: it may hold an address or a password that a person typed.
    """
    chain = list(_chain(error))
    found: dict[str, Any] = {"chain": [_class_of(one) for one in chain]}
    for one in chain:
        for name, value in _codes_of(one).items():
            found.setdefault(name, value)
    return found


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes, even those that `raise … from None` hides from people."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen and len(seen) < _DEEPEST:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__ or _wrapped(one)


def _wrapped(error: BaseException) -> BaseException | None:
    """Return the exception that SQLAlchemy or urllib3 keeps in an attribute."""
    for name in ("orig", "reason"):
        inner = getattr(error, name, None)
        if isinstance(inner, BaseException):
            return inner
    return None


def _class_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _codes_of(error: BaseException) -> dict[str, Any]:
    codes = {
        "sqlstate": getattr(error, "sqlstate", None),
        "sqlite_error": getattr(error, "sqlite_errorname", None),
        "smtp_code": _smtp_code(error),
    }
    if isinstance(error, ssl.SSLError):
        codes["tls_reason"] = error.reason
    elif isinstance(error, socket.gaierror):
        codes["errno"] = _NAMES_OF_LOOKUPS.get(error.errno)
    elif isinstance(error, OSError) and error.errno is not None:
        codes["errno"] = errno.errorcode.get(error.errno)
    return {name: value for name, value in codes.items() if isinstance(value, str | int)}


def _smtp_code(error: BaseException) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _ in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
