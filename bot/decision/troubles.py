"""What kept a bot from its next step: written down where it happens, so that its status says that and not "pausing"."""

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
# After an error that nobody foresaw the lane looks again, but does not spin on it.
UNFORESEEN_PAUSE = timedelta(seconds=60)


def refused_by_vault(user_id: str, error: BotException) -> None:
    """The vault does not open the secrets of the account: the bot does nothing until it does. Commits.

    It is tried anew whenever the bot is read, so the bot goes on by itself once the right key is back.
    """
    with tenant(user_id) as session:
        status = locked_status(session)
        if status.trouble != error.name:
            record(session, "step", ActivityStatus.FAILED, error=error)
        note_error(status, error)
        status.trouble = error.name
        session.commit()


def unforeseen(user_id: str, error: Exception) -> datetime:
    """A step broke off with an error that nobody foresaw; returns when the next is tried. Commits."""
    with tenant(user_id) as session:
        # First: it registers the code by another session, which could not write while this one holds the status.
        record(session, "step", ActivityStatus.FAILED, error=error)
        status = locked_status(session)
        status.trouble, status.next_step_at = "INTERNAL", now() + UNFORESEEN_PAUSE
        session.commit()
        return status.next_step_at


def trouble_of(session: TenantSession, bot: BotRecord) -> str | None:
    """The name of what the last try failed with; None where the secrets that the vault refused open by now."""
    if bot.trouble == VAULT:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        return None if can_open(account, "session", "proxy") else VAULT
    return bot.trouble
