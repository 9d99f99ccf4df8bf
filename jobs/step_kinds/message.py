"""message: send one person a message, once."""

from datetime import timedelta

from bot.actions.filters import Filters
from bot.actions.targets import Target
from bot.steps.outcomes import Outcome
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
        return looked_up(bot, place.step, target, place.filters)

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        sent = bot.client.send_message(target.known_id, target.text, target.token)
        return Outcome(item_id=sent.item_id, thread_id=sent.thread_id, at=sent.at)

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        thread = bot.client.thread_with(target.known_id)
        if thread is None:
            return None
        found = next((message for message in thread.messages if _is_it(message, target)), None)
        return Outcome(item_id=found.item_id, thread_id=thread.id, at=found.at) if found else None


def _is_it(message: Item, target: Target) -> bool:
    if not message.mine:
        return False
    if message.token == target.token:
        return True
    earliest = target.claimed_at - CLOCKS_DIFFER if target.claimed_at else None
    return bool(target.text) and message.text == target.text and earliest is not None and message.at >= earliest
