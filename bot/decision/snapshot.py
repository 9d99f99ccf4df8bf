"""The snapshot of a bot: the whole input of the decision, read in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, func, or_, select, union_all
from sqlalchemy.orm import aliased

from bot.decision.chores import chores_of
from bot.decision.decide import BotState, Chore, OpenAction
from bot.decision.kinds import BY_HAND, step_kind_of
from bot.decision.limit_rules import Basis, Rule
from bot.decision.limits import read_limits
from bot.decision.pushback import why_over
from bot.decision.records import BotRecord, one_of, read_bot, working_hours
from bot.decision.troubles import trouble_of
from bot.storage.models import FIRST, LATER, OPEN, TO_RECONCILE, Action, ActionTarget
from bot.storage.models.values import OF_ANSWERS, ActionKind, CodeMethod
from bot.storage.tenancy import TenantSession

# Statements of every step are built once: building one costs more than running it.
_OF_ACTION = (ActionTarget.action_id == Action.id, ActionTarget.user_id == Action.user_id)
_TIME = ActionTarget.look_up_at.type
_WORKING_SINCE = (
    select(func.min(ActionTarget.claimed_at, type_=_TIME))
    .where(*_OF_ACTION, ActionTarget.status == "working")
    .scalar_subquery()
)
_RECONCILE_AT = (
    select(func.min(ActionTarget.look_up_at, type_=_TIME)).where(*_OF_ACTION, TO_RECONCILE).scalar_subquery()
)
_PENDING = select(ActionTarget.id).where(*_OF_ACTION, ActionTarget.status == "pending").exists()
# Done, or maybe done: another one would be one too many if the look-up finds the effect.
_MAYBE_DONE = (
    select(func.count(ActionTarget.id))
    .where(*_OF_ACTION, or_(ActionTarget.status == "done", TO_RECONCILE))
    .scalar_subquery()
)
_WORKED_OFF = Action.searched & ~_PENDING
# The count reads all targets, so it is made only while one is to be looked up.
_NOTHING_ELSE = case((_RECONCILE_AT.is_(None), _WORKED_OFF), else_=or_(_WORKED_OFF, Action.total <= _MAYBE_DONE))
_OTHER = aliased(Action)
_HAS_NOT_ENDED = select(_OTHER.id).where(one_of(_OTHER.status, OPEN))
# Effects are looked up after the end of their action too, unless another account has been linked since.
_IS_LOOKED_UP = select(ActionTarget.action_id).where(TO_RECONCILE, ActionTarget.account_id == bindparam("account"))
# They are asked for only if an action is a plan.
_PLANS = select(_OTHER.id).where(_OTHER.kind == ActionKind.PLAN, one_of(_OTHER.status, OPEN))
# A call that may have arrived has begun with its person, also if no look-up could tell.
_BEGUN = or_(ActionTarget.status == "done", ActionTarget.status == "unknown", TO_RECONCILE)
_NOT_BEGUN = ActionTarget.status == "pending"
_FIRST_PLACES = (
    select(ActionTarget.action_id, func.count().filter(_BEGUN), func.count().filter(_NOT_BEGUN))
    .where(ActionTarget.action_id.in_(_PLANS), FIRST)
    .group_by(ActionTarget.action_id)
)
_PLACES = (
    select(
        ActionTarget.action_id,
        ActionTarget.node,
        ActionTarget.step_kind,
        ActionTarget.awaits,
        func.min(ActionTarget.due_at, type_=_TIME),
    )
    .where(ActionTarget.action_id.in_(_PLANS), LATER, ActionTarget.status == "pending")
    .group_by(ActionTarget.action_id, ActionTarget.node, ActionTarget.step_kind, ActionTarget.awaits)
)


class ActionRecord(NamedTuple):
    """An action that has not ended, or whose effects are still to be looked up.

    `working_since` is the claim of an interrupted step, `look_up_at` the next look-up, and `nothing_else` tells that
    only look-ups may be left.
    """

    id: str
    kind: str
    status: str
    params: dict[str, Any]
    total: int
    searched: bool
    created_at: datetime
    last_turn_at: datetime | None
    start_at: datetime | None
    request_id: str | None
    working_since: datetime | None
    look_up_at: datetime | None
    nothing_else: bool

    @property
    def reconcile_at(self) -> datetime | None:
        """The time of the next look-up. An interrupted step is due since its claim."""
        return min((at for at in (self.working_since, self.look_up_at) if at), default=None)


_ACTIONS = select(
    *(getattr(Action, name) for name in ActionRecord._fields[:-3]), _WORKING_SINCE, _RECONCILE_AT, _NOTHING_ELSE
).where(Action.id.in_(union_all(_HAS_NOT_ENDED, _IS_LOOKED_UP)))


@dataclass(frozen=True)
class Verification:
    """A sign-in at Instagram that waits for a code; `kind` is `two_factor`, `challenge` or `app`.

    `method` is how the code comes, if Instagram said so, and `methods` are the ways that the account has.
    """

    kind: str
    sent_to: str
    expires_at: datetime
    method: CodeMethod | None = None
    methods: Sequence[CodeMethod] = ()


@dataclass(frozen=True)
class Snapshot:
    """The state of a bot when it was read. `records` are the actions that still have work, look-ups included.

    `full` are the plans that have begun with everyone, and have nothing else to do either.
    """

    state: BotState
    bot: BotRecord
    records: Mapping[str, ActionRecord]
    rules: Mapping[str, Rule]
    basis: Basis
    full: frozenset[str] = frozenset()

    def is_current(self, revision: int) -> bool:
        """Return whether nothing changed what the bot may do before its status was locked at this revision."""
        return revision == self.bot.revision + 1


def load(session: TenantSession, moment: datetime) -> Snapshot:
    """Read the bot of the session's user, its status first: a later change shows in the revision.

    Raises USER_NOT_FOUND if the user was erased.
    """
    bot = read_bot(session)
    hours = working_hours(bot)
    records = [ActionRecord._make(row) for row in session.run(_ACTIONS, {"account": bot.instagram_id or ""})]
    chores = chores_of(session, bot, hours, moment)
    actions, full = _lines(session, records, bot.replies_read_at, chores)
    halt_reason = _halt_reason(bot, moment)
    limits = read_limits(session, bot, moment)
    state = BotState(
        running=bot.bot_running,
        session_valid=bot.session_valid,
        halt_reason=halt_reason,
        stop_reason=bot.stop_reason,
        blocked_reason=bot.blocked_reason,
        hours=hours,
        next_step_at=bot.next_step_at,
        trouble=trouble_of(session, bot),
        actions=actions,
        limits=limits.states,
        rests=[rest for rest in limits.basis.cool_downs if rest.until > moment],
        paces={kind: datetime.fromisoformat(at) for kind, at in (bot.paces or {}).items()},
        chores=chores,
    )
    return Snapshot(state, bot, {record.id: record for record in records}, limits.rules, limits.basis, full)


def for_person(
    state: BotState, action_id: str, person: str, *, untouchable: bool, place: int | None = None
) -> BotState:
    """Return the state in which the next step of the action, or of its later place, concerns this person."""
    of_line = (action_id, place, False)
    return replace(
        state,
        actions=[
            replace(action, person=person) if (action.id, action.place, action.checks) == of_line else action
            for action in state.actions
        ],
        untouchable=frozenset({person} if untouchable else ()),
    )


def _lines(
    session: TenantSession, records: Sequence[ActionRecord], read_at: datetime | None, chores: Sequence[Chore]
) -> tuple[list[OpenAction], frozenset[str]]:
    """Return the lines of the actions, one each and one for each later place of a plan, and the plans that are full."""
    lines = [_open_action(record) for record in records]
    if not any(record.kind == ActionKind.PLAN and record.status in OPEN for record in records):
        return lines, frozenset()
    of = {record.id: record for record in records}
    reads_at = next((chore.at for chore in chores if chore.name == "read_replies" and not chore.last), None)
    later = []
    for action_id, place, step_kind, awaits, due_at in session.run(_PLACES):
        if awaits in OF_ANSWERS and reads_at and due_at and (read_at is None or read_at < due_at):
            # The inbox is read first: the answer may have come since.
            due_at = max(due_at, reads_at)
        if action_id in of:
            later.append(_later_line(of[action_id], place, step_kind, awaits, due_at))
    places = {action_id: (begun, pending) for action_id, begun, pending in session.run(_FIRST_PLACES)}
    going_on = {line.id for line in later}
    all_begun = {
        record.id
        for record in records
        if record.kind == ActionKind.PLAN and not _begins(record, *places.get(record.id, (0, 0)))
    }
    # With its last beginner a plan goes on without its first step. Without any step left it keeps one, which ends it.
    first = [line for line in lines if line.id not in all_begun & going_on]
    return first + later, frozenset(all_begun - going_on)


def _begins(record: ActionRecord, begun: int, pending: int) -> bool:
    """Return whether a plan has more people to begin with, or a call to look up."""
    has_more = pending > 0 or not record.searched
    return record.reconcile_at is not None or record.working_since is not None or (has_more and begun < record.total)


def _later_line(
    record: ActionRecord, place: int, step_kind: str, awaits: str | None, due_at: datetime | None
) -> OpenAction:
    starts = [at for at in (record.start_at, due_at) if at]
    return OpenAction(
        record.id,
        step_kind,
        record.status,
        record.created_at,
        record.last_turn_at,
        max(starts, default=None),
        place=place,
        checks=awaits is not None,
    )


def _open_action(record: ActionRecord) -> OpenAction:
    return OpenAction(
        record.id,
        step_kind_of(record.kind, record.params),
        record.status,
        record.created_at,
        record.last_turn_at,
        record.start_at,
        record.reconcile_at,
        bool(record.reconcile_at and (record.nothing_else or record.status not in OPEN)),
        by_hand=record.kind in BY_HAND,
    )


def _halt_reason(bot: BotRecord, moment: datetime) -> str | None:
    waiting = verification_of(bot, moment)
    if waiting:
        return "INSTAGRAM_CONFIRM_IN_APP" if waiting.kind == "app" else "CODE_NEEDED"
    if not bot.linked:
        return "NOT_LINKED"
    return why_over(bot.last_error_code)


def verification_of(bot: BotRecord, moment: datetime) -> Verification | None:
    """Return the sign-in that waits for a code at that moment; None if there is none or its time is over."""
    if not bot.verification_kind or not bot.verification_expires_at or bot.verification_expires_at <= moment:
        return None
    return Verification(
        bot.verification_kind,
        bot.verification_sent_to or "",
        bot.verification_expires_at,
        bot.verification_method,
        bot.verification_methods or (),
    )
