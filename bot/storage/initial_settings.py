"""The settings that every user begins with."""

from bot.config.runtime import runtime
from bot.storage.models import BotSettings
from bot.storage.models.values import ALL_DAY


def default_settings(user_id: str) -> BotSettings:
    """Working hours 09:00 to 21:00 as the defaults say; all day in the sandbox, where nobody real is disturbed."""
    span = ALL_DAY if runtime().config.instagram_sandbox else (9 * 60, 21 * 60)
    return BotSettings(user_id=user_id, timezone="UTC", hours=[list(span)] * 7)
