"""Changes of settings: what was set before and after, kept for a day, so that a change can be undone."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from bot.actions.filters import Filters
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.storage.models import AlertChannel, BotSettings, DailyLimit, Digest, SettingsChange, new_id
from bot.storage.tenancy import TenantSession, identity

KEPT = timedelta(days=1)
PACE, LIMITS, MUTED = "pace.", "limits.", "muted."
"""Beginnings of the names of settings that there are several of: by kind of step, and by channel."""
Snapshot = Mapping[str, Any]
"""Name of a setting → its value as JSON. A proxy is a secret, so it is not in here and cannot be undone."""


def snapshot(session: TenantSession) -> Snapshot:
    """Return all settings of the session's user that a change can be undone of."""
    row = session.scalars(select(BotSettings)).one()
    digest = session.scalars(select(Digest.due_at)).one_or_none()
    own: dict[str, DailyLimit] = {limit.kind: limit for limit in session.scalars(select(DailyLimit)) if limit.user_id}
    found: dict[str, Any] = {
        "timezone": row.timezone,
        "hours": row.hours,
        "pause": row.pause,
        "warm_up": row.warm_up,
        "filters": Filters.model_validate(row.filters).model_dump(mode="json"),
        "keep": row.keep,
        "stop_words": row.stop_words,
        "positive_words": row.positive_words,
        "answer_days": row.answer_days,
        "digest": digest is not None,
    }
    for kind in DEFAULTS:
        found[PACE + kind] = _numbers(own.get(kind), "delay_min", "delay_max")
        found[LIMITS + kind] = _numbers(own.get(kind), "per_day", "per_hour")
    found |= {MUTED + channel.id: channel.muted for channel in session.scalars(select(AlertChannel))}
    # Rows that were just set hold tuples and enums. Those from the database do not.
    plain: Snapshot = json.loads(json.dumps(found))
    return plain


def _numbers(row: DailyLimit | None, *names: str) -> dict[str, float | None]:
    return {name: getattr(row, name, None) for name in names}


def note_settings(session: TenantSession, before: Snapshot) -> str | None:
    """Keep what has changed since `before`, and return the id to undo it by. None if nothing has. The caller commits.

    Settings that have come since, such as those of a new channel, are no change.
    """
    session.flush()
    after = snapshot(session)
    changed = [name for name in before if name in after and after[name] != before[name]]
    if not changed:
        return None
    change = SettingsChange(
        id=new_id(),
        user_id=session.user_id,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        created_at=now(),
    )
    session.add(change)
    return change.id


def change_to_undo(session: TenantSession, change_id: str) -> Snapshot:
    """Return the values to set again. The caller has locked the status.

    Raises SETTINGS_CHANGE_NOT_FOUND, also after a day, and SETTINGS_CHANGED_SINCE if one of the settings has another
    value than this change gave it.
    """
    query = select(SettingsChange).where(SettingsChange.id == change_id, SettingsChange.created_at > now() - KEPT)
    change = session.scalars(query).one_or_none()
    if change is None:
        raise BotException("SETTINGS_CHANGE_NOT_FOUND")
    current = snapshot(session)
    changed = sorted(name for name, value in change.after.items() if current.get(name) != value)
    if changed:
        raise BotException("SETTINGS_CHANGED_SINCE", settings=changed)
    before: Snapshot = change.before
    return before


def forget_old_changes() -> None:
    """Delete the changes that can no longer be undone. Commits."""
    with identity() as session:
        session.execute(delete(SettingsChange).where(SettingsChange.created_at <= now() - KEPT))
        session.commit()
