"""The next reading of an account: which one, of which people, and when. No database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bot.readings.follower_list import MAX_PAGES

MEASURE_PER_DAY = 60
"""Reads of an account on a local day at most (the product's own figure)."""
LIST_EVERY = timedelta(hours=8)
LIST_AGAIN = timedelta(days=7)
"""A list that had not the newest first is tried again after this."""
SMALL = 1_000
"""Followers up to which a list in another order is read whole, once a day."""
BROKEN = 2
"""Readings in a row without proof after which the order counts as not honored."""
WINDOWS = (timedelta(days=7), timedelta(days=14))
"""Ends of windows in which a follow-back counts, from the follow on."""
GRACE = timedelta(days=1)
"""A window's end may be read this much later."""
STAYED = timedelta(days=30)
STAYED_GRACE = timedelta(days=3)
"""People who followed back are looked at again this long after that."""
REQUEST = timedelta(days=14)
"""Requests are asked about for this long, once a day."""
BATCH = 50
"""People in one question about requests. No documentation gives a limit."""
MAX_SHOWS, MAX_STAYED = 20, 10
"""Single questions about people a day."""
MAX_CHECKS = 2
"""People a day who are asked about though a list proves that they have not followed back: it may hide some."""
BETWEEN = timedelta(seconds=90)
"""The pause between two readings."""
LOOK_AGAIN = timedelta(hours=1)

Kind = Literal["counts", "followers", "requests", "window", "stayed", "check"]


@dataclass(frozen=True)
class Watched:
    """A relation as the plan sees it. `id` is its row, `instagram_id` the person. `begins` is when its windows begin.

    `begins` is None while a request is open. The other fields are those of `Relation`.
    """

    id: str
    instagram_id: str
    begins: datetime | None
    requested_at: datetime | None = None
    is_open: bool = False
    back_at: datetime | None = None
    gone_at: datetime | None = None
    seen_until: datetime | None = None
    no_until: datetime | None = None
    asked_at: datetime | None = None
    unfollowed_at: datetime | None = None
    followed_us_before: bool | None = None


@dataclass(frozen=True)
class Known:
    """All that decides about the next reading. `midnight` begins the local day, `tomorrow` ends it.

    `reads` were made today. `counted` tells if the counts of today are known, `followers` the last known number of
    followers. `list_read_at`, `broken` and `whole_at` are those of `FollowerRead`.
    """

    midnight: datetime
    tomorrow: datetime
    reads: int = 0
    counted: bool = False
    followers: int | None = None
    list_read_at: datetime | None = None
    broken: int = 0
    whole_at: datetime | None = None
    watched: Sequence[Watched] = field(default_factory=tuple)


@dataclass(frozen=True)
class Reading:
    """A reading that is due, of these people if it is of single ones. `whole` reads a list to its end."""

    kind: Kind
    people: tuple[Watched, ...] = ()
    whole: bool = False


def next_reading(known: Known, moment: datetime) -> Reading | datetime:
    """Return the reading that is due, or the time at which to look again."""
    left = MEASURE_PER_DAY - known.reads
    if left <= 0:
        return known.tomorrow
    if not known.counted:
        return Reading("counts")
    if left >= MAX_PAGES and (reading := _of_list(known, moment)):
        return reading
    if people := _requests(known, moment)[:BATCH]:
        return Reading("requests", tuple(people))
    for kind, people, most in (
        ("window", _window_ends(known, moment), MAX_SHOWS),
        ("stayed", _to_look_at_again(known, moment), MAX_SHOWS + MAX_STAYED),
    ):
        if people and _asked_today(known) < most:
            return Reading(kind, (people[0],))  # type: ignore[arg-type]  # one of the kinds
    if (people := _to_check(known, moment)) and _checked_today(known) < MAX_CHECKS:
        return Reading("check", (people[0],))
    return min(known.tomorrow, moment + LOOK_AGAIN)


def order_is_honored(broken: int) -> bool:
    return broken < BROKEN


def _of_list(known: Known, moment: datetime) -> Reading | None:
    if order_is_honored(known.broken):
        # The first of a day comes right after the counts, with which it is compared.
        since = max(known.midnight, moment - LIST_EVERY)
        due = known.list_read_at is None or known.list_read_at < since
        return Reading("followers") if due else None
    if known.followers is not None and known.followers <= SMALL:
        due = known.list_read_at is None or known.list_read_at < known.midnight
        return Reading("followers", whole=True) if due else None
    due = known.list_read_at is None or known.list_read_at <= moment - LIST_AGAIN
    return Reading("followers") if due else None


def _requests(known: Known, moment: datetime) -> list[Watched]:
    """Return the open requests that were not asked about today, the longest unasked first."""
    found = [
        one
        for one in known.watched
        if one.is_open
        and one.requested_at
        and one.requested_at > moment - REQUEST - GRACE
        and (one.asked_at is None or one.asked_at < known.midnight)
    ]
    return sorted(found, key=lambda one: one.asked_at or one.requested_at or moment)


def _window_ends(known: Known, moment: datetime) -> list[Watched]:
    """Return the people at the end of a window if nothing proves whether they follow back, the longest ended first.

    So neither window takes the questions of the other, and the order has nothing to do with the answers.
    """
    ends = [(end, one) for one in known.watched if (end := _unasked_end(one, moment)) and not _is_proven(one, end)]
    return [one for _, one in sorted(ends, key=lambda found: found[0])]


def _to_check(known: Known, moment: datetime) -> list[Watched]:
    """Return the people at the end of a window who are not back by a list that was not whole.

    Which of them are asked about has nothing to do with the answers.
    """
    ends = [(end, one) for one in known.watched if (end := _unasked_end(one, moment)) and _is_proven(one, end)]
    sure = known.whole_at
    return [one for end, one in sorted(ends, key=lambda found: found[0]) if sure is None or sure < end]


def _unasked_end(one: Watched, moment: datetime) -> datetime | None:
    """Return the end of a window within the last GRACE if the person is not back and was not asked about since."""
    if one.begins is None or one.back_at or one.unfollowed_at or one.followed_us_before:
        return None
    for end in (one.begins + window for window in WINDOWS):
        if end <= moment < end + GRACE and (one.asked_at is None or one.asked_at < end):
            return end
    return None


def _is_proven(one: Watched, end: datetime) -> bool:
    return one.no_until is not None and one.no_until >= end


def _to_look_at_again(known: Known, moment: datetime) -> list[Watched]:
    """Return the people who followed back, if it is not known whether they stayed."""
    found = []
    for one in known.watched:
        if one.begins is None or one.back_at is None or one.gone_at or one.unfollowed_at:
            continue
        day = one.back_at + STAYED
        unknown = (one.seen_until is None or one.seen_until < day) and (one.asked_at is None or one.asked_at < day)
        if day <= moment < day + STAYED_GRACE and unknown:
            found.append(one)
    return found


def _asked_today(known: Known) -> int:
    """Return the number of people who were asked about alone today."""
    return sum(1 for one in known.watched if not one.is_open and one.asked_at and one.asked_at >= known.midnight)


def _checked_today(known: Known) -> int:
    """Return the number of people who were asked about alone today and were not known to have followed back."""
    asked = (one for one in known.watched if not one.is_open and one.asked_at and one.asked_at >= known.midnight)
    return sum(1 for one in asked if one.back_at is None or one.back_at == one.asked_at)
