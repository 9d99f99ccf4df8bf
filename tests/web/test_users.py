import pytest

from bot.automation.verdicts import keep_verdict
from bot.fleet.bots import get_bot
from bot.users.sign_in import SignIn, sign_in
from tests.support.mails import verified
from tests.support.many_users import make_running_bots
from tests.support.people import VISITOR
from tests.support.statements import statements
from tests.web import situations
from tests.web.browser import shown

PATH = "/admin/people"


def test_it_is_for_administrators(browse, alice, ada):
    assert "/help/errors/E-AUTH-E-0007" in browse(alice).page(PATH, 403).links
    assert PATH not in browse(alice).page("/").links
    assert PATH in browse(ada).page("/admin").links


def test_it_lists_who_has_a_login(browse, ada, alice):
    page = browse(ada).page(PATH)
    assert "alice No e-mail address Active Off No account connected" in page.text
    assert "ada Admin No e-mail address Active Off No account connected" in page.text


def test_the_verdict_of_each_bot_is_next_to_its_user(browse, ada, running, bob):
    page = browse(ada).page(PATH)
    assert "alice No e-mail address Active Waiting No open action" in page.text
    assert "bob No e-mail address Active Off No account connected" in page.text


def test_users_are_searched_for_and_nobody_found_is_said(browse, ada, alice, bob):
    page = browse(ada).page(f"{PATH}?search=LIC")
    assert f"{PATH}/{alice.id}" in page.links
    assert f"{PATH}/{bob.id}" not in page.links
    page = browse(ada).page(f"{PATH}?search=zzz")
    assert "No one has such a name or address" in page.text
    assert PATH in page.links


def test_a_user_is_changed(browse, ada, alice):
    browser, path = browse(ada), f"{PATH}/{alice.id}"
    page = browser.sent(path, "user", {"username": "Alicia", "email": "a@example.org", "role": "admin"})
    assert "alicia is saved." in page.text
    assert "E-mail a@example.org Not verified" in page.text
    assert "E-mail None" in browser.sent(path, "user", {"email": ""}).text
    taken = shown(browser.send(path, "user", {"username": "ada", "role": "user"}), 409)
    assert taken.element("user-username")["aria-invalid"] == "true"
    assert browser.page(path).forms["user"].values["role"] == ["admin"]


def test_disabling_asks_first_and_enabling_starts_nothing(browse, ada, running):
    browser, path = browse(ada), f"{PATH}/{running.id}"
    assert f"{path}/disable" in browser.page(path).links
    page = browser.sent(f"{path}/disable", "disable")
    assert "alice is disabled" in page.text
    assert "Disabled by an admin" in page.text
    assert browse(running).get("/").status_code == 303
    page = browser.sent(path, "form-enable")
    assert "Turned off" in page.text
    assert "alice No e-mail address Active Off Turned off" in browser.page(PATH).text


def test_nobody_can_disable_or_demote_themselves(browse, ada, alice):
    browser, path = browse(ada), f"{PATH}/{ada.id}"
    page = browser.page(path)
    assert page.forms["user"].values["role"] == ["admin"]
    assert f"{path}/disable" not in page.links
    assert "Ask another admin to do it" in shown(browser.send(f"{path}/disable", "disable"), 409).text
    assert "Ask another admin to do it" in shown(browser.send(path, "user", {"role": "user"}), 409).text


def test_ones_own_address_is_changed_in_the_settings_alone(app, browse, ada):
    with app.app_context():
        verified(ada.id, "ada@example.org")
    browser, path = browse(ada), f"{PATH}/{ada.id}"
    assert "/settings/profile" in browser.page(path).links
    assert "in your settings" in shown(browser.send(path, "user", {"email": "b@example.org"}), 409).text
    assert "E-mail ada@example.org Verified" in browser.sent(path, "user", {"username": "ada.l"}).text


def test_a_user_who_does_not_exist_is_not_found(browse, ada):
    browse(ada).page(f"{PATH}/00000000-0000-4000-8000-000000000000", 404)


def test_a_new_user_gets_a_first_password_that_is_shown_once(app, browse, ada):
    browser = browse(ada)
    response = browser.send(PATH, "user", {"username": "Newcomer", "email": "n@example.org"})
    page = shown(response, 201)
    password = page.text.split("within 7 days. ")[1].split()[0]
    assert page.has("first-password")
    with app.app_context():
        assert sign_in(SignIn(username="newcomer", password=password), VISITOR).user.must_change_password
    again = browser.get(PATH)
    assert "newcomer First password" in " ".join(shown(again).text.replace("n@example.org ", "").split())
    assert password not in again.text


