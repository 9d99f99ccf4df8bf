"""The audit log of acts between people. Rows are only added."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.storage.models import AuditEntry
from bot.storage.tenancy import TenantSession, identity, identity_within


def audit(
    session: Session,
    event: str,
    *,
    actor_id: str | None,
    subject_id: str | None = None,
    ip: str | None = None,
    detail: str | None = None,
) -> None:
    """Add one entry to the session. The caller commits it together with the act."""
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


def audit_own(session: TenantSession, event: str, detail: str | None = None) -> None:
    """Add an entry for an act of the session's user on their own data, in its transaction. The caller commits."""
    with identity_within(session) as entries:
        audit(entries, event, actor_id=session.user_id, detail=detail)


@contextmanager
def refusals_audited(
    event: str, *names: str, actor_id: str, subject_id: str | None = None, ip: str | None = None
) -> Iterator[None]:
    """Add an entry for each refusal inside the block that has one of these names. Its detail is the name. Commits."""
    try:
        yield
    except BotException as error:
        if error.name in names:
            with identity() as session:
                audit(session, event, actor_id=actor_id, subject_id=subject_id, ip=ip, detail=error.name)
                session.commit()
        raise


Limits = Mapping[str, float | None]


def limit_changes(before: Mapping[str, Limits], after: Mapping[str, Limits]) -> list[str]:
    """Return the changed limits, a line for each kind, like `follow: per_day 50 → 60, per_hour none → 5`."""
    lines = []
    for kind in after:
        changed = [
            f"{name} {_number(before[kind].get(name))} → {_number(value)}"
            for name, value in after[kind].items()
            if value != before[kind].get(name)
        ]
        if changed:
            lines.append(f"{kind}: {', '.join(changed)}")
    return lines


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"
