"""A year of users, inserted past all rules: steps, relations, messages and answers as a bot leaves them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, func, insert, select

from bot.storage.models import (
    AccountDay,
    Action,
    ActionTarget,
    BotSettings,
    BotStatus,
    Contact,
    Message,
    Person,
    Relation,
    User,
)

ACCOUNT = "4711"
SOURCES = 12
"""Hashtags of each kind of action, in turns."""
# Each row refers to rows of tables before its own.
_YEARLY = (Person, Action, ActionTarget, Relation, Message, Contact, AccountDay)
_COPIED = (User, BotSettings, BotStatus, *_YEARLY)
_KEYS = ("id", "action_id", "person_id", "target_id")
_PART = 20_000
Row = dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """The steps of a day by kind, and the people that it skipped."""

    follow: int
    like: int
    message: int
    skipped: int

    @property
    def steps(self) -> int:
        return self.follow + self.like + self.message + self.skipped


@dataclass
class Year:
    """The rows of one user's days up to a moment."""

    user_id: str
    moment: datetime
    days: int
    pace: Pace
    seed: int
    rows: dict[type, list[Row]] = field(default_factory=lambda: {table: [] for table in _YEARLY})
    _actions: dict[tuple[str, int], str] = field(default_factory=dict)
    _number: int = 0

    def __post_init__(self) -> None:
        self.luck = random.Random(self.seed)  # noqa: S311  it draws outcomes, no secrets

    def made(self) -> dict[type, list[Row]]:
        for day in range(self.days):
            begin = self.moment - timedelta(days=self.days - day)
            self._add(AccountDay, account_id=ACCOUNT, day=begin.date(), followers=1000 + day, read_at=begin)
            for kind, steps in (("follow", self.pace.follow), ("like", self.pace.like), ("message", self.pace.message)):
                for number in range(steps):
                    self._step(kind, day, begin + timedelta(seconds=number * 80_000 / steps))
            for number in range(self.pace.skipped):
                self._step("follow", day, begin + timedelta(seconds=number * 80_000 / self.pace.skipped), skipped=True)
        return self.rows

    def _step(self, kind: str, day: int, at: datetime, *, skipped: bool = False) -> None:
        known_as = str(self._number)
        name = f"person{known_as}"
        times: Row = {"created_at": at, "finished_at": at, "claimed_at": None if skipped else at}
        status = "skipped" if skipped else "done" if self.luck.random() < 0.97 else "failed"
        of: Row = {
            "action_id": self._action(kind, day),
            "step_kind": kind,
            "position": self._number,
            "status": status,
            "attempts": 1,
        }
        if kind == "like":
            self._add(ActionTarget, target=f"post{self._number}", person=name, **of, **times)
            return
        person = self._add(Person, instagram_id=known_as, username=name, seen_at=at)
        if kind == "message" and status == "done":
            of |= {"recipient": known_as, "purpose": "first"}
        known = {"target": name, "person": name, "person_id": person, "account_id": ACCOUNT}
        target = self._add(ActionTarget, **known, **of, **times)
        if status == "done" and kind == "follow":
            self._follow(person, at)
        elif status == "done":
            self._message(known_as, target, at)

    def _follow(self, person: str, at: datetime) -> None:
        chance, back = self.luck.random(), at + timedelta(days=self.luck.uniform(0.2, 12))
        relation: Row = {"followed_us_before": chance < 0.04, "followed_at": at}
        if chance > 0.8:
            relation |= {"followed_at": None, "requested_at": at}
            if chance > 0.9:
                relation |= {"accepted_at": at + timedelta(days=2), "no_until": at + timedelta(days=17)}
        elif chance < 0.2:
            relation |= {"back_at": back, "back_by": "list", "seen_until": back + timedelta(days=31)}
        elif chance < 0.75:
            relation |= {"no_until": at + timedelta(days=15)}
        self._add(Relation, account_id=ACCOUNT, person_id=person, **relation)

    def _message(self, known_as: str, target: str, at: datetime) -> None:
        known: Row = {"text": "Hi there", "digest": known_as, "token": "1", "variant": str(self.luck.randint(1, 3))}
        self._add(Message, target_id=target, created_at=at, item_id=f"item{known_as}", **known)
        answered = at + timedelta(days=2) if self.luck.random() < 0.1 else None
        written: Row = {"instagram_id": known_as, "username": f"person{known_as}", "written_at": at}
        self._add(Contact, answered_at=answered, **written)

    def _action(self, kind: str, day: int) -> str:
        """Return the action of a kind on a day: one a week, of a source in turns."""
        week = day // 7
        if (kind, week) not in self._actions:
            at = self.moment - timedelta(days=self.days - week * 7)
            params: Row = {"hashtag": f"tag{week % SOURCES}", "amount": 350}
            name = "like-hashtag" if kind == "like" else "follow-hashtag"
            if kind == "message":
                name, params = "send-messages", {"message": "{Hi|Hello|Hey} {first_name|there}"}
            of: Row = {"kind": name, "status": "succeeded", "params": params, "total": 350, "created_at": at}
            self._actions[kind, week] = self._add(Action, listed=kind == "message", finished_at=at, **of)
        return self._actions[kind, week]

    def _add(self, table: type, **values: Any) -> str:
        self._number += 1
        row_id = str(UUID(int=self.luck.getrandbits(128)))
        self.rows[table].append({"id": row_id, "user_id": self.user_id, **values})
        return row_id


def fill(connection: Connection, year: Year) -> None:
    """Insert the rows of a year. Commits."""
    for table, rows in year.made().items():
        columns = {name for row in rows for name in row}
        whole = [dict.fromkeys(columns) | row for row in rows]
        for part in range(0, len(whole), _PART):
            connection.execute(insert(_table(table)), whole[part : part + _PART])
    connection.commit()


def copy_user(connection: Connection, user_id: str, number: int) -> str:
    """Add a user with the same year as this one, and return their id. Commits nothing."""
    new_id = f"{number:08x}{user_id[8:]}"
    _copy_into(connection, _COPIED, user_id, new_id, number)
    return new_id


def copy_rows(connection: Connection, user_id: str, other_id: str, number: int) -> None:
    """Give another user the same year as this one. Commits nothing."""
    _copy_into(connection, _YEARLY, user_id, other_id, number)


def _copy_into(connection: Connection, tables: Sequence[type], user_id: str, other_id: str, number: int) -> None:
    values = {"user": user_id, "new": other_id, "head": f"{number:08x}", "name": f"user-{number}"}
    for table in tables:
        connection.execute(_copy(table), values)


@cache
def _copy(model: type) -> Any:
    table = _table(model)
    source = select(*(_copied(model, column) for column in table.columns))
    mine = table.c.id if model is User else table.c.user_id
    return insert(table).from_select(
        list(table.columns), source.where(mine == bindparam("user")), include_defaults=False
    )


def _copied(model: type, column: Any) -> Any:
    if column.name == "user_id" or (model is User and column.name == "id"):
        return bindparam("new", type_=column.type)
    if model is User and column.name == "username":
        return bindparam("name", type_=column.type)
    if column.name in _KEYS:
        return bindparam("head", type_=column.type).concat(func.substr(column, 9))
    return column


def _table(model: type) -> Table:
    table = model.__table__  # type: ignore[attr-defined]
    assert isinstance(table, Table)
    return table
