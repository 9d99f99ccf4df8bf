"""Bots of the sandbox for tests, and a clock that all processes of a test read."""

import math
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from mmap import mmap
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from bot.actions import control, placing
from bot.actions.control import Progress
from bot.automation import lifecycle
from bot.automation.status import BotReport, bot_report
from bot.config.clock import Clock
from bot.config.runtime import runtime
from bot.decision.limit_rules import DEFAULTS
from bot.lanes.queue import LEASE, planned
from bot.messages import sending
from bot.plans import placing as plans
from bot.recipients.reading import parse_pasted
from bot.settings.preferences import Settings, change_settings
from bot.storage.models import Action, ActionTarget, Activity, BotStatus, CoolDown, DailyLimit, Message
from bot.storage.tenancy import identity, tenant
from jobs.instagram import InstagramAuth
from jobs.tasks import instances
from local.processes import wait_until
from sandbox.people import People, Person
from sandbox.stories import Stories, Story
from tests.support.people import give_valid_session, make_somebody
from tests.support.sandbox_process import SandboxControl

PATIENCE = 60.0
SEED, PEOPLE = 1, 5000
FAR = 9_000
SOON = 0.05

ACTIONS: dict[str, tuple[type[Any], Callable[..., Progress]]] = {
    "follow-hashtag": (placing.FollowHashtag, placing.follow_hashtag),
    "follow-followers": (placing.FollowFollowers, placing.follow_followers),
    "like-hashtag": (placing.LikeHashtag, placing.like_hashtag),
    "view-stories": (placing.ViewStories, placing.view_stories),
    "unfollow": (placing.Unfollow, placing.unfollow),
    "plan": (plans.NewPlan, plans.place),
}


