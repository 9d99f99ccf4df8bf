"""The secrets of a linked Instagram account, each sealed for its column."""

from bot.errors import BotException
from bot.models import InstagramCredentials
from bot.runtime import runtime

_COLUMNS = {
    "password": "password_encrypted",
    "session": "session_data_encrypted",
    "verification": "verification_state_encrypted",
    "proxy": "proxy_encrypted",
}


def open_secret(account: InstagramCredentials | None, purpose: str) -> str | None:
    """The secret in the clear, None where there is none. Raises VAULT_REFUSED."""
    sealed: bytes | None = getattr(account, _COLUMNS[purpose]) if account else None
    if account is None or sealed is None:
        return None
    return runtime().vault.open(sealed, purpose=f"instagram_{purpose}", user_id=account.user_id, row=account.id)


def seal_secret(account: InstagramCredentials, purpose: str, secret: str) -> None:
    sealed = runtime().vault.seal(secret, purpose=f"instagram_{purpose}", user_id=account.user_id, row=account.id)
    setattr(account, _COLUMNS[purpose], sealed)


def opens(account: InstagramCredentials | None, *purposes: str) -> bool:
    """Whether the key that sealed these secrets is still here."""
    try:
        for purpose in purposes:
            open_secret(account, purpose)
    except BotException:
        return False
    return True
