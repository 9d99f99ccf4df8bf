"""message: send one person a message, once."""

from datetime import timedelta

from bot.actions.filters import Filters
from bot.actions.targets import Target
from bot.contacts.replies import store_answers
from bot.steps.outcomes import Outcome
from jobs.inbox import replies_in
from jobs.instagram import Message as Item
from jobs.instance import BotInstance
from jobs.step_kinds.step_kind import Place, Skip, looked_up

# Largest difference between Instagram's clock and ours, if a message is found by its text and time.
CLOCKS_DIFFER = timedelta(minutes=2)


class Message:
    """Messages to people.

    A message that is missing from its thread may still be on its way, so it is never sent again automatically.
    """

    absence_proves_failure = False

    def skip_if_handled(self, filters: Filters) -> bool:
        return False

    def examine(self, bot: BotInstance, place: Place, target: Target) -> Target | Skip:
        found = looked_up(bot, place.step, target, place.filters)
        if target.node and isinstance(found, Target):
            # They may have asked to be left alone since an earlier step, and the inbox is read only now and then.
            hear(bot, found.known_id)
        return found

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        sent = bot.client.send_message(target.known_id, target.text, target.token)
        return Outcome(item_id=sent.item_id, thread_id=sent.thread_id, at=sent.at)

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        thread = bot.client.thread_with(target.known_id)
        if thread is None:
            return None
        found = next((message for message in thread.messages if _is_it(message, target)), None)
        return Outcome(item_id=found.item_id, thread_id=thread.id, at=found.at) if found else None


def hear(bot: BotInstance, person_id: str) -> None:
    """Read a conversation and store what the person wrote last. The claim skips people who asked to be left alone."""
    thread = bot.client.thread_with(person_id)
    if thread:
        store_answers(bot.user_id, replies_in(thread, {person_id}))


def _is_it(message: Item, target: Target) -> bool:
    if not message.mine:
        return False
    if message.token == target.token:
        return True
    earliest = target.claimed_at - CLOCKS_DIFFER if target.claimed_at else None
    return bool(target.text) and message.text == target.text and earliest is not None and message.at >= earliest
