"""Shares of small numbers, with the interval that chance and unknown cases leave open, and their comparison."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal

TOLD = 10
"""A share of fewer is not told: the counts stand alone."""
JUDGED = 30
"""Shares of fewer are not compared."""
MOST_UNSURE = 0.25
"""A share is not told if more than this part of all is unknown: they may be unknown because of how they ended."""
Verdict = Literal["too_few", "no_difference_seen", "better", "worse", "not_comparable"]
# 95 % of a normal distribution lie within this many standard deviations, and 80 % below the other one.
_Z, _POWER = 1.96, 0.8416


@dataclass(frozen=True)
class Rate:
    """`hits` of `of`, and `unsure` unknown ones. Shares are 0 to 1."""

    hits: int
    of: int
    unsure: int = 0

    @property
    def share(self) -> float | None:
        """The share of those known. None of fewer than TOLD, or if too many are unknown."""
        return self.hits / self.of if self.of >= TOLD and self.mostly_known else None

    @property
    def mostly_known(self) -> bool:
        """True if no more are unknown than MOST_UNSURE allows."""
        return self.unsure <= MOST_UNSURE * (self.of + self.unsure)

    @property
    def judged(self) -> bool:
        """True if it is large enough to be compared."""
        return self.of >= JUDGED

    @property
    def interval(self) -> tuple[float, float] | None:
        """The Wilson interval of 95 %: from none of the unsure to all of them. None of fewer than TOLD."""
        if self.of < TOLD:
            return None
        everyone = self.of + self.unsure
        return _wilson(self.hits, everyone)[0], _wilson(self.hits + self.unsure, everyone)[1]

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.hits + other.hits, self.of + other.of, self.unsure + other.unsure)

    def __sub__(self, other: "Rate") -> "Rate":
        return Rate(self.hits - other.hits, self.of - other.of, self.unsure - other.unsure)


def _wilson(hits: int, of: int) -> tuple[float, float]:
    share, weight = hits / of, _Z**2 / of
    middle = (share + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * sqrt(share * (1 - share) / of + weight / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def compared(rate: Rate, others: Iterable[Rate], *, planned: bool = False) -> Verdict:
    """Return how a rate compares with all others together.

    `planned`: they were made to be compared, so no winner is named before `needed` cases a side. Looking again and
    again would find one by chance.
    """
    rest = sum(others, Rate(0, 0))
    least = max(JUDGED, needed(rate + rest) if planned else 0)
    own, theirs = rate.interval, rest.interval
    if own is None or theirs is None or min(rate.of, rest.of) < least:
        return "too_few"
    if own[0] > theirs[1]:
        return "better"
    return "worse" if own[1] < theirs[0] else "no_difference_seen"


def needed(pooled: Rate) -> int:
    """Return the cases a side that show a share half as large again, with 95 % confidence and a power of 80 %.

    It is the usual sample size of two proportions: 686 for 10 % against 15 %.
    """
    low = pooled.hits / pooled.of if pooled.hits else 0.01
    high = min(1.5 * low, 0.99)
    if low >= high:
        return JUDGED
    middle = (low + high) / 2
    spread = _Z * sqrt(2 * middle * (1 - middle)) + _POWER * sqrt(low * (1 - low) + high * (1 - high))
    return ceil((spread / (high - low)) ** 2)
