import re
from datetime import timedelta
from itertools import product
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from bot.actions import control
from bot.actions.placing import FollowHashtag, LikeHashtag, Unfollow, ViewStories, accept, follow_hashtag
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.decision.pushback import apply
from bot.history.activity import record
from bot.storage.models import AccountDay, Action, ActionTarget, Activity, BotSettings, InstagramCredentials
from bot.storage.tenancy import tenant
from tests.support.statements import statements
from tests.web import situations
from tests.web.browser import shown
from web import followers, labels
from web.assets import AROUND_MAIN
from web.home import CHART_DAYS, MAX_ACTIONS


@pytest.mark.parametrize(
    ("situation", "until"),
    [
        (situations.works(20, 21), "Outside your hours · resumes at 20:00 · Change"),
        (situations.resting, "Paused after a push-back · resumes Mar 11, 17:30"),
        (situations.used_up, "Limit reached · resumes Mar 11, 0:00 · Change"),
        (situations.used_up_for_an_hour, "Limit reached · resumes at 18:10 · Change"),
    ],
)
def test_an_open_action_says_until_when_it_waits(app, browse, clock, running, placed, situation, until):
    with app.app_context():
        situations.live_in_kolkata(running.id, clock.moment)
        situation(running.id, clock.moment)
    assert until in browse(running).page("/").text


ACTIONS = {
    "follow-hashtag": (FollowHashtag(hashtag="coffee", amount=1), "follow"),
    "like-hashtag": (LikeHashtag(hashtag="coffee", amount=1), "like"),
    "view-stories": (ViewStories(amount=1), "story view"),
    "unfollow": (Unfollow(amount=1), "unfollow"),
}


@pytest.mark.parametrize("kind", ACTIONS)
def test_it_says_which_action_runs(app, browse, running, kind):
    params, noun = ACTIONS[kind]
    with app.app_context():
        action = accept(running.id, kind, params, 1, None).action
    page = browse(running).page("/")
    assert page.element(f"open-{action.id}")["class"] == "line lit"
    assert f"Next {noun} now" in page.text


def test_exactly_one_action_is_lit(app, browse, clock, placed, running):
    with app.app_context():
        for hashtag in ("tea", "milk"):
            clock.advance(seconds=1)
            follow_hashtag(running.id, FollowHashtag(hashtag=hashtag, amount=1))
    page = browse(running).page("/")
    assert page.element(f"open-{placed}")["class"] == "line lit"
    assert page.text.count("Takes turns with your other actions") == 2
    assert len([1 for _, found in page.elements if "lit" in (found.get("class") or "").split()]) == 1


def test_every_kind_has_its_use_and_its_limit(app, browse, clock, placed, running):
    with app.app_context():
        situations.used_up(running.id, clock.moment)
    text = browse(running).page("/").text
    for kind, default in DEFAULTS.items():
        used = "10" if kind == "follow" else "0"
        assert f"{used} of {default.first_week} {labels.KINDS[kind][1].capitalize()}" in text
    assert "Warm-up limits apply to all steps." in text
    assert "Resets at midnight." in text


def test_an_hour_that_is_full_and_a_pause_are_told(app, browse, clock, placed, running):
    with app.app_context():
        situations.used_up_for_an_hour(running.id, clock.moment)
        situations.resting(running.id, clock.moment)
    text = browse(running).page("/").text
    assert "Follows: 2 of 2 in the last hour." in text
    assert "Follows are paused by Instagram until Mar 11, 12:00 ." in text


def test_a_pause_that_instagram_did_not_ask_for_is_not_told_as_one(app, browse, clock, placed, running):
    with app.app_context():
        situations.resting_after("KIND_FAILING")(running.id, clock.moment)
    text = browse(running).page("/").text
    assert "Follows are paused until Mar 11, 12:00 , because too many failed in a row." in text
    assert "Paused after failed steps" in text
    assert "by Instagram" not in text


def test_the_figures_count_steps_open_actions_and_failures(app, browse, clock, placed, running):
    with app.app_context():
        situations.used_up(running.id, clock.moment - timedelta(days=1))
        situations.unknown(running.id, clock.moment)
        with tenant(running.id) as session:
            record(session, "follow", "failed", target="ann", error=BotException("INSTAGRAM_TIMEOUT"))
            session.commit()
    text = browse(running).page("/").text
    limit = sum(default.first_week for default in DEFAULTS.values())
    assert f"Done today 1 of {limit} Yesterday: 10" in text
    assert "Last 14 days 11 steps Most on Mar 9: 10" in text
    assert "Open actions 1" in text
    assert "Failed in 7 days 1" in text


def test_zeros_are_left_out(browse, linked):
    text = browse(linked).page("/").text
    assert "Failed in 7 days" not in text
    assert "Recent problems" not in text
    assert "Steps per day" not in text


