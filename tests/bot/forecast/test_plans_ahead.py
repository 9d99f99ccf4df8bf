"""The forecast of plans against the lives that follow: in a world without surprises each step comes as it says."""

import os
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.actions.candidates import add_candidates
from bot.actions.targets import Candidate, Search
from bot.config.runtime import now, runtime
from bot.decision import chores
from bot.decision.verdicts import RunChore
from bot.forecast.forecast import Wanted, beginning, forecast
from bot.forecast.guesses import Manner, everyone, no_one
from bot.forecast.run_ahead import run_ahead
from bot.plans.placing import NewPlan, place
from bot.settings.preferences import DAYS, OwnLimit, Pace, Settings, TimeSpan, Week, change_limits, change_settings
from bot.steps.work import Nothing, next_work
from bot.storage.models import Action, BotStatus, new_id
from bot.storage.tenancy import tenant
from tests.bot.driving import id_of
from tests.bot.plans.living import Life
from tests.support.people import give_valid_session, make_somebody, set_running

MANY = 600
PER_DAY, OPENS, CLOSES = 4, 8, 20
KINDS = ("follow", "like", "story", "message", "unfollow")
ORDER = ["0m", "1h", "1d", "3d"]
LIVES = settings(
    max_examples=int(os.environ.get("EXAMPLES", "8")),
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if "SHRINK" in os.environ else [])],
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
waits = st.sampled_from(ORDER)


@st.composite
def steps(draw, depth=2, *, first=True, followed=False):
    found = []
    for number in range(draw(st.integers(1, 3))):
        begins = first and number == 0
        do = draw(st.sampled_from(KINDS if followed else KINDS[:4]))
        step = {"do": do} | ({"posts": draw(st.integers(1, 2))} if do == "like" else {})
        if do == "message":
            step |= {"text": "Hello {username}", "again": True}
        if not begins:
            after, within = sorted([draw(waits), draw(waits)], key=ORDER.index)
            when = draw(st.sampled_from([None, None, "follows_back", *("accepted",) * followed]))
            share = draw(st.sampled_from([1, 1, 0.5])) if not when else 1
            step |= {"after": after, "when": when, "within": within, "share": share}
            if when and depth > 1 and draw(st.booleans()):
                step["otherwise"] = draw(steps(depth - 1, first=False, followed=followed))
        found.append(step)
        followed = followed or (do == "follow" and step.get("share", 1) == 1)
    return found


