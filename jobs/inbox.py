"""Messages of conversations, and the reading of older ones."""

from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import datetime

from bot.config.runtime import now
from bot.contacts.answers import Reply
from bot.contacts.replies import Unread
from bot.core.errors import BotException
from jobs.instagram import Thread
from jobs.instance import BotInstance


def replies_in(thread: Thread, people: Container[str]) -> list[Reply]:
    """Return what these people (Instagram ids) wrote in a conversation."""
    in_group, names = alone_in(thread) is None, {person.id: person.username for person in thread.people}
    dated = [
        Reply(
            message.item_id,
            message.sender_id,
            message.text,
            message.at,
            in_group,
            thread_id=thread.id,
            sort=message.sort,
            username=names.get(message.sender_id, ""),
        )
        for message in thread.messages
        if not message.mine and message.sender_id in people
    ]
    undated = [
        Reply(
            one.item_id,
            one.sender_id,
            one.text,
            now(),
            in_group,
            dated=False,
            thread_id=thread.id,
            username=names.get(one.sender_id, ""),
        )
        for one in thread.undated
        if one.sender_id in people
    ]
    return dated + undated


def senders_of(thread: Thread) -> set[str]:
    """Return the other people who wrote what was read of a conversation."""
    return {one.sender_id for one in thread.messages if not one.mine} | {one.sender_id for one in thread.undated}


def alone_in(thread: Thread) -> str | None:
    """Return the only other person in a conversation; None for a group."""
    return thread.people[0].id if len(thread.people) == 1 else None


def goes_on(thread: Thread, place: Unread) -> Unread | None:
    """Return the place in the thread where reading goes on; None if all is read."""
    return replace(place, cursor=thread.cursor) if thread.cursor and oldest(thread) > place.since else None


def read_on(bot: BotInstance, place: Unread, pages: Iterator[int]) -> tuple[list[Thread], Unread | None]:
    """Read from the place on to older messages. Return what was read, and the next place if the pages are used up."""
    found: list[Thread] = []
    for _ in pages:
        try:
            thread = bot.client.thread(place.thread_id, place.cursor)
        except BotException as error:
            if error.name == "INSTAGRAM_PERSON_NOT_FOUND":
                return found, None
            raise
        found.append(thread)
        further = goes_on(thread, place)
        if further is None:
            return found, None
        place = further
    return found, place


def latest(thread: Thread) -> datetime:
    return max((message.at for message in thread.messages), default=datetime.min.replace(tzinfo=now().tzinfo))


def oldest(thread: Thread) -> datetime:
    return min((message.at for message in thread.messages), default=datetime.min.replace(tzinfo=now().tzinfo))
