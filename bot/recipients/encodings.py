"""Text in an unknown encoding: the few encodings it may have been saved in, for a person to choose.

No detector decides, because short names look right in several encodings. UTF-8 and UTF-16 identify themselves.
"""

import unicodedata
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from bot.core.errors import BotException, invalid

ASCII = "ascii"
"""The choice to drop every name that is not ASCII."""
MAX_OFFERED, FEWEST_OFFERED = 5, 3
_MAX_TEXTS = 5000
_WEST = "äöüßéèêëàâáãåæçñõøœôòóîïíìùûúÿýðþ"
_CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžőűäöüôľĺŕăâîșțşţđçß"
_TURKISH = "ğışöüçâîûıi̇"
_BALTIC = "āčēģīķļņšūžąęėįųūõäöü"
_RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў"
# Penalties for what a wrong encoding makes of letters. The product's own figures, tried on names in 11 languages.
_RARE_LETTER, _DASH_OR_QUOTE, _SIGN, _CONTROL, _TWO_SCRIPTS, _CAPITAL_INSIDE = 1.0, 1.5, 3.0, 10.0, 5.0, 3.0


@dataclass(frozen=True)
class Encoding:
    """An encoding: `codec` is Python's name, `label` is for a person, `usual` are the letters of its languages.

    `common` is a codec of the usual signs among many thousands, and their highest first byte in it.
    """

    codec: str
    label: str
    usual: str = ""
    common: tuple[str, int] = ("", 0)


ENCODINGS = {
    "windows-1252": Encoding("cp1252", "Western European", _WEST + "šž"),
    "windows-1250": Encoding("cp1250", "Central European", _CENTRAL),
    "windows-1251": Encoding("cp1251", "Cyrillic", _RUSSIAN),
    "windows-1254": Encoding("cp1254", "Turkish", _TURKISH),
    "shift_jis": Encoding("cp932", "Japanese", common=("shift_jis", 0x98)),
    "gb18030": Encoding("gb18030", "Chinese, simplified", common=("gb2312", 0xD7)),
    "big5": Encoding("cp950", "Chinese, traditional", common=("big5", 0xC6)),
    "euc-kr": Encoding("cp949", "Korean", common=("euc_kr", 0xC8)),
    "windows-1253": Encoding("cp1253", "Greek"),
    "windows-1256": Encoding("cp1256", "Arabic"),
    "windows-1255": Encoding("cp1255", "Hebrew"),
    "windows-1257": Encoding("cp1257", "Baltic", _BALTIC),
    "windows-1258": Encoding("cp1258", "Vietnamese"),
    "windows-874": Encoding("cp874", "Thai"),
    "iso-8859-2": Encoding("iso8859_2", "Central European, ISO", _CENTRAL),
    "koi8-r": Encoding("koi8_r", "Cyrillic, Unix", _RUSSIAN),
    "ibm866": Encoding("cp866", "Cyrillic, DOS", _RUSSIAN),
    "ibm850": Encoding("cp850", "Western European, DOS", _WEST),
    "ibm852": Encoding("cp852", "Central European, DOS", _CENTRAL),
    "macintosh": Encoding("mac_roman", "Western European, Mac", _WEST),
    "euc-jp": Encoding("euc_jp", "Japanese, Unix", common=("euc_jp", 0xCF)),
}
CHOICES = (*ENCODINGS, ASCII)


@dataclass(frozen=True)
class Offer:
    """An encoding that a text may have, and the names read in it."""

    name: str
    texts: list[str]

    @property
    def label(self) -> str:
        return ENCODINGS[self.name].label


def decode(data: bytes, chosen: str | None = None) -> tuple[str, bool]:
    """Return the text, and whether its encoding is known.

    In an unknown encoding each byte outside ASCII stays one code point (U+DC80 to U+DCFF), so that such names can be
    found and dropped. UTF-8 and a text with the mark of UTF-16 ignore the choice. Raises RECIPIENTS_UNREADABLE, and
    INVALID_INPUT for a choice that the text cannot have.
    """
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            return data.decode("utf-16"), True
        except UnicodeDecodeError:
            raise BotException("RECIPIENTS_UNREADABLE") from None
    try:
        return data.removeprefix(BOM_UTF8).decode("utf-8"), True
    except UnicodeDecodeError:
        known = ENCODINGS.get(chosen or "")
    if known is None:
        return data.decode("ascii", "surrogateescape"), chosen == ASCII
    try:
        return data.decode(known.codec), True
    except UnicodeDecodeError:
        raise invalid("encoding", "This file is not in that encoding.") from None


def offers(data: bytes, texts: Sequence[str]) -> list[Offer]:
    """Return three to five possible encodings of the data, likeliest first, each with its reading of the texts.

    The texts are those that `decode` left undecoded. Of encodings that read all of them the same, the first is offered.
    """
    raw = [text.encode("ascii", "surrogateescape") for text in dict.fromkeys(texts)][:_MAX_TEXTS]
    found: dict[tuple[str, ...], tuple[float, str]] = {}
    for name, encoding in ENCODINGS.items():
        try:
            data.decode(encoding.codec)
            made = tuple(text.decode(encoding.codec) for text in raw)
        except UnicodeDecodeError:
            continue
        found.setdefault(made, (sum(_strangeness(text, encoding) for text in made), name))
    ranked = sorted(found.items(), key=lambda one: one[1][0])
    likely = sum(1 for _, (strangeness, _) in ranked if strangeness < _SIGN * len(raw))
    return [Offer(name, list(made)) for made, (_, name) in ranked[: min(max(likely, FEWEST_OFFERED), MAX_OFFERED)]]


def _strangeness(text: str, encoding: Encoding) -> float:
    """Return how little a text looks like a name, on average for each letter."""
    foreign = [char for char in text if not char.isascii()]
    if not foreign:
        return 0
    strange = sum(_strange_sign(char, encoding) for char in foreign)
    return (strange + sum(_strange_word(word) for word in text.split())) / len(foreign)


def _strange_sign(char: str, encoding: Encoding) -> float:
    category = unicodedata.category(char)
    if category in ("Cc", "Co", "Cn", "Cf"):
        return _CONTROL
    if category[0] in "LM":
        return 0 if _is_usual(char, encoding) else _RARE_LETTER
    return _DASH_OR_QUOTE if category in ("Pd", "Pi", "Pf", "Zs") else _SIGN


def _is_usual(char: str, encoding: Encoding) -> bool:
    if encoding.usual:
        return char.lower() in encoding.usual
    codec, highest = encoding.common
    if codec:
        try:
            return len(encoded := char.encode(codec)) > 1 and encoded[0] <= highest
        except UnicodeEncodeError:
            return False
    return _script(char) != "LATIN"


def _strange_word(word: str) -> float:
    letters = [char for char in word if char.isalpha()]
    scripts = {_script(char) for char in letters}
    strange = 0.0 if len(scripts) < 2 or scripts <= {"CJK", "HIRAGANA", "KATAKANA"} else _TWO_SCRIPTS
    pairs = pairwise(letters)
    inside = any(a.islower() and b.isupper() and not (a.isascii() and b.isascii()) for a, b in pairs)
    return strange + (_CAPITAL_INSIDE if inside else 0)


@cache
def _script(char: str) -> str:
    """Return the first word of a letter's Unicode name, which is its script."""
    return unicodedata.name(char, "?").replace("-", " ").split()[0]
