"""Limits of an account: effects of one kind within a time before Instagram blocks it."""

from collections.abc import Sequence
from dataclasses import dataclass

EVERYBODY = "*"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` effects of `call` within `seconds`. If `account` means all, it counts for each of them separately."""

    account: str
    call: str
    count: int
    seconds: float

    def meets(self, username: str, call: str) -> bool:
        return self.call == call and self.account in (EVERYBODY, username)

    def reached(self, times: Sequence[float], now: float) -> bool:
        """Return whether it is reached. `times` are when each effect so far was processed, oldest first."""
        return len(times) >= self.count and times[-self.count] > now - self.seconds
