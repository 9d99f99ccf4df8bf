"""Placeholders of other tools, and ours for each, so that none is sent as written."""

import re
from typing import NamedTuple

from bot.recipients.headers import (
    FIRST_NAME,
    FULL_NAME,
    INSTAGRAM,
    LAST_NAME,
    NAME,
    OTHER,
    PERSON,
    SITE,
    USER,
    USERNAME,
    header_kind,
    is_site,
)

_WORD = r"[^\W\d_][\w .'’-]{0,39}"
_OURS = r"username|full_?name|first_?name"
_IN_BRACES = re.compile(r"\{\{+([^{}\n]{1,80})\}\}+")
_ENCLOSED = re.compile(
    rf"\[[\[*%#$= ]*({_WORD}?)[*%#$ ]*\]+"
    rf"|<[<%=?$ ]*({_WORD}?)[%?$/ ]*>+"
    rf"|%+({_WORD}?)%+"
    rf"|%\(({_WORD}?)\)s"
    rf"|\*\|({_WORD}?)\|\*"
    r"|\#+(\w{1,40}?)\#+|__(\w{1,40}?)__|\$(\w{1,40}?)\$|~(\w{1,40}?)~|«\s?(\w{1,40}?)\s?»"
)
_IN_PARENTHESES = re.compile(r"\(+ ?((?:your |their )?(?:first|full|last|user)?[ _]?name) ?\)+", re.IGNORECASE)
_BEFORE_OURS = re.compile(rf"[$#%]\{{\s*({_OURS})\s*(?:\|[^{{}}]*)?\}}", re.IGNORECASE)
_PREFIXED = re.compile(rf"(?<![\w@.&/])[$%:@]({_OURS})\b(?![\w.%$])", re.IGNORECASE)
_NAME_PREFIXED = re.compile(r"(?<![\w@.&/$:%])[$:%](name)\b(?![\w.%$(:])", re.IGNORECASE)
_ESCAPED = re.compile(rf"&lt;\s*({_WORD}?)\s*/?\s*&gt;", re.IGNORECASE)
_FULL_WIDTH = re.compile(rf"[｛［＜【]+\s*({_WORD}?)\s*[｝］＞】]+")
# Positional placeholders: "%s", and "{{1}}" of message templates.
_BY_PLACE = re.compile(r"(?<![\w%])%(?:\d\$)?s(?!\w)|\{\{+\s*\d{1,2}\s*\}\}+")
_VARIANTS = re.compile(r"\[[^\[\]{}|\n]{1,80}(?:\|[^\[\]{}|\n]{0,80})+\]")
_PATTERNS = (_ENCLOSED, _IN_PARENTHESES, _BEFORE_OURS, _PREFIXED, _NAME_PREFIXED, _ESCAPED, _FULL_WIDTH)
_OF_THEM = re.compile(
    r"^(?:(?:insert|enter|type|your|their|the|contact|user|person|recipient|subscriber|customer|lead|member|profile)"
    r"[ _.])+",
    re.I,
)
_RIGHT = {
    USERNAME: "{username}",
    INSTAGRAM: "{username}",
    USER: "{username}",
    FULL_NAME: "{full_name}",
    NAME: "{full_name}",
    FIRST_NAME: "{first_name}",
    LAST_NAME: "",
}
# Short words with another meaning in brackets: "[ad]" marks an advertisement.
_PLAIN_WORDS = frozenset({"ad", "login", "account", "profile", "konto", "profil", "perfil", "link"})


class Foreign(NamedTuple):
    """A placeholder: its position from 0, its text, and ours for it. That is empty if we have none."""

    at: int
    written: str
    right: str


def right_form(content: str) -> str | None:
    """Return our placeholder for a name: empty if we have none, None if the text is no name."""
    last = re.split(r"[.:]", content)[-1].strip()
    for text in (content, last, _OF_THEM.sub("", last).removesuffix(" here").removesuffix(" Here")):
        kind = header_kind(text)
        if kind in _RIGHT and not is_site(text):
            return _RIGHT[kind]
    return None


def find_foreign(text: str) -> Foreign | None:
    """Return the first placeholder or group of another tool in a template, or None."""
    found = [*_names_in_braces(text), *_enclosed(text)]
    found += [Foreign(match.start(), match.group(), "") for match in _BY_PLACE.finditer(text)]
    found += [Foreign(match.start(), match.group(), f"{{{match.group()[1:-1]}}}") for match in _VARIANTS.finditer(text)]
    return min(found, default=None)


def _names_in_braces(text: str) -> list[Foreign]:
    found = []
    for match in _IN_BRACES.finditer(text):
        content = match.group(1).strip()
        name, *others = content.split("|")
        right = right_form(name.strip(" #/&^!>%="))
        if right is None and content.startswith(("#", "/", "^", ">")):
            right = ""
        elif right is None and others:
            right = f"{{{content}}}"
        elif right is None and (header_kind(name) in (OTHER, PERSON, SITE) or re.fullmatch(r"\w+(?:[._]\w+)+", name)):
            right = ""
        if right is not None:
            found.append(Foreign(match.start(), match.group(), right))
    return found


def _enclosed(text: str) -> list[Foreign]:
    found = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            name = next(group for group in match.groups() if group is not None).strip()
            right = None if name.lower() in _PLAIN_WORDS else right_form(name)
            if right is None and match.group().startswith("*|"):
                right = ""
            if right is not None:
                found.append(Foreign(match.start(), match.group(), right))
    return found
