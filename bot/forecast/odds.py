"""How many people meet a condition of a plan, at least and at most, by how many have met it so far. No database."""

from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log

SURE = 0.05
"""How likely it is at most that fewer people than the least number meet it, or more than the most."""


@dataclass(frozen=True)
class Past:
    """How many people met a condition so far, and how many did not in their time."""

    met: int = 0
    missed: int = 0

    @property
    def mean(self) -> float:
        """Return the expected share of the next people. Without a past it is a half."""
        return (self.met + 1) / (self.met + self.missed + 2)


@lru_cache(maxsize=4096)
def meeting(people: int, past: Past) -> tuple[int, int]:
    """Return how few and how many of the next people meet the condition.

    Without a past each number is as likely as any other. Of a few people it may be none or all.
    """
    a, b = past.met + 1, past.missed + 1
    return _bounds(
        [_log_choose(people, met) + _log_beta(met + a, people - met + b) - _log_beta(a, b) for met in range(people + 1)]
    )


@lru_cache(maxsize=4096)
def drawn(people: int, share: float) -> tuple[int, int]:
    """Return for how few and how many of the people a step with a share is done."""
    if share == 1:
        return people, people
    return _bounds(
        [_log_choose(people, one) + one * log(share) + (people - one) * log(1 - share) for one in range(people + 1)]
    )


def _bounds(logs: list[float]) -> tuple[int, int]:
    """Return the least and the most number of which no more than SURE lies outside on its side."""
    chances = [exp(one) for one in logs]
    return _tail(chances), len(chances) - 1 - _tail(chances[::-1])


def _tail(chances: list[float]) -> int:
    outside, number = 0.0, 0
    while number < len(chances) - 1 and (outside := outside + chances[number]) < SURE:
        number += 1
    return number


def _log_choose(people: int, some: int) -> float:
    return lgamma(people + 1) - lgamma(some + 1) - lgamma(people - some + 1)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


class Spread:
    """Spreads `some` evenly over people: the last of them is one if `last` is true, else the first."""

    def __init__(self, people: int, some: int, *, last: bool) -> None:
        self._people, self._some, self._last = max(people, 1), some if people else 0, last
        self._asked = 0

    def next(self) -> bool:
        """Return whether the next person is one."""
        before, after = self._of(self._asked), self._of(self._asked + 1)
        self._asked += 1
        return after > before

    def _of(self, people: int) -> int:
        """Return how many of the first people are one: rounded down, so that the last person completes a number."""
        return people * self._some // self._people if self._last else -(-people * self._some // self._people)
