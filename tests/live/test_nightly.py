"""Stored sessions are tested every night, each user's at a minute of its own."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.automation import lifecycle
from bot.lanes.queue import planned
from bot.settings.preferences import Settings, change_settings
from tests.support.live_bots import Bot, link

ZONES = {"ann": "UTC", "ben": "Asia/Tokyo", "cleo": "America/New_York", "dora": "UTC"}
NIGHT = (time(2), time(5))


@pytest.fixture
def team(world, worker) -> dict[str, Bot]:
    made = {name: link(world, name, f"plain_0{number}") for number, name in enumerate(ZONES, 1)}
    for name, bot in made.items():
        change_settings(bot.id, Settings(timezone=ZONES[name]))
    return made


def asked(bot: Bot) -> int:
    """How often the bot has tested its session."""
    return int(bot.world.sandbox.requests(bot.account).get("current_user", 0))


def next_wakeup_time(bot: Bot) -> datetime:
    """When the bot's lane is planned to look again, by the clock that the plan was made by."""
    at = planned(bot.world.app.extensions["troupe"].redis, [bot.id])[bot.id]
    assert at is not None
    return datetime.fromtimestamp(at, UTC) + bot.world.clock.ahead


def night(team: Iterable[Bot], eventually) -> dict[str, datetime]:
    """Goes from one planned look to the next until each of these bots was tested once more; says when each was."""
    bots_of = list(team)
    world, before, tested = bots_of[0].world, {bot.id: asked(bot) for bot in bots_of}, dict[str, datetime]()
    while len(tested) < len(bots_of):
        soonest = min(next_wakeup_time(bot) for bot in bots_of)
        world.advance(seconds=max(0.0, (soonest - world.now()).total_seconds()) + 0.1)
        at = world.now()
        settle(bots_of, eventually)
        tested |= {bot.id: at for bot in bots_of if asked(bot) > before[bot.id] and bot.id not in tested}
    assert {bot.id: asked(bot) for bot in bots_of} == {known: count + 1 for known, count in before.items()}
    return tested


def settle(team: Iterable[Bot], eventually) -> None:
    """Every lane looks now, as the time that was put forward would have let it, and plans its next look."""
    for bot in team:
        bot.notify_bot()
    eventually(lambda: all(bot.is_idle() for bot in team))


def test_each_session_is_tested_once_a_night_at_a_minute_of_its_own(team, eventually):
    everybody = list(team.values())
    nights = [night(everybody, eventually) for _ in range(2)]
    minutes = [{name: minute_of(tested[bot.id], ZONES[name]) for name, bot in team.items()} for tested in nights]
    assert minutes[0] == minutes[1]
    assert all(NIGHT[0] <= minute < NIGHT[1] for minute in minutes[0].values())
    assert len(set(minutes[0].values())) > 1
    for bot in everybody:
        assert bot.activity("test", "done") == [bot.account] * 2
        report = bot.report()
        assert report.session_valid
        assert report.last_tested >= nights[1][bot.id]


def minute_of(moment: datetime, zone: str) -> time:
    return moment.astimezone(ZoneInfo(zone)).time().replace(second=0, microsecond=0)


def test_a_session_that_is_over_is_found_in_the_night_and_not_asked_again(team, world, sandbox, eventually):
    ann, dora = team["ann"], team["dora"]
    sandbox.end_sessions(ann.account)
    night([dora], eventually)
    # Both are of one time zone, so the night is over for both of them.
    world.advance(hours=3)
    settle([ann, dora], eventually)
    # Another chore may have had the turn.
    eventually(lambda: ann.skip_wait() or not ann.report().session_valid)
    report = ann.report()
    assert (report.session_valid, report.bot_running) == (False, False)
    assert (report.verdict.state, report.verdict.reason) == ("halted", "INSTAGRAM_LOGGED_OUT")
    assert ann.activity("test", "failed") == [None]
    assert dora.report().session_valid
    night([dora], eventually)
    settle([ann], eventually)
    assert asked(ann) == 1
    assert [one["kind"] for one in sandbox.ledger(ann.account)] == ["login"]


def test_for_a_stopped_bot_nothing_is_done_at_night(team, world, eventually):
    ann, dora = team["ann"], team["dora"]
    lifecycle.stop(ann.id)
    before = sum(world.sandbox.requests(ann.account).values())
    for _ in range(2):
        night([dora], eventually)
        settle([ann], eventually)
    assert sum(world.sandbox.requests(ann.account).values()) == before
    assert ann.report().session_valid
    # A test that is overdue is the first thing that it does when it runs again.
    lifecycle.start(ann.id)
    eventually(lambda: asked(ann) == 1)
