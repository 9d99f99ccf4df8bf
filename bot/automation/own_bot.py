"""One user's bot as an object, for code of the first design: its state, start and stop."""

from dataclasses import dataclass

from bot.automation import lifecycle
from bot.automation.status import BotReport, bot_report


@dataclass(frozen=True)
class OwnBot:
    """The bot of the user with this id."""

    user_id: str

    def report(self) -> BotReport:
        """Return its current activity, and whether its Instagram session is valid."""
        return bot_report(self.user_id)

    def start(self) -> None:
        """Start the bot. Raises SESSION_INVALID."""
        lifecycle.start(self.user_id)

    def stop(self) -> None:
        """Stop the bot. The running step ends, and no other begins."""
        lifecycle.stop(self.user_id)
