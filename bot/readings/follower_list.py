"""A reading of the own followers, and what it proves. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

NEWEST = 20
"""The number of ids that a reading keeps for the next one."""
OVERLAP = 5
"""The number of them that have to be found again, one after the other."""
MAX_PAGES = 5
"""Pages of 200 people that one reading asks for at most."""
Proof = Literal["whole", "unbroken", "first", "broken"]


@dataclass(frozen=True)
class Pages:
    """The people read so far, in the list's order. `ended` tells that there is no further page, `limited` that
    Instagram says that it shows only a part.
    """

    ids: tuple[str, ...] = ()
    number: int = 0
    ended: bool = False
    limited: bool = False

    def and_page(self, ids: Sequence[str], *, ended: bool, limited: bool) -> "Pages":
        """Return them with one page more. A person on two pages counts once."""
        seen = set(self.ids)
        new = (one for one in dict.fromkeys(ids) if one not in seen)
        return Pages((*self.ids, *new), self.number + 1, ended, self.limited or limited)


@dataclass(frozen=True)
class Finding:
    """The proof that a reading gives.

    `whole`: everyone is in it. `unbroken`: all who followed since the last reading are in its first `gained` people.
    `first`: it is what the next one is compared with. `broken`: it shows some followers and proves nothing of others.
    `in_order` tells if the list had the newest first, as far as this reading can tell; None is unknown.
    """

    proof: Proof
    ids: tuple[str, ...]
    gained: int = 0
    in_order: bool | None = None

    @property
    def newest(self) -> list[str]:
        return list(self.ids[:NEWEST])


def wants_more(pages: Pages, newest: Sequence[str] | None, *, whole: bool) -> bool:
    """Return whether a further page could prove more. `newest` are the ids of the last reading, None if there is none.

    With `whole` the list is read to its end.
    """
    if pages.ended or pages.number >= MAX_PAGES:
        return False
    if pages.number == 0 or whole:
        return True
    return newest is not None and _overlap(pages.ids, newest) is None and not _is_broken(pages.ids, newest)


def judge(pages: Pages, newest: Sequence[str] | None, own_count: int | None) -> Finding:
    """Return what a reading proves. `own_count` is the account's number of followers now, None if it is unknown."""
    gained = None if newest is None else _overlap(pages.ids, newest)
    if _is_whole(pages, own_count):
        in_order = None if not newest else gained is not None
        return Finding("whole", pages.ids, gained or 0, in_order)
    if newest is None:
        return Finding("first", pages.ids)
    if gained is None:
        return Finding("broken", pages.ids, in_order=False)
    return Finding("unbroken", pages.ids, gained, in_order=True)


def hides_followers(followers_before: int, followers: int, gained: int) -> bool:
    """Return whether a list must have hidden new followers: the account has grown by more than the list has shown."""
    grown = followers - followers_before
    return grown > gained + max(2, followers // 50)


def _is_whole(pages: Pages, own_count: int | None) -> bool:
    """A list that ends is only whole if exactly as many are in it as the account says: Instagram hides a few silently.

    One who is hidden and one who is not counted yet would make up for each other only by chance.
    """
    return pages.ended and not pages.limited and len(pages.ids) == own_count


def _overlap(ids: Sequence[str], newest: Sequence[str]) -> int | None:
    """Return the number of people before the known ones, None if it is not proven that these are the next older ones.

    OVERLAP of them come one after the other, in the order of the last reading; some may have left since.
    """
    needed = min(OVERLAP, len(newest))
    places = {one: place for place, one in enumerate(newest)}
    found = [(at, places[one]) for at, one in enumerate(ids) if one in places][:needed]
    if len(found) < needed or not found:
        return None
    ats, before = [at for at, _ in found], [place for _, place in found]
    together = ats == list(range(ats[0], ats[0] + needed))
    return ats[0] if together and before == sorted(before) else None


def _is_broken(ids: Sequence[str], newest: Sequence[str]) -> bool:
    """Return whether no further page can prove anything: enough known people were found, and not one after another."""
    return len(set(ids) & set(newest)) >= min(OVERLAP, len(newest)) and _overlap(ids, newest) is None
