"""reply: send one person what the user typed to them, once."""

from bot.actions.targets import Target
from jobs.instance import BotInstance
from jobs.step_kinds.message import Message, hear
from jobs.step_kinds.step_kind import Place, Skip


class Reply(Message):
    """A reply that a user typed.

    The conversation is read before: the person may have asked to be left alone, which its user does not know yet.
    """

    def examine(self, bot: BotInstance, place: Place, target: Target) -> Target | Skip:
        if target.known_id == bot.client.own_id:
            return Skip("own_account")
        hear(bot, target.known_id)
        return target
