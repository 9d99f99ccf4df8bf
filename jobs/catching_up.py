"""Catching up: read inbox and threads of an account whose recorded messages may be incomplete."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.actions.targets import Target
from bot.contacts.replies import Unread
from bot.messages import deliveries
from bot.plans.aliases import wanted_at
from bot.steps import catching_up, doubts
from bot.steps.catching_up import MAX_PAGES, SentThread
from bot.steps.doubts import SentMessage
from bot.steps.step import Step
from jobs.inbox import alone_in, latest, oldest, read_on, replies_in
from jobs.instagram import Message, Thread
from jobs.instance import BotInstance
from jobs.step_kinds.step_kind import Skip

# Pages of the inbox, and of older messages in all its threads together, that one job reads.
PAGES_AT_ONCE, OLDER_PAGES_AT_ONCE = 3, 5
# Pages of 20 older messages that are read in the thread of one recipient.
MAX_OLDER_PAGES = 5
TOO_LONG = Skip("long_conversation")


@dataclass(frozen=True)
class Resolved:
    """The person has the message already, and that is recorded."""


def catch_up(bot: BotInstance) -> None:
    """Read on in the inbox, back to the time up to which all messages are known.

    Record the people the account wrote to, and their answers.
    """
    reading = catching_up.reading(bot.user_id)
    cursor, pages, threads = reading.cursor, reading.pages, list[Thread]()
    for _ in range(PAGES_AT_ONCE):
        inbox = bot.client.inbox(cursor)
        pages += 1
        recent = [thread for thread in inbox.threads if latest(thread) >= reading.since]
        threads += recent
        cursor = inbox.cursor if recent and pages < MAX_PAGES else None
        if cursor is None:
            break
    older_pages, left = iter(range(OLDER_PAGES_AT_ONCE)), list[Unread]()
    seen = {thread.id: [thread] for thread in threads}
    for place in [place for thread in threads if (place := _hidden(thread, reading.since))]:
        older, rest = read_on(bot, place, older_pages)
        seen[place.thread_id] += older
        left += [rest] if rest else []
    writings = [writing for thread in threads if (writing := _writing(thread, seen[thread.id], reading.since))]
    people = {writing.instagram_id for writing in writings}
    heard = [reply for parts in seen.values() for part in parts for reply in replies_in(part, people)]
    catching_up.store_inbox(bot.user_id, writings, heard, left, cursor, pages)


def _writing(thread: Thread, parts: list[Thread], since: datetime) -> SentThread | None:
    """Return the person the account has, or may have, written to in a conversation since then.

    It may have if only a part of the conversation is visible. `parts` is what was read of it.
    """
    sent = [one for part in parts for one in part.messages if one.mine and one.at >= since]
    hidden = _hidden(thread, since)
    if alone_in(thread) is None or not (sent or hidden):
        return None
    person, times = thread.people[0], [one.at for one in sent]
    first = since if hidden else min(times)
    return SentThread(
        person.id, person.username, first, max(times, default=since), [_sent(thread, one) for one in sent]
    )


def _sent(thread: Thread, message: Message) -> SentMessage:
    return SentMessage(message.item_id, thread.id, message.text, message.token, message.at)


def _hidden(thread: Thread, since: datetime) -> Unread | None:
    """Return the place where the invisible rest of a conversation with one person begins; None if all is visible."""
    person = alone_in(thread)
    if person is None or thread.cursor is None or oldest(thread) <= since:
        return None
    return Unread(person, thread.id, thread.cursor, since)


def find_unknown_message(bot: BotInstance, step: Step, target: Target) -> Target | Skip | Resolved:
    """Return the target, unless the conversation has, or may have, a message that is not recorded here.

    Raises Instagram's answer. Then the question stays open and is asked again.
    """
    since = doubts.since_of(step, target)
    thread = bot.client.thread_with(target.known_id) if since else None
    if since is None or thread is None:
        return target
    messages, whole = _read_back(bot, thread, since)
    wanted = wanted_at(step.work.kind, step.work.params, target.node)
    sent = [
        _sent(thread, message)
        for message in messages
        if message.mine and (message.at >= since or deliveries.may_say(wanted, target.person, message.text))
    ]
    unknown = doubts.unknown_of(bot.user_id, sent)
    if unknown is None:
        return target if whole else TOO_LONG
    heard = replies_in(replace(thread, messages=messages), {target.known_id})
    doubts.resolve(step, target, unknown, heard)
    return Resolved()


def _read_back(bot: BotInstance, thread: Thread, since: datetime) -> tuple[list[Message], bool]:
    """Return the messages of a conversation back to then, and whether they are complete."""
    messages = list(thread.messages)
    for _ in range(MAX_OLDER_PAGES):
        if thread.cursor is None or oldest(thread) < since:
            return messages, True
        thread = bot.client.thread(thread.id, thread.cursor)
        messages += thread.messages
    return messages, thread.cursor is None or oldest(thread) < since
