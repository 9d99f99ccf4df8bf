"""The people of the sandbox, each derived from the seed and a number when they are read."""

import itertools
from dataclasses import dataclass
from functools import lru_cache
from math import gcd

from sandbox.rng import Rng

FIRST_ID = 2_000_000_000
FOLLOWERS_SHOWN = 5_000


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Ada Aisha Amara Anton Bela Bruno Carla Chen Clara Dario Dina Elena Emil Esra Farid Femi Fiona Gita Greta"
    " Hana Hugo Ines Ivo Jana Jonas Kaito Karim Lena Leo Lucia Malik Mara Maya Milan Nadia Nils Noor Olga"
    " Omar Paula Pedro Quinn Rosa Samir Sina Tara Theo Uma Viktor Wanda Yara Yusuf Zoe"
)
LAST_NAMES = _words(
    "Abbas Adler Alves Bauer Berg Brook Castro Conti Costa Dahl Diaz Eriks Falk Faro Garcia Hahn Haas Iversen"
    " Jansen Kaya Keller Kim Kovac Lang Lindt Lopez Mai Marin Meyer Mori Nagy Novak Okafor Olsen Park Patel "
    "Petrov Rao Ricci Rossi Sato Silva Stein Tanaka Torres Vargas Vogel Wagner Weiss Yilmaz Zhou"
)
# The last people have names that a page or a program may take for something else.
COMMON_WORDS = _words("follow message user admin settings login null undefined true hashtag")
BIOGRAPHIES = (
    "",
    "coffee first",
    "photos of small things",
    "mountains, bread, cats",
    "she/her · illustrator",
    "📷 street and rain",
    "Trainer. Mails answered on Mondays.",
    "collecting lighthouses\nand their keepers",
    "opinions are my dog's",
    "Handmade ceramics, shipped worldwide 🏺",
    "running slowly since 2009",
    'trains <3 & timetables "on time"',
    "DM for commissions",
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as Instagram shows them. Counts are those of the profile page."""

    id: str
    username: str
    full_name: str
    biography: str
    followers: int
    following: int
    posts: int
    is_private: bool
    is_verified: bool
    is_business: bool
    has_picture: bool


class People:
    """`count` people numbered from 0. None is stored, so any number of them costs nothing at the start."""

    def __init__(self, seed: int, count: int) -> None:
        self.count = count
        self._seed = seed
        self._named_by_words = {word: count - place for place, word in enumerate(COMMON_WORDS, 1)}
        self._stride = _coprime_near(count, int(count * 0.618))
        self.numbered = lru_cache(maxsize=8_192)(self._derive)

    def with_id(self, person_id: str) -> Person | None:
        number = self.number(person_id)
        return None if number is None else self.numbered(number)

    def named(self, username: str) -> Person | None:
        if username in self._named_by_words:
            return self.numbered(self._named_by_words[username])
        digits = username.rpartition("_")[2]
        if not (digits.isascii() and digits.isdigit() and len(digits) < 10 and int(digits) < self.count):
            return None
        person = self.numbered(int(digits))
        return person if person.username == username else None

    def number(self, person_id: str) -> int | None:
        if not (person_id.isascii() and person_id.isdigit() and len(person_id) < 12):
            return None
        number = int(person_id) - FIRST_ID
        return number if 0 <= number < self.count else None

    def follower_numbers(self, person: Person) -> range:
        """Return the places of the followers; `follower_at` gives the person at a place."""
        return range(min(person.followers, FOLLOWERS_SHOWN, self.count - 1))

    def follower_at(self, person: Person, place: int) -> Person:
        return self.numbered((self._first_follower(person) + place * self._stride) % self.count)

    def followed_at(self, person: Person, place: int) -> Person:
        start = Rng(self._seed, "follows", person.id).below(self.count)
        return self.numbered((start + place * self._stride) % self.count)

    def follows(self, follower: Person, person: Person) -> bool:
        """Return whether `follower` follows `person`, without a walk over all followers."""
        return self.follower_place(follower, person) is not None

    def follower_place(self, follower: Person, person: Person) -> int | None:
        """Return the place of a follower, None if there is none. The inverse of `follower_at`."""
        number = self.number(follower.id)
        if number is None:
            return None
        place = (number - self._first_follower(person)) * pow(self._stride, -1, self.count) % self.count
        return place if place in self.follower_numbers(person) else None

    def _first_follower(self, person: Person) -> int:
        return Rng(self._seed, "followers", person.id).below(self.count)

    def _derive(self, number: int) -> Person:
        rng = Rng(self._seed, "person", number)
        first, last = rng.pick(FIRST_NAMES), rng.pick(LAST_NAMES)
        followers = int(10 ** (1 + 5 * rng.share() ** 2))
        name = f"{first}{rng.pick('._')}{last}_{number}".lower()
        place = self.count - 1 - number
        return Person(
            id=str(FIRST_ID + number),
            username=COMMON_WORDS[place] if place < len(COMMON_WORDS) else name,
            full_name=f"{first} {last}" if rng.chance(90) else "",
            biography=rng.pick(BIOGRAPHIES),
            followers=followers,
            following=int(10 ** (1 + 2.5 * rng.share())),
            posts=0 if rng.chance(8) else 1 + int(400 * rng.share() ** 3),
            is_private=rng.chance(15),
            is_verified=rng.chance(40 if followers > 100_000 else 1),
            is_business=rng.chance(12),
            has_picture=rng.chance(94),
        )


def _coprime_near(count: int, start: int) -> int:
    """Return the first number from `start` on that shares no factor with `count`: its steps visit every person."""
    return next(step for step in itertools.count(max(1, start)) if gcd(step, count) == 1)
