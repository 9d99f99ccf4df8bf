"""Plain records of a bot for every step. Building an entity from a row costs more than reading it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from bot.core.errors import BotException
from bot.decision.blocks import BLOCKED_REASON
from bot.decision.hours import Hours
from bot.storage.models import (
    BotSettings,
    BotStatus,
    Contact,
    CoolDown,
    EarlierCall,
    Generation,
    InstagramCredentials,
    User,
)
from bot.storage.models.values import BotCondition, CodeMethod
from bot.storage.tenancy import TenantSession


class BotRecord(NamedTuple):
    """A bot's status, settings and account without secrets. Fields of a missing account are None.

    The fields are columns of `BotStatus`, `BotSettings` and `InstagramCredentials`. `linked` tells if there is a
    session, and `blocked_reason` what stops the bot whatever its user wants. `cooled_down`, `called_earlier` and
    `has_contacts` tell if tables that are empty for most users have rows. `generation` is the id of the database's
    current generation, and `restored_at` the time of the last known restore. `doubt` is the latest time before which
    messages may have been sent that the database does not know.
    """

    revision: int
    bot_running: bool
    session_valid: bool
    stop_reason: str | None
    next_step_at: datetime | None
    trouble: str | None
    paces: dict[str, str] | None
    limits_near: dict[str, str] | None
    instagram_username: str | None
    last_tested: datetime | None
    last_error_code: str | None
    last_error_message: str | None
    last_error_at: datetime | None
    replies_read_at: datetime | None
    replies_failed_at: datetime | None
    inbox_place: dict[str, Any] | None
    doubted_at: datetime | None
    caught_up_at: datetime | None
    catching_up: dict[str, Any] | None
    measure_at: datetime | None
    verdict_condition: BotCondition | None
    timezone: str
    timezone_changed_at: datetime | None
    hours: list[list[int] | None]
    pause: list[int] | None
    warm_up: bool
    version: str | None
    instagram_id: str | None
    linked_at: datetime | None
    verification_kind: str | None
    verification_sent_to: str | None
    verification_method: CodeMethod | None
    verification_methods: list[CodeMethod] | None
    verification_expires_at: datetime | None
    linked: bool
    blocked_reason: str | None
    cooled_down: bool
    called_earlier: bool
    has_contacts: bool
    user_since: datetime
    generation: str | None
    restored_at: datetime | None
    doubt: datetime | None = None


_DERIVED = (
    InstagramCredentials.session_data_encrypted.is_not(None),
    BLOCKED_REASON,
    *(select(table.id).exists() for table in (CoolDown, EarlierCall, Contact)),
    User.created_at,
    select(Generation.id).order_by(Generation.number.desc()).limit(1).scalar_subquery(),
    select(func.max(Generation.began_at)).where(Generation.cause.is_not(None)).scalar_subquery(),
)
_TABLES = (BotStatus, BotSettings, InstagramCredentials)


def _column(name: str) -> Any:
    """Return the column of the first of the tables that has this name."""
    return next(getattr(table, name) for table in _TABLES if hasattr(table, name))


_BOT = (
    select(*(_column(name) for name in BotRecord._fields[: -len(_DERIVED) - 1]), *_DERIVED)
    .select_from(BotStatus)
    .join(User, User.id == BotStatus.user_id)
    .join(BotSettings, BotSettings.user_id == BotStatus.user_id)
    .outerjoin(InstagramCredentials, InstagramCredentials.user_id == BotStatus.user_id)
)


def one_of(column: InstrumentedAttribute[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Return a condition that the column has one of the values, for the statements of every step.

    A plain `in_` would write the values into the text of the statement at each execution.
    """
    return column.in_([literal(str(value)) for value in values])


def read_bot(session: TenantSession) -> BotRecord:
    """Return the bot of the session's user. Raises USER_NOT_FOUND if the user was erased."""
    row = session.run(_BOT).one_or_none()
    if row is None:
        raise BotException("USER_NOT_FOUND")
    bot = BotRecord(*row)
    return bot._replace(doubt=max((at for at in (bot.restored_at, bot.doubted_at) if at), default=None))


def hours_of(session: TenantSession) -> Hours:
    """Return the working hours of the session's user."""
    return working_hours(session.scalars(select(BotSettings)).one())


def working_hours(row: BotSettings | BotRecord) -> Hours:
    week = tuple((span[0], span[1]) if span else None for span in row.hours)
    return Hours(row.timezone, week, (row.pause[0], row.pause[1]) if row.pause else None)
