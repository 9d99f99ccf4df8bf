"""The decision as time goes on, for bots of any kind: it keeps every rule, and what it says of later comes true."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decision.decide import BotState, Chore, LimitState, OpenAction, Rest, decide, next_step_time, next_wakeup_time
from bot.decision.hours import Days, Hours, local_date, open_at
from bot.decision.limit_rules import hour_free_at
from bot.decision.verdicts import Halt, PerformStep, Reconcile, RunChore, SkipTarget, Wait

KINDS = ("follow", "message")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
spans = st.tuples(st.integers(0, 1439), st.integers(0, 1440))
PEOPLE = ("ann", "ben")
CHORES = (("read_replies", True), ("test_session", False))


@dataclass(frozen=True)
class Use:
    """When steps of a kind were done, and the most a day (each day one more where it is rising) and an hour."""

    times: list[datetime]
    most: int
    rising: bool
    per_hour: int | None


@dataclass(frozen=True)
class World:
    """A bot and what it did; how much of that counts, and so what it may do, follows from the time."""

    state: BotState
    days: Days
    uses: dict[str, Use]
    moment: datetime

    def at(self, moment):
        return replace(self.state, limits={kind: self.limit(kind, moment) for kind in KINDS})

    def limit(self, kind, moment):
        use = self.uses[kind]
        today = [time for time in use.times if self.counts(time, moment)]
        hour = [time for time in use.times if time > moment - timedelta(hours=1)]
        full, full_hour = len(today) >= self.most(use, moment), len(hour) >= (use.per_hour or 99)
        ends = self.days.free_at(today, moment, lambda at: self.most(use, at)) if full else self.days.today(moment).ends
        hour_ends = hour_free_at(hour, use.per_hour) if full_hour else None
        return LimitState(kind, len(today), self.most(use, moment), "own", ends, len(hour), use.per_hour, hour_ends)

    def counts(self, time, moment):
        zone, changed_at = self.days.timezone, self.days.changed_at
        if local_date(time, zone) == local_date(moment, zone):
            return True
        rolls = changed_at is not None and moment < changed_at + timedelta(hours=24)
        return rolls and time > moment - timedelta(hours=24)

    def most(self, use, moment):
        zone = self.days.timezone
        return use.most + use.rising * (local_date(moment, zone) - local_date(self.moment, zone)).days


@st.composite
def worlds(draw):
    moment = draw(moments)

    def near():
        return moment + timedelta(seconds=draw(st.integers(-90_000, 90_000)))

    def maybe(value):
        return value if draw(st.booleans()) else None

    hours = Hours(draw(zones), tuple(draw(st.none() | spans) for _ in range(7)), draw(st.none() | spans))

    def use():
        seconds = draw(st.lists(st.integers(0, 4000) | st.integers(0, 90_000), max_size=6))
        times = sorted(moment - timedelta(seconds=number) for number in seconds)
        most = draw(st.integers(0, 5))
        return Use(times, most, draw(st.booleans()) and most > 0, draw(st.none() | st.integers(1, 3)))

    def opened(number):
        return OpenAction(
            f"a{number}",
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(["queued", "running", "paused"])),
            near(),
            maybe(near()),
            maybe(near()),
            maybe(near()),
            draw(st.booleans()),
            draw(st.sampled_from([None, *PEOPLE])),
        )

    state = BotState(
        running=draw(st.integers(0, 9)) > 0,
        session_valid=draw(st.integers(0, 9)) > 0,
        halt_reason=None,
        blocked_reason=draw(st.sampled_from([None] * 9 + ["KILL_SWITCH"])),
        hours=hours,
        next_step_at=maybe(near()),
        actions=[opened(number) for number in range(draw(st.integers(0, 3)))],
        rests=[Rest(draw(st.sampled_from((*KINDS, "*"))), near(), "E") for _ in range(draw(st.integers(0, 2)))],
        paces={kind: near() for kind in KINDS if draw(st.booleans())},
        untouchable=frozenset(person for person in PEOPLE if draw(st.booleans())),
        chores=[Chore(name, near(), in_hours) for name, in_hours in CHORES if draw(st.booleans())],
    )
    changed_at = maybe(moment - timedelta(seconds=draw(st.integers(0, 90_000))))
    return World(state, Days(hours.timezone, changed_at), {kind: use() for kind in KINDS}, moment)


@settings(max_examples=300)
@given(worlds())
def test_it_never_acts_against_a_rule(world):
    state, moment = world.at(world.moment), world.moment
    verdict = decide(state, moment)
    assert decide(state, moment) == verdict
    if not isinstance(verdict, Wait | Halt):
        assert state.running
        assert state.session_valid
        assert not [rest for rest in state.rests if rest.kind == "*" and rest.until > moment]
    if isinstance(verdict, PerformStep | Reconcile | SkipTarget):
        action = next(action for action in state.actions if action.id == verdict.action_id)
        assert action.status != "paused"
        assert action.start_at is None or action.start_at <= moment
        assert open_at(state.hours, moment) == moment
        assert not [rest for rest in state.rests if rest.kind == verdict.kind and rest.until > moment]
        assert state.next_step_at is None or state.next_step_at <= moment
    if isinstance(verdict, PerformStep):
        use = state.limits[verdict.kind]
        assert use.used < use.effective
        assert use.per_hour is None or use.used_hour < use.per_hour
        assert state.paces.get(verdict.kind, moment) <= moment
        assert action.person not in state.untouchable


def changes(before, after):
    """Whether a person sees another verdict than before, and not just another time."""
    return not isinstance(after, Wait) or after.reason == "OUTSIDE_HOURS" != before.reason


@settings(max_examples=300)
@given(worlds())
def test_at_the_end_of_a_wait_something_has_changed_and_not_before(world):
    world = replace(world, state=replace(world.state, chores=(), actions=without_doubts(world.state.actions)))
    verdict = decide(world.at(world.moment), world.moment)
    if isinstance(verdict, Wait):
        assert verdict.until > world.moment
        assert changes(verdict, decide(world.at(verdict.until), verdict.until))
        just_before = verdict.until - timedelta.resolution
        assert decide(world.at(just_before), just_before) == verdict


def without_doubts(actions):
    return [replace(action, reconcile_at=None, only_reconciles=False) for action in actions]


@settings(max_examples=300)
@given(worlds())
def test_a_lane_sleeps_through_no_change_and_is_not_woken_for_nothing(world):
    verdict = decide(world.at(world.moment), world.moment)
    look = next_wakeup_time(world.at(world.moment), world.moment)
    if not isinstance(verdict, Wait | Halt):
        assert look == world.moment
        return
    last = look or world.moment + timedelta(days=3)
    for time in [*times_of(world.state), last - timedelta.resolution]:
        if world.moment < time < last:
            assert decide(world.at(time), time) == verdict
    if look:
        assert changes(verdict, decide(world.at(look), look))


def times_of(state):
    """All times at which anything of the bot begins or ends."""
    times = [rest.until for rest in state.rests] + [chore.at for chore in state.chores] + [*state.paces.values()]
    times += [time for action in state.actions for time in (action.start_at, action.reconcile_at) if time]
    return [*times, state.next_step_at] if state.next_step_at else times


@settings(max_examples=300)
@given(worlds())
def test_at_the_time_that_was_told_the_next_step_is_due(world):
    world = replace(world, state=replace(world.state, chores=()))
    told = next_step_time(world.at(world.moment), world.moment)
    if told:
        assert told >= world.moment
        assert not isinstance(decide(world.at(told), told), Wait | Halt | RunChore)