def test_the_chart_tells_days_kinds_and_results(app, browse, clock, placed, running):
    with app.app_context():
        situations.live_in_kolkata(running.id, clock.moment)
        situations.used_up(running.id, clock.moment - timedelta(days=1))
        situations.unknown(running.id, clock.moment)
    page = browse(running).page("/")
    drawings = [found for _, found in page.elements if found.get("role") == "img"]
    assert {one["aria-label"] for one in drawings} == {"Steps done per day, Feb 25 – Mar 10. Most on Mar 9: 10."}
    assert "Day Follows Failed Not certain Skipped Mar 10 0 0 1 0 Mar 9 10 0 0 0 Mar 8 0 0 0 0" in page.text


def test_the_running_action_stands_first_and_only_a_few_are_shown(app, browse, clock, placed, running):
    with app.app_context():
        for number in range(MAX_ACTIONS):
            clock.advance(minutes=1)
            later = FollowHashtag(hashtag=f"later{number}", amount=1, start_at=clock.moment + timedelta(days=1))
            follow_hashtag(running.id, later)
    text = browse(running).page("/").text
    assert text.index("#coffee") < text.index("#later0") < text.index("#later1")
    assert f"All {MAX_ACTIONS + 1} actions" in text
    assert f"1 running · {MAX_ACTIONS} scheduled" in text
    shown = text.partition("Today’s limits")[0]
    assert f"#later{MAX_ACTIONS - 2}" in shown
    assert f"#later{MAX_ACTIONS - 1}" not in shown


def test_an_open_action_says_when_it_ends(app, browse, running):
    with app.app_context():
        follow_hashtag(running.id, FollowHashtag(hashtag="coffee", amount=25, name="Coffee people"))
    text = browse(running).page("/").text
    assert "Coffee people" in text
    assert "0 of 25 ends Mar 12" in text


def test_it_looks_again_often_only_while_something_changes(browse, running, placed):
    browser = browse(running)
    assert browser.page("/").element("bot")["hx-trigger"] == "every 3s, wake"
    browser.sent("/", "bot-switch")
    assert browser.page("/").element("bot")["hx-trigger"] == "every 30s, wake"


def test_its_own_part_is_asked_for_when_the_panel_brings_news(browse, running, placed):
    page = browse(running).page("/")
    assert page.element("live")["hx-trigger"] == "every 30s, news"
    asked, of_panel = (parse_qs(urlsplit(page.element(name)["hx-get"]).query) for name in ("live", "bot"))
    assert asked["seen"] == of_panel["seen"]


def test_what_it_fetches_is_what_the_page_holds(browse, placed, running):
    browser = browse(running)
    whole, fetched = browser.get("/"), browser.get("/now").text
    live, chart = fetched.split(' hx-swap-oob="outerMorph"')
    live, begins = live[: live.rindex("<div")], live[live.rindex("<div") :]
    for part in (live, begins + chart):
        assert "".join(part.split()) in "".join(whole.text.split())


def test_the_chart_that_it_fetches_has_the_steps_of_the_moment(app, browse, clock, placed, running):
    browser = browse(running)
    assert "Steps per day" not in browser.page("/").text
    assert browser.page("/").has("days")
    (days,) = parse_qs(urlsplit(browser.page("/").element("live")["hx-get"]).query)["days"]
    about = {"position": 1, "target": "ann", "person": "ann", "created_at": clock.moment, "claimed_at": clock.moment}
    with app.app_context(), tenant(running.id) as session:
        session.add(ActionTarget(user_id=running.id, action_id=placed, step_kind="follow", status="done", **about))
        session.commit()
    fetched = shown(browser.get("/now", query_string={"days": days}))
    assert fetched.element("days")["hx-swap-oob"] == "outerMorph"
    assert "Steps per day" in fetched.text


def test_a_chart_that_has_not_changed_is_not_fetched_again(app, browse, clock, placed, running):
    browser = browse(running)
    address = browser.page("/").element("live")["hx-get"]
    with app.app_context():
        control.pause(running.id, placed)
    fetched = shown(browser.get(address))
    assert "Paused by you" in fetched.text
    assert not fetched.has("days")


def test_what_has_not_changed_is_not_sent_again(browse, placed, running):
    browser = browse(running)
    browser.sent("/", "bot-switch")
    address = browser.page("/").element("live")["hx-get"]
    assert "form-home-start" in browser.page("/").forms
    assert browser.get(address).status_code == 204
    browser.sent("/", "bot-switch")
    changed = browser.get(address)
    assert (changed.status_code, "Next follow" in changed.text) == (200, True)


def test_the_end_of_an_action_and_a_halt_are_told_to_screen_readers(app, browse, clock, placed, running):
    browser = browse(running)
    assert browser.page("/").element("news") == {"id": "news", "role": "status", "class": "unseen"}
    with app.app_context():
        control.cancel(running.id, placed)
        follow_hashtag(running.id, FollowHashtag(hashtag="tea", amount=1))
    ended = "Canceled: Follow 5 people from #coffee. 0 followed · 5 not done."
    assert ended in browser.page("/").text
    browser.sent("/", "bot-switch")
    assert f"{ended} The bot is stopped." in browser.page("/").text


