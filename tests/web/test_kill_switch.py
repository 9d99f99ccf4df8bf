import pytest

from bot.config.runtime import now
from tests.web.browser import shown
from tests.web.situations import all_stopped

PATH = "/admin/kill-switch"


def test_it_is_for_administrators(browse, alice):
    browse(alice).page(PATH, 403)


def test_every_bot_is_stopped_with_a_reason_that_all_users_read(browse, running, placed, ada):
    page = browse(ada).sent(PATH, "stop", {"reason": "A storm <b>of</b> bots"})
    assert "All bots are off" in page.text
    assert "A storm <b>of</b> bots" in page.text
    assert "By ada" in page.text
    overview = browse(running).page("/")
    assert "Your admin has stopped every bot for now. The reason: A storm <b>of</b> bots" in overview.text


def test_the_form_brings_the_banner_and_the_panel_up_to_date(browse, ada):
    page = browse(ada).page(PATH)
    swapped = page.element("stop")["hx-select-oob"]
    parts = [part.partition(":")[0].removeprefix("#") for part in swapped.split(",")]
    assert {"banner", "bot", "notices"} <= set(parts)
    assert [part for part in parts if not page.has(part)] == []


def test_without_a_reason_nothing_is_stopped(browse, ada):
    page = shown(browse(ada).send(PATH, "stop", {"reason": " "}), 422)
    assert page.element("stop-reason")["aria-invalid"] == "true"
    assert "Turn off all bots?" in browse(ada).page(PATH).text


def test_the_release_asks_first(browse, running, ada):
    browser = browse(ada)
    assert "release" not in browser.page(f"{PATH}/release").forms
    page = browser.sent(PATH, "stop", {"reason": "A storm"})
    assert f"{PATH}/release" in page.links
    assert "All bots are off" in browser.page(PATH).text
    page = browser.sent(f"{PATH}/release", "release")
    assert "The bots that were on resume within a minute." in page.text
    assert "A storm" not in browse(running).page("/").text


def pages_of(app, user, browser):
    """Every page of the shell that opens without anything in its address."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("web.") and "GET" in rule.methods]
    for rule in rules:
        response = browser.get(rule.rule) if not rule.arguments else None
        if response and response.mimetype == "text/html" and 'class="shell' in response.text:
            yield rule.rule, response.text


@pytest.mark.parametrize("name", ["alice", "ada"])
def test_every_page_says_that_all_bots_are_stopped_and_why(request, app, browse, ada, name):
    user = request.getfixturevalue(name)
    assert not [path for path, text in pages_of(app, user, browse(user)) if 'id="all-stopped"' in text]
    with app.app_context():
        all_stopped(user.id, now())
    seen = dict(pages_of(app, user, browse(user)))
    assert {"/", "/actions/new", "/actions", "/actions/log", "/settings/schedule"} <= seen.keys()
    told = "The reason: Instagram has changed something</p> </section>"
    assert [path for path, text in seen.items() if told not in " ".join(text.split())] == []
    links = browse(user).page("/settings/data").links
    assert ("/admin/kill-switch" in links) is (name == "ada")


def test_who_is_not_signed_in_is_told_nothing_of_it(app, browse, ada):
    with app.app_context():
        all_stopped(ada.id, now())
    assert "all-stopped" not in browse().get("/login").text
