"""What a bot does at Instagram without an order: read answers, test its session."""

from collections.abc import Callable
from datetime import datetime

from bot import linking, replies
from bot.errors import BotException
from bot.replies import Reply
from bot.runtime import now, runtime
from jobs.instagram import InstagramAuth, Thread
from jobs.instance import BotInstance, BotInstanceManager

# Pages of the inbox that one reading turns at most, 20 threads each.
MOST_PAGES = 3


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
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        inbox = bot.client.inbox(cursor)
        for thread in inbox.threads:
            found += _of(thread, people)
        cursor = inbox.cursor
        if cursor is None or all(_latest(thread) < since for thread in inbox.threads):
            break
    replies.read(bot.user_id, found)


def _of(thread: Thread, people: set[str]) -> list[Reply]:
    return [
        Reply(message.item_id, message.sender_id, message.text, message.at)
        for message in thread.messages
        if not message.mine and message.sender_id in people
    ]


def _latest(thread: Thread) -> datetime:
    return max((message.at for message in thread.messages), default=datetime.min.replace(tzinfo=now().tzinfo))


def _test_session(bot: BotInstance, manager: BotInstanceManager) -> None:
    auth = InstagramAuth(manager.endpoint(bot.proxy), timeout=runtime().config.instagram_timeout)
    bot.renewed(auth.test_connection(bot.client.dump()))


_CHORES: dict[str, Callable[[BotInstance, BotInstanceManager], None]] = {
    "read_replies": _read_replies,
    "test_session": _test_session,
}