def test_what_is_wrong_is_told_at_its_field(browse, ada, alice):
    browser = browse(ada)
    taken = shown(browser.send(PATH, "user", {"username": "alice", "role": "admin"}), 409)
    assert taken.element("user-username")["aria-invalid"] == "true"
    assert taken.forms["user"].values["role"] == ["admin"]
    bad = shown(browser.send(PATH, "user", {"username": "a b", "email": "nowhere", "role": "emperor"}), 422)
    assert {"#user-username", "#user-email", "#user-role"} <= set(bad.links)
    assert bad.element("user-email")["value"] == "nowhere"


def test_a_first_password_that_an_administrator_chose_is_not_shown_and_has_to_be_changed(app, browse, ada):
    response = browse(ada).send(PATH, "user", {"username": "newcomer", "password": "chosen by the admin"})
    assert "chosen by the admin" not in shown(response, 201).text
    with app.app_context():
        signed_in = sign_in(SignIn(username="newcomer", password="chosen by the admin"), VISITOR)
    assert signed_in.user.must_change_password


def test_erasing_asks_for_the_name(browse, ada, alice):
    browser, path = browse(ada), f"{PATH}/{alice.id}"
    assert f"{path}/erase" in browser.page(path).links
    wrong = shown(browser.send(f"{path}/erase", "erase", {"username": "bob"}), 422)
    assert wrong.element("erase-username")["aria-invalid"] == "true"
    assert "alice is erased." in browser.sent(f"{path}/erase", "erase", {"username": "alice"}).text
    browser.page(path, 404)


def test_whoever_signed_in_long_ago_confirms_before_erasing_anybody(browse, ada, alice, clock):
    clock.advance(minutes=11)
    response = browse(ada).get(f"{PATH}/{alice.id}/erase")
    assert response.location == f"/profile/confirm?next={PATH}/{alice.id}/erase"


@pytest.mark.parametrize(
    "situation",
    [situations.as_it_is, situations.all_stopped, situations.ended_by("INSTAGRAM_CHALLENGE"), situations.used_up],
)
def test_the_verdict_of_a_person_is_that_of_the_list_and_of_fleet(app, browse, clock, ada, running, placed, situation):
    with app.app_context():
        situation(running.id, clock.moment)
        keep_verdict(running.id)
        bot = get_bot(running.id)
    browser = browse(ada)
    for path in (PATH, f"{PATH}/{running.id}", "/admin"):
        assert bot.message in browser.page(path).text
    person = browser.page(f"{PATH}/{running.id}")
    assert [one["data-verdict"] for _, one in person.elements if "data-verdict" in one] == [bot.reason]


def test_what_happens_several_times_in_a_row_is_one_entry(browse, ada, alice, clock):
    browser = browse(ada)
    for per_day in ("9", "8", "7"):
        clock.advance(seconds=1)
        browser.sent(f"/admin/people/{alice.id}/limits", "ceilings", {"follow.ceiling": per_day})
    assert "Maximums of a user changed, 3 times by ada" in browser.page(f"/admin/people/{alice.id}").text


def test_a_person_has_a_timeline_of_what_was_done_about_them(browse, ada, alice):
    browser, path = browse(ada), f"{PATH}/{alice.id}"
    browser.sent(path, "user", {"role": "admin"})
    page = browser.page(path)
    assert "Role changed by ada" in page.text
    assert "User created" in page.text


def test_a_person_has_their_limits_and_their_queue_as_pages(browse, ada, alice):
    page = browse(ada).page(f"{PATH}/{alice.id}")
    assert {f"{PATH}/{alice.id}/limits", f"{PATH}/{alice.id}/queue"} <= set(page.links)


def test_many_people_cost_as_many_questions_as_few(app, config, browse, ada, alice):
    browser = browse(ada)

    def questions():
        with app.app_context(), statements() as asked:
            browser.page(PATH)
        return len(asked)

    few = questions()
    make_running_bots(app, config, 300)
    assert questions() == few


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/admin/users", "/admin/people"),
        ("/admin/users/{id}", "/admin/people/{id}"),
        ("/admin/users/{id}/limits", "/admin/people/{id}/limits"),
        ("/admin/users/{id}/disable", "/admin/people/{id}/disable"),
        ("/admin/lanes", "/admin/health"),
        ("/admin/lanes/{id}", "/admin/people/{id}/queue"),
        ("/admin/mails", "/admin/health/e-mails"),
        ("/admin/instagram-client", "/admin/health/instagram"),
        ("/admin/restore", "/admin/health/restores"),
        ("/admin/do-not-contact", "/admin/limits/never-contacted"),
        ("/admin/sessions", "/admin/people/sign-ins"),
    ],
)
def test_an_old_address_of_the_administration_leads_to_the_new_one(browse, ada, alice, old, new):
    browser = browse(ada)
    response = browser.get(old.format(id=alice.id))
    assert (response.status_code, response.location) == (302, new.format(id=alice.id))
    browser.page(response.location)
