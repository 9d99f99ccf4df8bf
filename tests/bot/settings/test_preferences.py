"""How a bot works: every setting, what is refused, and that a refusal changes nothing."""

import pytest
from sqlalchemy import select

from bot.actions import placing
from bot.actions.filters import Filters
from bot.actions.placing import FollowHashtag
from bot.automation.status import bot_report
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.decision.hours import Hours
from bot.decision.limits import limit_reports
from bot.inputs.validation import checked_json
from bot.lanes.queue import planned
from bot.settings import preferences
from bot.settings.preferences import (
    DAYS,
    OwnLimit,
    Pace,
    Settings,
    TimeSpan,
    change_limits,
    change_settings,
    settings_report,
)
from bot.storage.models import Activity, BotSettings, DailyLimit
from bot.storage.tenancy import tenant

NINE_TO_FIVE, ALL_DAY = TimeSpan(start="09:00", end="17:00"), TimeSpan(start="00:00", end="24:00")


def week(span=NINE_TO_FIVE, **days):
    return dict.fromkeys(DAYS, span) | days


def pace(user, kind):
    return next(report.own_delay for report in limit_reports(user.id) if report.rule.kind == kind)


def everything(user):
    """All that settings and limits are made of, to see that nothing has changed."""
    with tenant(user.id, reading=True) as session:
        changed = session.scalars(select(Activity.id).where(Activity.action.in_(("settings", "limits")))).all()
        rows = session.scalars(select(DailyLimit).where(DailyLimit.user_id == user.id)).all()
        own = [(row.kind, row.per_day, row.per_hour, row.delay_min) for row in rows]
    return settings_report(user.id), limit_reports(user.id), own, changed


def test_a_new_user_has_settings(alice):
    report = settings_report(alice.id)
    assert report.hours == Hours("UTC", ((0, 1440),) * 7, None)
    assert (report.warm_up, report.filters, report.keep, report.stop_words) == (True, Filters(), [], [])


def test_every_field_is_kept_and_read_back(alice):
    filters = Filters(followers_min=5, bio_must=["tea"], verified="skip", ratio_max=2.5)
    pause = TimeSpan(start="23:00", end="06:30")
    report = change_settings(
        alice.id,
        Settings(
            timezone="Asia/Kathmandu",
            week=week(
                sunday=None, saturday=TimeSpan(start="22:00", end="02:00"), friday=TimeSpan(start="00:00", end="24:00")
            ),
            pause=pause,
            warm_up=False,
            filters=filters,
            keep=["@Ben", "ann", "Ann"],
            stop_words=["basta", "genug", "basta"],
            pace={"follow": Pace(delay_min=60, delay_max=90.5)},
        ),
    )
    assert report == settings_report(alice.id)
    assert report.hours.timezone == "Asia/Kathmandu"
    assert report.hours.week == ((540, 1020),) * 4 + ((0, 1440), (1320, 120), None)
    assert (report.hours.pause, report.warm_up, report.filters) == ((1380, 390), False, filters)
    assert (report.keep, report.stop_words) == (["ann", "ben"], ["basta", "genug"])
    assert (pace(alice, "follow"), pace(alice, "like")) == ((60, 90.5), None)


@pytest.mark.parametrize(
    "change",
    [
        Settings(timezone="Europe/Berlin"),
        Settings(week=week()),
        Settings(pause=None),
        Settings(warm_up=True),
        Settings(filters=None),
        Settings(keep=[]),
        Settings(stop_words=[]),
        Settings(pace={"like": None}),
        Settings(),
    ],
    ids=lambda change: next(iter(change.model_fields_set), "nothing"),
)
def test_what_is_left_out_stays(alice, change):
    before = change_settings(
        alice.id,
        Settings(
            timezone="Asia/Tokyo",
            week=week(NINE_TO_FIVE, monday=None),
            pause=TimeSpan(start="12:00", end="13:00"),
            warm_up=False,
            filters=Filters(followers_min=5),
            keep=["ann"],
            stop_words=["basta"],
            pace={"follow": Pace(delay_min=60, delay_max=90)},
        ),
    )
    after = change_settings(alice.id, change)
    shown = {
        "timezone": (lambda report: report.hours.timezone),
        "week": (lambda report: report.hours.week),
        "pause": (lambda report: report.hours.pause),
        "warm_up": (lambda report: report.warm_up),
        "filters": (lambda report: report.filters),
        "keep": (lambda report: report.keep),
        "stop_words": (lambda report: report.stop_words),
    }
    different = {name for name, read in shown.items() if read(before) != read(after)}
    assert different == change.model_fields_set - {"pace"}
    assert pace(alice, "follow") == (60, 90)


