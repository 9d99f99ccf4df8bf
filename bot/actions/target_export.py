"""The targets of an action as CSV."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select

from bot.actions.control import find_action
from bot.core.csv_export import csv_text
from bot.inputs.pagination import all_rows
from bot.storage.models import ActionTarget
from bot.storage.tenancy import tenant

_HEADER = ("person", "full_name", "target", "status", "reason", "error_code", "found_at", "began_at", "ended_at")
_COLUMNS: tuple[Any, ...] = (
    ActionTarget.created_at,
    ActionTarget.id,
    ActionTarget.person,
    ActionTarget.full_name,
    ActionTarget.target,
    ActionTarget.status,
    ActionTarget.reason,
    ActionTarget.error_code,
    ActionTarget.claimed_at,
    ActionTarget.finished_at,
)


def targets_csv(user_id: str, action_id: str) -> Iterator[str]:
    """Yield all targets as CSV, in large parts, those that were found last first.

    Raises ACTION_NOT_FOUND before the first line.
    """
    with tenant(user_id, reading=True) as session:
        query = select(*_COLUMNS).where(ActionTarget.action_id == find_action(session, action_id).id)

    def read(part: Select[Any]) -> Sequence[Any]:
        with tenant(user_id, reading=True) as session:
            return session.run(part).all()

    rows = all_rows(read, query, (ActionTarget.created_at, ActionTarget.id))
    return csv_text(_HEADER, (_line(*row) for row in rows))


def _line(found_at: Any, _id: str, *known: Any) -> Sequence[object]:
    *facts, began_at, ended_at = known
    return *facts, *(at and at.isoformat() for at in (found_at, began_at, ended_at))
