"""Actions of a user and their targets."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    and_,
    func,
    literal,
    or_,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, UtcDateTime, new_id, owner
from bot.storage.models.values import ActionKind, ActionStatus, Fact, OneOf, StepKind, TargetStatus

OPEN = (ActionStatus.QUEUED, ActionStatus.RUNNING, ActionStatus.PAUSED)
MAX_ACTION_NAME = 60
"""Characters of the name that a user gives an action."""
ENDED = (ActionStatus.SUCCEEDED, ActionStatus.FAILED, ActionStatus.CANCELLED)


class Action(Tenant, Base):
    """One action; `total` is the number of steps asked for, or of the people that the action lists.

    `name` is what its user calls it.

    `searched` tells that its sources have no more candidates. `failures` counts failed steps in a row. Nothing happens
    before `start_at`. When an action with `repeat` ends, the next one of its `series` follows. `last_step_at` is the
    time of its last step or failure, `last_turn_at` that of the worker's last work on it, reads and skips included. The
    action with the oldest `last_turn_at` is next.
    """

    __tablename__ = "actions"
    __table_args__ = (
        UniqueConstraint("user_id", "id"),
        Index(None, "user_id", "status"),
        Index(None, "user_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    kind: Mapped[ActionKind] = mapped_column(OneOf(ActionKind, 32))
    name: Mapped[str | None] = mapped_column(String(MAX_ACTION_NAME))
    status: Mapped[ActionStatus] = mapped_column(OneOf(ActionStatus), default=ActionStatus.QUEUED)
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    total: Mapped[int]
    listed: Mapped[bool] = mapped_column(default=False)
    searched: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(String(32))
    start_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    repeat: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    series: Mapped[str | None] = mapped_column(Id)
    request_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_turn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


MAX_PARTS = 40
"""The parts that the sources of an action may have together."""


class ActionSource(Tenant, Base):
    """The search of one part of an action's sources: one hashtag, or the followers of one account.

    `number` is the place of the part in the action, and `label` its name for people. `cursor` is the position of the
    search. `asked` counts the pages that were read, `found` the candidates on them, and `kept` those that were new and
    passed the rules that need no look-up. `ended` tells why there is no next page: the end of the list, or the code of
    an error.
    """

    __tablename__ = "action_sources"
    __table_args__ = (
        UniqueConstraint("action_id", "number"),
        ForeignKeyConstraint(["user_id", "action_id"], ["actions.user_id", "actions.id"], ondelete="CASCADE"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner()
    action_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int] = mapped_column(SmallInteger)
    label: Mapped[str | None] = mapped_column(String(128))
    cursor: Mapped[str | None] = mapped_column(String(2000))
    asked: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    ended: Mapped[str | None] = mapped_column(String(32))


class ActionTarget(Tenant, Base):
    """The subject of one step: a person or a post.

    A plan has a row for each of its places that a person or post has come to. `node` is the place, `nth` counts the
    calls there from 0, and `source` is the number of the part that found them. A `pending` row is not claimed before
    `due_at`. One that `awaits` a fact is not claimed at all: at `due_at` it is decided without it.

    `target` names it for people: a username, or the short code of a post. `person` is the user it concerns.
    `first_name` comes from a list of people if the list has one. `instagram_id` is the id of the target: of a person,
    or `<number>_<author's id>` of a post. `working` is committed before the call to Instagram, so an interrupted step
    shows. `reason` tells why a target was skipped. `claimed_at` is the start of the step, which limits count.
    `look_up_at` is the time at which Instagram is asked whether the effect is there. An `unknown` target without it is
    for the user to decide. A `failed` or `done` one with it has only Instagram's answer to the call. `account_id` is
    the Instagram id of the account that acted, because a user may link another one. `person_id` is the row in `people`,
    from the time at which the Instagram id of the person is known. `followed_us` tells if the person followed the
    account before a follow; NULL is unknown.
    """

    __tablename__ = "action_targets"
    __table_args__ = (
        UniqueConstraint("action_id", "target", "node", "nth"),
        UniqueConstraint("user_id", "id"),
        # Both columns, so that no target can join the action of another user.
        ForeignKeyConstraint(["user_id", "action_id"], ["actions.user_id", "actions.id"], ondelete="CASCADE"),
        Index(None, "user_id", "action_id", "status", "position"),
        Index(None, "user_id", "step_kind", "claimed_at"),
        Index(None, "user_id", "step_kind", "target"),
        # Without the user, so that no query of a step takes it for its own index.
        Index(None, "person_id"),
        # One person gets one message for one purpose: the delivery takes both columns at its claim.
        UniqueConstraint("user_id", "recipient", "purpose"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    action_id: Mapped[str] = mapped_column(Id)
    step_kind: Mapped[StepKind] = mapped_column(OneOf(StepKind))
    position: Mapped[int]
    node: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    nth: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    source: Mapped[int | None] = mapped_column(SmallInteger)
    awaits: Mapped[Fact | None] = mapped_column(OneOf(Fact, 20))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    target: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(64))
    full_name: Mapped[str | None] = mapped_column(String(150))
    first_name: Mapped[str | None] = mapped_column(String(64))
    instagram_id: Mapped[str | None] = mapped_column(String(64))
    account_id: Mapped[str | None] = mapped_column(String(32))
    person_id: Mapped[str | None] = mapped_column(Id)
    followed_us: Mapped[bool | None]
    status: Mapped[TargetStatus] = mapped_column(OneOf(TargetStatus), default=TargetStatus.PENDING)
    reason: Mapped[str | None] = mapped_column(String(64))
    error_code: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    recipient: Mapped[str | None] = mapped_column(String(32))
    purpose: Mapped[str | None] = mapped_column(String(64))
    look_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @hybrid_property
    def happened_at(self) -> datetime:
        """The time of the latest event: its end, else its call, else the time it was found."""
        return self.finished_at or self.claimed_at or self.created_at

    @happened_at.inplace.expression
    @classmethod
    def _happened_at(cls) -> ColumnElement[datetime]:
        return func.coalesce(cls.finished_at, cls.claimed_at, cls.created_at)


class EarlierCall(Tenant, Base):
    """An earlier call for a target that its user reopened, which may have been applied.

    Limits count it in addition to the targets.
    """

    __tablename__ = "earlier_calls"
    __table_args__ = (Index(None, "user_id", "step_kind", "claimed_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    step_kind: Mapped[StepKind] = mapped_column(OneOf(StepKind))
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)


TO_RECONCILE = ActionTarget.look_up_at.is_not(None)
SKIPPED = ActionTarget.status == literal(TargetStatus.SKIPPED, literal_execute=True)
"""A skipped target. The value is part of the statement, because SQLite takes the index only then."""
UNRESOLVED = or_(ActionTarget.status == "working", TO_RECONCILE)
"""A step that began, and whose effect the bot still has to look up."""
# It has all that a step asks of it. Else SQLite takes any index of the user's targets, because it has no statistics.
Index(
    "ix_action_targets_to_look_up",
    ActionTarget.user_id,
    ActionTarget.action_id,
    ActionTarget.look_up_at,
    ActionTarget.account_id,
    postgresql_where=TO_RECONCILE,
    sqlite_where=TO_RECONCILE,
)
FIRST = and_(ActionTarget.node == 0, ActionTarget.nth == 0)
"""The first call for a person or post of an action, which its amount counts."""
LATER = or_(ActionTarget.node > 0, ActionTarget.nth > 0)
"""A row of a plan after the first call for its person or post."""
# Few actions are plans, but each of their steps asks for what is next.
Index(
    "ix_action_targets_later",
    ActionTarget.user_id,
    ActionTarget.action_id,
    ActionTarget.node,
    ActionTarget.due_at,
    postgresql_where=LATER,
    sqlite_where=LATER,
)
# Skipped targets are most rows of a period, and this index alone counts them.
Index(
    "ix_action_targets_skipped",
    ActionTarget.user_id,
    ActionTarget.finished_at,
    ActionTarget.action_id,
    ActionTarget.step_kind,
    postgresql_where=SKIPPED,
    sqlite_where=SKIPPED,
)


def id_of_person(step_kind: str, instagram_id: str | None) -> str | None:
    """Return the Instagram id of the person behind a target with this id. The id of a post ends with its author's."""
    if step_kind != "like" or instagram_id is None:
        return instagram_id
    return instagram_id.partition("_")[2] or None
