import pytest

from bot.core.errors import BotException
from bot.decision.pushback import apply
from bot.storage.tenancy import tenant
from tests.web.browser import HTMX, holds, shown


def push_back(app, user, name):
    with app.app_context(), tenant(user.id) as session:
        apply(session, BotException(name), "follow")
        session.commit()


def test_it_starts_and_stops(browse, linked):
    browser = browse(linked)
    assert "Your bot is started." in browser.sent("/automation", "form-bot-primary").text
    page = browser.page("/automation")
    assert page.forms["form-bot-primary"].action == "/automation/stop"
    assert "No action is open, so your bot waits for one." in page.text
    assert "Your bot is stopped." in browser.sent("/automation", "form-bot-primary").text


def test_without_a_valid_session_there_is_no_start(browse, alice):
    browser = browse(alice)
    page = browser.page("/automation")
    assert "form-bot-primary" not in page.forms
    form = page.forms["link"]
    form.action = "/automation/start"
    refused = shown(browser.post(form), 409)
    assert "/help/errors/E-AUTH-E-0003" in refused.links
    assert refused.has("account")


def test_the_state_is_fetched_as_the_page_holds_it(browse, placed, running):
    browser = browse(running)
    part = browser.get("/automation/bot", headers=HTMX)
    assert holds(browser.get("/automation"), part)
    assert shown(part).element("bot")["hx-get"] == "/automation/bot"


def test_a_page_on_which_the_bot_worked_is_loaded_anew_when_it_has_halted(app, browse, placed, running):
    browser = browse(running)
    assert "HX-Refresh" not in browser.get("/automation/bot", headers=HTMX).headers
    push_back(app, running, "INSTAGRAM_LOGGED_OUT")
    assert browser.get("/automation/bot", headers=HTMX).headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("name", ["INSTAGRAM_LOGGED_OUT", "INSTAGRAM_ACTION_BLOCKED", "INSTAGRAM_THROTTLED"])
def test_an_error_that_is_the_state_of_the_bot_is_told_once(app, browse, placed, running, name):
    push_back(app, running, name)
    page = browse(running).page("/automation/bot")
    error = BotException(name)
    assert page.text.count(error.message) == 1
    assert f"/help/errors/{error.code}" in page.links
    assert "Last error" not in page.text


def test_an_error_is_muted_when_the_bot_goes_on(app, browse, placed, running):
    browser, error = browse(running), BotException("INSTAGRAM_SERVER_ERROR")
    push_back(app, running, error.name)
    told = f"Last error, 12:00 : {error.message} {error.code}"
    page = browser.page("/automation")
    assert page.text.count(told) == 1
    assert ("p", {"class": "problem"}) not in page.elements
    page = browser.sent("/automation", "form-bot-primary")
    assert page.text.count(told) == 1
    assert ("p", {"class": "problem"}) in page.elements


def test_no_remedy_says_what_a_button_offers(browse, linked):
    browser = browse(linked)
    assert BotException("BOT_STOPPED").remedy not in browser.page("/automation").text
    assert BotException("NO_WORK").remedy not in browser.sent("/automation", "form-bot-primary").text


def test_it_looks_again_only_while_something_changes(browse, running):
    assert "hx-get" not in browse(running).page("/automation").element("bot")
