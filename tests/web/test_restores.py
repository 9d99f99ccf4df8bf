import pytest

from bot.steps import restores

PATH = "/admin/health/restores"


@pytest.fixture
def held(app, running):
    with app.app_context():
        restores.hold_all("found")


def test_it_is_for_administrators(browse, alice):
    browse(alice).page(PATH, 403)


def test_nobody_reads_of_a_restore_where_there_was_none(browse, running, ada):
    assert "Every bot is held" not in browse(running).page("/").text
    assert "Never restored" in browse(ada).page(PATH).text


@pytest.mark.parametrize("path", ["/", "/actions/new", "/actions", "/actions/log", "/settings/schedule"])
def test_every_page_says_that_the_bots_are_held_and_who_acts(browse, running, held, path):
    page = browse(running).page(path)
    assert "Every bot is held. The database was restored" in page.text
    assert "Your admin has to release them" in page.text
    assert PATH not in page.links


def test_the_administrator_is_led_to_the_release_which_asks_first(browse, running, ada, held):
    browser = browse(ada)
    assert PATH in browser.page("/").links
    page = browser.page(PATH)
    assert "the server remembers actions that the database does not know" in page.text
    assert f"{PATH}/release" in page.links
    page = browser.sent(f"{PATH}/release", "release")
    assert "resume within a minute" in page.text
    assert "by ada" in page.text
    assert "Every bot is held" not in browse(running).page("/").text
    assert "No bot is held" in browser.page(f"{PATH}/release").text
