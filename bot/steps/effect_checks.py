"""Look-ups of effects that only Instagram's answer to the call tells of, minutes after it."""

from datetime import datetime, timedelta

from bot.config.runtime import runtime

# Instagram shows what it took after seconds; the rest is for copies of its data that lag behind.
LOOK_UP_AFTER = timedelta(minutes=5)
DEMO_LOOK_UP_AFTER = timedelta(seconds=3)


def look_up_time(answered_at: datetime) -> datetime:
    """Return the time at which the effect of a call with this time of its answer is to be looked up."""
    return answered_at + (DEMO_LOOK_UP_AFTER if runtime().config.instagram_sandbox else LOOK_UP_AFTER)
