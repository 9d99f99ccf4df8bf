import csv
import io
import re
from datetime import UTC, datetime
from typing import get_args

import pytest
from sqlalchemy import update

from bot.actions import control, names
from bot.actions.names import Rename
from bot.contacts.people import find_people
from bot.core.errors import BotException
from bot.history.activity import record
from bot.history.log import MAX_ROWS, MAX_TARGETS, Run
from bot.storage.models import BotSettings
from bot.storage.models.values import ActivityName, ActivityStatus
from bot.storage.tenancy import tenant
from tests.bot.driving import do_step, follow_action
from tests.support.statements import statements
from tests.web.browser import Page, holds
from web import log_text
from web.log import CHIPS

PATH = "/actions/log"


@pytest.fixture
def write(app, alice, clock):
    """Writes lines of activity of alice, one every so many seconds."""

    def write(*names, action="follow", status="done", error=None, every=60, **more):
        with app.app_context(), tenant(alice.id) as session:
            for name in names:
                clock.advance(seconds=every)
                record(session, action, status, target=name, error=error, **more)
            session.commit()

    return write


def test_nothing_yet_says_what_will_be_here(browse, alice):
    page = browse(alice).page(PATH)
    assert "Nothing has happened yet" in page.text
    assert "/actions/new" in page.links


def test_like_steps_are_one_entry_and_name_the_people(browse, alice, write):
    write("ann", "ben", "cai")
    write("dan", status="failed", error=BotException("INSTAGRAM_REFUSED"))
    write("eve")
    page = browse(alice).page(PATH)
    assert "Today Followed 4 people @eve, @cai, @ben, @ann 12:01–12:05" in page.text
    assert "Could not follow @dan" in page.text
    assert "/help/errors/E-BOT-E-0005" in page.links
    assert page.text.index("Followed 4 people") < page.text.index("Could not follow")


def test_a_long_run_names_its_last_people_and_counts_the_others(browse, alice, write):
    write(*(f"person{number}" for number in range(MAX_TARGETS + 5)))
    assert "@person5 and 5 more" in browse(alice).page(PATH).text


def test_skipped_people_are_counted_by_reason(browse, alice, write):
    for name, reason in (("ann", "private"), ("ben", "verified"), ("cai", "private")):
        write(name, status="skipped", reason=reason)
    text = browse(alice).page(PATH).text
    assert "Skipped 3 people" in text
    assert "Has a private account 2 · Has a verified account 1" in text


def test_a_skipped_post_is_told_of_its_author(browse, alice, write):
    for name, reason in (("A1", "private"), ("B2", "private"), ("C3", "already_liked")):
        write(name, action="like", status="skipped", reason=reason)
    text = browse(alice).page(PATH).text
    assert "Skipped 3 posts" in text
    assert "By someone who has a private account 2 · Liked already 1" in text


def test_an_entry_leads_to_its_action_and_to_its_people(app, browse, running, clock):
    with app.app_context():
        action_id = follow_action(running, people=1)
        do_step(running, clock)
        person = do_person(running)
    browser = browse(running)
    page = browser.page(PATH)
    assert "Followed @person0 from #coffee" in page.text
    assert "You started Follow 100 people from #coffee" in page.text
    assert f"/actions/{action_id}" in page.links
    assert f"/people/{person}" in page.links
    with app.app_context():
        names.rename(running.id, action_id, Rename(name="Coffee people"))
    assert "You renamed Coffee people" in browser.page(PATH).text


def do_person(user):
    """The id of the one person whom the bot of that user has met."""
    return find_people(user.id, "person0", 1, None).items[0].person.id


def test_days_have_names(app, browse, alice, write, clock):
    for day in (7, 9, 10):
        clock.moment = clock.moment.replace(day=day)
        write("somebody")
    text = browse(alice).page(PATH).text
    assert text.index("Today") < text.index("Yesterday") < text.index("Mar 7")


def test_it_is_narrowed_by_each_part_of_the_form(browse, alice, write):
    write("kept", status="failed", error=BotException("INSTAGRAM_REFUSED"))
    write("gone")
    browser = browse(alice)
    form = browser.page(PATH).forms["filter"]
    for values in (
        {"result": "failed"},
        {"code": "E-BOT-E-0005"},
        {"person": "@kept"},
        {"result": "failed", "action": "follow"},
    ):
        text = browser.client.get(form.action, query_string=form.values | values).text
        assert "@kept" in text
        assert "@gone" not in text


def test_each_chip_has_a_name_of_its_own_and_shows_its_acts_alone(browse, alice, write):
    for number, name in enumerate(CHIPS):
        write(f"person{number}", action=name)
    browser = browse(alice)
    html = browser.get(PATH).text
    chips = re.findall(r'<a class="chip.*?</svg>(\w[\w ]*)</a>', html)
    assert len(set(chips)) == len(chips) == len(CHIPS) + 1
    for name in CHIPS:
        assert f"{PATH}?action={name}" in Page(html).links
        rows = csv.DictReader(io.StringIO(browser.get(f"{PATH}.csv?action={name}").text))
        assert {row["action"] for row in rows} == {name}


