"""A month of many bots in one process. The clock jumps to the next time that a lane or a person needs."""

import gc
import heapq
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from unittest.mock import patch
from uuid import UUID

from flask import Flask
from sqlalchemy import event

from bot.app import create_base_app
from bot.auth.sessions import SessionInfo, sessions
from bot.automation.client_versions import note_started
from bot.automation.status import bot_report
from bot.config.runtime import runtime
from bot.contacts.do_not_contact import LeaveAlone, add_global
from bot.lanes.queue import forget, planned
from bot.settings.ceilings import UserCeiling, change_ceilings
from bot.storage.engine import db
from tests.support.environment import FixedClock, config_for, dispose, prepare
from tests.support.people import Somebody, make_somebody
from tests.support.simulated_bots import SimulatedBot, draw_habits, instance_of
from tests.support.simulated_instagram import ASSUMED, AppVersion, SimulatedInstagram, name_of
from tests.support.simulated_rules import Referee

# In these thirty days the clocks change in America, Europe, Australia and New Zealand.
BEGINS = datetime(2026, 3, 7, tzinfo=UTC)
MONTH = timedelta(days=30)
# A lane that runs more often than this at the same time is in an endless loop.
MAX_SPINS = 40
# On the list for every bot.
LEFT_ALONE_BY_ALL = [name_of(str(number)) for number in range(10, 20)]


Settle = Callable[[FixedClock, Random, str, SessionInfo, float, AppVersion], SimulatedBot]


