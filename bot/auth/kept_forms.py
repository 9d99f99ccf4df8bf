"""Forms that wait for a confirmation: their fields, sealed with the sign-in until they are sent or too old."""

import json
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import ColumnElement, update

from bot.auth.sessions import SessionInfo
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.storage.models import UserSession
from bot.storage.tenancy import identity
from bot.vault.columns import seal, unseal

TTL = timedelta(minutes=10)
MAX_LENGTH = 8000
"""Characters as JSON. A longer form is not kept."""
Fields = Mapping[str, list[str]]


def keep_form(who: SessionInfo, action: str, fields: Fields) -> None:
    """Keep the fields of a form that was sent to the path `action`. It replaces an earlier one. Commits.

    The caller leaves out secrets.
    """
    text = json.dumps({"action": action, "fields": dict(fields)})
    if len(text) > MAX_LENGTH:
        return
    with identity() as session:
        row = session.get(UserSession, who.session_id)
        if row is not None:
            seal(row, "kept_form_encrypted", text)
            row.kept_form_at = now()
            session.commit()


def kept_form(who: SessionInfo) -> tuple[str, Fields] | None:
    """Return the path and the fields of the kept form, or None. Fields that can no longer be read count as none."""
    with identity(reading=True) as session:
        row = session.get(UserSession, who.session_id)
        if row is None or row.kept_form_at is None or now() - row.kept_form_at >= TTL:
            return None
        try:
            kept = json.loads(unseal(row, "kept_form_encrypted") or "null")
        except BotException:
            return None
    return (kept["action"], kept["fields"]) if kept else None


def forget_form(who: SessionInfo) -> None:
    """Forget the kept form, because it was sent. Commits."""
    _forget(UserSession.id == who.session_id)


def forget_old_forms() -> None:
    """Forget the forms that no page shows any more. Commits."""
    _forget(UserSession.kept_form_at <= now() - TTL)


def _forget(which: ColumnElement[bool]) -> None:
    change = update(UserSession).where(UserSession.kept_form_at.is_not(None), which)
    with identity() as session:
        session.execute(change.values(kept_form_encrypted=None, kept_form_at=None))
        session.commit()
