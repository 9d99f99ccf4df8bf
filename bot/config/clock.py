"""The time and the chance that the product sees; tests bring their own."""

import random
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """The time of day in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


Randomness = Callable[[float, float], float]
"""A number between two others; seconds where the product uses it."""


def uniform(low: float, high: float) -> float:
    """A delay needs no secret randomness, so the plain generator does."""
    return random.uniform(low, high)  # noqa: S311
