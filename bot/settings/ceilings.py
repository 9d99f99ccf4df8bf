"""Limits that administrators set: the defaults of all users, and the ceilings that no user may exceed."""

from dataclasses import dataclass

from pydantic import Field, model_validator
from sqlalchemy import or_, select

from bot.actions.filters import Steps
from bot.auth.sessions import SessionInfo
from bot.automation.lifecycle import notify_bot
from bot.automation.verdicts import keep_verdict
from bot.automation.wakeups import notify_all
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.history.audit import audit, limit_changes
from bot.inputs.params import Params
from bot.storage.bot_lock import note_change
from bot.storage.models import DailyLimit, User
from bot.storage.tenancy import identity


class DefaultLimit(Params):
    """The limits of one kind for every user. Omitted fields stay."""

    per_day: Steps | None = Field(None, description="Steps a day of users who chose nothing.")
    per_hour: Steps | None = Field(None, description="Steps an hour; null is no such limit.")
    ceiling: Steps | None = Field(None, description="Steps a day that no user may pass.")
    ceiling_hour: Steps | None = Field(None, description="Steps an hour that no user may pass.")
    delay_min: float | None = Field(None, ge=1, le=86400, description="Seconds between two steps, at least.")
    delay_max: float | None = Field(None, ge=1, le=86400, description="Seconds between two steps, at most.")

    @model_validator(mode="after")
    def _ordered(self) -> "DefaultLimit":
        if self.delay_min is not None and self.delay_max is not None and self.delay_min > self.delay_max:
            raise ValueError("delay_min is above delay_max")
        return self


class UserCeiling(Params):
    """The ceilings of one kind for one user. Null means that the ceilings of all users apply."""

    ceiling: Steps | None = Field(None, description="Steps a day.")
    ceiling_hour: Steps | None = Field(None, description="Steps an hour.")


_CLEARABLE = frozenset({"per_hour", "ceiling_hour"})
MAX_EXCEPTIONS = 500


def _numbers(row: DailyLimit | None) -> dict[str, float | None]:
    """Return the values that an administrator may set for a kind."""
    return {name: getattr(row, name, None) for name in DefaultLimit.model_fields}


def list_defaults() -> list[DailyLimit]:
    """Return the default limit of every kind, ordered by kind."""
    with identity(reading=True) as session:
        query = select(DailyLimit).where(DailyLimit.user_id.is_(None)).order_by(DailyLimit.kind)
        return list(session.scalars(query))


def change_defaults(admin: SessionInfo, params: dict[str, DefaultLimit]) -> list[DailyLimit]:
    """Change the default limits of the given kinds, and make every running bot decide again. Commits.

    Raises DELAYS_CROSSED if the minimum delay is above the maximum.
    """
    with identity() as session:
        query = select(DailyLimit).where(DailyLimit.user_id.is_(None))
        rows: dict[str, DailyLimit] = {row.kind: row for row in session.scalars(query)}
        before = {kind: _numbers(rows[kind]) for kind in params}
        for kind, limit in params.items():
            for name in limit.model_fields_set:
                value = getattr(limit, name)
                if value is not None or name in _CLEARABLE:
                    setattr(rows[kind], name, value)
            if (rows[kind].delay_min or 0) > (rows[kind].delay_max or 0):
                raise BotException("DELAYS_CROSSED")
        for change in limit_changes(before, {kind: _numbers(rows[kind]) for kind in params}):
            audit(session, "limits_default", actor_id=admin.id, detail=change)
        notify_all(session)
        session.commit()
    return list_defaults()


@dataclass(frozen=True)
class LimitException:
    """A user with ceilings of their own, by kind."""

    user_id: str
    username: str
    ceilings: dict[str, UserCeiling]


def list_exceptions() -> list[LimitException]:
    """Return the users that have ceilings of their own, by name, at most MAX_EXCEPTIONS."""
    own = or_(DailyLimit.ceiling.is_not(None), DailyLimit.ceiling_hour.is_not(None))
    query = (
        select(User.id, User.username, DailyLimit.kind, DailyLimit.ceiling, DailyLimit.ceiling_hour)
        .join(DailyLimit, DailyLimit.user_id == User.id)
        .where(own)
        .order_by(User.username, DailyLimit.kind)
        .limit(MAX_EXCEPTIONS * len(DEFAULTS))
    )
    found: dict[str, LimitException] = {}
    with identity(reading=True) as session:
        for user_id, username, kind, ceiling, ceiling_hour in session.execute(query):
            of_user = found.setdefault(user_id, LimitException(user_id, username, {}))
            of_user.ceilings[kind] = UserCeiling(ceiling=ceiling, ceiling_hour=ceiling_hour)
    return list(found.values())[:MAX_EXCEPTIONS]


def user_ceilings(user_id: str) -> dict[str, UserCeiling]:
    """Return the user's own ceilings by kind, in addition to those of all users. Kinds without any are included."""
    with identity(user_id, reading=True) as session:
        query = select(DailyLimit).where(DailyLimit.user_id == user_id)
        rows: dict[str, DailyLimit] = {row.kind: row for row in session.scalars(query)}
    set_already = {k: UserCeiling(ceiling=row.ceiling, ceiling_hour=row.ceiling_hour) for k, row in rows.items()}
    return {kind: set_already.get(kind, UserCeiling()) for kind in DEFAULTS}


def change_ceilings(admin: SessionInfo, user_id: str, params: dict[str, UserCeiling]) -> None:
    """Set the ceilings of one user and notify the lane. Raises USER_NOT_FOUND. Commits."""
    with identity(user_id) as session:
        if session.get(User, user_id) is None:
            raise BotException("USER_NOT_FOUND")
        query = select(DailyLimit).where(DailyLimit.user_id == user_id)
        rows: dict[str, DailyLimit] = {row.kind: row for row in session.scalars(query)}
        before = {kind: _numbers(rows.get(kind)) for kind in params}
        for kind, ceiling in params.items():
            row = rows.get(kind)
            if row is None:
                row = DailyLimit(user_id=user_id, kind=kind)
                session.add(row)
                rows[kind] = row
            row.ceiling, row.ceiling_hour = ceiling.ceiling, ceiling.ceiling_hour
        note_change(session, user_id)
        for change in limit_changes(before, {kind: _numbers(rows[kind]) for kind in params}):
            audit(session, "limits_ceiling", actor_id=admin.id, subject_id=user_id, detail=change)
        session.commit()
    keep_verdict(user_id)
    notify_bot(user_id)
