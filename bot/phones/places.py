"""The place that a phone tells Instagram of: country, language and time zone, always of one piece.

Countries and their zones come from the time zone database. The calling codes are those of `calling_codes.txt`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

CLIENT_COUNTRY = "US"
"""The country of a client that is told of no place."""
DEFAULT_LANGUAGE = "en"
LANGUAGES = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "kn": "Kannada",
    "ko": "Korean",
    "ml": "Malayalam",
    "mr": "Marathi",
    "ms": "Malay",
    "nb": "Norwegian",
    "ne": "Nepali",
    "nl": "Dutch",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "si": "Sinhala",
    "sk": "Slovak",
    "sr": "Serbian",
    "sv": "Swedish",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Filipino",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""The languages of Instagram's app, by ISO 639."""
# The database names another zone of these countries first.
_MAIN_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}


@dataclass(frozen=True)
class Place:
    """ISO codes of country and language, and a time zone of that country."""

    country: str
    language: str
    timezone: str

    @property
    def locale(self) -> str:
        return f"{self.language}_{self.country}"

    def offset(self, moment: datetime) -> int:
        """Return the seconds from UTC at that time, summer time included."""
        there = moment.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)
        return int((there - moment.astimezone(UTC).replace(tzinfo=None)).total_seconds())

    def settings(self, moment: datetime) -> dict[str, str | int]:
        """Return the place at that time, under the names of instagrapi's settings."""
        return {
            "country": self.country,
            "country_code": calling_codes()[self.country],
            "locale": self.locale,
            "timezone_offset": self.offset(moment),
        }


@cache
def countries() -> Mapping[str, str]:
    """Return the names of all countries by their ISO code, in the order of the names."""
    named = dict(_rows("iso3166.tab"))
    return dict(sorted(((code, named[code]) for code in zones()), key=lambda item: item[1]))


@cache
def zones() -> Mapping[str, tuple[str, ...]]:
    """Return the time zones of each country, by its ISO code."""
    found: dict[str, list[str]] = defaultdict(list)
    for country, _, zone, *_ in _rows("zone.tab"):
        found[country].append(zone)
    return {country: tuple(names) for country, names in found.items()}


@cache
def calling_codes() -> Mapping[str, int]:
    text = files("bot.phones").joinpath("calling_codes.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {country: int(code) for code, *found in rows for country in found}


def country_of(zone: str) -> str | None:
    """Return the country of a time zone. None for UTC and offsets, which are of no country."""
    return _of_zones().get(zone) or _of_zones().get(_links().get(zone, ""))


def main_zone(country: str) -> str:
    """Return the time zone in which most people of a country live."""
    return _MAIN_ZONES.get(country, zones()[country][0])


def lies_in(zone: str, country: str) -> bool:
    return zone in zones()[country] or _links().get(zone) in zones()[country]


@cache
def _of_zones() -> Mapping[str, str]:
    return {zone: country for country, names in zones().items() for zone in names}


@cache
def _links() -> Mapping[str, str]:
    """Return the present name of each former name of a zone."""
    lines = _text("tzdata.zi").splitlines()
    return {former: name for kind, name, former in (line.split() for line in lines if line.startswith("L "))}


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in _text(name).splitlines() if line and not line.startswith("#")]


def _text(name: str) -> str:
    return files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
