"""Reading of an Instagram username: bare, quoted, after an @, or as a link to a profile."""

import re
from typing import NamedTuple, TypeGuard

from bot.inputs.typed_text import half_width, visible

MAX_LENGTH = 30
"""Instagram's own limit, in characters."""
# Long enough for a profile link with the tracking that sharing adds. A longer text is no username and is not parsed.
_MAX_LENGTH = 500
_ACCOUNT = re.compile(r"(?!\.)(?!.*\.\.)[a-z0-9._]{1,30}(?<!\.)")
_PLAIN = re.compile(r"[A-Za-z0-9_]{1,30}")
_LINK = re.compile(
    r"(?:https?://)?(?:"
    r"(?:(?:www|m|mobile)\.)?(?:instagram\.com|instagr\.am)(?:/+(?:_u/)?([^/?#]*)/?([^/?#]*)/?)?"
    r"|(?:www\.)?ig\.me(?:/m/([^/?#]*)|/m)?/?"
    r")(?:[?#].*)?",
    re.IGNORECASE,
)
# First path segments at instagram.com that are pages, so no account can have them as its name.
_PAGES = frozenset(
    {"about", "accounts", "api", "challenge", "consent", "data", "developer", "developers", "direct", "directory"}
    | {"download", "emails", "embed", "explore", "graphql", "help", "legal", "lite", "locations", "login", "logout"}
    | {"nametag", "oauth", "p", "press", "privacy", "qr", "reel", "reels", "s", "session", "settings", "share"}
    | {"signup", "static", "stories", "terms", "topics", "tv", "web", "your_activity"}
)
_TABS = frozenset({"", "channel", "feed", "followers", "following", "guides", "igtv", "reels", "tagged"})
"""Parts of a profile that have their own address."""
_QUOTES = (
    *('""', "''", "``", "´´", "“”", "””", "„“", "„”", "‟”", "‘’", "’’", "‚‘", "‚’", "«»", "»«", "‹›", "›‹"),
    *("「」", "『』"),
)


class Username(NamedTuple):
    """The meaning of a text. `name` is in lower case, empty if the text is empty, and None if no account can have that
    name.

    `marked` says that the text is a link or follows an @, so it is no ordinary word.
    """

    name: str | None
    marked: bool


def read_username(text: str) -> Username:
    """Return the account that the whole text names. A username with other text around it names none."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        # Most texts are such words, and large files have millions.
        return Username(None if text.lower() in _PAGES else text.lower(), False)
    if len(text) > 2 * _MAX_LENGTH or len(bare := undressed(text)) > _MAX_LENGTH:
        return Username(None, False)
    link = _LINK.fullmatch(bare.removeprefix("<").removesuffix(">").strip())
    if link:
        profile, tab, messenger = link.groups(default="")
        name = (profile or messenger).removeprefix("@")
        if tab.lower() not in _TABS:
            return Username(None, True)
    else:
        name = bare.removeprefix("@")
    name = name.lower() if name.isascii() else name
    marked = bool(link) or bare.startswith("@")
    known = not name or (name.isascii() and _ACCOUNT.fullmatch(name) and name not in _PAGES)
    return Username(name if known else None, marked)


def is_username(name: object) -> TypeGuard[str]:
    """Return whether a value of any type is a bare name in the form of Instagram's accounts, in any case."""
    return isinstance(name, str) and name.isascii() and _ACCOUNT.fullmatch(name.lower()) is not None


def username(text: str) -> str:
    """Return the bare name, for a field that takes one account. Raises ValueError with a message for people."""
    name = read_username(text).name
    if not name:
        raise ValueError("Type an Instagram username: letters, digits, dots and underscores, or a link to the profile")
    return name


def undressed(text: str) -> str:
    """Remove what programs and keyboards add: invisible characters, quotes, and Excel's mark of a text cell."""
    if not text.isascii():
        text = visible(half_width(text))
    bare, before = text.strip(), None
    while bare != before:
        before = bare
        if bare.startswith('="') and bare.endswith('"'):
            bare = bare[1:]
        if len(bare) > 1 and bare[0] + bare[-1] in _QUOTES:
            bare = bare[1:-1].strip()
    return bare[1:].strip() if bare.startswith("'") else bare
