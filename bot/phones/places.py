"""The place that a phone tells Instagram of: country, language and time zone, always of one piece.

Countries and their zones come from the time zone database. The calling codes are those of `calling_codes.txt`.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

CLIENT_COUNTRY = "US"
"""The country of a client that is told of no place, and of an account of which nothing else is known."""
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


def default_place() -> Place:
    """Return the place of an account of which nothing else is known."""
    return Place(CLIENT_COUNTRY, DEFAULT_LANGUAGE, main_zone(CLIENT_COUNTRY))


def place_in(settings: Mapping[str, Any], moment: datetime) -> Place | None:
    """Return the place that instagrapi's settings of that time speak of; None if they do not make one place.

    `country` goes before the country of `locale`. The zone is one of that country with the offset of the settings, at
    that time or in the other half of the year, else the main one. Of several it is one that keeps summer time as the
    main one does: Los Angeles in summer and not Phoenix.
    """
    language, _, of_locale = str(settings.get("locale") or DEFAULT_LANGUAGE).partition("_")
    country = next((code for code in (settings.get("country"), of_locale) if code in countries()), None)
    if country is None or language not in LANGUAGES:
        return None
    winter, summer = moment.replace(month=1, day=15), moment.replace(month=7, day=15)

    def keeps_summer_time(place: Place) -> bool:
        return place.offset(winter) != place.offset(summer)

    main = Place(country, language, main_zone(country))
    others = [Place(country, language, zone) for zone in zones()[country]]
    there = [main, *sorted(others, key=lambda other: keeps_summer_time(other) != keeps_summer_time(main))]
    offset, seasons = settings.get("timezone_offset"), (moment, winter, summer)
    return next((place for season in seasons for place in there if place.offset(season) == offset), main)


@cache
def countries() -> Mapping[str, str]:
    """Return the names of all countries by their ISO code, in the order of the names."""
    named = dict(_rows("iso3166.tab"))
    return dict(sorted(((code, named[code]) for code in zones()), key=lambda item: _without_accents(item[1])))


def _without_accents(name: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))


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
    """Return the country of a time zone. None for names without a region, like UTC, EST or CET: many countries use
    those, and the database links them to any of them.
    """
    return _of_zones().get(zone) or _of_zones().get(_links().get(zone, ""))


def main_zone(country: str) -> str:
    """Return the time zone in which most people of a country live."""
    return _MAIN_ZONES.get(country, zones()[country][0])


def lies_in(zone: str, country: str) -> bool:
    return country_of(zone) == country


@cache
def _of_zones() -> Mapping[str, str]:
    return {zone: country for country, names in zones().items() for zone in names}


@cache
def _links() -> Mapping[str, str]:
    """Return the present name of each former name of a zone that names a region."""
    links = (line.split() for line in _text("tzdata.zi").splitlines() if line.startswith("L "))
    return {former: name for _, name, former in links if "/" in former}


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in _text(name).splitlines() if line and not line.startswith("#")]


def _text(name: str) -> str:
    return files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
