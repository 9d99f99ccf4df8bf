import pytest

from bot.auth.sessions import sessions
from bot.users.directory import NewUser, create_user
from middleware.access import access_of, require_confirmed
from tests.support.people import PASSWORD
from tests.web.browser import HTMX, Browser, shown

PATH = "/profile/change-password"
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
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if rule.endpoint.startswith("web.") and "GET" in rule.methods and not access.public:
            values = dict.fromkeys(rule.arguments, "11111111-1111-4111-8111-111111111111")
            path = rule.build(values)[1]
            response = newcomer.get(path)
            expected = 200 if access.allow_password_change else 303
            assert response.status_code == expected, path
            assert access.allow_password_change or response.location.startswith(PATH), path


def test_the_first_password_is_changed_once_and_the_way_is_free(newcomer):
    asked = newcomer.get("/automation").location
    assert asked == f"{PATH}?next=/automation"
    page = newcomer.sent(asked, "password", filled(FIRST))
    assert "Your password is changed." in page.text
    assert page.has("account")


def test_no_navigation_is_offered_before_that(newcomer):
    links = newcomer.page(PATH).links
    assert "/automation" not in links
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
    sent = browser.client.post(guarded, data={"csrf_token": token}, headers={"Referer": "http://localhost/settings"})
    assert (sent.status_code, sent.location) == (303, f"{CONFIRM}?next=/settings&unsent=1")
    assert "Nothing has been done yet" in browser.page(sent.location).text
    page = browser.sent(sent.location, "confirm", {"password": PASSWORD})
    assert "What you sent before is not done yet: please send it once more." in page.text
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
    page = browser.page("/profile")
    assert "Role User" in page.text
    assert "Member since" in page.text
    form = next(name for name in page.forms if name.startswith("device-"))
    browser.send("/profile", form, {"name": "Laptop at home"})
    assert "Laptop at home This device" in browser.page("/profile").text
    assert "Laptop at home" in browser.page("/settings").text


def test_a_name_that_is_too_long_is_refused_and_the_page_stays(browse, alice):
    browser = browse()
    browser.send("/login", "login", {"username": alice.username, "password": alice.password})
    form = next(name for name in browser.page("/profile").forms if name.startswith("device-"))
    refused = shown(browser.send("/profile", form, {"name": "x" * 65}), 422)
    assert "Your devices" in refused.text
