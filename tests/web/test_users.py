from bot.users import SignIn, sign_in
from tests.support.people import VISITOR
from tests.web.browser import shown

PATH = "/admin/users"


def test_it_is_for_administrators(browse, alice, ada):
    assert "/help/errors/E-AUTH-E-0007" in browse(alice).page(PATH, 403).links
    assert PATH not in browse(alice).page("/").links
    assert PATH in browse(ada).page("/").links


def test_its_short_address_leads_to_it(browse, alice, ada):
    assert browse(ada).get("/admin").location == PATH
    browse(alice).page("/admin", 403)


def test_it_lists_who_has_a_login(browse, ada, alice):
    page = browse(ada).page(PATH)
    assert "alice User Active" in page.text
    assert "ada Administrator Active" in page.text


def test_a_new_user_gets_a_first_password_that_is_shown_once(app, browse, ada):
    browser = browse(ada)
    response = browser.send(PATH, "user", {"username": "Newcomer", "email": "n@example.org"})
    page = shown(response, 201)
    password = page.text.split("within 7 days. ")[1].split()[0]
    assert page.has("first-password")
    with app.app_context():
        assert sign_in(SignIn(username="newcomer", password=password), VISITOR).user.must_change_password
    again = browser.get(PATH)
    assert "newcomer User First password" in " ".join(shown(again).text.replace("n@example.org ", "").split())
    assert password not in again.text


def test_what_is_wrong_is_told_at_its_field(browse, ada, alice):
    browser = browse(ada)
    taken = shown(browser.send(PATH, "user", {"username": "alice", "role": "admin"}), 409)
    assert taken.element("user-username")["aria-invalid"] == "true"
    assert taken.forms["user"].values["role"] == ["admin"]
    bad = shown(browser.send(PATH, "user", {"username": "a b", "email": "nowhere", "role": "emperor"}), 422)
    assert {"#user-username", "#user-email", "#user-role"} <= set(bad.links)
    assert bad.element("user-email")["value"] == "nowhere"


def test_a_password_can_not_be_chosen_for_somebody(browse, ada):
    response = browse(ada).send(PATH, "user", {"username": "newcomer", "password": "chosen by the admin"})
    assert "chosen by the admin" not in response.text