def test_the_number_of_actions_and_lines_changes_no_number_of_statements(app, browse, clock, placed, running):
    def look():
        with app.app_context(), statements() as executed:
            browse(running).page("/")
        return len(executed)

    few = look()
    with app.app_context():
        for number in range(8):
            clock.advance(seconds=1)
            placing = FollowHashtag(hashtag=f"tag{number}", amount=1)
            action = follow_hashtag(running.id, placing).action
            with tenant(running.id) as session:
                for person in range(20):
                    record(session, "follow", "done", target=f"p{number}x{person}", action_id=action.id)
                session.commit()
    assert look() == few


def test_problems_come_with_what_to_do(app, browse, placed, running):
    error = BotException("INSTAGRAM_LOGGED_OUT")
    with app.app_context(), tenant(running.id) as session:
        record(session, "follow", "failed", target="somebody", error=error)
        apply(session, error, "follow")
        session.commit()
    page = browse(running).page("/")
    assert f"/help/errors/{error.code}" in page.links
    assert "Follow, @somebody" in page.text
    assert page.element("needs-you")["aria-label"] == "Needs you"
    assert error.remedy in page.text
    assert "/actions/log?result=failed" in page.links


def test_problems_of_one_code_are_one_line_and_old_ones_are_left_out(app, browse, linked, placed, clock):
    def fail(name, times, days_ago=0):
        with app.app_context(), tenant(linked.id) as session:
            for _ in range(times):
                clock.advance(minutes=1)
                record(session, "follow", "failed", target="somebody", error=BotException(name))
            session.execute(
                update(Activity)
                .where(Activity.error_code == BotException(name).code)
                .values(at=clock.moment - timedelta(days=days_ago))
            )
            session.commit()

    fail("INSTAGRAM_UNREADABLE", 1, days_ago=8)
    fail("INSTAGRAM_TIMEOUT", 3)
    fail("INSTAGRAM_REFUSED", 1)
    page = browse(linked).page("/")
    assert "Follow, 3 times" in page.text
    assert "Follow, @somebody" in page.text
    assert page.links.index("/help/errors/E-BOT-E-0005") < page.links.index("/help/errors/E-NET-W-0001")
    assert page.links.count("/help/errors/E-NET-W-0001") == 1
    assert BotException("INSTAGRAM_UNREADABLE").message not in page.text.partition("Recent problems")[2]


@pytest.mark.parametrize(("zone", "noon"), [("UTC", "12:00"), ("Asia/Kolkata", "17:30"), ("America/New_York", "8:00")])
def test_times_are_those_of_the_users_zone(app, browse, linked, placed, zone, noon):
    with app.app_context(), tenant(linked.id) as session:
        session.execute(update(BotSettings).values(timezone=zone))
        session.commit()
    page = browse(linked).page("/")
    assert f"Connected your account {noon}" in page.text
    # A form that changes the zone brings this line up to date, too.
    assert page.has("zone")
    assert f"Times in {zone.replace('_', ' ')}" in page.text
    assert "#zone:innerHTML" in AROUND_MAIN
    assert ("time", {"datetime": "2026-03-10T12:00:00+00:00"}) in page.elements


def test_a_new_user_is_told_the_first_steps(browse, alice):
    page = browse(alice).page("/")
    for step in ("Connect your Instagram account", "Choose a pace and turn on", "Create your first action"):
        assert step in page.text
    assert not page.has("live")


FAILED = ("INSTAGRAM_PERSON_NOT_FOUND", "INSTAGRAM_TIMEOUT", "INSTAGRAM_SERVER_ERROR", "INSTAGRAM_REFUSED")


def test_a_full_page_with_all_that_it_loads_weighs_150_kb_at_most(app, browse, clock, placed, running):
    with app.app_context():
        for number in range(MAX_ACTIONS):
            clock.advance(seconds=1)
            follow_hashtag(running.id, FollowHashtag(hashtag=f"specialtycoffee{number}", amount=50))
        with tenant(running.id) as session:
            for number, (place, kind) in product(range(CHART_DAYS), enumerate(DEFAULTS)):
                if number % len(DEFAULTS) == place:
                    continue
                at, name = clock.moment - timedelta(days=number), f"somebody.{kind}.{number}"
                about = {"position": number, "target": name, "person": name, "created_at": at, "claimed_at": at}
                session.add(ActionTarget(user_id=running.id, action_id=placed, step_kind=kind, status="done", **about))
                record(session, kind, "done", target=name, action_id=placed)
                record(session, kind, "failed", target=name, error=BotException(FAILED[number % len(FAILED)]))
            session.scalars(select(InstagramCredentials)).one().instagram_id = "4711"
            session.execute(update(Action).values(started_at=clock.moment - timedelta(days=5)))
            for ago in range(followers.DAYS):
                on = (clock.moment - timedelta(days=ago)).date()
                session.add(AccountDay(user_id=running.id, account_id="4711", day=on, followers=12_345 - 7 * ago))
            session.commit()
    browser = browse(running)
    page = browser.get("/")
    # The most actions that are shown, four problems, and followers of each day.
    files = {name for name in re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text) if not name.endswith(".woff2")}
    assert len(files) == 6
    assert len(page.data) + sum(len(browser.get(name).data) for name in files) <= 150_000
