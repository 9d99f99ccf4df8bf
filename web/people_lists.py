"""Lists of people in a form: typed or in a file, and answers to the question that an unsure list raises."""

import base64
from collections.abc import Callable
from typing import Any

from flask import g, request

from bot.core.errors import BotException, invalid
from bot.recipients.reading import Choice, Recipients, Unsure, parse_csv, parse_pasted

ASKED = ("column", "name_column", "header", "encoding")
"""Fields that answer a question about a list."""
_HEADER = {"true": True, "false": False}


def chosen() -> Choice:
    """Return the answers to questions about the list."""
    column, name_column, header, encoding = (request.form.get(name, "").strip() or None for name in ASKED)
    return Choice(column, name_column, _HEADER.get(header or ""), encoding)


def uploaded_file() -> bytes | None:
    """Return the uploaded file, or the earlier one that a question is about. Raises INVALID_INPUT."""
    file = request.files.get("file")
    if file and file.filename:
        return bytes(file.read())
    if not (sent := request.form.get("upload")):
        return None
    try:
        return base64.b64decode(sent, validate=True)
    except ValueError:
        raise invalid("file", "Choose the file once more.") from None


def people_of_text(field: str, text: str) -> Recipients:
    """Read typed people. Raises Unsure, and the refusals of `parse_pasted` at the field."""
    return _read(field, parse_pasted, text)


def people_of_file(data: bytes) -> Recipients:
    """Read the people of a file. Raises Unsure, for whose page the file is kept, and the refusals of `parse_csv`."""
    g.upload = base64.b64encode(data).decode()
    found = _read("file", parse_csv, data)
    g.upload = ""
    return found


def question_of(failure: BotException | None) -> dict[str, Any]:
    """Return the question about a list, if that is the failure, with the file that it is about."""
    return {
        "question": failure if isinstance(failure, Unsure) else None,
        "upload": g.get("upload", ""),
        "asked": ASKED,
    }


def _read(field: str, read: Callable[[Any, Choice], Recipients], source: str | bytes) -> Recipients:
    try:
        return read(source, chosen())
    except Unsure:
        raise
    except BotException as failure:
        told = failure.meta.get("errors") or [{"message": failure.message}]
        raise invalid(field, told[0]["message"], failure.name) from None
