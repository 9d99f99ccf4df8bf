import re
from pathlib import Path

import pytest

from bot.auth.sessions import sessions
from bot.users.directory import NewUser, create_user
from middleware.access import require_confirmed
from tests.support.people import PASSWORD
from tests.web.browser import HTMX, Browser, pages_of_users, shown
from web import kept_forms

PATH = "/settings/security/password"
TEMPLATES = Path(kept_forms.__file__).parent / "templates"
NEW = "another battery staple"
FIRST = "given out by the admin"


@pytest.fixture
def newcomer(app):
    """The browser of somebody who has just signed in with a first password."""
    with app.app_context():
        create_user(NewUser(username="newcomer", password=FIRST), None)
    browser = Browser(app)
    assert browser.send("/login", "login", {"username": "newcomer", "password": FIRST}).location == "/"
    return browser


def filled(current=PASSWORD, new=NEW, repeat=None):
    return {"current_password": current, "new_password": new, "repeat_password": repeat or new}


def test_every_page_leads_to_the_change_of_a_first_password(app, newcomer):
    for path, access in pages_of_users(app):
        response = newcomer.get(path)
        expected = 200 if access.allow_password_change else 303
        assert response.status_code == expected, path
        assert access.allow_password_change or response.location.startswith(PATH), path


def test_the_first_password_is_changed_once_and_the_way_is_free(newcomer):
    asked = newcomer.get("/settings/connection").location
    assert asked == f"{PATH}?next=/settings/connection"
    page = newcomer.sent(asked, "password", filled(FIRST))
    assert "Your password is changed." in page.text
    assert page.has("account")


def test_no_navigation_is_offered_before_that(newcomer):
    links = newcomer.page(PATH).links
    assert "/settings/connection" not in links
    assert "/actions/log" not in links


