"""Input of a caller without a sign-in at /api/login: a mark of it, and the request that answers it."""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Self

from sqlalchemy import or_, select, update

from bot.config.runtime import now
from bot.storage.models import AccountRequest, BotStatus, InstagramCredentials
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.cipher import current_vault


class AnsweredHere(Exception):
    """Instagram need not be asked: the account's session is valid, so the password is compared with the proven one."""


@dataclass(frozen=True)
class Typed:
    """An Instagram name, a mark of the input, and its time.

    The mark tells if two inputs are equal. It is useless without the keys of this installation.
    """

    name: str
    mark: str
    at: datetime

    @classmethod
    def of(cls, user_id: str, name: str, password: str) -> Self:
        key = bytes.fromhex(current_vault().derived("asked_with"))
        mark = hmac.digest(key, json.dumps([user_id, name, password]).encode(), sha256).hex()
        return cls(name, mark, now())

    def request(self, session: TenantSession, newer_than: datetime) -> str | None:
        """Return the id of the request whose answer fits this input, or None.

        It has the same input, and no one got its answer before this input came. Raises AnsweredHere. The caller has
        locked the status.
        """
        if not asks_instagram(session, self.name):
            raise AnsweredHere
        untold = or_(AccountRequest.told_at.is_(None), AccountRequest.told_at >= self.at)
        same = AccountRequest.asked_with == self.mark, AccountRequest.created_at > newer_than
        newest = AccountRequest.created_at.desc()
        return session.scalars(select(AccountRequest.id).where(*same, untold).order_by(newest).limit(1)).one_or_none()

    def tell(self, user_id: str) -> None:
        """Record that a caller gets the answer now. The same input asks Instagram again from here on. Commits."""
        with tenant(user_id) as session:
            untold = AccountRequest.asked_with == self.mark, AccountRequest.told_at.is_(None)
            session.execute(update(AccountRequest).where(*untold).values(told_at=now()))
            session.commit()


def asks_instagram(session: TenantSession, name: str) -> bool:
    """Return whether Instagram is asked: while the account has no valid session, unless its user linked another one.

    Otherwise a stranger with the password alone could replace that link.
    """
    valid = session.scalars(select(BotStatus.session_valid)).one()
    linked = session.scalars(select(InstagramCredentials.username)).one_or_none()
    return linked is None or (linked == name and not valid)
