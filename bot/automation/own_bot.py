"""One user's bot as a thing to hold, for who writes against the first design: its state, start and stop."""

from dataclasses import dataclass

from bot.automation import lifecycle as bots
from bot.automation.status import BotReport, bot_report


@dataclass(frozen=True)
class OwnBot:
    """The bot of the user with that id."""

    user_id: str

    def report(self) -> BotReport:
        """What it does now, and whether its session at Instagram is valid."""
        return bot_report(self.user_id)

    def start(self) -> None:
        """Raises SESSION_INVALID."""
        bots.start(self.user_id)

    def stop(self) -> None:
        """The running step ends, and nothing starts after it."""
        bots.stop(self.user_id)
