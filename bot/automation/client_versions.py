"""Versions of the Instagram client: which one the workers run, and the hold of all bots once Instagram refuses it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from bot.automation.generations import notify_all_bots
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.history.activity import log_error
from bot.history.audit import audit
from bot.storage.engine import db
from bot.storage.models import InstagramClientRow, InstagramCredentials, User
from bot.storage.tenancy import IdentitySession, identity

OUTDATED = "INSTAGRAM_CLIENT_OUTDATED"


@dataclass(frozen=True)
class ClientVersion:
    """The version of the Instagram client that a worker started last; `since` is when it ran here first.

    The bots are held while `refused_at` is set and `released_at` is not. `released_by` is the name of the admin; None
    if that user is erased. `sessions` counts the linked accounts by the app version of their session; None is unknown.
    """

    version: str
    app_version: str
    since: datetime
    refused_at: datetime | None
    released_at: datetime | None
    released_by: str | None
    sessions: dict[str | None, int]

    @property
    def held(self) -> bool:
        return _is_held(self)

    @property
    def days(self) -> int:
        """The whole days since it ran here first."""
        return (now() - self.since).days


def note_started(version: str, app_version: str) -> None:
    """Note that a worker has started with this version; another one ends the hold of the last. Commits."""
    with identity() as session:
        before = _current(session)
        was_held = before is not None and _is_held(before) and before.version != version
        row = session.get(InstagramClientRow, version)
        if row is None:
            session.add(
                InstagramClientRow(version=version, app_version=app_version, first_run_at=now(), started_at=now())
            )
        elif before is None or before.version != version:
            row.app_version, row.started_at = app_version, now()
        if was_held:
            audit(session, "client_replaced", actor_id=None, detail=version)
        try:
            session.commit()
        except IntegrityError:
            # Another worker was faster and has noted the same.
            session.rollback()
    if was_held:
        notify_all_bots()


def hold_if_refused(error: BotException) -> bool:
    """Hold every bot if the error says that the client's own version was refused at work. Commits.

    The refusal of an older app that an account still carries holds no other bot.
    """
    version = error.meta.get("refused_client") if error.name == OUTDATED else None
    if version is None:
        return False
    if not _is_known(version):
        note_started(version, error.meta["refused_app"])
    with identity() as session:
        row = session.get_one(InstagramClientRow, version, with_for_update=True)
        if _is_held(row):
            return True
        row.refused_at, row.released_at, row.released_by = now(), None, None
        audit(session, "client_refused", actor_id=None, detail=version)
        session.commit()
    log_error(BotException(OUTDATED), action="hold", client=version)
    notify_all_bots()
    return True


def release_client(actor_id: str) -> bool:
    """Let every bot go on with the version that was refused. Commits. Returns False if no bot was held."""
    with identity() as session:
        row = _current(session)
        if row is None or not _is_held(row):
            return False
        row.released_at, row.released_by = now(), actor_id
        audit(session, "client_released", actor_id=actor_id, detail=row.version)
        session.commit()
    notify_all_bots()
    return True


def client_version() -> ClientVersion | None:
    """Read the version that the workers run; None if no worker has ever started here."""
    with identity(reading=True) as session:
        row = _current(session)
        if row is None:
            return None
        by = session.scalars(select(User.username).where(User.id == row.released_by)).one_or_none()
        return ClientVersion(
            row.version,
            row.app_version,
            row.first_run_at,
            row.refused_at,
            row.released_at,
            by,
            _sessions(session),
        )


def outdated_since() -> datetime | None:
    """Since when all bots are held because Instagram refuses the client's version; None if they are not."""
    with identity(reading=True) as session:
        row = _current(session)
        return row.refused_at if row and _is_held(row) else None


def _is_known(version: str) -> bool:
    with identity(reading=True) as session:
        return session.get(InstagramClientRow, version) is not None


def _is_held(row: InstagramClientRow | ClientVersion) -> bool:
    return row.refused_at is not None and row.released_at is None


def _current(session: IdentitySession) -> InstagramClientRow | None:
    latest = select(InstagramClientRow).order_by(InstagramClientRow.started_at.desc(), InstagramClientRow.version)
    return session.scalars(latest.limit(1)).one_or_none()


def _sessions(session: IdentitySession) -> dict[str | None, int]:
    """Count across users; on PostgreSQL only a function of another role may."""
    if db.engine.dialect.name == "postgresql":
        rows = session.execute(text("SELECT app_version, sessions FROM app_versions()"))
    else:
        linked = InstagramCredentials.linked_at.is_not(None)
        counted = select(InstagramCredentials.app_version, func.count()).where(linked)
        rows = session.execute(counted.group_by(InstagramCredentials.app_version))
    return dict(sorted(((version, count) for version, count in rows), key=lambda row: row[0] or ""))
