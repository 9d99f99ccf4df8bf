"""Counts of the lane scripts, of all time and of each minute: starts by lag, ends, and lost leases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from bot.lanes.queue import MINUTE

LAG_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 300_000, 3_600_000)
"""Milliseconds, as in jobs/lua/claim.lua. A start counts under the first bound that its lag does not exceed, or the
last.
"""
MINUTES_SHOWN = 60
RECENT_MINUTES = 5
_NOTHING: Mapping[bytes, bytes] = {}


@dataclass(frozen=True)
class Counts:
    """Counts of a period: starts under each of LAG_BOUNDS, jobs that ended, and leases that expired."""

    lags: tuple[int, ...] = (0,) * len(LAG_BOUNDS)
    ended: int = 0
    lapsed: int = 0

    @classmethod
    def of(cls, kept: Mapping[bytes, bytes]) -> "Counts":
        """Read the hash that the scripts write."""
        lags = tuple(int(kept.get(str(bound).encode(), 0)) for bound in LAG_BOUNDS)
        return cls(lags, int(kept.get(b"ended", 0)), int(kept.get(b"lapsed", 0)))

    @property
    def started(self) -> int:
        return sum(self.lags)

    def lag_percentile(self, share: float) -> float | None:
        """Return the lag in seconds that this share of the starts did not exceed, rounded up to a bound. None without
        starts.
        """
        wanted, counted = ceil(share * self.started), 0
        for bound, count in zip(LAG_BOUNDS, self.lags, strict=True):
            counted += count
            if counted >= wanted > 0:
                return bound / 1000
        return None


@dataclass(frozen=True)
class Minute:
    """The counts of the minute that begins at `at`."""

    at: datetime
    counts: Counts


def minutes_before(now: float) -> list[int]:
    """Return the numbers of the minutes that are shown, the current one last."""
    current = int(now // 60)
    return list(range(current - MINUTES_SHOWN + 1, current + 1))


def minute_key(number: int) -> str:
    return f"{MINUTE}{number}"


def minutes(numbers: Iterable[int], kept: Iterable[Mapping[bytes, bytes] | None]) -> list[Minute]:
    """Return the minutes of these numbers, from the hashes under their keys."""
    return [
        Minute(datetime.fromtimestamp(number * 60, UTC), Counts.of(held or _NOTHING))
        for number, held in zip(numbers, kept, strict=True)
    ]


def total(counted: Iterable[Counts]) -> Counts:
    found = list(counted)
    lags = tuple(map(sum, zip(*(counts.lags for counts in found), strict=True))) or Counts().lags
    return Counts(lags, sum(counts.ended for counts in found), sum(counts.lapsed for counts in found))
