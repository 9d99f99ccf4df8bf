import pytest

from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.tenancy import tenant

PATH = "/admin/errors"
WAIT = BotException("INSTAGRAM_PLEASE_WAIT")


@pytest.fixture
def failed(app, alice):
    with app.app_context(), tenant(alice.id) as session:
        record(session, "follow", "failed", error=WAIT)
        session.commit()


def test_it_lists_failures_by_code_with_counts(browse, ada, failed):
    page = browse(ada).page(PATH)
    assert f"{WAIT.message.rstrip('.')} 1 bot 1 time" in page.text
    assert WAIT.code not in page.text
    assert f"{PATH}/{WAIT.code}?days=7" in page.links


def test_it_names_the_users_who_met_a_code(browse, ada, alice, failed):
    page = browse(ada).page(f"{PATH}/{WAIT.code}")
    assert f"{WAIT.message.rstrip('.')} Users read:" in page.text
    assert "alice 1" in page.text
    assert f"/admin/people/{alice.id}" in page.links


def test_it_says_what_to_do_about_a_source_that_is_missing(browse, ada):
    code = BotException("INSTAGRAM_PERSON_NOT_FOUND").code
    page = browse(ada).page(f"{PATH}/{code}")
    assert "This person is skipped" in page.text
    assert "its source is meant: Check the spelling, or choose another account." in page.text
    assert "its source is meant" not in browse(ada).page(f"{PATH}/{WAIT.code}").text


def test_an_empty_period_says_so_and_offers_a_longer_one(browse, ada):
    browser = browse(ada)
    for path, words in (
        (PATH, "Nothing failed for any user in this time"),
        (f"{PATH}/{WAIT.code}", "No user met it in this time"),
    ):
        page = browser.page(path)
        assert words in page.text
        assert f"{path}?days=30" in page.links
        assert "Show 30 days" not in browser.page(f"{path}?days=30").text


def test_it_is_for_administrators_and_refuses_what_is_no_period(browse, ada, alice):
    browse(alice).page(PATH, 403)
    browse(alice).page(f"{PATH}/{WAIT.code}", 403)
    browse(ada).page(f"{PATH}?days=0", 422)
    browse(ada).page(f"{PATH}/E-BOT-C-F00D", 404)
