from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.models import BotSettings
from bot.storage.tenancy import tenant
from web.activity import PAGE_SIZE

PATH = "/activity"


@pytest.fixture
def write(app, alice, clock):
    """Writes lines of activity of alice, one a minute."""

    def write(*names, action="follow", status="done", error=None):
        with app.app_context(), tenant(alice.id) as session:
            for name in names:
                clock.advance(minutes=1)
                record(session, action, status, target=name, error=error)
            session.commit()

    return write


def test_nothing_yet_says_what_will_be_here(browse, alice):
    page = browse(alice).page(PATH)
    assert "Nothing has happened yet" in page.text
    assert "/automation" in page.links


def test_it_shows_what_was_done_and_how_it_ended(browse, alice, write):
    write("first")
    write("second", status="failed", error=BotException("INSTAGRAM_REFUSED"))
    page = browse(alice).page(PATH)
    assert "12:01:00 Follow @first Done" in page.text
    assert "Instagram refused the call" in page.text
    assert "/help/errors/E-BOT-E-0005" in page.links
    assert page.text.index("@second") < page.text.index("@first")


def test_it_is_narrowed_by_the_form(browse, alice, write):
    write("kept", status="failed", error=BotException("INSTAGRAM_REFUSED"))
    write("gone")
    browser = browse(alice)
    form = browser.page(PATH).forms["filter"]
    for values in ({"result": "failed"}, {"code": "E-BOT-E-0005"}, {"action": "follow", "result": "failed"}):
        text = browser.client.get(form.action, query_string=form.values | values).text
        assert "@kept" in text
        assert "@gone" not in text


def test_the_filters_are_open_when_one_is_set(browse, alice):
    browser = browse(alice)
    folded = [{"class": "filters"}, {"class": "filters", "open": None}]
    for query, expected in (("", folded[0]), ("?result=failed", folded[1])):
        assert ("details", expected) in browser.page(PATH + query).elements


def test_since_is_a_day_of_the_users_calendar(app, browse, alice, write, clock):
    with app.app_context(), tenant(alice.id) as session:
        session.execute(update(BotSettings).values(timezone="Asia/Kolkata"))
        session.commit()
    for name, hour in (("monday", 18), ("tuesday", 19)):
        clock.moment = datetime(2026, 3, 9, hour, tzinfo=UTC)
        write(name)
    text = browse(alice).page(f"{PATH}?since=2026-03-10").text
    assert "0:31:00 Follow @tuesday" in text
    assert "@monday" not in text


def test_a_filter_that_fits_nothing_says_so(browse, alice, write):
    write("somebody")
    page = browse(alice).page(f"{PATH}?result=unknown")
    assert "Nothing fits this filter" in page.text
    assert "Nothing has happened yet" not in page.text


@pytest.mark.parametrize("query", ["code=nonsense", "since=yesterday", "result=perhaps", "x=y", "cursor=nonsense"])
def test_a_bad_filter_is_told_and_the_list_is_whole(browse, alice, write, query):
    write("somebody")
    page = browse(alice).page(f"{PATH}?{query}", 422)
    assert page.has("failure")
    assert "@somebody" in page.text


def test_older_lines_are_on_the_next_page_and_the_filter_stays(browse, alice, write):
    write(*[f"name{number:02}" for number in range(PAGE_SIZE + 1)])
    browser = browse(alice)
    older = next(link for link in browser.page(f"{PATH}?result=done").links if "cursor=" in link)
    assert "result=done" in older
    page = browser.page(older)
    assert "@name00" in page.text
    assert "@name01" not in page.text
    assert not [link for link in page.links if "cursor=" in link]


def test_nobody_sees_what_others_did(browse, bob, alice, write):
    write("secret.friend")
    assert "secret.friend" not in browse(bob).page(PATH).text
