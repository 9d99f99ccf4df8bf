from urllib.parse import quote

import pytest

from bot.config.runtime import EXTENSION
from tests.support.mails import link_in, mails_to, the_clock_ticks, verified
from tests.web.browser import shown

EMAIL = "carol@example.org"
CHOSEN = "a phrase that she chose"
FORM = {"username": "carol", "email": EMAIL, "password": CHOSEN, "repeat_password": CHOSEN}


@pytest.fixture
def open_to_all(app):
    allow_registration(app, True)


def allow_registration(app, allowed):
    runtime = app.extensions[EXTENSION]
    runtime.config = runtime.config.model_copy(update={"allow_registration": allowed})


@pytest.fixture
def mailed(app):
    """The path of the link in the latest mail to an address."""

    def latest(address=EMAIL):
        with app.app_context():
            the_clock_ticks()
            _, page, token = link_in(mails_to(address)[0])
        return f"/{page}/{token}"

    return latest


@pytest.mark.usefixtures("open_to_all")
def test_the_way_from_the_sign_in_to_an_account(browse, mailed):
    browser = browse()
    assert "/register" in browser.page("/login").links
    page = browser.sent("/register", "register", FORM)
    assert "Check your e-mail" in page.text
    assert "/outbox" in page.links
    finish = browser.page(mailed())
    assert "Finish your registration" in finish.text
    assert finish.forms["verify"].values["username"] == ["carol"]
    assert "Your login carol is made." in browser.sent(mailed(), "verify", {"password": CHOSEN}).text
    assert browser.send("/login", "login", {"username": "carol", "password": CHOSEN}).location == "/"


@pytest.mark.usefixtures("open_to_all")
def test_the_page_of_a_link_says_that_registration_was_closed(app, browse, mailed):
    browser = browse()
    browser.send("/register", "register", FORM)
    link = mailed()
    allow_registration(app, False)
    page = shown(browser.get(link), 403)
    assert "Registration is closed on this server" in page.text
    assert "register again" not in page.text


@pytest.mark.usefixtures("open_to_all")
def test_whoever_registers_is_told_the_same(app, browse, alice):
    with app.app_context():
        verified(alice.id, "alice@example.org")
    forms = (FORM, FORM | {"username": "alice"}, FORM | {"email": "alice@example.org"})
    assert len({browse().sent("/register", "register", form).text for form in forms}) == 1


@pytest.mark.usefixtures("open_to_all")
def test_a_taken_name_is_told_at_its_field_and_another_can_be_chosen(browse, alice, mailed):
    browser = browse()
    browser.sent("/register", "register", FORM | {"username": "alice"})
    taken = shown(browser.send(mailed(), "verify", {"password": CHOSEN}), 409)
    assert taken.element("verify-username")["aria-invalid"] == "true"
    assert browser.post(taken.forms["verify"], {"username": "carol", "password": CHOSEN}).location == "/login"


@pytest.mark.usefixtures("open_to_all")
@pytest.mark.parametrize(("password", "status"), [("", 422), ("a phrase that another chose", 400)])
def test_without_the_password_of_the_registration_it_is_said_what_to_do(browse, mailed, password, status):
    browser = browse()
    browser.sent("/register", "register", FORM)
    response = browser.send(mailed(), "verify", {"password": password, "username": "carol2"})
    page = shown(response, status)
    assert page.element("verify-password")["aria-invalid"] == "true"
    assert page.forms["verify"].values["username"] == ["carol2"]
    assert "/register" in page.links
    assert "another chose" not in response.text


@pytest.mark.usefixtures("open_to_all")
def test_what_is_wrong_is_told_at_its_field_and_no_password_comes_back(browse):
    values = {"username": "a b", "email": "nowhere", "password": CHOSEN, "repeat_password": "another"}
    response = browse().send("/register", "register", values)
    page = shown(response, 422)
    assert {"#register-username", "#register-email"} <= set(page.links)
    assert page.element("register-email")["value"] == "nowhere"
    assert CHOSEN not in response.text
    unequal = browse().send("/register", "register", FORM | {"repeat_password": "another"})
    assert shown(unequal, 422).element("register-repeat_password")["aria-invalid"] == "true"
    short = browse().send("/register", "register", FORM | {"password": "short", "repeat_password": "short"})
    assert shown(short, 422).element("register-password")["aria-invalid"] == "true"


@pytest.mark.usefixtures("open_to_all")
def test_looking_at_a_link_makes_nobody_and_tells_no_other_page(browse, mailed):
    browse().sent("/register", "register", FORM)
    for _ in range(2):
        response = browse().get(mailed())
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"
    assert browse().send("/login", "login", {"username": "carol", "password": CHOSEN}).status_code == 401


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00"])
def test_a_link_that_is_none_leads_on(browse, token):
    page = browse().page(f"/verify-email/{token}", 410)
    assert "/login" in page.links
    assert "verify" not in page.forms


def test_where_it_is_closed_the_page_says_so(browse):
    assert "/register" not in browse().page("/login").links
    page = browse().page("/register")
    assert "Registration is closed" in page.text
    assert "register" not in page.forms


def test_an_address_is_changed_in_the_settings_and_counts_after_its_link(browse, alice, mailed):
    browser = browse(alice)
    page = browser.sent("/settings/profile", "form-profile", {"email": EMAIL})
    assert f"A link is on its way to {EMAIL}." in page.text
    assert f"A link was sent to {EMAIL}" in page.text
    assert "Verify this address" in browser.page(mailed()).text
    assert browser.send(mailed(), "verify").location == "/login"
    page = browser.page("/settings/profile")
    assert f"E-mail {EMAIL} Verified" in page.text
    assert "A link was sent" not in page.text


def test_the_link_of_a_user_leads_to_the_sign_in_and_back(browse, alice, bob, mailed):
    browse(alice).sent("/settings/profile", "form-profile", {"email": EMAIL})
    link = mailed()
    assert browse().get(link).location == f"/login?next={quote(link)}"
    assert "This link is for another user" in browse(bob).get(link).get_data(as_text=True)
    assert "Verify this address" in browse(alice).page(link).text


def test_who_has_not_proved_who_they_are_lately_is_asked_first(app, browse, alice, clock):
    clock.advance(minutes=11)
    response = browse(alice).send(
        "/settings/profile", "form-profile", {"email": EMAIL}, headers={"Referer": "http://localhost/settings/profile"}
    )
    assert response.location.startswith("/profile/confirm?next=/settings/profile")
    with app.app_context():
        assert mails_to(EMAIL) == []


def test_an_address_that_is_none_is_told_at_its_field(browse, alice):
    page = shown(browse(alice).send("/settings/profile", "form-profile", {"email": "nowhere"}), 422)
    assert page.element("profile-email")["aria-invalid"] == "true"


def test_without_mail_the_settings_say_that_no_address_can_be_verified(app, browse, alice):
    runtime = app.extensions[EXTENSION]
    runtime.config = runtime.config.model_copy(update={"instagram_sandbox": False})
    page = browse(alice).page("/settings/profile")
    assert "sends no e-mails" in page.text
    assert "form-profile" not in page.forms