def test_only_another_time_zone_is_a_change_of_the_zone(alice, clock):
    def changed_at():
        with tenant(alice.id, reading=True) as session:
            return session.scalars(select(BotSettings.timezone_changed_at)).one()

    change_settings(alice.id, Settings(timezone="UTC", warm_up=False))
    assert changed_at() is None
    change_settings(alice.id, Settings(timezone="Asia/Tokyo"))
    moved_at = clock.moment
    clock.advance(hours=1)
    change_settings(alice.id, Settings(timezone="Asia/Tokyo", warm_up=True))
    change_settings(alice.id, Settings(warm_up=False))
    assert changed_at() == moved_at


def test_a_pace_of_ones_own_is_given_back(alice):
    change_settings(
        alice.id, Settings(pace={"follow": Pace(delay_min=60, delay_max=90), "like": Pace(delay_min=5, delay_max=5)})
    )
    change_settings(alice.id, Settings(pace={"follow": None}))
    assert (pace(alice, "follow"), pace(alice, "like")) == (None, (5, 5))


def test_changed_hours_hold_for_the_next_step_and_ring_the_lane(ready, clock):
    placing.follow_hashtag(ready.id, FollowHashtag(hashtag="x", amount=1))
    runtime().redis.flushall()
    change_settings(ready.id, Settings(week=week(TimeSpan(start="13:00", end="17:00"))))
    shown = bot_report(ready.id)
    assert (shown.verdict.reason, shown.verdict.until) == ("OUTSIDE_HOURS", clock.moment.replace(hour=13))
    assert planned(runtime().redis, [ready.id])[ready.id] is not None


def refused(change, *arguments):
    with pytest.raises(BotException) as raised:
        change(*arguments)
    return raised.value.name, [problem["field"] for problem in raised.value.meta["errors"]]


@pytest.mark.parametrize(
    "change",
    [
        {"week": week(None)},
        {"week": week(), "pause": TimeSpan(start="08:00", end="18:00")},
        {"pause": TimeSpan(start="00:00", end="24:00")},
    ],
)
def test_hours_without_a_minute_are_refused_and_nothing_changes(alice, change):
    before = everything(alice)
    params = Settings(timezone="Asia/Tokyo", warm_up=False, keep=["ann"], **change)
    assert refused(change_settings, alice.id, params) == ("NO_WORKING_HOURS", ["week"])
    assert everything(alice) == before


def test_a_pace_faster_than_the_default_is_refused_and_nothing_changes(alice):
    before = everything(alice)
    paces = {"like": Pace(delay_min=9, delay_max=9), "follow": Pace(delay_min=1.9, delay_max=9)}
    assert refused(change_settings, alice.id, Settings(warm_up=False, pace=paces)) == (
        "PACE_TOO_FAST",
        ["pace.follow.delay_min"],
    )
    assert everything(alice) == before


def test_own_limits_go_up_to_the_ceiling_and_are_given_back(alice):
    change_limits(alice.id, {"follow": OwnLimit(per_day=100, per_hour=7), "like": OwnLimit(per_day=0)})
    shown = {report.rule.kind: (report.own, report.own_per_hour) for report in limit_reports(alice.id)}
    assert (shown["follow"], shown["like"], shown["story"]) == ((100, 7), (0, None), (None, None))
    change_limits(alice.id, {"follow": OwnLimit()})
    shown = {report.rule.kind: (report.own, report.own_per_hour) for report in limit_reports(alice.id)}
    assert (shown["follow"], shown["like"]) == ((None, None), (0, None))


def test_a_limit_above_the_ceiling_is_refused_and_nothing_changes(alice):
    before = everything(alice)
    limits = {"like": OwnLimit(per_day=5), "follow": OwnLimit(per_day=101)}
    assert refused(change_limits, alice.id, limits) == ("ABOVE_CEILING", ["follow.per_day"])
    assert everything(alice) == before


