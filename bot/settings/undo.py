"""Undoing a change of settings, unless one of them was changed again since."""

from dataclasses import replace
from typing import Any

from bot.automation.lifecycle import notify_bot
from bot.history.activity import record
from bot.settings.changes import LIMITS, MUTED, PACE, Snapshot, change_to_undo, note_settings, snapshot
from bot.settings.notifications import apply_notifications
from bot.settings.preferences import (
    DAYS,
    OwnLimit,
    Settings,
    SettingsReport,
    apply_limits,
    apply_settings,
    clock_time,
    settings_report,
)
from bot.storage.bot_lock import locked_status
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import TenantSession, tenant

_AS_STORED = ("timezone", "warm_up", "filters", "keep", "stop_words", "positive_words", "answer_days")
"""Settings that are typed as they are stored."""


def undo_settings(user_id: str, change_id: str) -> SettingsReport:
    """Set what a change of settings changed as it was before, and notify the lane. Commits.

    It is a change too, which can be undone. Raises SETTINGS_CHANGE_NOT_FOUND, also after a day, SETTINGS_CHANGED_SINCE,
    and what setting those values raises today, such as ABOVE_CEILING after an administrator lowered the maximum.
    """
    with tenant(user_id) as session:
        locked_status(session)
        before = change_to_undo(session, change_id)
        now_set = snapshot(session)
        _set(session, before)
        record(session, "settings", ActivityStatus.DONE)
        change = note_settings(session, now_set)
        session.commit()
    notify_bot(user_id)
    return replace(settings_report(user_id), change_id=change)


def _set(session: TenantSession, values: Snapshot) -> None:
    plain = {name: values[name] for name in _AS_STORED if name in values}
    if "hours" in values:
        plain["week"] = {day: _span(span) for day, span in zip(DAYS, values["hours"], strict=True)}
    if "pause" in values:
        plain["pause"] = _span(values["pause"])
    if paces := _named(values, PACE):
        plain["pace"] = {kind: pace if pace["delay_min"] is not None else None for kind, pace in paces.items()}
    if plain:
        apply_settings(session, Settings.model_validate(plain))
    if limits := _named(values, LIMITS):
        apply_limits(session, {kind: OwnLimit.model_validate(limit) for kind, limit in limits.items()})
    apply_notifications(session, muted=_named(values, MUTED), digest=values.get("digest"))


def _named(values: Snapshot, beginning: str) -> dict[str, Any]:
    """Return the settings whose names begin so, by the rest of their names."""
    return {name.removeprefix(beginning): value for name, value in values.items() if name.startswith(beginning)}


def _span(minutes: list[int] | None) -> dict[str, str] | None:
    return {"start": clock_time(minutes[0]), "end": clock_time(minutes[1])} if minutes else None
