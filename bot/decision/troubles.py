"""Troubles that kept a bot from its next step. They are stored, so that its status names them instead of "pausing"."""

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.pushback import note_error
from bot.decision.records import BotRecord
from bot.history.activity import record
from bot.storage.bot_lock import locked_status
from bot.storage.models import InstagramCredentials
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.credentials import can_open

VAULT = "VAULT_REFUSED"
# After an unforeseen error the lane looks again, but does not spin on it.
UNFORESEEN_PAUSE = timedelta(seconds=60)


def refused_by_vault(user_id: str, error: BotException) -> None:
    """Record that the vault cannot open the account's secrets, so the bot does nothing. Commits.

    Each reading of the bot tries again, so the bot continues once the right key is back.
    """
    with tenant(user_id) as session:
        status = locked_status(session)
        if status.trouble != error.name:
            record(session, "step", ActivityStatus.FAILED, error=error)
        note_error(status, error)
        status.trouble = error.name
        session.commit()


def unforeseen(user_id: str, error: Exception) -> datetime:
    """Record that a step broke off with an unforeseen error, and return the time of the next try. Commits."""
    with tenant(user_id) as session:
        # First, because it registers the code in another session, which could not write while this one holds the
        # status.
        record(session, "step", ActivityStatus.FAILED, error=error)
        status = locked_status(session)
        status.trouble, status.next_step_at = "INTERNAL", now() + UNFORESEEN_PAUSE
        session.commit()
        return status.next_step_at


def trouble_of(session: TenantSession, bot: BotRecord) -> str | None:
    """Return the name of the last try's error, or None if the vault opens the refused secrets by now."""
    if bot.trouble == VAULT:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        return None if can_open(account, "session", "proxy") else VAULT
    return bot.trouble
