"""Limits of an account: effects of one kind within a time before Instagram blocks it."""

from collections.abc import Sequence
from dataclasses import dataclass

EVERYBODY = "*"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """The number of effects of `call` that one account may have within `seconds`; Instagram blocks the next.

    If `account` is EVERYBODY, the limit applies to every account, and each has its own count.
    """

    account: str
    call: str
    count: int
    seconds: float

    def meets(self, username: str, call: str) -> bool:
        return self.call == call and self.account in (EVERYBODY, username)

    def reached(self, times: Sequence[float], now: float) -> bool:
        """Return whether the next effect is one too many. `times` are when each effect so far was processed in
        epoch seconds, oldest first.
        """
        return len(times) >= self.count and times[-self.count] > now - self.seconds
