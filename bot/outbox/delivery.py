"""Rounds of delivery: claim the due rows, send each, and store the results."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from flask import current_app
from flask.ctx import AppContext
from sqlalchemy import select, update
from structlog.contextvars import bound_contextvars

from bot.config.runtime import now
from bot.core.backoff import Backoff
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.history.activity import log_error
from bot.storage.models.base import Deliverable
from bot.storage.tenancy import identity

BACKOFF = Backoff(initial=60.0, maximum=7200.0)
"""Seconds until the next try: a minute at first, two hours at most."""

Row = TypeVar("Row", bound=Deliverable)


@dataclass(frozen=True)
class Postponed:
    """Neither failed nor delivered yet: the row is due again at `due_at`. `values` are columns to set."""

    due_at: datetime
    values: Mapping[str, object] = field(default_factory=dict)


class Outbox(ABC, Generic[Row]):
    """Delivers the rows of one table at least once. Any number of clocks may do so at the same time.

    A row is due from its `due_at` on. A clock claims it by moving `due_at` to the end of a lease, and that value marks
    the claim. The result of a try is stored only while the row still has that mark. So a row that was planned again or
    claimed by another clock stays untouched. If a clock dies, the next claim comes after the lease. Therefore `lease`
    is longer than any try.
    """

    name: ClassVar[str]
    """The name of the action in the log."""
    table: ClassVar[type[Any]]
    lease: ClassVar[timedelta]
    batch_size: ClassVar[int]
    """The number of rows of one round, the longest due first."""
    side_by_side: ClassVar[bool] = False
    """True gives each row of a round its own thread, so that a hanging one blocks no other."""

    @abstractmethod
    def send(self, row: Row) -> Postponed | None:
        """Make one try. None means delivered. Raises BotException on failure."""

    @abstractmethod
    def may_retry(self, row: Row, again: datetime) -> bool:
        """Return whether a try at that time is useful, after a failure that may pass."""

    @abstractmethod
    def sent(self, row: Row) -> Mapping[str, object]:
        """Return the columns to set, besides the times, after the delivery."""

    @abstractmethod
    def failed(self, row: Row, failure: BotException, *, given_up: bool) -> Mapping[str, object]:
        """Return the columns to set, besides the time of the next try, after a failure."""

    @abstractmethod
    def origin_of(self, row: Row) -> Mapping[str, str | None]:
        """Return the user, the request and the action of the row, for every line of the log."""

    @abstractmethod
    def described(self, row: Row) -> Mapping[str, Any]:
        """Return what the log adds about the row."""

    def deliver_due(self) -> int:
        """Send the due rows, the longest due first, and return the number of delivered rows."""
        due = select(self.table).where(self.table.due_at <= now()).order_by(self.table.due_at).limit(self.batch_size)
        with identity(reading=True) as session:
            rows: list[Row] = list(session.scalars(due))
        if not self.side_by_side:
            return sum(self._take(row) for row in rows)
        if not rows:
            return 0
        with ThreadPoolExecutor(len(rows), self.name) as pool:
            return sum(pool.map(self._take_in, rows, [current_app.app_context() for _ in rows]))

    def claim(self, row: Row) -> bool:
        """Claim the row until the lease ends. Returns False if it is no longer due as it was read. Commits."""
        planned = {"due_at": now() + self.lease, "tries": self.table.tries + 1}
        with identity() as session:
            mark = self._mark(row).values(planned).returning(self.table.due_at, self.table.tries)
            claimed = session.execute(mark).one_or_none()
            session.commit()
        if claimed:
            row.due_at, row.tries = claimed.due_at, claimed.tries
        return claimed is not None

    def _take_in(self, row: Row, context: AppContext) -> bool:
        with context:
            return self._take(row)

    def _take(self, row: Row) -> bool:
        origin = {name: value for name, value in self.origin_of(row).items() if value}
        with bound_contextvars(action=self.name, **origin):
            return self.claim(row) and self._deliver(row)

    def _deliver(self, row: Row) -> bool:
        try:
            postponed = self.send(row)
        except BotException as failure:
            self._plan_retry(row, failure)
            return False
        if postponed:
            self._save(row, {**postponed.values, "due_at": postponed.due_at})
            return False
        self._save(row, {**self.sent(row), "due_at": None, "sent_at": now()})
        get_logger().info(f"{self.name}_sent", **self.described(row), tries=row.tries)
        return True

    def _plan_retry(self, row: Row, failure: BotException) -> None:
        """Plans the next try, or gives up: after a failure that stays, or when a later try is of no use."""
        log_error(failure, **self.described(row), tries=row.tries)
        again = now() + timedelta(seconds=BACKOFF.after(row.tries))
        given_up = not (failure.retryable and self.may_retry(row, again))
        self._save(row, {**self.failed(row, failure, given_up=given_up), "due_at": None if given_up else again})

    def _save(self, row: Row, values: Mapping[str, object]) -> None:
        with identity() as session:
            session.execute(self._mark(row).values(values))
            session.commit()

    def _mark(self, row: Row) -> Any:
        return update(self.table).where(self.table.id == row.id, self.table.due_at == row.due_at)
