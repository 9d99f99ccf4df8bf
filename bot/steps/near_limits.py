"""The warning that most of a day's limit is used, once for each day and kind."""

from datetime import datetime

from sqlalchemy import bindparam, update

from bot.actions.targets import Work
from bot.core.errors import BotException
from bot.decision.snapshot import Snapshot
from bot.history.activity import record
from bot.storage.models import BotStatus
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import TenantSession

# The share of a limit from which it is near (the product's own figure).
NEAR = 0.8
_KEEP = update(BotStatus).values(limits_near=bindparam("near"))


def warn_if_near(session: TenantSession, snapshot: Snapshot, work: Work, moment: datetime) -> None:
    """Record that the step being claimed brings the day's limit near. The caller commits."""
    kind, warned = work.step_kind, snapshot.bot.limits_near or {}
    limit = snapshot.state.limits[kind]
    used, until = limit.used + 1, warned.get(kind)
    if not is_near(used, limit.effective) or (until and datetime.fromisoformat(until) > moment):
        return
    session.run(_KEEP, {"near": {**warned, kind: limit.day_ends.isoformat()}})
    text = f"{used} of today's {limit.effective} are used."
    error = BotException("LIMIT_NEAR", text, kind=kind, used=used, limit=limit.effective, binding=limit.binding)
    record(session, kind, ActivityStatus.WARNED, action_id=work.action_id, error=error)


def is_near(used: int, limit: int) -> bool:
    """Return whether at least 80% of a limit are used and some is left. A reached limit has its own message."""
    return limit * NEAR <= used < limit
