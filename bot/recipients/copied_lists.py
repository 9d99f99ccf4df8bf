"""Lists copied from Instagram's own pages, with buttons and display names between the usernames."""

import re
from collections.abc import Sequence

from bot.core.phrases import plain
from bot.inputs.usernames import undressed
from bot.recipients.ordinary_words import is_button
from bot.recipients.recipient import Row, is_handle, read_person

_LONGEST = 60
_ACCOUNT = r"([a-z0-9._]{1,30})"
_PICTURE = re.compile(
    rf"{_ACCOUNT}'s profile (?:picture|photo)"
    rf"|profilbild von {_ACCOUNT}"
    rf"|(?:photo de|foto del?|foto do) (?:profil|perfil)(?: de)? {_ACCOUNT}"
    rf"|(?:immagine|foto) del profilo di {_ACCOUNT}"
    rf"|profielfoto van {_ACCOUNT}"
    rf"|zdjecie profilowe (?:uzytkownika )?{_ACCOUNT}"
    rf"|{_ACCOUNT}(?: adli kisinin|'\w{{1,4}}) profil (?:resmi|fotografi)"
    rf"|фото профиля (?:пользователя )?{_ACCOUNT}"
)
_NAME = re.compile(r"[^\W\d_]+(?:[ '’.-]+[^\W\d_]+)*\.?")
_LEAST_NAMES = 2
_MAX_USERNAMES_PER_NAME = 2


def without_display_names(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a list. In one that was copied from Instagram, only sure usernames stay people.

    A row that may be a display name loses its account and gets the reason `may_be_name`.
    """
    pictured = {name for row in rows if (name := _pictured(row.text))}
    if not (pictured or _has_buttons(rows) or _has_names_between(rows)):
        return list(rows)
    has_dots = any(row.text.strip() in ("·", "•") for row in rows)
    kept = []
    for at, row in enumerate(rows):
        is_sure = _is_sure(row, rows[at - 1] if at else None, pictured, has_dots)
        kept.append(row if is_sure else row._replace(name=None, reason="may_be_name"))
    return kept


def _pictured(text: str) -> str | None:
    """Return the username in the alternative text of a profile picture, or None."""
    if len(text) > 2 * _LONGEST:
        return None
    found = _PICTURE.fullmatch(plain(text.strip()).replace("’", "'"))
    return next(group for group in found.groups() if group) if found else None


def _has_buttons(rows: Sequence[Row]) -> bool:
    return any(is_button(row.text) for row in rows)


def _has_names_between(rows: Sequence[Row]) -> bool:
    """Return whether usernames and capitalized names alternate: "anna_k", "Anna", "ben.b", "Ben"."""
    names = 0
    singles = resembling = False
    for at, row in enumerate(rows):
        if not _is_capitalized(row):
            continue
        beside = [other for other in (*rows[max(at - 1, 0) : at], *rows[at + 1 : at + 2]) if _is_lower(other)]
        names += bool(beside)
        singles |= bool(beside) and _is_bare(row)
        resembling |= any(_is_bare(row) and _is_part(row.text, other.name or "") for other in beside)
    usernames = sum(_is_lower(row) for row in rows)
    return singles and (resembling or names >= _LEAST_NAMES) and usernames <= _MAX_USERNAMES_PER_NAME * max(names, 1)


def _is_part(name: str, username: str) -> bool:
    return plain(name) in username and plain(name) != username


def _is_bare(row: Row) -> bool:
    read = read_person(row.name or "")
    return bool(read.name) and not read.marked


def _is_lower(row: Row) -> bool:
    return _is_bare(row) and undressed(row.name or "") == (read_person(row.name or "").name)


def _is_capitalized(row: Row) -> bool:
    text = undressed(row.name or row.text)
    return text[:1].isupper() and len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def _is_sure(row: Row, before: Row | None, pictured: set[str], has_dots: bool) -> bool:
    """Return whether a row of a copied list is no display name. In such a list usernames are in lower case."""
    if not _is_bare(row) or is_button(row.name or ""):
        return True
    name = read_person(row.name or "").name
    if pictured:
        return name in pictured
    # The display name follows the username, and in your own list of followers the dot and the button.
    is_below = has_dots or (before is not None and _is_lower(before) and not is_button(before.text))
    return _is_lower(row) and not is_below and is_handle(name or "")
