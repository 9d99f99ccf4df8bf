"""What a user asked for and was refused because of how their bot or account stands: it leaves its line of activity."""

from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.tenancy import tenant

# Who may do what is in the audit log, and what is wrong with a request says so to who sent it.
_OF_NO_BOT = ("USR", "API")
_CONFLICT = 409


def is_of_bot(failure: BotException) -> bool:
    """Whether it is the state of somebody's bot, account or limits that refuses."""
    return failure.status == _CONFLICT and failure.entry.module not in _OF_NO_BOT


def note_refusal(user_id: str, failure: BotException) -> None:
    """Logs the refusal and records it for the user. Commits."""
    with tenant(user_id) as session:
        record(session, "request", "failed", error=failure, refused=True)
        session.commit()
