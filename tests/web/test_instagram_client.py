import pytest

from bot.automation import client_versions
from bot.automation.unknown_replies import UnknownReply, note_unknown_reply
from bot.core.errors import BotException
from bot.linking.app_versions import SPREAD

PATH = "/admin/health/instagram"
REFUSED = BotException("INSTAGRAM_CLIENT_OUTDATED", delivered="no", refused_client="2.0", refused_app="200.0")


@pytest.fixture
def held(app, running):
    with app.app_context():
        client_versions.hold_if_refused(REFUSED)


def test_it_is_for_admins(browse, alice):
    browse(alice).page(PATH, 403)


def test_it_says_that_no_worker_has_started_yet(browse, ada):
    assert "No worker has started here" in browse(ada).page(PATH).text


@pytest.mark.parametrize(("days", "age"), [(0, "today"), (1, "1 day"), (3, "3 days")])
def test_it_shows_version_age_and_sessions(app, browse, running, ada, clock, days, age):
    clock.advance(days=-days)
    with app.app_context():
        client_versions.note_started("2.0", "200.0")
    clock.advance(days=days)
    text = browse(ada).page(PATH).text
    for shown in ("instagrapi 2.0", "200.0", f", {age}", "Unknown until the next call", "Bots may act"):
        assert shown in text
    assert f"at a time of its own within {SPREAD.days + 1} days." in text


@pytest.mark.parametrize("path", ["/", "/actions/new", "/actions", "/actions/log", "/settings/schedule"])
def test_every_page_says_that_the_bots_are_held_and_who_acts(browse, running, held, path):
    page = browse(running).page(path)
    assert "Instagram no longer accepts the app version" in page.text
    assert "your account stays connected" in page.text
    assert PATH not in page.links


def test_the_admin_is_led_to_the_release_which_asks_first(browse, running, ada, held):
    browser = browse(ada)
    assert PATH in browser.page("/").links
    page = browser.page(PATH)
    assert "Instagram refused app version 200.0" in page.text
    assert f"{PATH}/release" in page.links
    page = browser.sent(f"{PATH}/release", "release")
    assert "resume within a minute" in page.text
    assert "by ada" in page.text
    assert "no longer accepts" not in browse(running).page("/").text
    assert "No bot is held" in browser.page(f"{PATH}/release").text


def test_it_shows_replies_that_were_not_understood(app, browse, ada):
    browser = browse(ada)
    assert "Nothing new from Instagram" in browser.page(PATH).text
    with app.app_context():
        note_unknown_reply(UnknownReply("users/{}", 200, "E-NET-W-0003", "2.0", {".": "object", "user": "null"}))
    text = browser.page(PATH).text
    for shown in ("Instagram said something new", "1 reply", "could not be read", "users/{}", "user: null"):
        assert shown in text
