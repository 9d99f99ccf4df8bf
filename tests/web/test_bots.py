import pytest

from bot.core.errors import BotException
from bot.decision.pushback import apply
from bot.storage.tenancy import tenant
from tests.web.browser import HTMX, holds, shown


def push_back(app, user, name):
    with app.app_context(), tenant(user.id) as session:
        apply(session, BotException(name), "follow")
        session.commit()


def test_the_switch_of_every_page_turns_the_bot_on_and_off(browse, linked):
    browser = browse(linked)
    assert "Your bot is on." in browser.sent("/settings/data", "bot-switch").text
    page = browser.page("/actions/log")
    assert page.forms["bot-switch"].action == "/bot/stop"
    assert "Nothing to do" in page.text
    assert "Your bot is off." in browser.sent("/actions/log", "bot-switch").text


def test_the_switch_leads_back_to_its_page_and_nowhere_else(browse, linked):
    browser = browse(linked)
    assert browser.send("/actions/log?result=failed", "bot-switch").location == "/actions/log?result=failed"
    assert browser.send("/", "bot-switch", {"next": ["https://evil.example/"]}).location == "/"


def test_without_a_valid_session_the_switch_is_off_and_the_sentence_says_why(browse, alice):
    browser = browse(alice)
    page = browser.page("/")
    assert "Connect your account" in page.text
    assert [one for tag, one in page.elements if one.get("role") == "switch" and "disabled" in one]
    refused = shown(browser.post(page.forms["bot-switch"]), 409)
    assert "/help/errors/E-AUTH-E-0003" in refused.links


def test_the_panel_is_fetched_as_the_page_holds_it(browse, placed, running):
    browser = browse(running)
    part = browser.get("/bot", headers=HTMX | {"HX-Current-URL": "http://localhost/settings/connection"})
    assert holds(browser.get("/settings/connection"), part)
    assert shown(part).element("bot")["hx-get"].partition("?")[0] == "/bot"


@pytest.mark.parametrize("name", ["INSTAGRAM_LOGGED_OUT", "INSTAGRAM_ACTION_BLOCKED", "INSTAGRAM_THROTTLED"])
def test_a_halt_leads_to_what_to_do(app, browse, placed, running, name):
    push_back(app, running, name)
    page = browse(running).page("/bot")
    waits = name != "INSTAGRAM_LOGGED_OUT"
    assert (f"/help/errors/{BotException(name).code}" in page.links) is not waits
    assert ("Resumes" in page.text) is waits


def test_it_looks_again_often_only_while_something_changes(app, browse, placed, running):
    assert browse(running).page("/").element("bot")["hx-trigger"] == "every 3s, wake"
    push_back(app, running, "INSTAGRAM_LOGGED_OUT")
    assert browse(running).page("/").element("bot")["hx-trigger"] == "every 30s, wake"
