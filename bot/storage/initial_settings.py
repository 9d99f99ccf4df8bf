"""The initial settings of every user."""

from bot.config.runtime import runtime
from bot.storage.models import BotSettings
from bot.storage.models.values import ALL_DAY


def default_settings(user_id: str) -> BotSettings:
    """Return working hours of 09:00 to 21:00, or all day in the sandbox, which disturbs no real person."""
    span = ALL_DAY if runtime().config.instagram_sandbox else (9 * 60, 21 * 60)
    return BotSettings(user_id=user_id, timezone="UTC", hours=[list(span)] * 7)
