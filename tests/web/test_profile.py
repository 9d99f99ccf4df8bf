import pytest

from bot.access import access_of
from bot.sessions import sessions
from bot.users import NewUser, create_user
from tests.support.people import PASSWORD
from tests.web.browser import Browser, shown

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
    assert "/activity" not in links


def test_a_change_ends_every_other_sign_in_and_makes_a_new_one(app, browse, alice):
    browser = browse(alice)
    browser.sent(PATH, "password", filled())
    assert browser.client.get_cookie("troupe_session").value != alice.token
    with app.app_context():
        assert sessions.find(alice.token, "cookie") is None


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        (filled(current="wrong"), 400, "current_password"),
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
    assert f"#password-{field}" in page.links
    assert not [value for value in values.values() if value in response.text and value != "short"]
