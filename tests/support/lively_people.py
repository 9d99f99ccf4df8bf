"""People around a simulated account who follow it back, leave, come again, accept, decline, answer and ask to stop.

Each reaction is drawn when the account acts, so that the simulation knows everything that will happen.
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from math import ceil
from random import Random
from typing import Literal

Order = Literal["latest", "own", "last", "drawn"]
"""Lists: newest first, in an unchanging order of Instagram's own, newest last, or in another order each time."""
NEVER = datetime.max
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STOPS = ("stop", "Please leave me alone")
KIND_WORDS = ("Thanks!", "Who is this?", "Nice to meet you")


@dataclass(frozen=True)
class Manner:
    """The manner in which Instagram shows an account its followers.

    At most `shown` people are listed (None: all), without the part `cut` at the end of the list and the part `hidden`
    of all people, and `told` says that the list is cut. From `turns_at` on the order is `then`. `counts_lag` is the age
    of the counts that it tells.
    """

    order: Order = "latest"
    shown: int | None = None
    cut: float = 0.0
    hidden: float = 0.0
    told: bool = True
    turns_at: datetime | None = None
    then: Order = "own"
    counts_lag: timedelta = timedelta(0)

    def order_at(self, moment: datetime) -> Order:
        return self.then if self.turns_at and moment >= self.turns_at else self.order

    def hides(self, person: str) -> bool:
        return bool(self.hidden) and _place(f"hidden:{person}") < self.hidden * 256**6

    def shows(self, people: list[str]) -> list[str]:
        """Return the people of a list that are shown."""
        seen = [one for one in people if not self.hides(one)]
        return seen[: ceil(len(seen) * (1 - self.cut))][: self.shown]


@dataclass
class Span:
    """A time in which a person follows the account, `since` included and `until` not."""

    since: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


@dataclass
class Followers:
    """Everyone who follows an account at some time. `base` are those at the start, the newest first."""

    base: list[str]
    begins: datetime
    spans: dict[str, list[Span]] = field(default_factory=dict)
    _in_base: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._in_base = {one: place for place, one in enumerate(self.base)}

    def add(self, person: str, since: datetime, until: datetime) -> None:
        self.spans.setdefault(person, []).append(Span(since, until))

    def leave(self, person: str, at: datetime) -> None:
        """Let one of the base leave."""
        self.spans.setdefault(person, []).append(Span(datetime.min.replace(tzinfo=at.tzinfo), at))

    def spans_of(self, person: str) -> list[Span]:
        if person in self._in_base and person not in self.spans:
            zone = self.begins.tzinfo
            return [Span(datetime.min.replace(tzinfo=zone), NEVER.replace(tzinfo=zone))]
        return self.spans.get(person, [])

    def follows(self, person: str, moment: datetime) -> bool:
        return any(span.holds(moment) for span in self.spans_of(person))

    def at(self, moment: datetime) -> list[str]:
        """Return everyone who follows the account then, the newest first."""
        since = {person: span.since for person, spans in self.spans.items() for span in spans if span.holds(moment)}
        new = sorted((one for one in since if since[one] >= self.begins), key=lambda one: (since[one], one))
        return [*reversed(new), *(one for one in self.base if one not in self.spans or one in since)]


@dataclass(frozen=True)
class Reply:
    """Words that a person writes at a time. In a group others read them too."""

    at: datetime
    text: str
    in_group: bool = False

    @property
    def stops(self) -> bool:
        return self.text in STOPS


def listed(people: list[str], order: Order, moment: datetime) -> list[str]:
    """Return people, the newest first, as Instagram lists them."""
    if order == "latest":
        return people
    if order == "last":
        return people[::-1]
    salt = f"{moment.isoformat()}:" if order == "drawn" else ""
    return sorted(people, key=lambda one: _place(f"{salt}{one}") if salt else _own_place(one))


def _place(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


_own_place = cache(_place)


class Character:
    """Draws what a person does. Delays after a follow or an acceptance run from a minute to a week, few are longer."""

    # Follow-backs and acceptances that come after their windows.
    LATE = 0.08

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    @classmethod
    def within(cls, days: int) -> float:
        """Return the part of all who will follow back that does so within these days."""
        delays = [timedelta(minutes=10 ** (4 * step / 1000)) for step in range(1000)]
        late = [timedelta(days=7 + 13 * step / 1000) for step in range(1000)]
        early_part, late_part = (bisect_right(times, timedelta(days=days)) / 1000 for times in (delays, late))
        return (1 - cls.LATE) * early_part + cls.LATE * late_part

    def delay(self) -> timedelta:
        if self._chance.random() < self.LATE:
            return timedelta(days=self._chance.uniform(7, 20))
        return timedelta(minutes=10 ** self._chance.uniform(0, 4))

    def accepts_after(self) -> timedelta | None:
        """Return the time until a private person accepts; None is never."""
        return self.delay() + 2 * HOUR if self._chance.random() < 0.55 else None

    def declines_after(self) -> timedelta | None:
        return timedelta(days=self._chance.uniform(0.5, 12)) if self._chance.random() < 0.3 else None

    def spans(self, rate: float, from_: datetime) -> list[Span]:
        """Draw the times in which somebody follows an account that followed them, or was accepted, at a time."""
        if self._chance.random() >= rate:
            return []
        since, zone = from_ + self.delay(), from_.tzinfo
        if self._chance.random() >= 0.35:
            return [Span(since, NEVER.replace(tzinfo=zone))]
        until = since + timedelta(days=self._chance.choice((0.1, 2, 10, 29, 30.5, 45)) * self._chance.uniform(0.7, 1))
        spans = [Span(since, until)]
        if self._chance.random() < 0.2:
            spans.append(Span(until + timedelta(days=self._chance.uniform(0.2, 9)), NEVER.replace(tzinfo=zone)))
        return spans

    def replies(self, rate: float, from_: datetime) -> list[Reply]:
        """Draw what somebody writes after a message."""
        if self._chance.random() >= rate:
            return []
        at = from_ + timedelta(minutes=10 ** self._chance.uniform(0.7, 4.4))
        mood = self._chance.random()
        later = at + timedelta(days=self._chance.uniform(0.2, 16))
        if mood < 0.55:
            return [Reply(at, self._chance.choice(KIND_WORDS))]
        if mood < 0.7:
            return [Reply(at, self._chance.choice(STOPS))]
        if mood < 0.8:
            return [Reply(at, self._chance.choice(KIND_WORDS)), Reply(later, self._chance.choice(STOPS))]
        if mood < 0.9:
            return [Reply(at, self._chance.choice(STOPS)), Reply(later, self._chance.choice(STOPS))]
        return [Reply(at, self._chance.choice((*STOPS, *KIND_WORDS)), in_group=True)]
