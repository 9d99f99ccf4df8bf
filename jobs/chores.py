"""Chores: work of a bot at Instagram without an action.

It reads answers, tests the session, and reads what came of follows.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from bot.automation.client_versions import hold_if_refused
from bot.config.runtime import now, runtime
from bot.contacts import replies
from bot.contacts.answers import Reply
from bot.contacts.replies import Unread
from bot.core.errors import BotException
from bot.linking import outcomes
from jobs.catching_up import catch_up
from jobs.inbox import alone_in, goes_on, latest, read_on, replies_in
from jobs.instagram import InstagramAuth, Thread
from jobs.instance import BotInstance, BotInstanceManager
from jobs.readings import measure
from jobs.unknown_replies import count_unknown

# Pages of the inbox in one reading, 20 threads each.
MAX_PAGES = 3
# Pages of older messages, 20 each, in all threads of one reading together. Another reading takes the rest.
MAX_OLDER_PAGES = 5


def do_chore(name: str, bot: BotInstance, manager: BotInstanceManager) -> datetime | None:
    """Do one chore and return when the lane is to run again. Refusals of Instagram have their consequences here."""
    try:
        _CHORES[name](bot, manager)
    except BotException as error:
        hold_if_refused(error)
        return outcomes.chore_failed(bot.user_id, name, error)
    return now()


def _read_replies(bot: BotInstance, _manager: BotInstanceManager) -> None:
    people, since = replies.awaited(bot.user_id)
    found: list[Reply] = []
    unread = {place.sender_id: place for place in replies.unread(bot.user_id)}
    for thread in _threads(bot, since):
        found += replies_in(thread, people)
        if place := _unread_of(thread, people, since):
            before = unread.get(place.sender_id, place)
            unread[place.sender_id] = replace(place, since=min(place.since, before.since))
    left: list[Unread] = []
    pages = iter(range(MAX_OLDER_PAGES))
    for place in unread.values():
        older, rest = read_on(bot, place, pages)
        found += [reply for thread in older for reply in replies_in(thread, {place.sender_id})]
        left += [rest] if rest else []
    replies.store_replies(bot.user_id, found, left)


def _threads(bot: BotInstance, since: datetime) -> Iterator[Thread]:
    """Yield the conversations with anything new, and then those of the box of requests, if anybody waits there."""
    requests = False
    for box in (False, True):
        if box and not requests:
            return
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            inbox = bot.client.inbox(cursor, requests=box)
            requests = requests or inbox.has_requests
            yield from inbox.threads
            cursor = inbox.cursor
            if cursor is None or all(latest(thread) < since for thread in inbox.threads):
                break


def _unread_of(thread: Thread, people: Mapping[str, datetime | None], since: datetime) -> Unread | None:
    """Return the place of further messages from one of the people. Of a group only the latest messages are read."""
    person = alone_in(thread)
    if person is None or person not in people or thread.cursor is None:
        return None
    # Older messages were read by an earlier reading, or are noted to be read.
    return goes_on(thread, Unread(person, thread.id, thread.cursor, max(since, people[person] or since)))


def _test_session(bot: BotInstance, manager: BotInstanceManager) -> None:
    timeout = runtime().config.instagram_timeout
    auth = InstagramAuth(manager.endpoint(bot.proxy), timeout=timeout, place=bot.place, observe=count_unknown)
    bot.renewed(auth.test_connection(bot.client.dump()))


def _catch_up(bot: BotInstance, _manager: BotInstanceManager) -> None:
    catch_up(bot)


def _measure(bot: BotInstance, _manager: BotInstanceManager) -> None:
    measure(bot)


_CHORES: dict[str, Callable[[BotInstance, BotInstanceManager], None]] = {
    "read_replies": _read_replies,
    "test_session": _test_session,
    "catch_up": _catch_up,
    "measure": _measure,
}