def test_settings_and_limits_of_two_users_do_not_touch(alice, bob):
    before = everything(bob)
    change_settings(alice.id, Settings(timezone="Asia/Tokyo", pace={"follow": Pace(delay_min=60, delay_max=90)}))
    change_limits(alice.id, {"follow": OwnLimit(per_day=3)})
    assert everything(bob) == before


def test_a_change_is_in_the_activity(alice):
    change_settings(alice.id, Settings(warm_up=False))
    change_limits(alice.id, {"follow": OwnLimit(per_day=3)})
    with tenant(alice.id, reading=True) as session:
        recorded = session.scalars(select(Activity.action).where(Activity.action.in_(("settings", "limits"))))
        assert sorted(recorded) == ["limits", "settings"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"timezone": "Europe/Nowhere"}', ("timezone", "INVALID")),
        ('{"timezone": "../../etc/passwd"}', ("timezone", "INVALID")),
        ('{"timezone": "' + "x" * 65 + '"}', ("timezone", "TOO_LONG")),
        ('{"timezone": null}', ("timezone", "WRONG_TYPE")),
        ('{"week": {"monday": null}}', ("week.tuesday", "MISSING")),
        ('{"week": []}', ("week", "WRONG_TYPE")),
        ('{"pause": {"start": "9:00", "end": "10:00"}}', ("pause.start", "WRONG_FORM")),
        ('{"pause": {"start": "24:01", "end": "10:00"}}', ("pause.start", "WRONG_FORM")),
        ('{"pause": {"start": "09:00"}}', ("pause.end", "MISSING")),
        ('{"pause": {"start": 540, "end": 600}}', ("pause.start", "WRONG_TYPE")),
        ('{"warm_up": 1}', ("warm_up", "WRONG_TYPE")),
        ('{"filters": {"followers_min": 9, "followers_max": 8}}', ("filters", "INVALID")),
        ('{"keep": ["a b"]}', ("keep.0", "WRONG_FORM")),
        ('{"keep": "ann"}', ("keep", "WRONG_TYPE")),
        ('{"keep": [' + '"ann",' * 1000 + '"ann"]}', ("keep", "TOO_LONG")),
        ('{"stop_words": ["x"]}', ("stop_words.0", "TOO_SHORT")),
        ('{"stop_words": ["' + "x" * 61 + '"]}', ("stop_words.0", "TOO_LONG")),
        ('{"stop_words": [' + '"word",' * 50 + '"word"]}', ("stop_words", "TOO_LONG")),
        ('{"pace": {"sleep": null}}', ("pace.sleep", "INVALID")),
        ('{"pace": {"like": {"delay_min": 5}}}', ("pace.like.delay_max", "MISSING")),
        ('{"pace": {"like": {"delay_min": 5, "delay_max": 4}}}', ("pace.like", "INVALID")),
        ('{"pace": {"like": {"delay_min": NaN, "delay_max": 4}}}', ("pace.like.delay_min", "ABOVE_MAXIMUM")),
        ('{"pace": {"like": {"delay_min": -1, "delay_max": 4}}}', ("pace.like.delay_min", "BELOW_MINIMUM")),
        ('{"pace": {"like": {"delay_min": 1, "delay_max": 86401}}}', ("pace.like.delay_max", "ABOVE_MAXIMUM")),
        ('{"proxy": 1}', ("proxy", "WRONG_TYPE")),
        ('{"proxy": ""}', ("proxy", "TOO_SHORT")),
        ('{"proxy": "http://' + "x" * 500 + '"}', ("proxy", "TOO_LONG")),
        ('{"vpn": "http://x"}', ("vpn", "UNKNOWN_FIELD")),
    ],
)
def test_bad_settings_are_refused_with_their_field(text, problem):
    with pytest.raises(BotException) as raised:
        checked_json(Settings, text)
    assert problem in [(one["field"], one["code"]) for one in raised.value.meta["errors"]]


@pytest.mark.parametrize("number", ["-1", "10001", "1.5", "true", '"1"', "1" + "0" * 400, "NaN"])
@pytest.mark.parametrize("field", ["per_day", "per_hour"])
def test_bad_limits_are_refused(field, number):
    with pytest.raises(BotException, match="INVALID_INPUT"):
        checked_json(OwnLimit, f'{{"{field}": {number}}}')


def test_a_time_is_shown_as_it_is_written():
    for text in ("00:00", "09:05", "23:59", "24:00"):
        assert preferences.clock_time(preferences._minutes(text)) == text
