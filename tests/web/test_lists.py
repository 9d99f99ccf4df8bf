import io

import pytest

from bot.contacts.do_not_contact import LeaveAlone, add, add_global, add_own, list_people
from bot.settings.preferences import Settings, change_settings, settings_report
from bot.storage.tenancy import tenant
from tests.web.browser import shown
from web.lists import PAGE_SIZE

KEEP, WORDS = "/settings/lists/keep", "/settings/lists/stop-words"
LIST = "/settings/lists/do-not-contact"


def names(app, user):
    with app.app_context():
        return [row.username for row in list_people(user.id, 100, None).items]


def kept(app, user):
    with app.app_context():
        report = settings_report(user.id)
    return report.keep, report.stop_words


def test_an_empty_list_says_how_people_get_there(browse, alice):
    page = browse(alice).page(LIST)
    assert "No one is on the list." in page.text
    assert "get here automatically" in page.text


def test_somebody_is_put_on_the_list(app, browse, alice):
    page = browse(alice).sent(LIST, "add", {"username": "@Anna.B", "note": "asked on the phone"})
    assert "@anna.b is not contacted from now on." in page.text
    assert "@anna.b You · asked on the phone" in page.text
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
    assert "@mia They asked not to be contacted" in browse(alice).page(LIST).text


def test_who_is_on_the_list_of_all_is_shown_and_stays(app, browse, alice, ada):
    with app.app_context():
        add_global(ada, LeaveAlone(username="otto", note="told us by letter"))
    browser = browse(alice)
    page = browser.page(LIST)
    assert "@otto For every bot here" in page.text
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
    assert "@name0 " in page.text
    assert f"@name{PAGE_SIZE} " not in page.text


def test_the_lists_of_two_users_do_not_meet(app, browse, alice, bob):
    browse(alice).sent(LIST, "add", {"username": "anna"})
    assert "anna" not in browse(bob).page(LIST).text


def test_the_lists_begin_with_the_keep_list(browse, alice):
    page = browse(alice).page("/settings/lists")
    assert {KEEP, LIST, WORDS} <= set(page.links)
    assert "never unfollows" in page.text


def test_entries_are_added_one_by_one_and_removed(app, browse, alice):
    browser = browse(alice)
    assert "Added: @Anna." in browser.sent(KEEP, "add", {"username": "@Anna"}).text
    browser.sent(KEEP, "add", {"username": "otto"})
    assert "It is there already." in browser.sent(KEEP, "add", {"username": "anna"}).text
    browser.sent(WORDS, "add", {"word": "no thanks"})
    assert kept(app, alice) == (["anna", "otto"], ["no thanks"])
    page = browser.sent(KEEP, "form-remove-1" if "form-remove-1" in browser.page(KEEP).forms else "remove-1")
    assert kept(app, alice)[0] == ["otto"]
    browser.post(next(form for form in page.forms.values() if form.action.endswith("/undo")))
    assert kept(app, alice)[0] == ["anna", "otto"]


@pytest.mark.parametrize(
    ("path", "field", "entry"),
    [(KEEP, "username", "two words"), (KEEP, "username", ""), (WORDS, "word", "x"), (LIST, "username", "!!")],
)
def test_what_is_no_entry_is_refused_at_its_field(app, browse, alice, path, field, entry):
    page = shown(browse(alice).send(path, "add", {field: entry}), 422)
    assert page.element(f"add-{field}")["aria-invalid"] == "true"
    assert page.element(f"add-{field}")["value"] == entry
    assert kept(app, alice) == ([], [])


def test_people_are_imported_from_a_text_and_from_a_file(app, browse, alice):
    browser = browse(alice)
    page = browser.sent(KEEP, "import", {"text": "@anna\nhttps://www.instagram.com/otto/\n"})
    assert "2 people added." in page.text
    file = (io.BytesIO(b"username,followers\nmia,10\nanna,20\n"), "people.csv")
    assert "1 person added." in browser.sent(KEEP, "import", {"file": file}).text
    assert kept(app, alice)[0] == ["anna", "mia", "otto"]
    browser.sent(LIST, "import", {"text": "eve\nmallory"})
    assert sorted(names(app, alice)) == ["eve", "mallory"]


@pytest.mark.parametrize(
    ("sent", "answer", "found"),
    [
        ({"text": "friend,shop\nanna_k,ben.b\nmia_k,ada.b"}, {"column": "2"}, ["ada.b", "ben.b"]),
        ({"file": b"friend,shop\nanna_k,ben.b\nmia_k,ada.b"}, {"column": "1"}, ["anna_k", "mia_k"]),
        ({"file": b"teilnehmer\nanna_k\nben.b"}, {"header": "true"}, ["anna_k", "ben.b"]),
    ],
)
def test_a_list_that_is_not_sure_is_asked_about_before_anyone_is_added(app, browse, alice, sent, answer, found):
    browser = browse(alice)
    values = {name: (io.BytesIO(of), "list.csv") if name == "file" else of for name, of in sent.items()}
    page = shown(browser.send(LIST, "import", values), 422)
    assert page.has("question")
    assert not page.has("failure")
    assert names(app, alice) == []
    response = browser.post(page.forms["import"], answer)
    assert "2 people added." in browser.page(response.location).text
    assert sorted(names(app, alice)) == found


def test_rows_of_an_import_that_name_no_one_are_told_by_their_line(app, browse, alice):
    page = browse(alice).sent(KEEP, "import", {"text": "@anna\nnot a name\n@ben\nneither is this"})
    assert "2 people added. 2 rows name no one: line 2, 4." in page.text


def test_an_import_of_nothing_is_refused_at_its_field(browse, alice):
    page = shown(browse(alice).send(KEEP, "import", {"text": " "}), 422)
    assert page.element("import-text")["aria-invalid"] == "true"


def test_a_long_list_is_searched_and_paged(app, browse, alice):
    with app.app_context():
        change_settings(alice.id, Settings(keep=[f"name{number:03}" for number in range(PAGE_SIZE + 5)]))
    browser = browse(alice)
    page = browser.page(KEEP)
    assert "@name000 " in page.text
    assert f"@name{PAGE_SIZE + 4:03} " not in page.text
    following = next(link for link in page.links if "from=" in link)
    assert f"@name{PAGE_SIZE + 4:03} " in browser.page(following).text
    found = browser.page(f"{KEEP}?search=@NAME06")
    assert "@name060 " in found.text
    assert "@name000 " not in found.text
    assert "No entry has" in browser.page(f"{KEEP}?search=nobody").text


def test_there_is_no_other_list(browse, alice):
    browse(alice).page("/settings/lists/enemies", 404)
