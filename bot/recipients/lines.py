"""Pasted lists of people: the account that each line surely or possibly means."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from bot.recipients.delimited_text import DELIMITERS, is_binary
from bot.recipients.recipient import (
    MAX_READ,
    Row,
    is_handle,
    read_person,
)
from bot.recipients.sections import reason_against, section

_LIST_SIGNS = re.compile(r"\A(?:(?:[-*+•·◦▪‣–—→>☐☑✓✔]|\d{1,5}[.)]|\(\d{1,5}\)|\[[ xX]?\])\s+){1,3}")
_BRACKETS = "[](){}"
_PART = re.compile(f"[{re.escape(DELIMITERS)}]")
_WORD = re.compile(r"[^\s,;|]+")
# A username with a space inside: a link that is not closed and continues in lower case, or an @ and a last piece.
_SPLIT_NAME = re.compile(r"(?:\.com|\.am|/_u|/m)/@?[\w.]+ [a-z0-9_.]|(?<![\w.])[@＠][a-z0-9_.]+ [a-z0-9_.]{1,2}\Z")
# In chats, these behind an @ are all who read.
_EVERYBODY = frozenset({"everyone", "everybody", "all", "here", "channel"})
_AROUND_A_WORD = "()[]{}<>,;:!?\"'“”„«»‘’."


class Line(NamedTuple):
    """The meaning of one line: sure rows, or words that may each be a person."""

    rows: list[Row]
    doubtful: list[Row]


def read_lines(lines: Sequence[str], start: int = 0) -> Iterator[Line]:
    """Yield one Line for each line that is not blank, from index `start` on."""
    reason, is_first = None, start == 0
    for number, line in enumerate(islice(lines, start, None), start + 1):
        text = _without_list_signs(line)
        if text:
            reason, is_first = section(text, reason, is_first=is_first), False
        if is_binary(line):
            yield Line([Row(number, line, None)], [])
        elif text and reason:
            yield Line([Row(number, line, None, reason=reason)], [])
        elif text:
            yield _read(number, line, text)


def _without_list_signs(line: str) -> str:
    text = line.strip()
    text = _LIST_SIGNS.sub("", text, count=1).strip(" ,;")
    if text.strip(_BRACKETS + " ,;") == "":
        return ""
    return text[1:-1].strip(" ,;") if text[0] + text[-1] == "[]" else text


def _read(number: int, line: str, text: str) -> Line:
    if read_person(text).name is not None:
        return Line([Row(number, line, text)], [])
    parts = [part.strip() for part in _PART.split(text) if part.strip()]
    words = [word for part in parts for word in part.split()]
    if len(words) > MAX_READ:
        return Line([Row(number, line, None)], [])
    if reason := reason_against(text):
        return Line([Row(number, line, None, reason=reason)], [])
    if all(read_person(word).marked and read_person(word).name for word in words):
        return Line([Row(number, word, word) for word in words], [])
    if len(parts) > 1 and all(read_person(part).name for part in parts):
        return Line([], [Row(number, part, part) for part in parts])
    return Line([_only_marked(number, line, text)], [])


def _only_marked(number: int, line: str, text: str) -> Row:
    """Return the row of the one marked account in a line of other words, or a row without account if another is
    possible.
    """
    words = [_bare(word) for word in _WORD.findall(text.replace("](", " "))]
    marked = {word: read_person(word).name for word in words if read_person(word).marked}
    if len(set(marked.values())) > 1:
        return Row(number, line, None, reason="several_names")
    if not marked:
        return Row(number, line, None, reason="not_a_username")
    others = {read_person(word).name for word in words} - set(marked.values())
    is_everybody = not _EVERYBODY.isdisjoint(marked.values())
    if is_everybody or any(name and is_handle(name) for name in others) or _SPLIT_NAME.search(text):
        return Row(number, line, None, reason="several_names")
    return Row(number, line, next(iter(marked)))


def _bare(word: str) -> str:
    return word.strip(_AROUND_A_WORD)


def pasted_delimiter(lines: Sequence[str]) -> str | None:
    """Return the delimiter of cells if the lines were copied from a table, or None for a list."""
    filled = [text for line in lines[:MAX_READ] if (text := _without_list_signs(line))]
    if any("\t" in text for text in filled):
        return "\t"
    if filled and all("|" in text for text in filled):
        return "|"
    if is_list(lines):
        return None
    for sign in ",;":
        widths = {text.count(sign) for text in filled}
        if len(widths) == 1 and 0 not in widths:
            return sign
    return None


def is_list(lines: Sequence[str]) -> bool:
    """Return whether each line means a person, or may."""
    return all(row.name for line in read_lines(lines[:MAX_READ]) for row in (*line.rows, *line.doubtful))
