"""What a bot does at Instagram without an order: read answers, test its session."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from bot import linking, replies
from bot.errors import BotException
from bot.replies import Reply, Unread
from bot.runtime import now, runtime
from jobs.instagram import InstagramAuth, Thread
from jobs.instance import BotInstance, BotInstanceManager

# Pages of the inbox that one reading turns at most, 20 threads each.
MOST_PAGES = 3
# Pages of older messages, 20 each, that it reads beside them in all threads together; for the rest it comes back.
MOST_OLDER_PAGES = 5


def do_chore(name: str, bot: BotInstance, manager: BotInstanceManager) -> datetime | None:
    """Does one chore and returns when the lane is to look again. What Instagram refuses has its consequence here."""
    try:
        _CHORES[name](bot, manager)
    except BotException as error:
        return linking.chore_failed(bot.user_id, name, error)
    return now()


def _read_replies(bot: BotInstance, _manager: BotInstanceManager) -> None:
    people, since = replies.awaited(bot.user_id)
    found: list[Reply] = []
    unread = {place.sender_id: place for place in replies.unread(bot.user_id)}
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        inbox = bot.client.inbox(cursor)
        for thread in inbox.threads:
            found += replies_in(thread, people)
            if place := _unread_of(thread, people, since):
                before = unread.get(place.sender_id, place)
                unread[place.sender_id] = replace(place, since=min(place.since, before.since))
        cursor = inbox.cursor
        if cursor is None or all(_latest(thread) < since for thread in inbox.threads):
            break
    left: list[Unread] = []
    pages = iter(range(MOST_OLDER_PAGES))
    for place in unread.values():
        older, rest = _read_on(bot, place, pages)
        found += older
        left += [rest] if rest else []
    replies.read(bot.user_id, found, left)


def replies_in(thread: Thread, people: Container[str]) -> list[Reply]:
    """What these people (Instagram ids) say in a conversation."""
    return [
        Reply(message.item_id, message.sender_id, message.text, message.at, in_group=_alone_in(thread) is None)
        for message in thread.messages
        if not message.mine and message.sender_id in people
    ]


def _alone_in(thread: Thread) -> str | None:
    """The one person whom this is a conversation with; None for a group."""
    return thread.people[0].id if len(thread.people) == 1 else None


def _unread_of(thread: Thread, people: Mapping[str, datetime | None], since: datetime) -> Unread | None:
    """Where there may be more of what one of the people wrote; in a group only the latest is read."""
    person = _alone_in(thread)
    if person is None or person not in people or thread.cursor is None:
        return None
    # What an earlier reading has met is read, or noted to be read on.
    return _goes_on(thread, Unread(person, thread.id, thread.cursor, max(since, people[person] or since)))


def _goes_on(thread: Thread, place: Unread) -> Unread | None:
    """The place in the thread where reading goes on; None where all is read."""
    return replace(place, cursor=thread.cursor) if thread.cursor and _oldest(thread) > place.since else None


def _read_on(bot: BotInstance, place: Unread, pages: Iterator[int]) -> tuple[list[Reply], Unread | None]:
    """What stands at the place and before it, and where it goes on when the pages are used up."""
    found: list[Reply] = []
    for _ in pages:
        try:
            thread = bot.client.thread(place.thread_id, place.cursor)
        except BotException as error:
            if error.name == "INSTAGRAM_PERSON_NOT_FOUND":
                return found, None
            raise
        found += replies_in(thread, {place.sender_id})
        further = _goes_on(thread, place)
        if further is None:
            return found, None
        place = further
    return found, place


def _latest(thread: Thread) -> datetime:
    return max((message.at for message in thread.messages), default=datetime.min.replace(tzinfo=now().tzinfo))


def _oldest(thread: Thread) -> datetime:
    return min((message.at for message in thread.messages), default=datetime.min.replace(tzinfo=now().tzinfo))


def _test_session(bot: BotInstance, manager: BotInstanceManager) -> None:
    auth = InstagramAuth(manager.endpoint(bot.proxy), timeout=runtime().config.instagram_timeout)
    bot.renewed(auth.test_connection(bot.client.dump()))


_CHORES: dict[str, Callable[[BotInstance, BotInstanceManager], None]] = {
    "read_replies": _read_replies,
    "test_session": _test_session,
}
