import pytest

from bot.contacts.do_not_contact import list_people

LIST_OF_ALL = "/admin/limits/never-contacted"


def names(app, user):
    with app.app_context():
        return [row.username for row in list_people(user.id, 100, None).items]


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