@dataclass
class Month:
    """The lanes of some bots and the people behind them, by their next due time."""

    clock: FixedClock
    ends: datetime
    app: AppVersion
    bots: list[SimulatedBot] = field(default_factory=list)
    _due: list[tuple[datetime, int, SimulatedBot, bool]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def add(self, bot: SimulatedBot) -> None:
        self.bots.append(bot)
        first = BEGINS + timedelta(hours=bot.chance.uniform(0, 24))
        self._push(first, bot, person=True)

    def run(self) -> None:
        while self._due and self._due[0][0] < self.ends:
            at, _, bot, is_person = heapq.heappop(self._due)
            if self.app.held and at >= self.app.replaced_at:
                self._replace_app()
            if is_person:
                self.clock.moment = at
                self._visit(bot, at)
            elif bot.planned == at:
                bot.spins = bot.spins + 1 if bot.stepped_at == at else 0
                bot.stepped_at = at
                assert bot.spins < MAX_SPINS, f"{bot.name} goes round in circles at {at}: {bot_report(bot.user_id)}"
                self.clock.moment = at
                self._plan(bot, bot.step())
        self.clock.moment = self.ends

    def _replace_app(self) -> None:
        """Start the workers with another version of the client. The product rings all lanes."""
        self.clock.moment, self.app.held = self.app.replaced_at, False
        note_started("replaced", "2.0")
        redis = runtime().redis
        for bot in self.bots:
            if planned(redis, [bot.user_id])[bot.user_id] is not None:
                forget(redis, bot.user_id)
                self._plan(bot, self.clock.moment)

    def _visit(self, bot: SimulatedBot, at: datetime) -> None:
        """Visit. The lane goes on immediately if the product has rung it."""
        bot.visit()
        redis = runtime().redis
        if planned(redis, [bot.user_id])[bot.user_id] is not None:
            forget(redis, bot.user_id)
            self._plan(bot, at)
        self._push(at + timedelta(hours=bot.chance.uniform(12, 36)), bot, person=True)

    def _plan(self, bot: SimulatedBot, at: datetime | None) -> None:
        bot.planned = max(at, self.clock.moment) if at else None
        if bot.planned:
            self._push(bot.planned, bot, person=False)

    def _push(self, at: datetime, bot: SimulatedBot, *, person: bool) -> None:
        heapq.heappush(self._due, (at, next(self._order), bot, person))


@contextmanager
def simulated_month(
    folder: Path,
    redis_url: str,
    seed: int,
    numbers: range,
    length: timedelta = MONTH,
    trouble: float = 1.0,
    one_in: int = 1,
    settle: Settle | None = None,
) -> Iterator[Month]:
    """Yield a month of the bots with these numbers, ready to run, in the app's context.

    The same seed and numbers bring the same month. `trouble` multiplies how often Instagram refuses. `one_in` is of how
    many likes and story views one is looked up. `settle` makes each person with their bot, else as in the full month.
    """
    clock = FixedClock(BEGINS)
    config = config_for(
        folder,
        f"sqlite:///{folder}/month.db",
        redis_url,
        instagram_sandbox=False,
        secure_cookies=True,
        effect_check_one_in=one_in,
    )
    app = create_base_app(config, clock=clock, uniform=Random(f"{seed}:{numbers}").uniform)  # noqa: S311
    ids = Random(f"{seed}:{numbers}")  # noqa: S311
    # An order of ids decides between equals, so ids come from the seed too.
    with _in_haste(app), app.app_context(), patch("uuid.uuid4", lambda: UUID(int=ids.getrandbits(128), version=4)):
        prepare(app)
        month = Month(clock, BEGINS + length, _version(Random(f"{seed}:{numbers}:app"), length))  # noqa: S311
        admin = _session_of(make_somebody("ada", "admin"))
        for name in LEFT_ALONE_BY_ALL:
            add_global(admin, LeaveAlone(username=name))
        for number in numbers:
            chance = Random(f"{seed}:{number}")  # noqa: S311
            month.add((settle or _settled)(clock, chance, f"person{number}", admin, trouble, month.app))
        clock.moment = BEGINS
        yield month
        for bot in month.bots:
            bot.instance.memory.close()
    dispose(app)


@contextmanager
def _in_haste(app: Flask) -> Iterator[None]:
    """Skip durability and logs: a lost month is simulated again, and its log is not read."""
    level, collected = logging.getLogger().level, gc.get_threshold()
    logging.getLogger().setLevel(logging.CRITICAL)
    gc.set_threshold(100_000, 20, 20)
    with app.app_context():
        event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        db.engine.dispose()
    try:
        yield
    finally:
        logging.getLogger().setLevel(level)
        gc.set_threshold(*collected)


def _session_of(somebody: Somebody) -> SessionInfo:
    found = sessions.find(somebody.token, "bearer")
    assert found
    return found


def _version(chance: Random, length: timedelta) -> AppVersion:
    """Draw when Instagram refuses the version of all bots, once in a month, and when it is replaced."""
    refused_from = BEGINS + length * chance.uniform(0.2, 0.8)
    hours = chance.uniform(*ASSUMED["app_version_refused_hours"])
    return AppVersion(refused_from, refused_from + timedelta(hours=hours))


def _settled(
    clock: FixedClock, chance: Random, name: str, admin: SessionInfo, trouble: float, app: AppVersion
) -> SimulatedBot:
    """Return a new person, or one whose account was linked long ago."""
    # The administrator's session is from the beginning.
    clock.moment = BEGINS
    linked_at = BEGINS - timedelta(days=chance.choice((0, 0, 0, 5, 12, 40)), hours=chance.uniform(0, 24))
    user_id = make_somebody(name).id
    referee = Referee(draw_habits(chance), linked_at, left_alone=set(LEFT_ALONE_BY_ALL), app=app)
    outage = BEGINS + timedelta(days=chance.uniform(1, 29))
    instagram = SimulatedInstagram(
        now=lambda: clock.moment,
        chance=chance,
        watch=referee.watch,
        trouble=trouble * chance.choice((0, 0.5, 1, 1, 3)),
        outage=(outage, outage + timedelta(hours=chance.uniform(1, 30))),
        app=app,
    )
    bot = SimulatedBot(user_id, name, chance, referee, instagram, instance_of(user_id, instagram))
    clock.moment = linked_at
    bot.settle_in()
    ceilings = {kind: UserCeiling(ceiling=most) for kind, most in referee.habits.ceiling.items()}
    change_ceilings(admin, user_id, ceilings)
    return bot