def test_a_change_ends_every_other_sign_in_and_makes_a_new_one(app, browse, alice):
    browser = browse(alice)
    browser.sent(PATH, "password", filled())
    assert browser.client.get_cookie("troupe_session").value != alice.token
    with app.app_context():
        assert sessions.find(alice.token, "cookie") is None


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        (filled(current="a guess of mine"), 400, "current_password"),
        (filled(new="short"), 422, "new_password"),
        (filled(new="alice and bob"), 422, "new_password"),
        (filled(repeat="something else"), 422, "repeat_password"),
        ({"new_password": NEW, "repeat_password": NEW}, 422, "current_password"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(browse, alice, values, status, field):
    response = browse(alice).send(PATH, "password", values)
    page = shown(response, status)
    assert page.element(f"password-{field}")["aria-invalid"] == "true"
    assert page.links.count(f"#password-{field}") == 1
    assert not [value for value in values.values() if value in response.text and value != "short"]


CONFIRM = "/profile/confirm"


@pytest.fixture
def guarded(app):
    """A page that only who is confirmed may see and send."""
    view = require_confirmed(lambda: "behind the question")
    app.add_url_rule("/guarded", "web.guarded", view, methods=["GET", "POST"])
    return "/guarded"


def test_a_page_leads_to_the_confirmation_and_back(browse, alice, guarded, clock):
    browser = browse(alice)
    clock.advance(minutes=10)
    asked = browser.get(f"{guarded}?part=2").location
    assert asked == f"{CONFIRM}?next={guarded}?part%3D2"
    assert "Nothing has been done yet" not in browser.page(asked).text
    response = browser.send(asked, "confirm", {"password": PASSWORD})
    assert (response.status_code, response.location) == (303, f"{guarded}?part=2")
    assert browser.get(response.location).text == "behind the question"


def test_a_form_leads_back_to_its_page_and_it_is_said_that_nothing_was_done(browse, alice, guarded, clock):
    browser = browse(alice)
    token = browser.page(CONFIRM).forms["confirm"].values["csrf_token"][0]
    clock.advance(minutes=10)
    sent = browser.client.post(
        guarded, data={"csrf_token": token}, headers={"Referer": "http://localhost/settings/schedule"}
    )
    assert (sent.status_code, sent.location) == (303, f"{CONFIRM}?next=/settings/schedule&unsent=1")
    assert "Nothing has been done yet" in browser.page(sent.location).text
    page = browser.sent(sent.location, "confirm", {"password": PASSWORD})
    assert "Nothing was sent yet: look at the form, and send it once more." in page.text
    assert page.has("hours-title")


def test_htmx_is_told_to_load_the_confirmation(browse, alice, guarded, clock):
    browser = browse(alice)
    clock.advance(minutes=10)
    response = browser.get(guarded, headers=HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, f"{CONFIRM}?next=/automation")


def test_a_wrong_password_is_told_at_its_field_and_what_was_sent_before_is_still_known(browse, alice):
    response = browse(alice).send(f"{CONFIRM}?next=/settings&unsent=1", "confirm", {"password": "a guess of a thief"})
    page = shown(response, 400)
    assert page.element("confirm-password")["aria-invalid"] == "true"
    assert "a guess of a thief" not in response.text
    assert page.forms["confirm"].values["next"] == ["/settings"]
    assert page.forms["confirm"].values["unsent"] == ["1"]


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_a_confirmation_leads_nobody_elsewhere(browse, alice, elsewhere):
    values = {"password": PASSWORD, "next": elsewhere}
    assert browse(alice).send(CONFIRM, "confirm", values).location == "/"


def test_the_profile_shows_who_one_is_and_names_a_device(browse, alice):
    browser = browse()
    browser.send("/login", "login", {"username": alice.username, "password": alice.password})
    page = browser.page("/settings/profile")
    assert "User since" in page.text
    form = next(name for name in page.forms if name.startswith("device-"))
    browser.send("/settings/profile", form, {"name": "Laptop at home"})
    assert "Laptop at home This device" in browser.page("/settings/profile").text
    assert "Laptop at home" in browser.page("/settings/security").text


def test_a_name_that_is_too_long_is_refused_and_the_page_stays(browse, alice):
    browser = browse()
    browser.send("/login", "login", {"username": alice.username, "password": alice.password})
    form = next(name for name in browser.page("/settings/profile").forms if name.startswith("device-"))
    refused = shown(browser.send("/settings/profile", form, {"name": "x" * 65}), 422)
    assert "Your devices" in refused.text


EMAIL_FORM = ("/settings/profile", "form-profile", {"email": "new@example.org"})


def test_what_was_typed_before_the_confirmation_is_filled_in_after_it(browse, alice, clock):
    browser = browse(alice)
    clock.advance(minutes=10)
    path, form, values = EMAIL_FORM
    sent = browser.send(path, form, values, headers={"Referer": f"http://localhost{path}"})
    assert sent.location == f"{CONFIRM}?next={path}&unsent=1"
    back = browser.send(sent.location, "confirm", {"password": PASSWORD})
    assert back.location == f"{path}?kept=1"
    assert browser.page(back.location).element("profile-email")["value"] == "new@example.org"
    assert browser.page(path).element("profile-email")["value"] == ""
    assert "A link is on its way to new@example.org." in browser.sent(back.location, form).text
    assert browser.page(back.location).element("profile-email")["value"] == ""


def test_what_is_kept_is_that_users_alone_and_gone_after_ten_minutes(browse, alice, bob, clock):
    browser = browse(alice)
    clock.advance(minutes=10)
    path, form, values = EMAIL_FORM
    sent = browser.send(path, form, values)
    browser.send(sent.location, "confirm", {"password": PASSWORD})
    assert browse(bob).page(f"{path}?kept=1").element("profile-email")["value"] == ""
    clock.advance(minutes=10)
    assert browser.page(f"{path}?kept=1").element("profile-email")["value"] == ""


def test_an_act_that_always_asks_is_not_filled_in(browse, alice, clock):
    browser = browse(alice)
    page = browser.page("/settings/data/erase")
    clock.advance(minutes=10)
    sent = browser.post(page.forms["erase"], {"username": "alice"})
    back = browser.send(sent.location, "confirm", {"password": PASSWORD})
    assert "kept" not in back.location


def test_no_field_that_a_page_never_fills_in_is_kept():
    """The pages say which fields are secret; one that is new has to be left out of kept forms too."""
    found = set()
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        for call in re.findall(r"forms\.(?:field|lines)\(([^{}]*?)\) \}\}", text, re.DOTALL):
            if 'type="password"' in call or "secret=true" in call:
                found.add(re.findall(r'"([\w.-]+)"', call)[0 if call.lstrip().startswith("of,") else 1])
    assert found - {"username"} <= kept_forms.SECRETS
    assert {"password", "proxy", "session", "url"} <= found


@pytest.mark.parametrize(("chosen", "shown_as"), [("dark", "dark"), ("light", "light"), ("system", None)])
def test_a_theme_is_chosen_and_holds_before_a_sign_in_too(browse, alice, chosen, shown_as):
    browser = browse(alice)
    browser.client.set_cookie("troupe_theme", "dark")
    form = browser.page("/settings/profile").forms["form-theme"]
    response = browser.post(form, {"theme": chosen})
    assert (response.status_code, response.location) == (303, "/settings/profile")
    html = next(attributes for tag, attributes in browser.page("/settings/profile").elements if tag == "html")
    assert html.get("data-theme") == shown_as
    browser.client.delete_cookie("troupe_session")
    html = next(attributes for tag, attributes in browser.page("/login").elements if tag == "html")
    assert html.get("data-theme") == shown_as


def test_no_other_theme_is_taken_or_shown(browse, alice):
    browser = browse(alice)
    form = browser.page("/settings/profile").forms["form-theme"]
    assert browser.post(form, {"theme": 'dark"><script>'}).status_code == 422
    browser.client.set_cookie("troupe_theme", "canary")
    assert "canary" not in browser.get("/settings/profile").text


def test_a_theme_is_chosen_without_being_signed_in(browse):
    browser = browse()
    token = browser.page("/login").forms["login"].values["csrf_token"]
    response = browser.client.post("/settings/theme", data={"csrf_token": token, "theme": "dark", "next": "/login"})
    assert response.location == "/login"
    html = next(attributes for tag, attributes in browser.page("/login").elements if tag == "html")
    assert html["data-theme"] == "dark"
