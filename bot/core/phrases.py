"""Search for words in a text, however they are written."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Combining classes of accents, and of the vowel points that Hebrew and Arabic mostly omit. Marks of other classes
# (voiced kana, vowels and viramas of India and Thailand) make another letter.
_ACCENTS = frozenset({1, *range(10, 37), *range(200, 241)})
# Letters that Unicode does not decompose.
_ALIKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
# Unicode decomposes these into letters, which would join the word before them.
_MARKS = str.maketrans("™℠", "  ")
# These scripts write words without spaces or, in Korean, attach endings to them.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC")


def plain(text: str) -> str:
    """Return the text as words are compared: no case, accents, fancy letters or invisible characters; single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFKD", text.translate(_MARKS).casefold()).casefold().translate(_ALIKE)
    kept = (char for char in text if unicodedata.combining(char) not in _ACCENTS and not _invisible(char))
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def _invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Return whether one of the words or phrases occurs in the text, and not as part of a longer word."""
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
    """Return whether two neighboring characters belong to one word. Scripts without spaces never say so."""
    return bool(before and after) and all(_spaced_letter(char) for char in (before, after))


@lru_cache(4096)
def _spaced_letter(char: str) -> bool:
    return (char.isalnum() or unicodedata.category(char)[0] == "M") and not name_of(char).startswith(_UNSPACED)


def name_of(char: str) -> str:
    """Return the Unicode name of a character, or an empty string if it has none."""
    return unicodedata.name(char, "")
