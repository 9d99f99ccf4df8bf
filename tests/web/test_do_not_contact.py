import pytest

from bot.contacts.do_not_contact import LeaveAlone, add, add_global, add_own, list_people
from bot.storage.tenancy import tenant
from tests.web.browser import shown
from web.do_not_contact import PAGE_SIZE

LIST = "/settings/do-not-contact"
LIST_OF_ALL = "/admin/limits/never-contacted"


def names(app, user):
    with app.app_context():
        return [row.username for row in list_people(user.id, 100, None).items]


def test_an_empty_list_says_how_people_get_there(browse, alice):
    page = browse(alice).page(LIST)
    assert "Nobody is on the list" in page.text
    assert "get here by themselves" in page.text


def test_somebody_is_put_on_the_list(app, browse, alice):
    page = browse(alice).sent(LIST, "add", {"username": "@Anna.B", "note": "asked on the phone"})
    assert "@anna.b is left alone from now on." in page.text
    assert "@anna.b You asked on the phone" in page.text
    assert names(app, alice) == ["anna.b"]


def test_a_name_that_is_none_is_refused_at_its_field(browse, alice):
    page = shown(browse(alice).send(LIST, "add", {"username": "two words"}), 422)
    assert page.element("add-username")["aria-invalid"] == "true"
    assert page.element("add-username")["value"] == "two words"
    assert "Type an Instagram username: letters, digits, dots and underscores, or a link to the profile." in page.text


def test_removing_asks_first(app, browse, alice):
    with app.app_context():
        add_own(alice.id, LeaveAlone(username="anna"))
    browser = browse(alice)
    assert f"{LIST}/anna/remove" in browser.page(LIST).links
    assert "Take @anna off the list?" in browser.page(f"{LIST}/anna/remove").text
    assert names(app, alice) == ["anna"]
    assert "@anna may be contacted again." in browser.sent(f"{LIST}/anna/remove", "remove").text
    assert names(app, alice) == []


def test_who_is_not_on_the_list_cannot_be_removed(browse, alice):
    assert browse(alice).send(f"{LIST}/nobody/remove", "remove").status_code == 404


def test_it_says_who_put_somebody_there(app, browse, alice):
    with app.app_context(), tenant(alice.id) as session:
        add(session, "mia", source="answer")
        session.commit()
    assert "@mia They asked to be left alone" in browse(alice).page(LIST).text


def test_who_is_on_the_list_of_all_is_shown_and_stays(app, browse, alice, ada):
    with app.app_context():
        add_global(ada, LeaveAlone(username="otto", note="told us by letter"))
    browser = browse(alice)
    page = browser.page(LIST)
    assert "@otto Your administrator, for everybody" in page.text
    assert "told us by letter" not in page.text
    assert f"{LIST}/otto/remove" not in page.links
    assert browser.send(f"{LIST}/otto/remove", "remove").status_code == 409
    assert names(app, alice) == ["otto"]


def test_older_entries_are_on_the_next_page(app, browse, alice, clock):
    with app.app_context():
        for number in range(PAGE_SIZE + 1):
            clock.advance(seconds=1)
            add_own(alice.id, LeaveAlone(username=f"name{number}"))
    browser = browse(alice)
    older = next(link for link in browser.page(LIST).links if "cursor=" in link)
    page = browser.page(older)
    assert "@name0" in page.text
    assert f"@name{PAGE_SIZE}" not in page.text


def test_the_lists_of_two_users_do_not_meet(app, browse, alice, bob):
    browse(alice).sent(LIST, "add", {"username": "anna"})
    assert "anna" not in browse(bob).page(LIST).text


def test_an_administrator_keeps_the_list_of_all(app, browse, ada, alice):
    browser = browse(ada)
    page = browser.sent(LIST_OF_ALL, "add", {"username": "otto", "note": "court order"})
    assert "@otto court order" in page.text
    assert names(app, alice) == ["otto"]
    assert "The bots of all users" in browser.page(f"{LIST_OF_ALL}/otto/remove").text
    assert "@otto is off the list of everyone" in browser.sent(f"{LIST_OF_ALL}/otto/remove", "remove").text
    assert names(app, alice) == []


@pytest.mark.parametrize("path", [LIST_OF_ALL, f"{LIST_OF_ALL}/otto/remove"])
def test_nobody_else_sees_the_list_of_all(browse, alice, path):
    assert browse(alice).get(path).status_code == 403
