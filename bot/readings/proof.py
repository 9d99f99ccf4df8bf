"""The time of which it is proven that a person did not follow back. No database."""

from datetime import datetime
from typing import NamedTuple

from bot.readings.plan import GRACE, WINDOWS


class Absence(NamedTuple):
    """The time in which a person did not follow back, as far as readings tell.

    `since` None is the begin of the windows, `until` None is no reading yet.
    """

    since: datetime | None = None
    until: datetime | None = None

    def answers(self, end: datetime) -> bool:
        """Return whether it proves that the person had not followed back at the end of a window."""
        return self.until is not None and self.until >= end and (self.since is None or self.since <= end)


def absent(known: Absence, begins: datetime | None, moment: datetime) -> Absence:
    """Return what is proven after a reading at `moment` that surely did not find the person.

    `begins` is when the windows begin, None while a request is open. A reading answers the end of a window up to GRACE
    after it. A later one says nothing of this end: the person may have followed back and left since. Those who stayed
    are seen too late to count in this window, so if those who left counted as no, the share would be too small.
    """
    if begins is None:
        return known._replace(until=moment)
    waiting = [end for end in (begins + window for window in WINDOWS) if known.until is None or known.until < end]
    answerable = [end for end in waiting if moment <= end + GRACE]
    if answerable == waiting:
        return known._replace(until=moment)
    # The later of two windows may go without its answer alone, and then the answer to the earlier one stays.
    return Absence(min(moment, answerable[0]), moment) if answerable else known
