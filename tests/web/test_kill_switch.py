from tests.web.browser import shown

PATH = "/admin/kill-switch"


def test_it_is_for_administrators(browse, alice):
    browse(alice).page(PATH, 403)


def test_every_bot_is_stopped_with_a_reason_that_all_users_read(browse, running, ada):
    page = browse(ada).sent(PATH, "stop", {"reason": "A storm <b>of</b> bots"})
    assert "Every bot is stopped" in page.text
    assert "A storm <b>of</b> bots" in page.text
    assert "By ada" in page.text
    overview = browse(running).page("/")
    assert "An administrator has stopped every bot for now. The reason: A storm <b>of</b> bots" in overview.text


def test_without_a_reason_nothing_is_stopped(browse, ada):
    page = shown(browse(ada).send(PATH, "stop", {"reason": " "}), 422)
    assert page.element("stop-reason")["aria-invalid"] == "true"
    assert "Bots may act" in browse(ada).page(PATH).text


def test_the_release_asks_first(browse, running, ada):
    browser = browse(ada)
    page = browser.sent(PATH, "stop", {"reason": "A storm"})
    assert f"{PATH}/release" in page.links
    assert "Every bot is stopped" in browser.page(PATH).text
    page = browser.sent(f"{PATH}/release", "release")
    assert "Bots may act" in page.text
    assert "A storm" not in browse(running).page("/").text
