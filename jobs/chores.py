"""Chores: work of a bot at Instagram without an action.

It reads answers, tests the session, and reads what came of follows.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.automation.client_versions import hold_if_refused
from bot.config.runtime import now, runtime
from bot.contacts import replies
from bot.contacts.answers import Reply
from bot.contacts.replies import InboxPlace, Unread
from bot.core.errors import BotException
from bot.linking import outcomes
from bot.plans.facts import learn_facts
from bot.results.keeping import keep_days
from jobs.catching_up import catch_up
from jobs.inbox import alone_in, goes_on, latest, read_on, replies_in, senders_of
from jobs.instagram import InstagramAuth, Thread
from jobs.instance import BotInstance, BotInstanceManager
from jobs.readings import measure
from jobs.unknown_replies import count_unknown

# Pages of the inbox, 20 threads each, that one job reads. The next one goes on after a pause.
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
    strangers: list[Reply] = []
    unread = {place.sender_id: place for place in replies.unread(bot.user_id)}
    threads, place = _threads(bot, replies.inbox_place(bot.user_id), since)
    # Those who were followed write to the inbox itself, and may ask to be left alone as well.
    known = replies.handled(bot.user_id, {one for thread, _ in threads for one in senders_of(thread)} - people.keys())
    for thread, is_request in threads:
        found += replies_in(thread, people)
        others = senders_of(thread) - people.keys()
        strangers += replies_in(thread, others if is_request else others & known)
        if further := _unread_of(thread, people, since):
            before = unread.get(further.sender_id, further)
            unread[further.sender_id] = replace(further, since=min(further.since, before.since))
    left: list[Unread] = []
    pages = iter(range(MAX_OLDER_PAGES))
    for further in unread.values():
        older, rest = read_on(bot, further, pages)
        found += [reply for thread in older for reply in replies_in(thread, {further.sender_id})]
        left += [rest] if rest else []
    replies.store_replies(bot.user_id, found, left, strangers, place)
    learn_facts(bot.user_id)
    keep_days(bot.user_id)


def _threads(bot: BotInstance, place: InboxPlace, since: datetime) -> tuple[list[tuple[Thread, bool]], InboxPlace]:
    """Read on in the conversations with anything new, and then in the box of requests, if anybody waits there.

    Return them, each with whether it is of the box of requests, and the place at which the reading ended.
    """
    found: list[tuple[Thread, bool]] = []
    for _ in range(MAX_PAGES):
        inbox = bot.client.inbox(place.cursor, requests=place.requests)
        found += [(thread, place.requests) for thread in inbox.threads]
        place = replace(place, cursor=inbox.cursor, has_requests=place.has_requests or inbox.has_requests)
        if inbox.cursor is None or all(latest(thread) < since for thread in inbox.threads):
            if place.requests or not place.has_requests:
                return found, replace(place, is_whole=True)
            place = replace(place, cursor=None, requests=True)
    return found, place


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
    learn_facts(bot.user_id)
    keep_days(bot.user_id)


_CHORES: dict[str, Callable[[BotInstance, BotInstanceManager], None]] = {
    "read_replies": _read_replies,
    "test_session": _test_session,
    "catch_up": _catch_up,
    "measure": _measure,
}
