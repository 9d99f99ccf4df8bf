"""Export of the Instagram session to its owner: the one secret that leaves Troupe."""

from dataclasses import dataclass, field

from sqlalchemy import select

from bot.auth.throttle import record_attempt
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.storage.models import InstagramCredentials
from bot.storage.models.values import AttemptKind
from bot.storage.tenancy import identity, tenant
from bot.vault.credentials import open_secret


@dataclass(frozen=True)
class SessionFile:
    """instagrapi's settings as JSON. With them anyone is signed in to the account."""

    name: str
    text: str = field(repr=False)


def export_session(user_id: str, visitor: Visitor) -> SessionFile:
    """Return the stored session for its owner, and audit it. Commits.

    Raises NOT_LINKED, VAULT_REFUSED and TOO_MANY_ATTEMPTS.
    """
    record_attempt(AttemptKind.EXPORT, user_id, visitor)
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        text = open_secret(account, "session")
    if account is None or text is None:
        raise BotException("NOT_LINKED")
    with identity() as session:
        audit(session, "session_exported", actor_id=user_id, ip=visitor.ip)
        session.commit()
    return SessionFile(f"instagram_{account.username}_{now():%Y%m%dT%H%M%SZ}.json", text)
