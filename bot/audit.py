"""The audit log: who did what to whom; rows are only ever added."""

from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from bot.log import get_logger
from bot.models import AuditEntry
from bot.runtime import now


def audit(
    session: Session,
    event: str,
    *,
    actor_id: str | None,
    subject_id: str | None = None,
    ip: str | None = None,
    detail: str | None = None,
) -> None:
    """Adds one entry to the session; the caller commits it together with what it tells of."""
    request_id = get_contextvars().get("request_id")
    session.add(
        AuditEntry(
            at=now(),
            actor_id=actor_id,
            event=event,
            subject_id=subject_id,
            ip=ip,
            detail=detail,
            request_id=request_id,
        )
    )
    get_logger().info("audit", audit_event=event, actor_id=actor_id, subject_id=subject_id)
