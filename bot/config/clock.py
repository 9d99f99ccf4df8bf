"""Time and randomness as the product sees them. Tests replace both."""

import random
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """The clock of the system. `now` is aware and in UTC. Tests put one of their own in its place."""

    def now(self) -> datetime:
        return datetime.now(UTC)


Randomness = Callable[[float, float], float]
"""Returns a number between two others. The product uses it for seconds."""


def uniform(low: float, high: float) -> float:
    """Return a random number. Delays need no cryptographic randomness."""
    return random.uniform(low, high)  # noqa: S311
