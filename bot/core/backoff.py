"""Backoff after failures in a row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Pauses in seconds: `initial` after the first failure, doubled after each further one in a row, up to
    `maximum`.
    """

    initial: float
    maximum: float

    def after(self, failures: int) -> float:
        """Return the seconds to wait after that number of failures in a row, at least one."""
        # A float has no power of 2 beyond 1023. Every maximum is reached long before.
        return min(self.initial * 2.0 ** min(failures - 1, 64), self.maximum)
