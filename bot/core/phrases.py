"""Whether words stand in a text, however they are written."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Accents, and the vowel points that Hebrew and Arabic mostly go without, by their combining class. The others (voiced
# kana, vowels and viramas of India and Thailand) make another letter.
_ACCENTS = frozenset({1, *range(10, 37), *range(200, 241)})
# Letters that Unicode does not take apart.
_ALIKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
# Unicode takes these apart into letters, which would join the word before them.
_MARKS = str.maketrans("™℠", "  ")
# Words of these stand without spaces between them, or, in Korean, with their endings attached.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC")


def plain(text: str) -> str:
    """The text as words are compared: without case, accents, fancy letters and what is invisible; single spaces."""
    text = unicodedata.normalize("NFKD", text.translate(_MARKS).casefold()).casefold().translate(_ALIKE)
    kept = (char for char in text if unicodedata.combining(char) not in _ACCENTS and not _invisible(char))
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def _invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words or phrases stands in the text, and not as a part of a longer word."""
    text = plain(text)
    return any(_stands_in(plain(word), text) for word in words)


def _stands_in(word: str, text: str) -> bool:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not _one_word(text[at - 1 : at], word[:1]) and not _one_word(word[-1:], text[end : end + 1]):
            return True
        at = text.find(word, at + 1)
    return False


def _one_word(before: str, after: str) -> bool:
    """Whether two neighbours belong to one word; scripts without spaces never say so."""
    return bool(before and after) and all(_spaced_letter(char) for char in (before, after))


@lru_cache(4096)
def _spaced_letter(char: str) -> bool:
    return (char.isalnum() or unicodedata.category(char)[0] == "M") and not name_of(char).startswith(_UNSPACED)


def name_of(char: str) -> str:
    """The Unicode name of a character, empty if it has none."""
    return unicodedata.name(char, "")
