"""Lives of plans among people who follow back and answer, with a forecast each day: how many ends came as it said."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from bot.actions.candidates import add_candidates
from bot.actions.targets import Candidate, Search, Target, Work
from bot.config.runtime import now, runtime
from bot.decision.verdicts import RunChore
from bot.forecast.forecast import forecast
from bot.settings.preferences import DAYS, Settings, TimeSpan, Week, change_settings
from bot.steps.work import Nothing, next_work
from bot.storage.models import Action
from bot.storage.tenancy import tenant
from tests.bot.driving import id_of
from tests.bot.plans.living import Life
from tests.support.environment import FixedClock
from tests.support.people import give_valid_session, make_somebody, set_running

FOLLOW_BACK: list[dict[str, Any]] = [
    {"do": "follow"},
    {"do": "like", "posts": 1, "when": "follows_back", "within": "5d", "otherwise": [{"do": "unfollow"}]},
]
REMIND: list[dict[str, Any]] = [
    {"do": "message", "text": "{Hi|Hello|Hey|Dear} {username}, {good day|nice to see you|how are you|all well}?"},
    {
        "do": "story",
        "when": "answered",
        "within": "4d",
        "otherwise": [
            {"do": "message", "text": "{Hi|Hello|Hey|Dear} {username}, {and now|so|well|what now}?", "again": True}
        ],
    },
]
TURNS, MINUTE = 20_000, timedelta(minutes=1)


@dataclass(frozen=True)
class Judged:
    """A forecast of an end: what it said, when it was made, and when the end came."""

    made: datetime
    earliest: datetime
    latest: datetime
    ended: datetime

    @property
    def holds(self) -> bool:
        # A lane may look again seconds later than it could, and no page tells seconds.
        return self.earliest - MINUTE <= self.ended <= self.latest + MINUTE

    @property
    def width(self) -> float:
        """Its width as a part of the time that was left."""
        return (self.latest - self.earliest) / (self.ended - self.made)


@dataclass
class Lively(Life):
    """A life in which people follow back and answer at times of their own."""

    chance: Random = field(default_factory=Random)
    coming: list[tuple[datetime, str, str]] = field(default_factory=list)
    forecasts: list[tuple[datetime, dict[str, tuple[datetime, datetime]]]] = field(default_factory=list)

    def note(self, target: Target, work: Work) -> None:
        super().note(target, work)
        fact, share, days = {"follow": ("follows_back", 0.25, 7), "message": ("answered", 0.2, 5)}.get(
            work.step_kind, ("", 0, 0)
        )
        if self.chance.random() < share:
            self.coming.append((now() + timedelta(days=days * self.chance.random()), target.person, fact))

    def go_on(self) -> None:
        following = now()
        for _ in range(TURNS):
            for at, person, fact in [one for one in self.coming if one[0] <= now()]:
                self.coming.remove((at, person, fact))
                self.happen(at, person, fact)
            if now() >= following:
                self.foresee()
                following += timedelta(days=1)
            work = next_work(self.user_id)
            if isinstance(work, RunChore):
                self.do_chore(work.chore)
            elif not isinstance(work, Nothing):
                self.do(work)
            elif self.is_over():
                return
            else:
                soonest = min(at for at in (work.at, following, *(one[0] for one in self.coming)) if at)
                self.clock.moment = max(soonest, now())
        raise AssertionError("it goes on for ever")

    def foresee(self) -> None:
        told = forecast(self.user_id).actions
        ends = {one.id: (one.earliest, one.latest) for one in told if one.id and one.earliest and one.latest}
        self.forecasts.append((now(), ends))

    def judged(self) -> list[Judged]:
        with tenant(self.user_id, reading=True) as session:
            ended = {one.id: one.finished_at for one in session.scalars(select(Action)) if one.finished_at}
        return [
            Judged(made, *ends, ended[id_])
            for made, told in self.forecasts
            for id_, ends in told.items()
            if id_ in ended
        ]


def lived(clock: FixedClock, seed: int, plans: Sequence[tuple[list[dict[str, Any]], int]]) -> list[Judged]:
    """Let a bot live with these plans, each with so much people, and return the forecasts of each day."""
    chance = Random(seed)  # noqa: S311
    runtime().uniform = chance.uniform
    clock.moment = clock.moment.replace(hour=8, minute=0)
    user = make_somebody(f"user-{seed}")
    give_valid_session(user.id)
    set_running(user.id)
    week = Week(**dict.fromkeys(DAYS, TimeSpan(start="09:00", end="20:00")))
    change_settings(user.id, Settings(timezone="UTC", week=week, warm_up=False))
    life = Lively(user.id, clock, [], chance=chance)
    for number, (steps, people) in enumerate(plans):
        clock.advance(seconds=1)
        names = [f"person{seed}-{number}-{one}" for one in range(people)]
        life.begin(steps, names, people)
        action_id = list(life.plans)[-1]
        found = [Candidate(name, name, id_of(name)) for name in names]
        work = Search(action_id, "plan", life.plans[action_id].steps[0].do, {}, None, False)
        add_candidates(user.id, work, found, None, skip_if_handled=False)
    life.go_on()
    return life.judged()
