"""The decision run ahead, for bots of any kind: it ends, keeps every limit, pause and hour, and changes nothing."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decision.decide import BotState, OpenAction, Rest
from bot.decision.hours import Days, Hours, local_date, open_at
from bot.decision.limit_rules import Basis, LimitRecord
from bot.forecast.guesses import Manner, no_one
from bot.forecast.run_ahead import HORIZON, MAX_ROUNDS, PAST_HORIZON, Start, Workload, run_ahead

KINDS = ("follow", "message")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
spans = st.tuples(st.integers(0, 1439), st.integers(0, 1440))
PAUSE = (3.0, 8.0)


@st.composite
def starts(draw):
    moment, zone = draw(moments), draw(zones)
    ago = st.timedeltas(timedelta(0), timedelta(hours=30))
    ahead = st.timedeltas(timedelta(0), timedelta(days=3))
    rows = [
        LimitRecord(None, kind, draw(st.integers(0, 40)), draw(st.none() | st.integers(0, 5)), None, None, 45, 120)
        for kind in KINDS
    ]
    actions = [
        OpenAction(
            str(number),
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(["queued", "running", "paused"])),
            moment - draw(ago),
            start_at=draw(st.none() | ahead.map(lambda later: moment + later)),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    days = Days(zone, draw(st.none() | ago.map(lambda before: moment - before)))
    hours = Hours(zone, tuple(draw(st.none() | spans) for _ in range(7)), draw(st.none() | spans))
    rests = draw(
        st.lists(st.builds(Rest, st.sampled_from(KINDS), ahead.map(lambda a: moment + a), st.just("E")), max_size=2)
    )
    state = BotState(
        True, True, None, hours, draw(st.none() | ahead.map(lambda a: moment + a)), actions=actions, rests=rests
    )
    basis = Basis("me", rows, days, days.today(moment), draw(st.booleans()), moment - draw(ago), (), {}, None)
    times = {kind: sorted(moment - draw(ago) for _ in range(draw(st.integers(0, 5)))) for kind in KINDS}
    workloads = {action.id: Workload(draw(st.integers(0, 30))) for action in actions}
    return Start(state, basis, times, workloads, PAUSE, moment)


@settings(deadline=None)
@given(starts(), st.sampled_from([min, max]))
def test_it_ends_and_keeps_every_rule(start, delay):
    before = deepcopy(start)
    run = run_ahead(start, Manner(delay, no_one, at_once=True))
    assert start == before
    assert len(run.steps) <= MAX_ROUNDS
    assert start.moment <= run.until <= start.moment + HORIZON
    assert run.ends.keys() | run.reasons.keys() == {action.id for action in start.state.actions}
    assert run.ends.keys().isdisjoint(run.reasons)
    for at, *_ in run.steps:
        assert start.moment <= at < start.moment + HORIZON
        assert open_at(start.state.hours, at) == at
    for (at, *_), (then, *_) in pairwise(run.steps):
        assert then - at >= timedelta(seconds=PAUSE[0])
    for kind in KINDS:
        mine = [at for at, _, one, _ in run.steps if one == kind]
        assert all(then - at >= timedelta(seconds=45) for at, then in pairwise(mine))
        _check_limits(start, kind, mine)
        assert not [at for at in mine for rest in start.state.rests if rest.kind == kind and at < rest.until]


def _check_limits(start, kind, mine):
    made = [*start.times[kind], *mine]
    for at in mine:
        rule = start.basis.at(at).rule(kind)
        since = start.basis.at(at).today.since
        assert len([one for one in made if since <= one <= at]) <= rule.effective
        if rule.per_hour is not None:
            assert len([one for one in made if at - timedelta(hours=1) < one <= at]) <= rule.per_hour


@settings(deadline=None)
@given(starts())
def test_every_step_that_is_left_is_made_by_the_end_of_its_action(start):
    run = run_ahead(start, Manner(min, no_one, at_once=True))
    left = {action.id: start.workloads[action.id].left for action in start.state.actions}
    made = {kind: len([1 for *_, one, _ in run.steps if one == kind]) for kind in KINDS}
    ended = dict.fromkeys(KINDS, 0)
    for action in start.state.actions:
        ended[action.step_kind] += left[action.id] * (action.id in run.ends)
    # Actions that do not end have made some of theirs.
    assert all(made[kind] >= ended[kind] for kind in KINDS)
    if run.reasons.keys().isdisjoint(left):
        assert made == ended


def test_what_goes_on_after_the_horizon_says_so():
    moment = datetime(2026, 3, 10, 12, tzinfo=UTC)
    days = Days("UTC")
    rows = [LimitRecord(None, "follow", 1, None, None, None, 45, 120)]
    state = BotState(
        True, True, None, Hours("UTC", ((0, 1440),) * 7), None, actions=[OpenAction("one", "follow", "queued", moment)]
    )
    basis = Basis("me", rows, days, days.today(moment), False, None, (), {}, None)
    run = run_ahead(Start(state, basis, {}, {"one": Workload(40)}, PAUSE, moment), Manner(min, no_one, at_once=True))
    assert (run.reasons, run.until) == ({"one": PAST_HORIZON}, moment + HORIZON)
    assert [local_date(at, "UTC") for at, *_ in run.steps] == [moment.date() + timedelta(days=n) for n in range(31)]
