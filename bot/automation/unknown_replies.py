"""Replies of Instagram that no version here understands: their shapes, counted for the admin."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from bot.config.runtime import now
from bot.core.errors import find_code
from bot.storage.models import UnknownReplyRow
from bot.storage.tenancy import IdentitySession, identity

# The product's own figures: more shapes than an admin reads, and longer than a release of the client takes.
MAX_SHAPES = 100
KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True)
class UnknownReply:
    """The shape of a reply to `path`: place → types of its values, nothing of an account.

    `error_code` is the code by which the call ended. `client` is the version of the Instagram client.
    """

    path: str
    http_status: int
    error_code: str
    client: str
    shape: dict[str, str]

    @property
    def digest(self) -> str:
        known = [self.path, self.http_status, self.error_code, sorted(self.shape.items())]
        return sha256(json.dumps(known).encode()).hexdigest()


@dataclass(frozen=True)
class SeenReply(UnknownReply):
    """An unknown reply with the number of times and the times at which it came."""

    count: int
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def meaning(self) -> str:
        """Return the words for the code."""
        entry = find_code(self.error_code)
        return entry.description if entry else self.error_code


def note_unknown_reply(reply: UnknownReply) -> None:
    """Count a reply that was not understood. Of too many shapes the one seen longest ago is forgotten. Commits."""
    if _counted(reply):
        return
    try:
        with identity() as session:
            _forget_surplus(session)
            row = UnknownReplyRow(
                **asdict(reply), digest=reply.digest, count=1, first_seen_at=now(), last_seen_at=now()
            )
            session.add(row)
            session.commit()
    except IntegrityError:
        # Another worker was faster.
        _counted(reply)


def unknown_replies() -> list[SeenReply]:
    """List the shapes, the newest first."""
    latest = select(UnknownReplyRow).order_by(UnknownReplyRow.last_seen_at.desc(), UnknownReplyRow.digest)
    with identity(reading=True) as session:
        return [
            SeenReply(**{each.name: getattr(row, each.name) for each in fields(SeenReply)})
            for row in session.scalars(latest)
        ]


def forget_unseen_replies() -> None:
    """Delete the shapes that were not seen for KEPT_FOR. Commits."""
    with identity() as session:
        session.execute(delete(UnknownReplyRow).where(UnknownReplyRow.last_seen_at < now() - KEPT_FOR))
        session.commit()


def _counted(reply: UnknownReply) -> bool:
    """Count a known shape once more. Return False if it is new. Commits."""
    with identity() as session:
        row = session.get(UnknownReplyRow, reply.digest, with_for_update=True)
        if row is None:
            return False
        row.count += 1
        row.last_seen_at, row.client = now(), reply.client
        session.commit()
        return True


def _forget_surplus(session: IdentitySession) -> None:
    latest = select(UnknownReplyRow).order_by(UnknownReplyRow.last_seen_at.desc(), UnknownReplyRow.digest)
    for row in session.scalars(latest.offset(MAX_SHAPES - 1)):
        session.delete(row)
