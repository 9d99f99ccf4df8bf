"""Pauses between tries that fail in a row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Pauses in seconds: `initial` after the first failure, doubled by each further one in a row, up to `maximum`."""

    initial: float
    maximum: float

    def after(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row, at least one."""
        # A float has no power of 2 beyond 1023; every maximum is reached long before.
        return min(self.initial * 2.0 ** min(failures - 1, 64), self.maximum)
