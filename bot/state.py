"""All that the decision goes by, read in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from bot.bars import BAR
from bot.chores import chores_of
from bot.decision import BotState, OpenAction, Rest
from bot.do_not_contact import is_untouchable
from bot.errors import BotException, find_code
from bot.kinds import STEP_KIND
from bot.limits import Limits, Rule, read_limits
from bot.models import OPEN, STILL_TO_LOOK_UP, Action, ActionTarget, BotSettings, BotStatus, InstagramCredentials, User
from bot.pushback import SESSION_ENDERS
from bot.scope import TenantSession
from bot.settings import working_hours

# Statements of every step are made once: to make one costs more than to run it.
_BOT = (
    select(BotStatus, BotSettings, InstagramCredentials, InstagramCredentials.session_data_encrypted.is_not(None), BAR)
    .join(User, User.id == BotStatus.user_id)
    .join(BotSettings, BotSettings.user_id == BotStatus.user_id)
    .outerjoin(InstagramCredentials, InstagramCredentials.user_id == BotStatus.user_id)
    .options(
        # Sealed and long: a decision needs none of them.
        defer(InstagramCredentials.password_encrypted),
        defer(InstagramCredentials.session_data_encrypted),
        defer(InstagramCredentials.proxy_encrypted),
        defer(InstagramCredentials.verification_state_encrypted),
    )
)
_OF_ORDER = (ActionTarget.action_id == Action.id, ActionTarget.user_id == Action.user_id)
_LOOK_UP_AT = (
    # What is half done is due since it was claimed.
    select(
        func.min(
            func.coalesce(ActionTarget.look_up_at, ActionTarget.claimed_at, type_=ActionTarget.look_up_at.type),
            type_=ActionTarget.look_up_at.type,
        )
    )
    .where(
        *_OF_ORDER,
        # As a list, so that the index on order and status serves.
        ActionTarget.status.in_(("working", "unknown")),
        STILL_TO_LOOK_UP,
    )
    .scalar_subquery()
)
_PENDING = select(ActionTarget.id).where(*_OF_ORDER, ActionTarget.status == "pending").exists()
_ORDERS = select(Action, _LOOK_UP_AT, Action.searched & ~_PENDING).where(Action.status.in_(OPEN))


@dataclass(frozen=True)
class Verification:
    """A sign-in at Instagram that waits for a code; `kind` is `two_factor`, `challenge` or `app`."""

    kind: str
    sent_to: str
    expires_at: datetime


@dataclass(frozen=True)
class Standing:
    """How a bot stood when it was read. `account` comes without its secrets; `orders` are those that are not ended."""

    state: BotState
    status: BotStatus
    account: InstagramCredentials | None
    orders: Mapping[str, Action]
    rules: Mapping[str, Rule]
    revision: int
    linked: bool

    def is_of(self, status: BotStatus) -> bool:
        """Whether nothing has changed what the bot may do until this row of its status was locked."""
        return status.revision == self.revision + 1


def load(session: TenantSession, moment: datetime) -> Standing:
    """Reads the bot of the session's user, its status first: what changes later shows in its revision.

    Raises USER_NOT_FOUND for one who is erased.
    """
    row = session.execute(_BOT).one_or_none()
    if row is None:
        raise BotException("USER_NOT_FOUND")
    status, settings, account, linked, bar = row
    revision, hours = status.revision, working_hours(settings)
    limits = read_limits(session, settings, account.linked_at if account else None, moment)
    orders = _orders(session)
    state = BotState(
        running=status.bot_running,
        session_valid=status.session_valid,
        halt_reason=_halt_reason(status, account, moment),
        stop_reason=status.stop_reason,
        bar=bar,
        hours=hours,
        next_step_at=status.next_step_at,
        actions=[order for order, _ in orders],
        limits=limits.states,
        rests=_rests(limits, moment),
        paces={kind: datetime.fromisoformat(at) for kind, at in (status.paces or {}).items()},
        chores=chores_of(session, status, hours, moment),
    )
    return Standing(state, status, account, {row.id: row for _, row in orders}, limits.rules, revision, bool(linked))


def concerning(
    session: TenantSession, state: BotState, action_id: str, person: str, instagram_id: str | None
) -> BotState:
    """The state where the next step of an order concerns this person, with what is known of them."""
    left_alone = is_untouchable(session, person, instagram_id)
    return replace(
        state,
        actions=[replace(order, person=person) if order.id == action_id else order for order in state.actions],
        untouchable=frozenset({person} if left_alone else ()),
    )


def _orders(session: TenantSession) -> Sequence[tuple[OpenAction, Action]]:
    """The open orders: each with when it next has something to look up, and whether that is all that is left of it."""
    return [(_open_action(row, at, bool(at and worked_off)), row) for row, at, worked_off in session.execute(_ORDERS)]


def _open_action(row: Action, look_up_at: datetime | None, only_look_ups: bool) -> OpenAction:
    return OpenAction(
        row.id,
        STEP_KIND[row.kind],
        row.status,
        row.created_at,
        row.last_step_at,
        row.start_at,
        look_up_at,
        only_look_ups,
    )


def _rests(limits: Limits, moment: datetime) -> list[Rest]:
    return [Rest(row.kind, row.until, row.error_code) for row in limits.cool_downs if row.until > moment]


def _halt_reason(status: BotStatus, account: InstagramCredentials | None, moment: datetime) -> str | None:
    if account is None:
        return "NOT_LINKED"
    waiting = verification_of(account, moment)
    if waiting:
        return "INSTAGRAM_CONFIRM_IN_APP" if waiting.kind == "app" else "CODE_NEEDED"
    entry = find_code(status.last_error_code)
    return entry.name if entry and entry.name in SESSION_ENDERS else None


def verification_of(account: InstagramCredentials | None, moment: datetime) -> Verification | None:
    """The sign-in of the account that waits for a code at that moment."""
    if account is None or not account.verification_kind or not account.verification_expires_at:
        return None
    if account.verification_expires_at <= moment:
        return None
    return Verification(account.verification_kind, account.verification_sent_to or "", account.verification_expires_at)
