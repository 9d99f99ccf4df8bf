"""A few simulated days of a few bots keep every promise, and the referee who says so finds each one broken."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from bot.decision import hours, limit_rules, pushback
from bot.storage.models import Action, ActionTarget, CoolDown
from bot.storage.models.values import DAY_MINUTES
from tests.bench.month import run
from tests.support.simulated_instagram import AppVersion, Call
from tests.support.simulated_month import simulated_month
from tests.support.simulated_records import audit, check_effects, check_end, check_rests, check_sum
from tests.support.simulated_rules import RULES, Habits, Referee

ALWAYS = ((0, 1440),) * 7
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LINKED = NOON - timedelta(days=30)
HABITS = Habits("UTC", ALWAYS)


def at(**after: float) -> datetime:
    return NOON + timedelta(**after)


def step(moment: datetime = NOON, kind: str = "follow", person: str = "p1", error: str | None = None) -> Call:
    return Call(moment, kind, person, arrived=error is None, error=error)


def look(moment: datetime = NOON, error: str | None = None) -> Call:
    return Call(moment, "look", error=error)


def many(count: int, seconds: float = 60, kind: str = "follow", begins: datetime = NOON) -> list[Call]:
    return [step(begins + timedelta(seconds=number * seconds), kind, f"p{number}") for number in range(count)]


def referee(habits: Habits = HABITS, **known) -> Referee:
    return Referee(habits, **{"linked_at": LINKED, **known})


def broken(calls: list[Call], judge: Referee | None = None) -> set[str]:
    """The rules that these calls break."""
    judge = judge or referee()
    for call in calls:
        judge.watch(call)
    return {breach.rule for breach in judge.breaches}


BLOCK, WAIT = "INSTAGRAM_ACTION_BLOCKED", "INSTAGRAM_PLEASE_WAIT"
ADDRESS, QUIET, REFUSED = "INSTAGRAM_ADDRESS_BLOCKED", "INSTAGRAM_NOT_DONE", "INSTAGRAM_MESSAGE_REFUSED"
SHORT_WEEK = replace(HABITS, week=((540, 1260),) * 5 + (None, None))
OVER_MIDNIGHT = replace(HABITS, week=((18 * 60, 2 * 60),) * 7)
WARMING = replace(HABITS, warm_up=True)
BREACHES = {
    "after the session ended": ("session", HABITS, [look(error="INSTAGRAM_CHALLENGE"), look(at(hours=9))]),
    "after a second block": ("stopped", HABITS, [step(error=BLOCK), step(at(days=6), error=BLOCK), look(at(days=20))]),
    "in the hour of a wait": ("asked to wait", HABITS, [look(error=WAIT), look(at(minutes=59))]),
    "too early": ("hours", SHORT_WEEK, [step(at(hours=-4))]),
    "too late": ("hours", SHORT_WEEK, [step(at(hours=9))]),
    "on a day off": ("hours", SHORT_WEEK, [step(at(days=4))]),
    "after an end past midnight": ("hours", OVER_MIDNIGHT, [step(at(hours=14, minutes=1))]),
    "in the pause": ("pause", replace(HABITS, pause=(12 * 60, 13 * 60)), [step()]),
    "in a pause over midnight": ("pause", replace(HABITS, pause=(23 * 60, 360)), [step(at(hours=17))]),
    "in the hours of another zone": ("hours", replace(SHORT_WEEK, timezone="Pacific/Auckland"), [step()]),
    "within a day of a block": ("cool-down", HABITS, [step(error=BLOCK), step(at(hours=23))]),
    "within three days of a second block": (
        "cool-down",
        HABITS,
        [step(error=BLOCK), step(at(days=6), error=BLOCK), step(at(days=8))],
    ),
    "within a day of the second quiet no in a row": (
        "cool-down",
        HABITS,
        [
            step(error=QUIET),
            step(at(hours=1), error="INSTAGRAM_TIMEOUT"),
            step(at(hours=2), error=QUIET),
            step(at(days=1)),
        ],
    ),
    "after the second pair of quiet noes": (
        "stopped",
        HABITS,
        [step(error=QUIET), step(at(hours=1), error=QUIET), step(at(days=2), error=QUIET), look(at(days=9))],
    ),
    "before the end that a block named": (
        "cool-down",
        HABITS,
        [replace(step(error=BLOCK), until=at(days=4)), step(at(days=3, hours=23))],
    ),
    "within a day of a full list of follows": (
        "cool-down",
        HABITS,
        [step(error="INSTAGRAM_FOLLOWS_FULL"), step(at(hours=23))],
    ),
    "within a day of three refused messages": (
        "cool-down",
        HABITS,
        [*(step(at(hours=hour), "message", error=REFUSED) for hour in range(3)), step(at(hours=25), "message")],
    ),
    "within six hours of a refused address": ("asked to wait", HABITS, [look(error=ADDRESS), look(at(hours=5))]),
    "after the address was refused twice": (
        "stopped",
        HABITS,
        [look(error=ADDRESS), look(at(days=6), error=ADDRESS), look(at(days=30))],
    ),
    "sooner than the delay": ("delay", HABITS, many(2, seconds=44)),
    "sooner than the own delay": ("delay", replace(HABITS, least_delay={"follow": 300}), many(2, seconds=299)),
    "sooner than the delay after a refusal": ("delay", HABITS, [step(error="INSTAGRAM_REFUSED"), step(at(seconds=44))]),
    "past the default": ("default", HABITS, many(51)),
    "past the own limit": ("own", replace(HABITS, per_day={"follow": 7}), many(8)),
    "past the administrator's ceiling": ("ceiling", replace(HABITS, ceiling={"follow": 3}), many(4)),
    "past the ceiling of all": ("ceiling", replace(HABITS, per_day={"follow": 400}), many(101)),
    "past the half after a block": ("caution", HABITS, [step(error=BLOCK), *many(26, begins=at(days=2))]),
    "past the limit of an hour": ("hour", replace(HABITS, per_hour={"follow": 5}), many(6, seconds=719)),
    "a second message": ("once", HABITS, [step(kind="message"), step(at(days=3), "message")]),
}


@pytest.mark.parametrize("what", BREACHES)
def test_the_referee_finds_a_step(what):
    rule, habits, calls = BREACHES[what]
    assert rule in broken(calls, referee(habits))


@pytest.mark.parametrize(("days", "most"), [(0, 10), (7, 10), (14, 30), (20, 47)])
def test_the_referee_finds_one_step_more_than_the_warm_up_allows(days, most):
    def judge() -> Referee:
        return referee(WARMING, linked_at=NOON - timedelta(days=days, hours=1))

    assert not broken(many(most), judge())
    assert broken(many(most + 1), judge()) == {"ramp"}


def test_the_referee_finds_a_step_while_the_bot_is_stopped():
    assert broken([look()], referee(running=False)) == {"stopped"}


def test_the_referee_finds_a_step_to_somebody_who_is_to_be_left_alone():
    assert broken([step(kind="like")], referee(left_alone={"p1"})) == {"left alone"}


def test_the_referee_finds_a_call_of_any_bot_while_the_version_of_the_client_is_refused():
    app = AppVersion(NOON, at(hours=5))
    first, second = referee(app=app), referee(app=app)
    assert not broken([look(error="INSTAGRAM_CLIENT_OUTDATED")], first)
    assert broken([look(at(hours=1))], second) == {"held"}
    app.held = False
    assert not broken([look(at(hours=6))], referee(app=app))


def test_the_referee_lets_quiet_noes_pass_that_are_not_in_a_row():
    calls = [step(error=QUIET), step(at(hours=1)), step(at(hours=2), error=QUIET), step(at(hours=3))]
    assert not broken(calls)


def test_the_referee_lets_pass_what_only_just_keeps_to_the_rules():
    habits = replace(
        SHORT_WEEK, pause=(12 * 60, 13 * 60), per_day={"like": 3}, per_hour={"like": 2}, least_delay={"like": 1800}
    )
    judge = referee(habits)
    calls = [look(at(hours=-9)), *(step(at(minutes=minutes), "like", "p2") for minutes in (-180, -150, -120))]
    assert not broken([*calls, step(at(minutes=60), "message"), step(at(minutes=62), "message", "p2")], judge)
    judge.answered("p1")
    assert not broken([step(at(hours=8, minutes=59), "message"), look(at(hours=12), error=WAIT)], judge)
    assert not broken([look(at(hours=13)), step(at(days=1, hours=1), error=BLOCK)], judge)
    assert not broken([step(at(days=1, hours=2), "like"), *many(25, begins=at(days=2, hours=1, seconds=1))], judge)


def done(person: str, moment: datetime, status: str = "done", kind: str = "follow", **more) -> ActionTarget:
    return ActionTarget(target=person, person=person, step_kind=kind, status=status, claimed_at=moment, **more)


def faults(judge: Referee) -> set[str]:
    return {breach.rule for breach in judge.breaches}


@pytest.mark.parametrize(
    "targets",
    [
        [],
        [done("p1", NOON, "failed")],
        [done("p1", NOON, "pending")],
        [done("p1", NOON), done("p2", at(hours=1))],
        [done("p1", NOON, kind="unfollow")],
        [done("p1", NOON), done("p2", at(hours=1), kind="like", reason="confirmed")],
    ],
)
def test_the_referee_finds_a_record_that_differs_from_what_arrived(targets):
    judge = referee()
    broken([step(), step(at(hours=1), person="p2", error="INSTAGRAM_TIMEOUT")], judge)
    check_effects(judge, targets)
    assert faults(judge) == {"recorded"}


def test_the_referee_takes_an_end_that_is_not_known_for_both():
    judge = referee()
    broken([step(), step(at(hours=1), person="p2", error="INSTAGRAM_TIMEOUT")], judge)
    check_effects(judge, [done("p1", NOON, "unknown"), done("p2", at(hours=1), "unknown")])
    assert not judge.breaches


def test_the_referee_counts_what_is_told_as_done_on_the_word_of_instagram_alone():
    judge = referee()
    judge.watch(Call(NOON, "like", "p1", quiet=True))
    check_effects(judge, [done("p1", NOON, kind="like"), done("p2", NOON, kind="like", look_up_at=at(hours=1))])
    assert (judge.on_word, judge.breaches) == (1, [])


@pytest.mark.parametrize(("kind", "rule"), [("follow", "recorded rest"), ("*", "recorded rest"), ("like", None)])
def test_the_referee_finds_a_step_in_a_rest_that_is_recorded(kind, rule):
    judge = referee()
    broken([step()], judge)
    check_rests(judge, [CoolDown(kind=kind, created_at=at(hours=-5), until=at(seconds=1), error_code="E")])
    assert faults(judge) == ({rule} if rule else set())


def action(kind: str = "follow-hashtag", status: str = "failed", code: str | None = None) -> Action:
    return Action(id="1", kind=kind, status=status, total=2, error_code=code)


@pytest.mark.parametrize(
    ("placed", "statuses"),
    [(action(), ["done"] * 3), (action("send-messages"), ["done"]), (action("send-messages"), ["skipped"] * 3)],
)
def test_the_referee_finds_an_action_whose_targets_do_not_add_up(placed, statuses):
    judge = referee()
    check_sum(judge, placed, [done("p1", NOON, status) for status in statuses])
    assert faults(judge) == {"sum"}


@pytest.mark.parametrize(
    ("placed", "statuses"),
    [(action(), ["done"]), (action(status="succeeded"), ["done"]), (action(code="E-1"), ["working"])],
)
def test_the_referee_finds_an_action_that_ended_without_a_reason(placed, statuses):
    judge = referee()
    check_end(judge, placed, [done("p1", NOON, status) for status in statuses])
    assert faults(judge) == {"end"}


@pytest.mark.parametrize("placed", [action(code="E-1"), action(status="cancelled"), action(status="running")])
def test_the_referee_lets_an_action_end_that_says_why(placed):
    judge = referee()
    check_end(judge, placed, [done("p1", NOON)])
    assert not judge.breaches


@pytest.fixture
def clean_redis(redis_url):
    Redis.from_url(redis_url).flushall()
    return redis_url


@pytest.mark.parametrize("trouble", [1, 5])
def test_some_days_of_some_bots_under_every_refusal_break_no_promise(clean_redis, tmp_path, trouble):
    outcome = run(tmp_path, clean_redis, 8, range(4), days=5, trouble=trouble)
    assert not outcome.breaches
    # The rest depends on the luck of these bots, and is judged in the full month.
    assert {"session", "stopped", "held", "hours", "left alone", "delay", "default", "recorded", "sum", "end"} <= {
        rule for rule in RULES if outcome.judged[rule]
    }
    assert len(outcome.refusals) > trouble
    # Each like and story view is looked up, so nothing is told as done that was not.
    assert outcome.on_word == 0


class TestPlantedInTheProduct:
    """The simulation sees what the product really does: one that breaks a rule is found."""

    def test_limits_and_delays_that_are_not_kept_are_found(self, clean_redis, tmp_path, monkeypatch):
        for kind, default in limit_rules.DEFAULTS.items():
            wide = replace(default, first_week=10**4, per_day=10**4, ceiling=10**4, delay_min=1, delay_max=2)
            monkeypatch.setitem(limit_rules.DEFAULTS, kind, wide)
        assert {"ramp", "delay"} <= self._rules(7, tmp_path, clean_redis)

    def test_hours_that_are_not_kept_are_found(self, clean_redis, tmp_path, monkeypatch):
        monkeypatch.setattr(hours, "_after_pause", lambda _hours, moment, _zone: moment)
        monkeypatch.setattr(hours, "_times", lambda day, _span, zone: all_day(day, zone))
        assert "hours" in self._rules(3, tmp_path, clean_redis)

    def test_a_rest_that_is_too_short_is_found(self, clean_redis, tmp_path, monkeypatch):
        for name in pushback.RESTS_EVERYTHING:
            monkeypatch.setitem(pushback.RESTS_EVERYTHING, name, timedelta(minutes=1))
        assert "asked to wait" in self._rules(3, tmp_path, clean_redis, trouble=15)

    def test_a_bot_that_is_forgotten_over_its_actions_is_found(self, clean_redis, tmp_path):
        with simulated_month(tmp_path, clean_redis, 8, range(3), timedelta(days=2)) as month:
            month.run()
            for bot in month.bots:
                bot.planned = None
                audit(bot, month.clock.moment)
            assert "end" in {breach.rule for bot in month.bots for breach in bot.referee.breaches}

    def _rules(self, seed, folder, redis_url, trouble=1.0) -> set[str]:
        return {breach.rule for breach in run(folder, redis_url, seed, range(2), days=2, trouble=trouble).breaches}


def all_day(day, zone):
    return hours.local_time(day, 0, zone), hours.local_time(day, DAY_MINUTES, zone)
