"""Activity: each act is written once with its result and code, and read back as a list."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Select, insert, select
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import get_contextvars

from bot.config.runtime import now
from bot.core.csv_export import csv_text
from bot.core.errors import BotException
from bot.core.foreseen import foreseen
from bot.core.log import ERROR, error_fields, get_logger
from bot.inputs.pagination import Page, all_rows, page
from bot.storage.models import Activity, ErrorCodeRow
from bot.storage.models.values import ActivityName, ActivityStatus, RequestKind, StepKind, activity_of
from bot.storage.tenancy import TenantSession, identity, tenant

# Built once, because every step runs it.
_ADD = insert(Activity)


def record(
    session: TenantSession,
    action: ActivityName | StepKind | RequestKind,
    status: ActivityStatus,
    *,
    target: str | None = None,
    action_id: str | None = None,
    error: BaseException | None = None,
    reason: str | None = None,
    refused: bool = False,
) -> None:
    """Add one line of activity. The caller commits it together with the act.

    An error is logged here, once, with its stack. `refused` is the argument of log_error.
    """
    context = get_contextvars()
    action_id = action_id or context.get("action_id")
    details: dict[str, Any] = {key: context[key] for key in ("request_id", "task_id") if key in context}
    code = message = None
    if reason:
        details["reason"] = reason
    if error is not None:
        fields = error_fields(error)
        code, message = fields["error_code"], message_of(error)
        details |= {
            "error_code": fields["error_code"],
            "stack_trace": fields["stack"],
            "file": fields["file"],
            "line": fields["line"],
        }
        if isinstance(error, BotException):
            details["meta"] = {key: value for key, value in error.meta.items() if key != "errors"}
        log_error(error, refused=refused, user_id=session.user_id, action=action, action_id=action_id)
    act = activity_of(action) if isinstance(action, StepKind) else action
    line = {"at": now(), "action": act, "status": status, "target": target, "action_id": action_id}
    session.run(_ADD, {**line, "error_code": code, "error_message": message, "metadata": details})


def message_of(error: BaseException) -> str:
    """The words for a person; those of a foreign exception may hold anything, so they are never shown."""
    return (foreseen(error) or BotException("INTERNAL")).message


def log_error(error: BaseException, *, refused: bool = False, **context: Any) -> str:
    """Log an error once, register its code if it is unforeseen, and return the code.

    `refused` marks a request that a client has to change. It is no failure and gets the severity `info`.
    """
    fields = error_fields(error)
    if refused:
        fields["severity"] = "info"
    getattr(get_logger(), fields["severity"])("failure", **{**fields, **context, ERROR: error})
    if foreseen(error) is None:
        # If the database itself is faulty, it cannot store the code.
        with suppress(SQLAlchemyError):
            register_fingerprint(error)
    return str(fields["error_code"])


def register_fingerprint(error: BaseException) -> None:
    """Add the code of an unforeseen error to `error_codes` on first sight, with its file and line. Commits."""
    fields = error_fields(error)
    known = BotException("INTERNAL").entry
    with identity() as session:
        if session.get(ErrorCodeRow, fields["error_code"]) is None:
            session.merge(
                ErrorCodeRow(
                    code=fields["error_code"],
                    name=type(error).__qualname__[:64],
                    module=fields["module"],
                    severity="critical",
                    description=known.description,
                    file_path=f"{fields['file']}:{fields['line']}",
                    recommended_action=known.remedy,
                    created_at=now(),
                )
            )
            session.commit()


class Wanted(TypedDict, total=False):
    """Filters of the activity. `since` is the first moment, `until` the one after the last."""

    action: str | None
    status: str | None
    code: str | None
    target: str | None
    action_id: str | None
    since: datetime | None
    until: datetime | None


def list_activity(
    user_id: str,
    limit: int,
    cursor: str | None,
    **wanted: Unpack[Wanted],
) -> Page[Activity]:
    """Return a page of the user's activity, newest first, with the given filters. Raises BAD_CURSOR."""
    query = narrowed(select(Activity), **wanted)
    with tenant(user_id, reading=True) as session:
        found: Page[Activity] = page(session, query, (Activity.at, Activity.id), limit, cursor)
        return found


def narrowed(query: Select[Any], **wanted: Unpack[Wanted]) -> Select[Any]:
    """Return the query of activity with the given filters."""
    equal = {
        Activity.action: wanted.get("action"),
        Activity.status: wanted.get("status"),
        Activity.error_code: wanted.get("code"),
        Activity.target: wanted.get("target"),
        Activity.action_id: wanted.get("action_id"),
    }
    query = query.where(*(column == value for column, value in equal.items() if value))
    if since := wanted.get("since"):
        query = query.where(Activity.at >= since)
    if until := wanted.get("until"):
        query = query.where(Activity.at < until)
    return query


_HEADER = ("at", "action", "status", "target", "error_code", "message", "request_id", "action_id")


_COLUMNS: tuple[Any, ...] = (
    Activity.at,
    Activity.id,
    Activity.action,
    Activity.status,
    Activity.target,
    Activity.error_code,
    Activity.error_message,
    Activity.details["request_id"].as_string(),
    Activity.action_id,
)


def activity_csv(user_id: str, **wanted: Unpack[Wanted]) -> Iterator[str]:
    """Yield all of the user's activity as CSV in large parts, with the filters of list_activity."""
    query = narrowed(select(*_COLUMNS), **wanted)

    def read(part: Select[Any]) -> Sequence[Any]:
        with tenant(user_id, reading=True) as session:
            return session.run(part).all()

    rows = all_rows(read, query, (Activity.at, Activity.id))
    return csv_text(_HEADER, ((at.isoformat(), *known) for at, _, *known in rows))
