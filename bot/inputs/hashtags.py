"""Reading of a hashtag that a person typed or copied into the form that Instagram uses."""

import re
import unicodedata
from typing import Annotated
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import AfterValidator, StringConstraints

from bot.core.display_names import JOINERS
from bot.inputs.typed_text import visible
from bot.inputs.validation import wrong_form

MAX_LENGTH = 100
_MAX_TYPED = 500
_FORM = "Type one hashtag: letters, digits, underscores and emoji, without spaces."
_ONE_ONLY = "One hashtag per action. Start another action for each of the others."
_TOO_LONG = f"A hashtag has {MAX_LENGTH} characters at most."
_NO_TAG_LINK = "This link does not lead to a hashtag. Type the hashtag itself, like coffee."
_SIGNS = "#＃﹟"
_LINK = re.compile(r"(?:https?://)?(?:www\.|m\.)?instagram\.com(?:/|$)", re.IGNORECASE)
_ANY_LINK = re.compile(r"[a-z]+://|www\.", re.IGNORECASE)
_TAG_PATH = re.compile(r"/+explore/+tags/+([^/]+)", re.IGNORECASE)
_DRESS = "\"'“”„«»‘’`,;，、；.。"
_SEVERAL = re.compile(rf"[,;，、；\n]|\S\s*[{_SIGNS}]")


def read_hashtag(text: str) -> str:
    """Return the hashtag without its sign, in lower case and NFC. Raises PydanticCustomError of type `wrong_form`."""
    typed = visible(text, JOINERS).strip(_DRESS).strip()
    tag = _of_link(typed) if _LINK.match(typed) or _ANY_LINK.match(typed) else typed.lstrip(_SIGNS).strip()
    tag = unicodedata.normalize("NFC", unicodedata.normalize("NFC", tag).lower()).strip(JOINERS)
    if _SEVERAL.search(tag):
        raise wrong_form(_ONE_ONLY)
    if not tag or not all(map(_may_stand, tag)):
        raise wrong_form(_FORM)
    if len(tag) > MAX_LENGTH:
        raise wrong_form(_TOO_LONG)
    return tag


Hashtag = Annotated[str, StringConstraints(max_length=_MAX_TYPED), AfterValidator(read_hashtag)]


def _of_link(link: str) -> str:
    """Return the hashtag that a link to one of Instagram's pages or to its search leads to."""
    parts = urlsplit(link if "://" in link else f"https://{link}")
    if _LINK.match(link) and (found := _TAG_PATH.match(parts.path)):
        return unquote(found[1])
    sought = parse_qs(parts.query).get("q", [""])[0]
    if _LINK.match(link) and sought.startswith("#"):
        return sought[1:]
    raise wrong_form(_NO_TAG_LINK)


def _may_stand(char: str) -> bool:
    """Return whether a hashtag may hold the character: a letter with its marks, a digit, or a part of an emoji."""
    category = unicodedata.category(char)
    return category[0] in "LMN" or category == "So" or char == "_" or char in JOINERS or _is_skin_tone(char)


def _is_skin_tone(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"
