"""reply: send one person what the user typed to them, once."""

from bot.actions.targets import Target
from bot.contacts.replies import store_answers
from jobs.inbox import replies_in
from jobs.instance import BotInstance
from jobs.step_kinds.message import Message
from jobs.step_kinds.step_kind import Place, Skip


class Reply(Message):
    """A reply that a user typed.

    The conversation is read before: the person may have asked to be left alone, which its user does not know yet.
    """

    def examine(self, bot: BotInstance, place: Place, target: Target) -> Target | Skip:
        """Store what the person wrote last. The claim skips them if they asked to be left alone."""
        if target.known_id == bot.client.own_id:
            return Skip("own_account")
        thread = bot.client.thread_with(target.known_id)
        if thread:
            store_answers(bot.user_id, replies_in(thread, {target.known_id}))
        return target
