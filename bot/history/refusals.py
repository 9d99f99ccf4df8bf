"""Refusals because of the state of a bot or account. Each leaves a line of activity."""

from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.models.values import ActivityName, ActivityStatus
from bot.storage.tenancy import tenant

# Refused rights are in the audit log, and a faulty request is explained to its sender.
_OF_NO_BOT = ("USR", "API")
_CONFLICT = 409
REFUSED_REQUEST: ActivityName = "request"


def is_of_bot(failure: BotException) -> bool:
    """Return whether the state of a user's bot, account or limits causes the refusal."""
    return failure.status == _CONFLICT and failure.entry.module not in _OF_NO_BOT


def note_refusal(user_id: str, failure: BotException) -> None:
    """Log the refusal and record it for the user. Commits."""
    with tenant(user_id) as session:
        record(session, REFUSED_REQUEST, ActivityStatus.FAILED, error=failure, refused=True)
        session.commit()
