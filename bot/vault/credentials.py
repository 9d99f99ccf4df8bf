"""The secrets of a linked Instagram account, each sealed for its column."""

from bot.core.errors import BotException
from bot.storage.models import InstagramCredentials
from bot.vault.columns import seal, unseal

_COLUMNS = {
    "password": "password_encrypted",
    "session": "session_data_encrypted",
    "verification": "verification_state_encrypted",
    "proxy": "proxy_encrypted",
}


def open_secret(account: InstagramCredentials | None, purpose: str) -> str | None:
    """Return the secret, or None if there is none. Raises VAULT_REFUSED."""
    return unseal(account, _COLUMNS[purpose]) if account else None


def seal_secret(account: InstagramCredentials, purpose: str, secret: str) -> None:
    seal(account, _COLUMNS[purpose], secret)


def can_open(account: InstagramCredentials | None, *purposes: str) -> bool:
    """Return whether the keys that sealed these secrets are still present."""
    try:
        for purpose in purposes:
            open_secret(account, purpose)
    except BotException:
        return False
    return True
