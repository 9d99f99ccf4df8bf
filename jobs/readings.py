"""One reading of what came of follows, of one kind after the other."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.core.errors import BotException
from bot.readings.follower_list import Pages, wants_more
from bot.readings.plan import Kind
from bot.readings.records import record_counts, record_followers, record_requests, record_shown
from bot.readings.state import Begun, begin, note_failure, spend
from jobs.instance import BotInstance

_GONE = ("INSTAGRAM_PERSON_NOT_FOUND",)


def measure(bot: BotInstance) -> None:
    """Make the reading that is due, if one is. Each request is counted before it is made."""
    begun = begin(bot.user_id)
    if begun is None:
        return
    try:
        _READINGS[begun.reading.kind](bot, begun)
    except BotException as error:
        note_failure(bot.user_id, error)
        raise


def _read_counts(bot: BotInstance, begun: Begun) -> None:
    if spend(begun):
        counts = bot.client.own_counts()
        record_counts(begun, counts.followers, counts.following, counts.posts)


def _read_followers(bot: BotInstance, begun: Begun) -> None:
    pages, cursor = Pages(), None
    while wants_more(pages, begun.newest, whole=begun.reading.whole) and spend(begun):
        page = bot.client.own_followers(cursor)
        ids = [person.id for person in page.people]
        pages, cursor = pages.and_page(ids, ended=page.cursor is None, limited=page.limited), page.cursor
    if pages.ended and not pages.limited and begun.own_count is None and spend(begun):
        # Only a count of now tells if everyone is in the list.
        begun = replace(begun, own_count=bot.client.own_counts().followers)
    if pages.number:
        record_followers(begun, pages)


def _read_requests(bot: BotInstance, begun: Begun) -> None:
    if spend(begun):
        found = bot.client.friendships([one.instagram_id for one in begun.reading.people])
        record_requests(begun, {one: (relation.following, relation.requested) for one, relation in found.items()})


def _read_person(bot: BotInstance, begun: Begun) -> None:
    (person,) = begun.reading.people
    if not spend(begun):
        return
    try:
        followed_by: bool | None = bot.client.friendship(person.instagram_id).followed_by
    except BotException as error:
        if error.name not in _GONE:
            raise
        followed_by = None
    record_shown(begun, person, followed_by)


_READINGS: Mapping[Kind, Callable[[BotInstance, Begun], None]] = {
    "counts": _read_counts,
    "followers": _read_followers,
    "requests": _read_requests,
    "window": _read_person,
    "stayed": _read_person,
    "check": _read_person,
}
