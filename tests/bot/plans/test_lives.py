"""Lives of plans: whatever people, Instagram and workers do, each call is made once, in its order and in its time.

`EXAMPLES=200` lives more of them. `tests.mutants` removes rules of the product one by one, and these tests find each.
"""

import os
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.decision import chores
from bot.settings.preferences import DAYS, OwnLimit, Pace, Settings, TimeSpan, Week, change_limits, change_settings
from bot.storage.models import new_id
from tests.bot.plans.living import Life
from tests.support.people import give_valid_session, make_somebody, set_running

KINDS = ("follow", "like", "story", "message", "unfollow")
NAMES = ("ann", "ben", "cleo", "dan")
FATES = ("ok", "ok", "ok", "refused", "not_arrived", "lost", "vanished", "dies_before", "dies_after", "late", "absent")
PER_DAY, OPENS, CLOSES = 4, 8, 20
PACE = timedelta(seconds=20)
# To shrink a life takes minutes, and says little more. SHRINK=1 does it.
PHASES = [Phase.explicit, Phase.generate, *([Phase.shrink] if "SHRINK" in os.environ else [])]
LIVES = settings(
    max_examples=int(os.environ.get("EXAMPLES", "8")),
    phases=PHASES,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FACTS = ("follows_back", "accepted", "answered", "stop")
ORDER = ["0m", "1h", "1d", "3d"]
waits = st.sampled_from(ORDER)


@st.composite
def steps(draw, depth=2, *, first=True, written=False, followed=False):
    found = []
    for number in range(draw(st.integers(1, 3))):
        begins = first and number == 0
        do = draw(st.sampled_from(KINDS if followed else KINDS[:4]))
        step = {"do": do} | ({"posts": draw(st.integers(1, 2))} if do == "like" else {})
        if do == "message":
            step |= {"text": "Hello {username}, %s" % draw(st.integers(1, 9)), "again": draw(st.booleans())}  # noqa: UP031
        if not begins:
            of_follows, of_answers = ("accepted",) * followed, ("answered",) * 2 * written
            when = draw(st.sampled_from([None, None, "follows_back", *of_follows, *of_answers]))
            after, within = sorted([draw(waits), draw(waits)], key=ORDER.index)
            step |= {"after": after, "when": when, "within": within}
            if when and depth > 1 and draw(st.booleans()):
                step["otherwise"] = draw(steps(depth - 1, first=False, written=written, followed=followed))
        found.append(step)
        written, followed = written or do == "message", followed or do == "follow"
    return found


def spared(told, written=0, waited=timedelta(9)):
    """The steps with a story in place of each message that would be too much for someone who does not answer."""
    found = []
    for step in told:
        if not step.get("otherwise"):
            step = step | {"otherwise": []}
        branch = spared(step["otherwise"], written, waited + length_of(step.get("within", "7d")))
        if step.get("when") == "answered":
            written = 0
        waited += length_of(step.get("after", "0m"))
        if step["do"] == "message" and written and (not step["again"] or written > 1 or waited < timedelta(3)):
            step = {name: value for name, value in step.items() if name not in ("text", "again")} | {"do": "story"}
        if step["do"] == "message":
            written, waited = written + 1, timedelta()
        found.append(step | ({"otherwise": branch} if branch else {"otherwise": []}))
    return found


def length_of(text):
    return {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(1)}[text[-1]] * int(text[:-1])


@st.composite
def worlds(draw):
    people = st.lists(st.sampled_from(NAMES), min_size=1, unique=True)
    plans = draw(st.lists(st.tuples(steps().map(spared), people, st.integers(1, 3)), min_size=1, max_size=2))
    events = st.tuples(
        st.integers(0, 8 * 24),
        st.sampled_from(NAMES),
        st.sampled_from(["follows_back", "accepted", "answered", "stop"]),
    )
    return plans, sorted(draw(st.lists(events, max_size=6))), draw(st.lists(st.sampled_from(FATES), max_size=20))


def reachable(plan, index):
    """The places before a place of a plan, nearest first, each with the way that was taken: then or no."""
    before = {}
    for node in plan.nodes:
        for child, way in ((node.then, "then"), (node.no, "no")):
            if child is not None:
                before[child] = (node.index, way)
    while index in before:
        index, way = before[index]
        yield index, way


def check(life):
    """All promises of a plan over what arrived."""
    keys = [(call.action_id, call.person, call.node, call.nth) for call in life.ledger]
    assert len(keys) == len(set(keys)), "a call was made twice"
    for kind in KINDS:
        times = [call.at for call in life.ledger if call.kind == kind]
        days = [at.date() for at in times]
        assert all(days.count(day) <= PER_DAY for day in days), "a limit was broken"
        assert all(later - earlier >= PACE for earlier, later in pairwise(times))
    assert all(OPENS <= call.at.hour < CLOSES for call in life.ledger)
    for call in life.ledger:
        check_call(life, call)
    check_messages(life)
    for row in life.rows():
        assert row.status in ("done", "skipped", "failed") or not row.node, (row.status, row.awaits)


def check_call(life, call):
    plan = life.plans[call.action_id]
    node = plan.nodes[call.node]
    mine = [one for one in life.ledger if (one.action_id, one.person) == (call.action_id, call.person)]
    earlier = [one for one in mine if one.at < call.at]
    stopped = life.known_since.get((call.person, "stop"))
    assert stopped is None or call.at <= stopped
    answered = life.known_since.get((call.person, "answered"))
    written = any(one.person == call.person and one.kind == "message" for one in life.ledger)
    if answered and written and (call.node or call.nth) and call.at > answered:
        assert plan.listens, "a step was done after an answer"
    if call.nth:
        assert any((one.node, one.nth) == (call.node, call.nth - 1) for one in earlier)
        return
    if earlier:
        assert call.at - max(one.at for one in earlier) >= node.step.after
        assert {one.node for one in earlier} <= {before for before, _ in reachable(plan, call.node)}
    if node.step.when:
        since = life.true_since.get((call.person, node.step.when))
        assert since is not None
        assert since <= call.at
    for before, way in reachable(plan, call.node):
        if way == "no" and (times := [one.at for one in earlier if one.node < before]):
            event("another way")
            gate = plan.nodes[before].step
            assert call.at - max(times) >= gate.within
            since = life.known_since.get((call.person, gate.when))
            assert since is None or since >= max(times) + gate.within


def check_messages(life):
    """No one gets a second message without an answer in between, but from a step that says so."""
    for person in NAMES:
        answered = life.true_since.get((person, "answered"))
        sent = [one for one in life.ledger if one.person == person and one.kind == "message"]
        for earlier, later in pairwise(sent):
            if not life.plans[later.action_id].nodes[later.node].step.again:
                assert answered is not None
                assert earlier.at <= answered + timedelta(minutes=1)
                assert answered <= later.at


@pytest.fixture(autouse=True)
def reading_seldom(monkeypatch):
    """In the demo the inbox is read every few seconds, which takes long over days."""
    monkeypatch.setattr(chores, "DEMO_READ_INTERVAL", timedelta(hours=2))


@LIVES
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
@given(worlds())
def test_a_life(base_app, clock, world):
    plans, events, fates = world
    clock.moment = clock.moment.replace(hour=10, minute=0)
    user = make_somebody(f"user-{new_id()[:8]}")
    give_valid_session(user.id)
    set_running(user.id)
    pace = {kind: Pace(delay_min=PACE.total_seconds(), delay_max=60) for kind in KINDS}
    hours = TimeSpan(start=f"{OPENS:02}:00", end=f"{CLOSES:02}:00")
    change_settings(
        user.id, Settings(timezone="UTC", week=Week(**dict.fromkeys(DAYS, hours)), warm_up=False, pace=pace)
    )
    change_limits(user.id, {kind: OwnLimit(per_day=PER_DAY) for kind in KINDS})
    life = Life(user.id, clock, list(fates))
    for planned in plans:
        try:
            life.begin(*planned)
        except ValidationError:
            # It waits for an answer for too long after the message.
            assume(False)
    life.live(events)
    check(life)
    for status in sorted({row.status for row in life.rows()}):
        event(f"someone {status}")
