"""Shares of small numbers, with the interval that they leave open."""

from dataclasses import dataclass
from math import sqrt

TOLD = 10
"""A share of fewer is not told: the counts stand alone."""
JUDGED = 30
"""Shares of fewer are not compared."""
# 95 % of a normal distribution lie within this many standard deviations.
_Z = 1.96


@dataclass(frozen=True)
class Rate:
    """`hits` of `of`. All shares are between 0 and 1, and None if `of` is below TOLD."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        return self.hits / self.of if self.of >= TOLD else None

    @property
    def judged(self) -> bool:
        """True if it is large enough to be compared."""
        return self.of >= JUDGED

    @property
    def interval(self) -> tuple[float, float] | None:
        """The Wilson interval of 95 %."""
        if self.of < TOLD:
            return None
        share, weight = self.hits / self.of, _Z**2 / self.of
        middle = (share + weight / 2) / (1 + weight)
        half = _Z / (1 + weight) * sqrt(share * (1 - share) / self.of + weight / (4 * self.of))
        return max(0.0, middle - half), min(1.0, middle + half)
