"""What every step reads of a bot, as plain records: to make an entity of a row costs more than to read it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from bot.core.errors import BotException
from bot.decision.blocks import BAR
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
from bot.storage.tenancy import TenantSession


class BotRecord(NamedTuple):
    """A bot's status, its settings and its account without their secrets; of an account that is not there all is None.

    The fields are columns of `BotStatus`, `BotSettings` and `InstagramCredentials`; `linked` says whether there is a
    session, `bar` what keeps the bot from acting whatever its user wants. Three say of tables that are empty for most
    whether there is anything to be read in them. `generation` is the id of the present life of the database, and
    `restored_at` when it was last found or declared to be restored.
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
    doubted_at: datetime | None
    caught_up_at: datetime | None
    catching_up: dict[str, Any] | None
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
    verification_expires_at: datetime | None
    linked: bool
    bar: str | None
    cooled_down: bool
    called_earlier: bool
    has_contacts: bool
    user_since: datetime
    generation: str | None
    restored_at: datetime | None

    @property
    def doubt(self) -> datetime | None:
        """Since when the account may have sent messages that are not known here; None where all are."""
        return max((at for at in (self.restored_at, self.doubted_at) if at), default=None)


_DERIVED = (
    InstagramCredentials.session_data_encrypted.is_not(None),
    BAR,
    *(select(table.id).exists() for table in (CoolDown, EarlierCall, Contact)),
    User.created_at,
    select(Generation.id).order_by(Generation.number.desc()).limit(1).scalar_subquery(),
    select(func.max(Generation.began_at)).where(Generation.cause.is_not(None)).scalar_subquery(),
)
_TABLES = (BotStatus, BotSettings, InstagramCredentials)


def _column(name: str) -> Any:
    """The column of the first of the tables that has one of this name."""
    return next(getattr(table, name) for table in _TABLES if hasattr(table, name))


_BOT = (
    select(*(_column(name) for name in BotRecord._fields[: -len(_DERIVED)]), *_DERIVED)
    .select_from(BotStatus)
    .join(User, User.id == BotStatus.user_id)
    .join(BotSettings, BotSettings.user_id == BotStatus.user_id)
    .outerjoin(InstagramCredentials, InstagramCredentials.user_id == BotStatus.user_id)
)


def one_of(column: InstrumentedAttribute[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether the column has one of the values, for the statements of every step: those of a plain `in_` would be
    written into the text of the statement anew each time.
    """
    return column.in_([literal(str(value)) for value in values])


def read_bot(session: TenantSession) -> BotRecord:
    """The bot of the session's user. Raises USER_NOT_FOUND for one who is erased."""
    row = session.run(_BOT).one_or_none()
    if row is None:
        raise BotException("USER_NOT_FOUND")
    return BotRecord._make(row)
