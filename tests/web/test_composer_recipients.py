"""What the composer asks about a list of people before anybody is written to."""

import re
from base64 import b64encode
from io import BytesIO

import pytest
from sqlalchemy import select

from bot.storage.models import ActionTarget
from bot.storage.tenancy import tenant
from tests.web.browser import shown
from tests.web.test_composer_messages import message_actions, send, start

TEXT = "Hi {first_name|there}"
TABLE = "vip,anna_k,Anna Kim\nvip,ben_l,Ben Lee\n"


def upload(browser, data, **values):
    data = data if isinstance(data, bytes) else data.encode()
    return send(browser, {"message": TEXT, "file": (BytesIO(data), "people.csv")} | values)


def paste(browser, text, **values):
    return send(browser, {"message": TEXT, "recipients": text} | values)


def answered(browser, page, **values):
    form = page.forms["compose"]
    form.action = page.element("check-people")["formaction"]
    return browser.post(form, values)


def texts(page):
    """The previews, without the initials that stand for a face."""
    return re.sub(r"\b[A-Z0-9_]{1,2} (?=@)", "", page.text)


def choices(page):
    return [attributes["value"] for _, attributes in page.elements if attributes.get("type") == "radio"]


def targets(app, user):
    with app.app_context(), tenant(user.id) as session:
        query = select(ActionTarget.person, ActionTarget.full_name, ActionTarget.first_name)
        return [tuple(row) for row in session.execute(query.order_by(ActionTarget.position))]


def test_a_table_that_is_not_sure_is_shown_and_asked_about(app, browse, running):
    page = shown(upload(browse(running), TABLE), 422)
    assert "Which of these are usernames?" in page.text
    assert "Column 1 Column 2 Column 3 vip anna_k Anna Kim vip ben_l Ben Lee" in page.text
    assert "Column 2, which begins with “anna_k”" in page.text
    assert choices(page) == ["1", "2"]
    assert page.has("compose-column")
    assert not page.has("start-action")
    assert message_actions(app, running) == []


def test_a_list_of_people_who_want_no_messages_is_asked_about_with_the_reason(app, browse, running):
    browser = browse(running)
    page = shown(upload(browser, "Do not contact\n\nusername\nanna_k\n"), 422)
    assert "these people do not want messages" in page.text
    assert choices(page) == ["1"]
    assert message_actions(app, running) == []


def test_names_of_a_table_with_headings_that_are_not_known_can_be_chosen(browse, running):
    browser = browse(running)
    page = shown(upload(browser, "アカウント名,名前\nanna_k,Anna Kim\nben,Ben Lee\n"), 422)
    assert "Column 1, “アカウント名”" in page.text
    assert "@anna_k Hi Anna @ben Hi Ben" in texts(shown(answered(browser, page, column="1", name_column="2")))


def test_a_column_of_numbers_is_not_offered(browse, running):
    page = shown(upload(browse(running), "12,anna_k,vip\n13,ben_l,\n"), 422)
    assert "Column 1 Column 2 Column 3 12 anna_k vip 13 ben_l" in page.text
    assert choices(page) == ["2", "3"]


def test_the_column_that_is_chosen_is_previewed_and_sent(app, browse, running):
    browser = browse(running)
    asked = shown(upload(browser, TABLE, again=["true"]), 422)
    page = shown(answered(browser, asked, column="2", name_column="3"))
    assert "@anna_k Hi Anna @ben_l Hi Ben" in texts(page)
    assert start(browser, page).status_code == 303
    assert targets(app, running) == [("anna_k", "Anna Kim", None), ("ben_l", "Ben Lee", None)]
    assert message_actions(app, running)[0].params["again"] is True


def test_an_answer_is_needed(browse, running):
    browser = browse(running)
    asked = shown(upload(browser, TABLE), 422)
    assert choices(shown(answered(browser, asked), 422)) == ["1", "2"]


def test_a_first_row_that_may_be_a_heading_is_asked_about(browse, running):
    browser = browse(running)
    for asked in (upload(browser, "Kontakte\nanna_k\nben"), paste(browser, "Kontakte\nanna_k\nben")):
        page = shown(asked, 422)
        assert "Is the first row a person?" in page.text
        assert "No, “Kontakte” is a heading" in page.text
        assert "@anna_k Hi there @ben Hi there" in texts(shown(answered(browser, page, header="true")))
        assert "@kontakte Hi there @anna_k" in texts(shown(answered(browser, page, header="false")))