def test_the_form_is_open_when_it_narrows_and_keeps_the_chips(browse, alice):
    browser = browse(alice)
    for query, expected in (("", {"class": "filters"}), ("?since=2026-03-10", {"class": "filters", "open": None})):
        assert ("details", expected) in browser.page(PATH + query).elements
    page = browser.page(f"{PATH}?action=like&person=ann")
    assert page.forms["filter"].values["action"] == ["like"]
    assert f"{PATH}?action=like&person=ann&result=failed" in page.links


def test_it_is_narrowed_to_one_action(app, browse, running, clock):
    with app.app_context():
        one, other = (follow_action(running, people=1) for _ in range(2))
        control.cancel(running.id, other)
    page = browse(running).page(f"{PATH}?action_id={one}")
    assert "Show all actions" in page.text
    assert f"/actions/{other}" not in page.links


def test_days_are_those_of_the_users_calendar(app, browse, alice, write, clock):
    with app.app_context(), tenant(alice.id) as session:
        session.execute(update(BotSettings).values(timezone="Asia/Kolkata"))
        session.commit()
    for name, hour in (("monday", 18), ("tuesday", 19)):
        clock.moment = datetime(2026, 3, 9, hour, tzinfo=UTC)
        write(name)
    browser = browse(alice)
    text = browser.page(f"{PATH}?since=2026-03-10").text
    assert "Followed @tuesday" in text
    assert "0:31" in text
    assert "@monday" not in text
    text = browser.page(f"{PATH}?until=2026-03-09").text
    assert "@monday" in text
    assert "@tuesday" not in text


def test_a_filter_that_fits_nothing_says_so(browse, alice, write):
    write("somebody")
    page = browse(alice).page(f"{PATH}?result=unknown")
    assert "Nothing fits this filter" in page.text
    assert "Nothing has happened yet" not in page.text


@pytest.mark.parametrize(
    "query",
    [
        "code=nonsense",
        "since=yesterday",
        "until=1",
        "result=perhaps",
        "person=%3C",
        "action_id=1",
        "x=y",
        "cursor=nonsense",
    ],
)
def test_a_bad_filter_is_told_and_the_list_is_whole(browse, alice, write, query):
    write("somebody")
    page = browse(alice).page(f"{PATH}?{query}", 422)
    assert page.has("failure")
    assert "@somebody" in page.text


def test_older_days_are_on_the_next_page_and_the_filter_stays(browse, alice, write, clock):
    clock.moment = clock.moment.replace(day=9)
    write("old")
    clock.moment = clock.moment.replace(day=10)
    write(*(f"name{number}" for number in range(MAX_ROWS)), every=1)
    browser = browse(alice)
    page = browser.page(f"{PATH}?result=done")
    assert "@old" not in page.text
    older = next(link for link in page.links if "cursor=" in link)
    assert "result=done" in older
    page = browser.page(older)
    assert "@old" in page.text
    assert "@name" not in page.text
    assert not [link for link in page.links if "cursor=" in link]


def test_its_table_has_the_lines_that_it_shows(browse, alice, write):
    write("kept", status="failed", error=BotException("INSTAGRAM_REFUSED"))
    write("gone")
    browser = browse(alice)
    link = next(link for link in browser.page(f"{PATH}?result=failed").links if ".csv" in link)
    response = browser.get(link)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=activity_alice_")
    _, *rows = csv.reader(io.StringIO(response.data.decode("utf-8-sig")))
    assert [row[3] for row in rows] == ["kept"]


def test_what_it_fetches_is_what_the_page_holds(browse, alice, write):
    write("ann", "ben")
    browser = browse(alice)
    page = browser.page(f"{PATH}?action=follow")
    assert holds(browser.get(f"{PATH}?action=follow"), browser.get(page.element("log")["hx-get"]))
    assert page.element("log")["hx-trigger"] == "every 10s"


def test_nobody_sees_what_others_did(browse, bob, alice, write):
    write("secret.friend")
    for path in (PATH, f"{PATH}/now", f"{PATH}.csv"):
        assert "secret.friend" not in browse(bob).get(path).text


def test_the_old_address_leads_here_with_its_filter(browse, alice):
    response = browse(alice).get("/activity?result=failed&action=follow")
    assert (response.status_code, response.location) == (302, f"{PATH}?result=failed&action=follow")


def test_five_hundred_lines_cost_the_same_statements_as_few(app, browse, alice, write):
    def look():
        with app.app_context(), statements() as executed:
            browse(alice).page(PATH)
        return len(executed)

    write("ann")
    few = look()
    for number in range(50):
        write(*(f"p{number}x{person}" for person in range(10)), action=["follow", "settings"][number % 2], every=1)
    assert look() == few


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("status", list(ActivityStatus))
@pytest.mark.parametrize("name", get_args(ActivityName))
def test_every_act_and_result_has_words(app, alice, name, status):
    at = datetime(2026, 3, 10, 12, tzinfo=UTC)
    with app.test_request_context():
        for count, targets in ((1, ["ann"]), (3, ["ann", "ben"]), (2, [])):
            run = Run(at.date(), name, status, None, None, None, at, at, count, targets)
            text = str(log_text.entry(run, None).text)
            assert text
            assert "_" not in text
            assert text[0].isupper() or text.startswith("<b>")
