"""A poll is answered 204 as long as the page shows what it would bring. Each change, and each time shown, is told."""

from datetime import timedelta

import pytest

from bot.actions import control
from bot.actions.control import count_actions
from bot.automation import kill_switch
from bot.automation.kill_switch import StopAll
from bot.core.errors import BotException
from bot.decision.pushback import apply
from bot.history.activity import record
from bot.settings.preferences import OwnLimit, change_limits
from bot.storage.tenancy import tenant
from tests.bot.driving import act, found, signed_in
from tests.support.statements import statements
from tests.web import situations
from tests.web.browser import shown
from web import action_list
from web.polls import OLDEST

# A page, and the part of it that is polled.
PARTS = [("/", "live"), ("/", "bot"), ("/actions", "open-list"), ("/actions?kind=follow", "open-list")]
PARTS += [("/actions/{}", "action"), ("/actions/{}?status=pending", "action")]


@pytest.fixture
def polls(browse, placed, running):
    """Opens each page that polls, and returns what polls all of them: the answers by page and part."""

    def open_all(parts=PARTS):
        browser = browse(running)
        addresses = {one: browser.page(one[0].format(placed)).element(one[1])["hx-get"] for one in parts}
        return lambda: {one: browser.get(address) for one, address in addresses.items()}

    return open_all


def statuses(answers):
    return {answer.status_code for answer in answers.values()}


def push_back(user):
    with tenant(user.id) as session:
        apply(session, BotException("INSTAGRAM_LOGGED_OUT"), "follow")
        session.commit()


def follow_somebody(user, placed):
    found(user, placed, ["ann", "ben"])
    act(user)


# What happens to alice and her action, and what Home says then.
CHANGES = {
    "done": (lambda user, placed, ada: follow_somebody(user, placed), "Followed @ann"),
    "paused": (lambda user, placed, ada: control.pause(user.id, placed), "Paused by you"),
    "limit": (lambda user, placed, ada: change_limits(user.id, {"follow": OwnLimit(per_day=7)}), "0 of 7 Follows"),
    "failed": (lambda user, placed, ada: push_back(user), "Instagram has ended the session"),
    "ended": (lambda user, placed, ada: control.cancel(user.id, placed), "Canceled: Follow 5 people from #coffee"),
    "stopped": (lambda user, placed, ada: kill_switch.stop_all(signed_in(ada), StopAll(reason="Care")), "Stopped"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_poll_tells_what_has_changed(app, ada, placed, polls, running, change):
    poll = polls()
    assert statuses(poll()) == {204}
    make, words = CHANGES[change]
    with app.app_context():
        make(running, placed, ada)
    answers = poll()
    assert statuses(answers) == {200}
    assert words in " ".join(shown(answers[one]).text for one in PARTS[:2])


@pytest.mark.parametrize("part", [("/", "live"), ("/", "bot"), ("/actions/{}", "action")])
def test_what_brings_nothing_new_reads_no_person(app, placed, polls, running, part):
    with app.app_context():
        found(running, placed, [f"person{number}" for number in range(30)])
    poll = polls([part])
    with app.app_context(), statements() as executed:
        assert statuses(poll()) == {204}
    # A begin, the sign-in, the bot, its limits, the number of lines, and the open actions.
    assert len(executed) == 6
    assert "FROM action_targets" not in " ".join(executed)


@pytest.mark.parametrize("seconds", [45, 60, 600])
def test_a_time_that_a_page_shows_brings_an_answer_when_it_has_come(app, clock, polls, running, seconds):
    with app.app_context():
        situations.status(next_step_at=clock.moment + timedelta(seconds=seconds))(running.id, clock.moment)
    clock.advance(seconds=seconds - 2)
    poll = polls()
    clock.advance(seconds=1)
    assert statuses(poll()) == {204}
    clock.advance(seconds=1)
    answers = poll()
    assert statuses(answers) == {200}
    assert "Next follow now" in shown(answers["/", "live"]).text


def test_a_time_becomes_a_countdown(app, clock, polls, running):
    with app.app_context():
        situations.status(next_step_at=clock.moment + timedelta(seconds=100))(running.id, clock.moment)
    poll = polls()
    clock.advance(seconds=10)
    assert statuses(poll()) == {204}
    clock.advance(seconds=1)
    answers = poll()
    assert statuses(answers) == {200}
    assert "Next follow in 89 s" in shown(answers["/", "live"]).text


def test_a_page_is_never_older_than_some_minutes(clock, polls):
    clock.advance(seconds=20)
    poll = polls()
    clock.advance(seconds=OLDEST.total_seconds() - 1)
    assert statuses(poll()) == {204}
    clock.advance(seconds=1)
    assert statuses(poll()) == {200}


@pytest.mark.parametrize("hours", [[720, 723], [600, 723]])
def test_the_end_of_the_hours_is_news_and_no_minute_before(app, clock, polls, running, hours):
    with app.app_context():
        situations.hours([hours] * 7)(running.id, clock.moment)
    poll = polls()
    clock.advance(seconds=179)
    assert statuses(poll()) == {204}
    clock.advance(seconds=1)
    assert statuses(poll()) == {200}


def test_a_step_that_is_due_is_no_news_of_the_next_moment(clock, monkeypatch, polls):
    def ticking():
        clock.advance(milliseconds=1)
        return clock.moment

    monkeypatch.setattr(clock, "now", ticking)
    assert statuses(polls()()) == {204}


def test_midnight_is_news(app, clock, polls, running):
    with app.app_context():
        situations.zone("Pacific/Fiji")(running.id, clock.moment)
    clock.advance(minutes=-2)
    poll = polls()
    clock.advance(seconds=119)
    assert statuses(poll()) == {204}
    clock.advance(seconds=1)
    assert statuses(poll()) == {200}


def test_a_line_of_activity_is_not_news_again_when_it_is_old(app, clock, polls, running):
    with app.app_context(), tenant(running.id) as session:
        record(session, "follow", "done", target="ann")
        session.commit()
    poll = polls()
    for _ in range(4):
        clock.advance(seconds=40)
        assert statuses(poll()) == {204}


@pytest.mark.parametrize("seen", ["", "x", "-", "0-9", "²-²", "a-99999999999999999999", "0" * 300])
def test_who_says_nothing_sensible_of_what_is_seen_gets_the_part(browse, placed, running, seen):
    assert browse(running).get("/now", query_string={"seen": seen}).status_code == 200


@pytest.mark.parametrize("path", ["/actions/new", "/settings/connection", "/settings/profile"])
def test_a_page_and_its_panel_read_the_bot_together(app, browse, placed, running, path):
    with app.app_context(), statements() as executed:
        browse(running).page(path)
    # Once for the mark, and once for the report of both.
    assert sum("SELECT user_bot_status.revision" in one for one in executed) == 2


def test_a_change_while_a_poll_is_answered_is_news_to_the_next(browse, placed, running, clock, monkeypatch):
    """The tabs are counted, then the action ends, then the list is read: the answer has old numbers and no action."""
    browser = browse(running)
    poll = browser.page("/actions").element("open-list")["hx-get"]

    def count_and_end(*asked):
        counted = count_actions(*asked)
        control.cancel(running.id, placed)
        return counted

    monkeypatch.setattr(action_list, "count_actions", count_and_end)
    # It comes when the times of the page are over, and a mark is not asked for.
    clock.advance(seconds=OLDEST.total_seconds())
    answered = shown(browser.get(poll))
    monkeypatch.undo()
    assert "Open 1" in answered.text
    following = shown(browser.get(answered.element("open-list")["hx-get"]))
    assert "Open 0" in following.text or "Done 1" in following.text
