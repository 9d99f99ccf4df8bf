"""The followers on Home: how many there are, and their curve with an icon for each large action that began."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from markupsafe import Markup

from bot.config.runtime import now
from bot.decision.hours import local_date
from bot.results.followers import FollowerCount, actions_begun, follower_counts, growth
from bot.results.periods import Period, period_up_to
from middleware.access import me
from web import charts, local_time

DAYS = 30
"""Days of the curve."""
APART = 3
"""Days between two icons: closer ones would lie on each other on a phone."""
# More than are drawn: some begin on the same days as others.
_ASKED = 40


@dataclass(frozen=True)
class Followers:
    """The counts of the last days, of which two at least are known. `mark` is another one if the curve is."""

    period: Period
    counts: list[FollowerCount]
    change: int
    marks: list[charts.Mark]

    @property
    def values(self) -> list[int]:
        return [one.followers for one in self.counts if one.followers is not None]

    @property
    def since(self) -> str:
        """Return the first day that is known."""
        return next(local_time.day(one.day) for one in self.counts if one.followers is not None)

    @property
    def mark(self) -> str:
        return blake2b(repr((self.counts, self.marks)).encode(), digest_size=8).hexdigest()

    @property
    def curve(self) -> Markup:
        levels = [charts.Level(local_time.day(one.day), one.followers) for one in self.counts]
        return charts.curve("Followers", levels, self.marks)

    @property
    def rows(self) -> list[list[str]]:
        """Return the rows of the table behind the curve, newest day first."""
        known = [one for one in self.counts if one.followers is not None]
        return [[local_time.day(one.day), f"{one.followers:,}"] for one in reversed(known)]


def followers() -> Followers | None:
    """Return the followers of the viewer's account; None if no two days were read."""
    period = period_up_to(local_date(now(), local_time.zone().key), DAYS, None, None)
    counts = follower_counts(me().id, period)
    change = growth(counts)
    if change is None:
        return None
    return Followers(period, counts, change, list(_marks(period)))


def _marks(period: Period) -> Iterator[charts.Mark]:
    """Yield an icon for each of the largest actions, of those close together for the largest."""
    zone = local_time.zone()
    taken: list[int] = []
    for one in actions_begun(me().id, period.midnights(zone.key)[0], _ASKED):
        index = (one.at.astimezone(zone).date() - period.since).days
        if all(abs(index - other) >= APART for other in taken):
            taken.append(index)
            yield charts.Mark(index, str(one.kind), one.total)
