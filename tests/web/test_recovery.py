import pytest
from pydantic import SecretStr

from bot.config.runtime import EXTENSION
from tests.support.mails import link_in, mails_to, the_clock_ticks, verified
from tests.web.browser import shown

EMAIL = "alice@example.org"
NEW = "a brand new phrase"


@pytest.fixture
def reachable(app, alice):
    """Alice, whose address is verified."""
    with app.app_context():
        verified(alice.id, EMAIL)
    return alice


@pytest.fixture
def settings(app):
    """Changes settings of the running app."""
    runtime = app.extensions[EXTENSION]

    def change(**values):
        runtime.config = runtime.config.model_copy(update=values)

    return change


@pytest.fixture
def link(app, browse, reachable):
    """The path of a link that alice has just got."""
    browse().send("/forgot-password", "forgot", {"username": "alice"})
    with app.app_context():
        the_clock_ticks()
        _, page, token = link_in(mails_to(EMAIL)[0])
    return f"/{page}/{token}"


def twice(password):
    return {"new_password": password, "repeat_password": password}


def test_the_way_from_the_sign_in_to_a_new_password(browse, reachable, link):
    browser = browse()
    assert "/forgot-password" in browser.page("/login").links
    page = browser.sent(link, "reset", twice(NEW))
    assert "Your password is changed" in page.text
    assert browser.send("/login", "login", {"username": "alice", "password": NEW}).location == "/"
    assert "works once" in browser.page(link, 410).text


def test_whoever_asks_is_told_the_same(browse, reachable):
    texts = {browse().sent("/forgot-password", "forgot", {"username": name}).text for name in ("alice", "nobody")}
    assert len(texts) == 1
    assert "Check your e-mail" in texts.pop()


def test_a_link_tells_no_other_page_where_it_was_and_is_kept_nowhere(browse, link):
    for response in (
        browse().get(link),
        browse().get("/reset-password/none"),
        browse().send(link, "reset", twice("x")),
    ):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"


def test_a_form_that_does_not_say_where_it_is_from_is_taken_of_this_site_alone(browse, link):
    refused = browse().send(link, "reset", twice(NEW), headers={"Origin": "null", "Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert browse().send(link, "reset", twice(NEW), headers={"Origin": "null"}).status_code == 403
    taken = browse().send(link, "reset", twice(NEW), headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})
    assert taken.location == "/login"


def test_looking_at_a_link_uses_nothing_up(browse, link):
    for _ in range(3):
        browse().page(link)
    assert browse().send(link, "reset", twice(NEW)).status_code == 303


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "<b>", "{{7*7}}"])
def test_a_link_that_is_none_leads_on(browse, token):
    page = browse().page(f"/reset-password/{token}", 410)
    assert "/forgot-password" in page.links
    assert not page.has("reset-new_password")


def test_what_is_wrong_is_told_at_its_field_and_the_link_stays_good(browse, link):
    unequal = shown(browse().send(link, "reset", {"new_password": NEW, "repeat_password": "x"}), 422)
    assert unequal.element("reset-repeat_password")["aria-invalid"] == "true"
    short = browse().send(link, "reset", twice("short"))
    assert shown(short, 422).element("reset-new_password")["aria-invalid"] == "true"
    assert browse().send(link, "reset", twice(NEW)).status_code == 303


def test_a_name_has_to_be_typed(browse):
    page = shown(browse().send("/forgot-password", "forgot"), 422)
    assert page.element("forgot-username")["aria-invalid"] == "true"


def test_without_mail_an_administrator_has_to_help_whoever_it_is(browse, settings):
    settings(instagram_sandbox=False)
    page = browse().page("/forgot-password")
    assert "Your admin can make you a new password" in page.text
    assert "forgot" not in page.forms


def test_in_the_demo_the_way_to_the_outbox_is_shown_and_only_there(browse, reachable, settings):
    page = browse().sent("/forgot-password", "forgot", {"username": "alice"})
    assert "/outbox" in page.links
    settings(smtp_url=SecretStr("smtp://127.0.0.1:9"), mail_from="bot@example.org")
    assert "/outbox" not in browse().sent("/forgot-password", "forgot", {"username": "alice"}).links
    browse().page("/outbox", 404)


def test_the_outbox_shows_mails_with_links_that_can_be_followed(browse, link):
    page = browse().page("/outbox")
    assert "Choose a new password" in page.text
    assert f"http://127.0.0.1:8000{link}" in page.links
    assert "No e-mail yet" not in page.text


def test_an_outbox_without_mails_says_so(browse):
    assert "No e-mail yet" in browse().page("/outbox").text


def test_an_administrator_sends_a_link_from_the_page_of_the_user(app, browse, ada, reachable):
    path = f"/admin/people/{reachable.id}"
    page = browse(ada).sent(path, "form-reset")
    assert "is on its way" in page.text
    with app.app_context():
        (letter,) = mails_to(EMAIL)
    assert link_in(letter)[2] not in page.text


def test_without_a_verified_address_the_page_says_what_to_do_instead(browse, ada, alice, settings):
    path = f"/admin/people/{alice.id}"
    assert "no verified e-mail address" in browse(ada).page(path).text
    settings(instagram_sandbox=False)
    assert "sends no e-mails" in browse(ada).page(path).text


def test_administrators_see_what_became_of_mails_and_not_what_they_say(browse, ada, alice, link):
    page = browse(ada).page("/admin/health/e-mails")
    assert f"Choose a new password {EMAIL} In the outbox" in page.text
    assert link.rpartition("/")[2] not in page.text
    browse(alice).page("/admin/health/e-mails", 403)


def test_administrators_are_told_that_no_mail_is_sent(browse, ada, settings):
    settings(instagram_sandbox=False)
    page = browse(ada).page("/admin/health/e-mails")
    assert "This server sends no e-mails" in page.text
    assert "No e-mail yet" in page.text


def test_a_signed_in_user_can_reset_as_well(browse, reachable, link):
    assert browse(reachable).send(link, "reset", twice(NEW)).location == "/login"
    assert browse(reachable).get("/").location == "/login"