class SharedClock(Clock):
    """The real time plus the seconds in a file that every process with the clock has mapped."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(struct.pack("d", 0.0))
        self.__setstate__(path)

    def __getstate__(self) -> Path:
        return self._path

    def __setstate__(self, path: Path) -> None:
        self._path = path
        with path.open("r+b") as file:
            self._seconds = memoryview(mmap(file.fileno(), 0)).cast("d")

    def now(self) -> datetime:
        return super().now() + self.ahead

    @property
    def ahead(self) -> timedelta:
        return timedelta(seconds=self._seconds[0])

    def advance(self, seconds: float) -> None:
        self._seconds[0] += seconds


@dataclass(frozen=True)
class World:
    """The app, the sandbox and the time of one test."""

    app: Flask
    sandbox: SandboxControl
    clock: SharedClock

    def now(self) -> datetime:
        return self.clock.now()

    def shows_story(self, person: Person) -> bool:
        """Return whether the person shows a story today and tomorrow, so that a test may run over midnight."""
        tomorrow = (self.now() + timedelta(days=1)).timestamp()
        return bool(self.stories_of(person)) and bool(Stories(SEED, People(SEED, PEOPLE)).of(person, tomorrow))

    def advance(self, **length: float) -> None:
        """Put all clocks forward together."""
        seconds = timedelta(**length).total_seconds()
        self.sandbox.post("/clock", seconds=seconds)
        self.clock.advance(seconds)

    def people(self, fits: Callable[[Person], bool], count: int, start: int = 0) -> list[Person]:
        """Return the first people of the sandbox who fit, from number `start` on."""
        everybody = People(SEED, PEOPLE)
        found = (person for number in range(start, PEOPLE) if fits(person := everybody.numbered(number)))
        return [next(found) for _ in range(count)]

    def stories_of(self, person: Person) -> list[Story]:
        """Return the pictures that a person shows now."""
        return Stories(SEED, People(SEED, PEOPLE)).of(person, self.now().timestamp())


@dataclass(frozen=True)
class Bot:
    """A linked and running bot. `account` is its name at the sandbox."""

    world: World
    id: str
    account: str

    def place(self, kind: str, **params: Any) -> str:
        form, accept = ACTIONS[kind]
        return accept(self.id, form(**params)).action.id

    def write_to(self, names: list[str], message: str = "Hello {username}", **params: Any) -> str:
        """Place an action that sends messages to people."""
        writing = sending.SendMessages(usernames=names, message=message, **params)
        return sending.send_messages(self.id, writing, parse_pasted("\n".join(names))).action.id

    def progress(self, action_id: str) -> Progress:
        return control.get_action(self.id, action_id)

    def report(self) -> BotReport:
        return bot_report(self.id)

    def rows(self, action_id: str | None = None) -> list[ActionTarget]:
        """Return the targets of an action, or of all, in order."""
        query = select(ActionTarget).order_by(ActionTarget.action_id, ActionTarget.position)
        with tenant(self.id, reading=True) as session:
            return list(session.scalars(query.where(ActionTarget.action_id == action_id) if action_id else query))

    def row(self, action_id: str, person: str) -> ActionTarget:
        return next(row for row in self.rows(action_id) if row.person == person)

    def named(self, action_id: str, status: str) -> list[str]:
        return [row.target for row in self.rows(action_id) if row.status == status]

    def reasons(self, action_id: str) -> dict[str, str | None]:
        """Return why people were skipped."""
        return {row.person: row.reason for row in self.rows(action_id) if row.status == "skipped"}

    def counts(self, action_id: str) -> dict[str, int]:
        """Return the number of the action's targets by status."""
        query = select(ActionTarget.status, func.count()).where(ActionTarget.action_id == action_id)
        with tenant(self.id, reading=True) as session:
            return {status: count for status, count in session.execute(query.group_by(ActionTarget.status))}  # noqa: C416

    def activity(self, action: str, status: str) -> list[str | None]:
        """Return the targets of the lines of activity, oldest first."""
        query = select(Activity.target).where(Activity.action == action, Activity.status == status)
        with tenant(self.id, reading=True) as session:
            return list(session.scalars(query.order_by(Activity.at, Activity.id)))

    def rests(self) -> list[CoolDown]:
        with tenant(self.id, reading=True) as session:
            return list(session.scalars(select(CoolDown).order_by(CoolDown.created_at)))

    def messages(self) -> dict[str, Message]:
        """Return the claimed messages by their targets' ids."""
        with tenant(self.id, reading=True) as session:
            return {message.target_id: message for message in session.scalars(select(Message))}

    def status(self) -> BotStatus:
        with tenant(self.id, reading=True) as session:
            return session.scalars(select(BotStatus)).one()

    def ended(self, *action_ids: str) -> bool:
        query = select(Action.id).where(Action.id.in_(action_ids), Action.status.in_(("queued", "running", "paused")))
        with tenant(self.id, reading=True) as session:
            return session.scalars(query).first() is None

    def is_idle(self) -> bool:
        """Return whether no worker has the bot's lane or is about to take it."""
        return self._idle_until() is not None

    def _idle_until(self) -> float | None:
        """Return the epoch seconds at which the idle lane is due, infinite without a plan. None: it is not idle."""
        at = planned(runtime().redis, [self.id])[self.id]
        if at is None:
            return math.inf
        return at if at > time.time() + SOON else None

    def notify_bot(self) -> None:
        lifecycle.notify_bot(self.id)

    def lose_worker(self) -> None:
        """End the lane's lease, if there is one, as happens 30 seconds after the death of a worker."""
        runtime().redis.zadd(LEASE, {self.id: 1.0}, xx=True)
        self.notify_bot()

    def skip_wait(self) -> None:
        """Put all clocks forward to the end of the bot's wait, if it waits."""
        self._skip_wait(self._idle_until())

    def _skip_wait(self, idle_until: float | None) -> None:
        """Skip the wait of the lane, unless it has run since it was idle until that time."""
        if idle_until is None:
            return
        until = self.report().verdict.until
        if until and self._idle_until() == idle_until:
            self.world.advance(seconds=max(0.0, (until - self.world.now()).total_seconds()) + 0.01)
            self.notify_bot()

    def drive(self, *until: str | Callable[[], object], patience: float = PATIENCE) -> None:
        """Skip every wait until these actions have ended, or these conditions hold."""

        def reached() -> bool:
            # A step between the look at the conditions and the skip could be what is waited for: a rest, say, whose
            # end the skip would pass.
            idle_until = self._idle_until()
            if all(self.ended(one) if isinstance(one, str) else one() for one in until):
                return True
            self._skip_wait(idle_until)
            return False

        assert wait_until(reached, patience), f"it did not come about: {self.report().verdict}"


def link(world: World, name: str, account: str) -> Bot:
    """Return a user with a real session of the sandbox and a running bot with very high limits.

    In the app's context.
    """
    user = make_somebody(name)
    password = world.sandbox.account(account)["password"]
    answer = InstagramAuth(instances().endpoint()).login(account, password)
    give_valid_session(user.id, username=account, session_data=answer.session)
    change_settings(user.id, Settings(warm_up=False))
    lifecycle.start(user.id)
    return Bot(world, user.id, account)


def lift_limits(*, real_delays: bool = False) -> None:
    """Set default limits that no test reaches.

    `real_delays` sets the pace of a real deployment in place of the demo's.
    """
    with identity() as session:
        for kind, default in DEFAULTS.items():
            delays = {"delay_min": default.delay_min, "delay_max": default.delay_max} if real_delays else {}
            row = update(DailyLimit).where(DailyLimit.kind == kind, DailyLimit.user_id.is_(None))
            session.execute(row.values(per_day=FAR, ceiling=FAR, **delays))
        session.commit()


def timestamp(text: str) -> float:
    """Return the epoch seconds of a time of the ledger."""
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()
