"""Fleet: a blocked bot is found in one look, and its user is reminded."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.automation.verdicts import keep_verdict
from bot.core.errors import BotException, registry
from bot.fleet.totals import count_today
from bot.history.activity import record
from bot.history.refusals import note_refusal
from bot.linking import unlinking
from bot.operations.fleet_figures import failures
from bot.storage.models import User
from bot.storage.tenancy import identity, tenant
from tests.support.many_users import make_running_bots
from tests.support.people import give_valid_session
from tests.support.statements import statements
from tests.web import situations
from tests.web.browser import shown
from web.assets import ADMIN_PAGES
from web.fleet import ago

PATH = "/admin"


@pytest.fixture
def brought(app, clock, running, placed):
    """Brings the bot of alice into a situation, as the product would notice it."""

    def bring(situation):
        with app.app_context():
            situation(running.id, clock.moment)
            keep_verdict(running.id)
        return running

    return bring


@pytest.fixture
def reachable(app, running):
    with app.app_context(), identity() as session:
        values = {"email": "alice@example.org", "email_verified_at": User.created_at}
        session.execute(update(User).where(User.id == running.id).values(**values))
        session.commit()


def test_it_is_for_admins(browse, alice):
    for path in (PATH, f"{PATH}/now"):
        assert "/help/errors/E-AUTH-E-0007" in browse(alice).page(path, 403).links


def test_a_blocked_bot_is_on_top_with_its_reason_since_when_and_who_acts(browse, ada, brought, clock):
    alice = brought(situations.ended_by("INSTAGRAM_LOGGED_OUT"))
    clock.advance(minutes=40)
    page = browse(ada).page(PATH)
    assert "1 bot needs attention" in page.text
    assert "@insta.name · Instagram signed the bot out alice must sign in to Instagram again 40 min" in page.text
    assert (
        "@insta.name alice Needs help Instagram signed the bot out alice must sign in to Instagram again" in page.text
    )
    assert f"/admin/people/{alice.id}" in page.links


def test_while_all_is_well_nothing_asks_for_attention(browse, ada, brought):
    brought(situations.as_it_is)
    page = browse(ada).page(PATH)
    assert "attention" not in page.text
    assert "@insta.name alice Working Following people" in page.text
    assert "Working 1 of 1 bot" in page.text


@pytest.mark.parametrize(
    ("situation", "row"),
    [
        (situations.as_it_is, "Working Following people"),
        (situations.pausing, "Working Next step in 45 s"),
        (situations.status(bot_running=False, stop_reason="BLOCKED_AGAIN"), "Needs help Blocked twice within a week"),
        (situations.resting, "Waiting Follows paused by Instagram until"),
        (
            situations.resting_after("KIND_FAILING"),
            "Needs help Follows failed too often in a row until Mar 11, 12:00 alice must look at what failed",
        ),
        (situations.resting_after("INSTAGRAM_PLEASE_WAIT"), "Waiting Instagram asks to wait until"),
        (situations.trying_again("PROXY_NOT_FOUND"), "Needs help The proxy does not exist"),
        (situations.trying_again("INTERNAL"), "Needs help A fault of Troupe"),
        (situations.own_limit(0), "Needs help Limit of follows is 0"),
        (situations.stopped, "Off Turned off"),
        (situations.paused, "Waiting Every action is paused by the user"),
        (situations.used_up, "Waiting Limit of follows reached until"),
        (situations.all_stopped, "Waiting An admin turned all bots off"),
        (situations.held, "Waiting Held after a restore of the database"),
    ],
)
def test_the_row_of_a_bot_is_its_verdict(browse, ada, brought, situation, row):
    brought(situation)
    assert f"alice {row}" in browse(ada).page(PATH).text


def test_the_admin_is_told_what_they_have_to_do_themselves(browse, ada, brought):
    brought(situations.sealed_by_another_key)
    page = browse(ada).page(PATH)
    assert "You: put the right encryption key back" in page.text
    assert "Remind" not in page.text
    assert "Open alice" in page.text


def test_bots_are_filtered_and_searched_for(app, browse, ada, bob, brought):
    brought(situations.ended_by("INSTAGRAM_LOGGED_OUT"))
    with app.app_context():
        give_valid_session(bob.id, username="bobs.name")
        keep_verdict(bob.id)
    browser = browse(ada)
    page = browser.page(PATH)
    for chip in ("All 2", "Needs help 1", "Working 0", "Off 1"):
        assert chip in page.text
    rows = browser.page(f"{PATH}?show=off").text.split("Verdict and who acts")[-1]
    assert "bob" in rows
    assert "alice" not in rows
    page = browser.page(f"{PATH}?search=insta")
    assert page.forms["find"].values["search"] == ["insta"]
    assert "All 1" in page.text
    assert "No bot matches “zzz”" in browser.page(f"{PATH}?search=zzz").text
    browser.page(f"{PATH}?show=sleepy", 422)


def test_a_user_without_an_account_has_no_bot(app, browse, ada, bob, brought):
    alice = brought(situations.as_it_is)
    browser = browse(ada)
    page = browser.page(PATH)
    assert "All 1" in page.text
    assert "Working 1 of 1 bot" in page.text
    assert f"/admin/people/{bob.id}" not in page.links
    with app.app_context():
        unlinking.unlink(alice.id)
    page = browser.page(PATH)
    assert "All 0" in page.text
    assert "No bots yet." in page.text
    assert "No bot matches" not in page.text
    assert f"/admin/people/{alice.id}" not in page.links
    people = browser.page("/admin/people")
    assert {f"/admin/people/{one.id}" for one in (alice, bob)} <= set(people.links)


@pytest.mark.parametrize("hold", [situations.all_stopped, situations.held])
def test_while_all_bots_are_held_no_reminder_is_offered(app, browse, ada, brought, clock, hold):
    alice = brought(situations.ended_by("INSTAGRAM_LOGGED_OUT"))
    browser = browse(ada)
    form = f"form-remind-{alice.id}"
    assert form in browser.page(PATH).forms
    with app.app_context():
        hold(alice.id, clock.moment)
    assert form not in browser.page(PATH).forms
    assert "form-remind" not in browser.page(f"/admin/people/{alice.id}").forms


def test_a_user_is_reminded_once_and_the_page_says_so(browse, ada, brought, reachable):
    alice = brought(situations.ended_by("INSTAGRAM_LOGGED_OUT"))
    browser = browse(ada)
    page = browser.sent(PATH, f"form-remind-{alice.id}")
    assert "alice is reminded by e-mail." in page.text
    assert f"form-remind-{alice.id}" not in page.forms
    assert "Reminded" in page.text
    person = browser.page(f"/admin/people/{alice.id}")
    assert "form-remind" not in person.forms
    assert "User reminded of a bot that waits for them by ada" in person.text


def test_a_reminder_that_is_not_possible_says_why(browse, ada, brought):
    alice = brought(situations.ended_by("INSTAGRAM_LOGGED_OUT"))
    page = shown(browse(ada).send(PATH, f"form-remind-{alice.id}"), 409)
    assert registry()["NO_WAY_TO_REMIND"].description in page.text


def test_problems_of_today_are_named_with_their_bots(app, browse, ada, brought):
    alice = brought(situations.as_it_is)
    error = BotException("INSTAGRAM_PLEASE_WAIT")
    with app.app_context(), tenant(alice.id) as session:
        record(session, "follow", "failed", error=error)
        session.commit()
    page = browse(ada).page(PATH)
    assert f"{error.message.rstrip('.')} AL alice 1" in page.text
    assert f"/admin/errors/{error.code}?days=1" in page.links
    assert error.code not in page.text


def test_a_problem_is_what_an_operator_should_look_at(app, browse, ada, brought):
    alice = brought(situations.as_it_is)
    shown, of_a_person, of_the_user = "INTERNAL", "INSTAGRAM_PERSON_PRIVATE", "INSTAGRAM_PROXY_FAILED"
    with app.app_context():
        with tenant(alice.id) as session:
            for name in (shown, of_a_person, of_the_user):
                record(session, "follow", "failed", error=BotException(name))
            session.commit()
        note_refusal(alice.id, BotException("KILL_SWITCH"))
        note_refusal(alice.id, BotException(shown))
    problems = browse(ada).page(PATH).text.split("Problems today")[-1]
    assert f"{registry()[shown].description.rstrip('.')} AL alice 1" in problems
    for name in (of_a_person, of_the_user, "KILL_SWITCH"):
        assert registry()[name].description.rstrip(".") not in problems
    with app.app_context():
        told = {one.known.entry.name: one.for_operator for one in failures(1)}
    assert told == {shown: True, of_a_person: False, of_the_user: False, "KILL_SWITCH": False}


def test_the_totals_are_those_of_all_bots_by_day(app, browse, ada, alice, bob, clock):
    for user in (alice, bob):
        with app.app_context(), tenant(user.id) as session:
            record(session, "follow", "done", target="somebody")
            record(session, "follow", "failed", error=BotException("INSTAGRAM_PLEASE_WAIT"))
            record(session, "settings", "done")
            session.commit()
    assert "Steps today 2 " in browse(ada).page(PATH).text
    clock.advance(days=1)
    with app.app_context():
        totals = count_today()
        assert [(one.done, one.failed) for one in totals[-2:]] == [(2, 2), (0, 0)]
        assert len(totals) == 14


def test_it_looks_again_by_itself_with_the_same_filter(browse, ada, brought):
    brought(situations.as_it_is)
    browser = browse(ada)
    page = browser.page(f"{PATH}?show=working")
    assert page.element("fleet")["hx-get"] == f"{PATH}/now?show=working"
    part = browser.page(f"{PATH}/now?show=working")
    assert part.element("fleet") == page.element("fleet")


def test_many_bots_cost_as_many_questions_as_few(app, config, browse, ada, brought):
    brought(situations.ended_by("INSTAGRAM_LOGGED_OUT"))
    browser = browse(ada)

    def questions():
        browser.page(PATH)
        with app.app_context(), statements() as asked:
            browser.page(PATH)
        return len(asked)

    make_running_bots(app, config, 60)
    few = questions()
    make_running_bots(app, config, 1000, first=60)
    assert questions() == few


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=5), "1 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_length_is_said_in_its_largest_unit(app, clock, length, words):
    with app.app_context():
        assert ago(clock.moment - length) == words
        assert ago(None) == "–"


@pytest.mark.parametrize(("name", "path"), [("ada", path) for _, path, _ in ADMIN_PAGES] + [("alice", "/settings")])
def test_on_a_phone_one_tab_is_marked_on_every_page(request, browse, name, path):
    user = request.getfixturevalue(name)
    response = browse(user).get(path)
    page = browse(user).page(response.location or path)
    more = [one for tag, one in page.elements if tag == "button" and one.get("popovertarget") == "more"]
    assert len(more) == 1
    behind = path not in [tab for _, tab, _ in ADMIN_PAGES[:4]]
    assert ("aria-current" in more[0]) is behind
