from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.activity import record
from bot.errors import BotException
from bot.models import BotSettings
from bot.pushback import apply
from bot.scope import tenant
from tests.web.browser import holds


def test_a_new_user_is_told_the_first_steps(browse, alice):
    page = browse(alice).page("/")
    assert "No Instagram account is linked." in page.text
    assert "Three steps to the first follow" in page.text
    assert "Nothing has gone wrong in the last 7 days." in page.text


def test_it_says_what_the_bot_does_and_how_much_it_may(browse, ordered, running):
    page = browse(running).page("/")
    assert "Your bot is following people. The next step is due now." in page.text
    assert "0 of 10 follows" in page.text
    assert "Bound by the warm-up of a newly linked account." in page.text
    assert "Demo pace: 2–4 s between steps, all day" in page.text
    assert f"/actions/{ordered}" in page.links


def test_it_looks_again_only_while_something_changes(browse, running, ordered):
    browser = browse(running)
    assert browser.page("/").element("overview")["hx-trigger"] == "every 2s"
    browser.sent("/automation", "form-bot-primary")
    assert "hx-trigger" not in browser.page("/").element("overview")


def test_what_it_fetches_is_what_the_page_holds(browse, ordered, running):
    browser = browse(running)
    assert holds(browser.get("/"), browser.get("/overview/now"))


def test_problems_come_with_what_to_do(app, browse, ordered, running):
    error = BotException("INSTAGRAM_LOGGED_OUT")
    with app.app_context(), tenant(running.id) as session:
        record(session, "follow", "failed", target="somebody", error=error)
        apply(session, error, "follow")
        session.commit()
    page = browse(running).page("/")
    assert page.links.count(f"/help/errors/{error.code}") == 1
    assert "@somebody" in page.text
    assert "Needs you" in page.text
    assert error.remedy in page.text
    assert "On hold" in page.text


def test_problems_of_one_code_are_one_line_and_old_ones_are_left_out(app, browse, linked, clock):
    def fail(name, times, days_ago=0):
        with app.app_context(), tenant(linked.id) as session:
            for _ in range(times):
                clock.advance(minutes=1)
                row = record(session, "follow", "failed", target="somebody", error=BotException(name))
                row.at -= timedelta(days=days_ago)
            session.commit()

    fail("INSTAGRAM_UNREADABLE", 1, days_ago=8)
    fail("INSTAGRAM_TIMEOUT", 3)
    fail("INSTAGRAM_REFUSED", 1)
    page = browse(linked).page("/")
    assert "Follow 3 times, last 12:04" in page.text
    assert "Follow @somebody" in page.text
    assert page.links.index("/help/errors/E-BOT-E-0005") < page.links.index("/help/errors/E-NET-W-0001")
    assert page.links.count("/help/errors/E-NET-W-0001") == 1
    assert BotException("INSTAGRAM_UNREADABLE").message not in page.text


@pytest.mark.parametrize(("zone", "noon"), [("UTC", "12:00"), ("Asia/Kolkata", "17:30")])
def test_times_are_those_of_the_users_zone(app, browse, linked, zone, noon):
    with app.app_context(), tenant(linked.id) as session:
        session.execute(update(BotSettings).values(timezone=zone))
        session.commit()
    page = browse(linked).page("/")
    assert f"Last tested {noon}" in page.text
    assert f"Times are in {zone}" in page.text
    assert ("time", {"datetime": "2026-03-10T12:00:00+00:00"}) in page.elements
