from datetime import UTC, datetime

import pytest

from bot.automation.status import bot_report
from bot.users.sign_in import SignIn, sign_in
from tests.api.caller import Caller
from tests.support.mails import verified
from tests.support.people import VISITOR
from tests.web import situations
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
    assert "alice User Active Not linked" in page.text
    assert "ada Administrator Active Not linked" in page.text


def test_the_state_of_each_bot_stands_beside_its_user(browse, ada, running, bob):
    page = browse(ada).page(PATH)
    assert "alice User Active Ready" in page.text
    assert "bob User Active Not linked" in page.text


def test_users_are_searched_for_and_nobody_found_is_said(browse, ada, alice, bob):
    page = browse(ada).page(f"{PATH}?search=LIC")
    assert f"{PATH}/{alice.id}" in page.links
    assert f"{PATH}/{bob.id}" not in page.links
    page = browse(ada).page(f"{PATH}?search=zzz")
    assert "Nobody has such a name or address" in page.text
    assert PATH in page.links


def test_a_user_is_changed(browse, ada, alice):
    browser, path = browse(ada), f"{PATH}/{alice.id}"
    page = browser.sent(path, "user", {"username": "Alicia", "email": "a@example.org", "role": "admin"})
    assert "alicia is saved." in page.text
    assert "Role Administrator E-mail a@example.org Not verified" in page.text
    assert "E-mail none" in browser.sent(path, "user", {"email": ""}).text
    taken = shown(browser.send(path, "user", {"username": "ada", "role": "user"}), 409)
    assert taken.element("user-username")["aria-invalid"] == "true"
    assert "Role Administrator" in browser.page(path).text


def test_disabling_asks_first_and_enabling_starts_nothing(browse, ada, running):
    browser, path = browse(ada), f"{PATH}/{running.id}"
    assert f"{path}/disable" in browser.page(path).links
    page = browser.sent(f"{path}/disable", "disable")
    assert "alice is disabled" in page.text
    assert "This user is disabled" in page.text
    assert browse(running).get("/").status_code == 303
    page = browser.sent(path, "form-enable")
    assert "The bot is stopped." in page.text
    assert "alice User Active Stopped" in browser.page(PATH).text


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
    assert "/settings" in browser.page(path).links
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
    ("situation", "badge"),
    [
        (situations.as_it_is, "Working"),
        (situations.status(bot_running=False, stop_reason="BLOCKED_AGAIN"), "Blocked"),
        (situations.all_stopped, "All bots stopped"),
        (situations.resting, "Resting"),
        (situations.status(trouble="PROXY_NOT_FOUND", next_step_at=datetime(2026, 3, 11, tzinfo=UTC)), "Needs help"),
        (situations.ended_by("INSTAGRAM_CHALLENGE"), "Needs you"),
        (situations.stopped, "Stopped"),
        (situations.paused, "Paused"),
        (situations.used_up, "Limit reached"),
        (situations.unlinked, "Not linked"),
    ],
)
def test_the_badge_of_a_bot_is_its_verdict(app, browse, clock, ada, running, placed, situation, badge):
    with app.app_context():
        situation(running.id, clock.moment)
        report = bot_report(running.id)
    browser = browse(ada)
    listed = browser.page("/admin/users").text
    assert f"alice User Active {badge} " in listed
    assert f"Bot {badge} " in browser.page(f"/admin/users/{running.id}").text
    items = Caller(app, ada).get("/users").json["items"]
    (verdict,) = (item["verdict"] for item in items if item["username"] == running.username)
    assert (verdict["reason"], verdict["state"]) == (report.verdict.reason, report.verdict.state)