def test_one_question_may_follow_another(browse, running):
    browser = browse(running)
    data = "wert;thema;name\nanna;berlin;Анна\nben;bonn;Иван\n".encode("cp1251")
    page = shown(upload(browser, data), 422)
    assert "In which of these do the names look right?" in page.text
    assert "Анна, Иван" in page.text
    page = shown(answered(browser, page, encoding="windows-1251"), 422)
    assert "Which of these are usernames?" in page.text
    page = shown(answered(browser, page, column="1"))
    assert "@anna Hi Анна @ben Hi Иван" in texts(page)


def test_names_may_be_left_out_where_their_encoding_is_not_known(browse, running):
    browser = browse(running)
    page = shown(upload(browser, "username;full_name\nanna_k;Анна\nben;Ben Lee".encode("cp1251")), 422)
    assert 4 <= len(choices(page)) <= 6
    assert "None of them: skip these names" in page.text
    assert "@anna_k Hi there @ben Hi Ben" in texts(shown(answered(browser, page, encoding="ascii")))


def test_words_side_by_side_are_people_once_that_is_said(app, browse, running):
    browser = browse(running)
    page = shown(paste(browser, "anna, otto\n@mia"), 422)
    assert choices(page) == ["all"]
    assert "Every word is a username" in page.text
    page = shown(answered(browser, page, column="all"))
    assert "@anna Hi there @otto Hi there @mia Hi there" in texts(page)
    assert page.forms["compose"].values["recipients"] == ["@anna\n@otto\n@mia"]
    assert start(browser, page).status_code == 303
    assert [person for person, *_ in targets(app, running)] == ["anna", "otto", "mia"]


@pytest.mark.parametrize("text", ["anna_k\tAnna Smith", "username,full_name\nanna_k,Anna Smith"])
def test_cells_that_are_copied_from_a_table_are_one_person_and_a_name(app, browse, running, text):
    browser = browse(running)
    page = shown(paste(browser, text))
    assert "1 gets it" in page.text
    assert "@anna_k Hi Anna" in texts(page)
    assert start(browser, page).status_code == 303
    assert targets(app, running) == [("anna_k", "Anna Smith", None)]


def test_a_first_name_comes_along_to_the_action(app, browse, running):
    browser = browse(running)
    page = shown(upload(browser, "IG handle,First name\nanna_k,Anna Maria\n"))
    assert "@anna_k Hi Anna Maria" in texts(page)
    assert start(browser, page).status_code == 303
    assert targets(app, running) == [("anna_k", "Anna Maria", "Anna Maria")]


def test_people_who_are_called_like_a_heading_stay_who_they_are(app, browse, running):
    browser = browse(running)
    page = shown(paste(browser, "@username\n@12345\n@nan"))
    assert start(browser, page).status_code == 303
    assert [person for person, *_ in targets(app, running)] == ["username", "12345", "nan"]


def test_instagrams_own_download_is_read_and_other_json_is_refused(browse, running):
    browser = browse(running)
    page = shown(upload(browser, '[{"string_list_data":[{"href":"https://www.instagram.com/anna_k"}]}]'))
    assert "@anna_k Hi there" in texts(page)
    page = shown(upload(browser, '{"anna": 1}'), 422)
    assert page.element("compose-file")["aria-invalid"] == "true"
    assert "This JSON is not a list of usernames" in page.text


def test_what_cells_hold_is_text_on_the_page(browse, running):
    evil = "'><script>alert(1)</script>"
    response = upload(browse(running), f"{evil},anna_k,x\n{evil},ben_l,y\n")
    assert "<script>alert" not in response.text
    assert choices(shown(response, 422)) == ["2", "3"]


def test_a_file_that_was_changed_on_the_way_is_refused(browse, running):
    browser = browse(running)
    page = shown(upload(browser, TABLE), 422)
    assert "Choose the file once more" in shown(answered(browser, page, upload="!", column="2"), 422).text
    other = b64encode(b"username\nanna_k\n").decode()
    assert "@anna_k Hi there" in texts(shown(answered(browser, page, upload=other)))


def test_a_file_of_five_megabytes_can_be_asked_about(browse, running):
    browser = browse(running)
    head = TABLE.encode()
    page = shown(upload(browser, head + b"\n" * (5 * 1024 * 1024 - len(head))), 422)
    assert "@anna_k" in texts(shown(answered(browser, page, column="2")))