worlds = st.tuples(
    st.lists(st.tuples(steps(), st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=2),
    st.integers(0, 12),
    st.booleans(),
)


class Calm(Life):
    """A life in which nothing is learned before the time for it is over."""

    def do_chore(self, name):
        with tenant(self.user_id) as session:
            status = session.scalars(select(BotStatus)).one()
            status.last_tested = status.replies_read_at = now()
            status.measure_at = now() + timedelta(days=1)
            session.commit()

    def find(self, action_id):
        """Find the people of a plan."""
        step_kind = self.plans[action_id].steps[0].do
        people = [Candidate(name, name, id_of(name)) for name in self.names[action_id]]
        if step_kind == "like":
            people = [replace(one, instagram_id=None) for one in people]
        work = Search(action_id, "plan", step_kind, {}, None, False)
        add_candidates(self.user_id, work, people, None, skip_if_handled=False)

    def go_on(self, calls=None):
        """Live until the plans are over, or so many calls are made."""
        for _ in range(MANY):
            if len(self.ledger) == calls:
                return
            work = next_work(self.user_id)
            if isinstance(work, RunChore):
                self.do_chore(work.chore)
            elif not isinstance(work, Nothing):
                self.do(work)
                # The lane itself may look again only after the pause of the kind that it had a line for.
                with tenant(self.user_id, reading=True) as session:
                    self.clock.moment = session.scalars(select(BotStatus.next_step_at)).one() or now()
            elif self.is_over():
                return
            else:
                assert work.at is not None
                self.clock.moment = work.at
        raise AssertionError("it goes on for ever")

    def ends(self):
        with tenant(self.user_id, reading=True) as session:
            return {one.id: one.finished_at for one in session.scalars(select(Action)) if one.finished_at}


def begin(clock, plans, *, everyone_does):
    """A life of plans whose people are found; no two plans have the same ones."""
    clock.moment = clock.moment.replace(hour=10, minute=0)
    user = make_somebody(f"user-{new_id()[:8]}")
    give_valid_session(user.id)
    set_running(user.id)
    pace = {kind: Pace(delay_min=20, delay_max=60) for kind in KINDS}
    week = Week(**dict.fromkeys(DAYS, TimeSpan(start=f"{OPENS:02}:00", end=f"{CLOSES:02}:00")))
    change_settings(user.id, Settings(timezone="UTC", week=week, warm_up=False, pace=pace))
    change_limits(user.id, {kind: OwnLimit(per_day=PER_DAY) for kind in KINDS})
    life = Calm(user.id, clock, [])
    for number, (asked, people, amount) in enumerate(plans):
        clock.advance(seconds=1)
        names = [f"{name}{number}" for name in ("ann", "ben", "cleo", "dan")[:people]]
        life.begin(asked, names, amount)
        life.find(list(life.plans)[-1])
        if everyone_does:
            life.true_since |= {(name, fact): now() for name in names for fact in ("follows_back", "accepted")}
    return life


@pytest.fixture(autouse=True)
def reading_seldom(monkeypatch):
    """In the demo the inbox is read every few seconds, which takes long over days."""
    monkeypatch.setattr(chores, "DEMO_READ_INTERVAL", timedelta(hours=6))


@LIVES
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@given(worlds)
def test_each_step_and_each_end_comes_as_the_forecast_says(base_app, clock, world):
    plans, calls, everyone_does = world
    runtime().uniform = min
    life = begin(clock, plans, everyone_does=everyone_does)
    life.go_on(calls)
    made, rows = len(life.ledger), life.rows()
    begins = beginning(life.user_id)
    kept = deepcopy(begins.start.workloads)
    told = run_ahead(begins.start, Manner(min, everyone if everyone_does else no_one, at_once=False))
    assert begins.start.workloads == kept
    assert [(row.id, row.status, row.due_at) for row in life.rows()] == [(o.id, o.status, o.due_at) for o in rows]
    open_before = set(begins.progress)
    life.go_on()
    assert [(one.at, one.kind, one.action_id) for one in told.steps] == [
        (call.at, call.kind, call.action_id) for call in life.ledger[made:]
    ]
    assert told.ends == {id_: at for id_, at in life.ends().items() if id_ in open_before}


FOLLOW = {"do": "follow"}
MESSAGE = {"do": "message", "text": "Hello {username}"}


def plan(user, *asked, people=12):
    """A plan whose people are found."""
    source = [{"kind": "followers", "of": ["ann"]}]
    action = place(user.id, NewPlan.model_validate({"source": source, "steps": asked, "amount": people})).action
    work = Search(action.id, "plan", asked[0]["do"], {}, None, False)
    names = [f"person{number}" for number in range(people)]
    add_candidates(user.id, work, [Candidate(one, one, id_of(one)) for one in names], None, skip_if_handled=False)
    return action.id


def test_a_later_step_with_a_lower_limit_is_told(ready):
    change_settings(ready.id, Settings(timezone="UTC", warm_up=False))
    change_limits(ready.id, {"follow": OwnLimit(per_day=10), "message": OwnLimit(per_day=2)})
    plan(ready, FOLLOW, MESSAGE)
    (told,) = forecast(ready.id).actions
    slower = told.slower
    assert (slower.first_per_day, slower.first_kind, slower.per_day, slower.kind) == (10, "follow", 2, "message")
    assert slower.day == 6
    change_limits(ready.id, {"follow": OwnLimit(per_day=10), "message": OwnLimit(per_day=20)})
    assert [one.slower for one in forecast(ready.id).actions] == [None]


def test_a_limit_of_zero_of_a_later_step_is_told(ready):
    change_limits(ready.id, {"message": OwnLimit(per_day=0)})
    plan(ready, FOLLOW, MESSAGE, people=2)
    (told,) = forecast(ready.id).actions
    assert (told.latest, told.reason) == (None, "LIMIT_ZERO")
    assert [one.kind for one in told.days] == ["follow"]


def test_a_condition_makes_an_interval(ready):
    story = {"do": "story", "when": "follows_back", "within": "7d", "otherwise": [{"do": "unfollow"}]}
    plan(ready, FOLLOW, story, people=20)
    (told,) = forecast(ready.id).actions
    # Of twenty people one at least waits until the end, as far as is known.
    assert told.left == 20
    assert now() + timedelta(days=7) < told.earliest < told.latest < now() + timedelta(days=14)
    lows = Counter({one.kind: 0 for one in told.days})
    for one in told.days:
        lows[one.kind] += one.low
    assert lows["follow"] == 20
    assert lows["unfollow"] < 20


def test_one_person_may_meet_it_at_once_or_never(ready):
    plan(ready, FOLLOW, {"do": "story", "when": "follows_back", "within": "7d"}, people=1)
    (told,) = forecast(ready.id).actions
    assert told.earliest < now() + timedelta(hours=1)
    assert told.latest >= now() + timedelta(days=7)


def test_a_plan_that_is_thought_about_is_told_as_one_that_is_placed(ready):
    body = NewPlan.model_validate(
        {"source": [{"kind": "followers", "of": ["ann"]}], "steps": [FOLLOW, MESSAGE | {"after": "1d"}], "amount": 12}
    )
    (wanted,) = forecast(ready.id, Wanted.of_plan(body)).actions
    place(ready.id, body)
    (placed,) = forecast(ready.id).actions
    assert replace(placed, id=None) == wanted
