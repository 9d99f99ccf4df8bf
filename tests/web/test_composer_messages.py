"""Messages in the composer: the list, who gets one, the texts, and the start."""

from io import BytesIO

import pytest
from sqlalchemy import select, update

from bot.actions.control import cancel, list_actions
from bot.actions.search import ActionSearch
from bot.automation.lifecycle import stop
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.storage.models import Action, ActionTarget
from bot.storage.tenancy import tenant
from tests.bot.driving import do_step
from tests.web.browser import HTMX, shown

NEW = "/actions/new?what=send-messages"
TEXT = "{Hi|Hello} {first_name|there}"
DRAFT = {"recipients": "anna\notto\n@mia", "message": TEXT}
TABLE = "username;full_name\nanna;Anna Bäcker\n;Nobody\notto;\nanna;Anna again\nfalse name;x\n"


def send(browser, values=None, to="/actions/new/preview", **options):
    """Fill the form in and press the button that sends it there."""
    form = shown(browser.get(NEW)).forms["compose"]
    form.action = to
    return browser.post(form, values, **options)


def preview(browser, **values):
    return shown(send(browser, DRAFT | values))


def check(browser, **values):
    """The page after *Check the list*."""
    return shown(send(browser, values, "/actions/new/people"))


def start(browser, page, **changes):
    """Press *Start action* on a page, with changes made since it was shown."""
    form = page.forms["compose"]
    assert form.action == "/actions"
    return browser.post(form, changes)


def message_actions(app, user):
    with app.app_context():
        found = list_actions(user.id, 100, None, ActionSearch(kind="send-messages"))
        return [progress.action for progress in found.items]


def test_it_begins_with_the_rules_and_what_to_do_next(browse, running):
    page = browse(running).page(NEW)
    assert "A person gets one message" in page.text
    assert "Check the list to see how long it takes." in page.text
    assert "Preview the messages, then start." in page.text
    assert not page.has("start-action")


def test_a_list_alone_is_checked_before_there_is_a_text(app, browse, running):
    with app.app_context():
        add_own(running.id, LeaveAlone(username="mia"))
    page = check(browse(running), recipients="anna\nOTTO\nanna\nmia\n!!")
    assert "2 get it, 2 won’t" in page.text
    assert "1 named more than once. Each gets one message." in page.text
    assert "@anna – Gets it @otto – Gets it @mia – Is on the do-not-contact list" in page.text
    assert "Line 5 !! Not an Instagram username" in page.text
    assert not page.has("start-action")
    assert message_actions(app, running) == []


def test_a_preview_shows_each_persons_text_and_places_nothing(app, browse, running):
    page = preview(browse(running), recipients="anna\nOTTO\nanna\n!!", message="For {username}")
    assert "@anna For anna" in page.text
    assert "@otto For otto" in page.text
    assert "2 get it, 1 won’t" in page.text
    assert "Line 4 !! Not an Instagram username" in page.text
    assert "Send a message to 2 people" in page.text
    assert page.has("start-action")
    assert message_actions(app, running) == []


def test_three_texts_are_shown_and_the_others_below(browse, running):
    page = preview(browse(running), recipients="\n".join(f"person{number}" for number in range(8)))
    assert "5 more" in page.text
    assert sum(attributes.get("class") == "bubble mine" for _, attributes in page.elements) == 8


def test_a_preview_says_who_is_on_the_do_not_contact_list(app, browse, running):
    with app.app_context():
        add_own(running.id, LeaveAlone(username="mia"))
    page = preview(browse(running))
    assert "Is on the do-not-contact list (1) @mia" in page.text
    assert "2 get it, 1 won’t" in page.text


def test_a_message_to_no_one_cannot_be_started(app, browse, running):
    with app.app_context():
        add_own(running.id, LeaveAlone(username="mia"))
    page = preview(browse(running), recipients="mia")
    assert "No one is left to write to" in page.text
    assert not page.has("start-action")


def test_what_was_previewed_is_what_is_sent(app, browse, running):
    browser = browse(running)
    values = {"message": "Hi {first_name|you},\r\nbye", "again": ["true"], "start_at": "2026-03-11T08:30"}
    response = start(browser, preview(browser, **values), name="Regulars")
    (action,) = message_actions(app, running)
    assert (response.status_code, response.location) == (303, f"/actions/{action.id}")
    assert "Action added: Regulars." in browser.page(response.location).text
    assert action.params["message"] == "Hi {first_name|you},\nbye"
    assert action.params["again"] is True
    assert f"{action.start_at:%Y-%m-%d %H:%M}" == "2026-03-11 08:30"


@pytest.mark.parametrize(
    "change",
    [{"message": "Other words for {username}"}, {"recipients": "somebody.else"}, {"again": ["false", "true"]}],
)
def test_what_changed_since_its_preview_is_shown_before_it_is_sent(app, browse, running, change):
    browser = browse(running)
    page = shown(start(browser, preview(browser), **change))
    assert "Nothing was sent yet." in page.text
    assert message_actions(app, running) == []
    assert start(browser, page).status_code == 303
    assert len(message_actions(app, running)) == 1


def test_a_list_that_was_never_previewed_is_shown_before_it_is_sent(app, browse, running):
    browser = browse(running)
    page = shown(send(browser, DRAFT, "/actions"))
    assert "Nothing was sent yet." in page.text
    assert message_actions(app, running) == []


def test_a_preview_that_is_sent_twice_is_one_action(app, browse, running):
    browser = browse(running)
    page = preview(browser)
    for _ in range(2):
        assert start(browser, page).status_code == 303
    assert len(message_actions(app, running)) == 1


def test_a_changed_text_marks_the_preview_as_old(browse, running):
    browser = browse(running)
    form = preview(browser).forms["compose"]
    form.action = "/actions/new/estimate"
    assert "You changed something" not in shown(browser.post(form, headers=HTMX)).text
    assert "You changed something" in shown(browser.post(form, {"message": "Hi {username}"}, headers=HTMX)).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "At most 1,000 characters."),
        ("Hi {username}", "Up to 33 of 1,000 characters · 1 variant"),
        ("{Hi|Hello} {username}", "Up to 36 of 1,000 characters · 2 variants"),
        ("Hi {nickname}", "There is no {nickname}"),
    ],
)
def test_the_length_and_the_variants_are_counted_as_one_types(browse, running, text, said):
    told = shown(send(browse(running), {"message": text}, "/actions/new/estimate", headers=HTMX))
    assert said in told.text
    assert told.element("counter")["hx-swap-oob"] == "true"


def test_the_estimate_counts_those_who_get_it(app, browse, running):
    with app.app_context():
        add_own(running.id, LeaveAlone(username="mia"))
    page = check(browse(running), recipients="anna\notto\nmia")
    assert "Send a message to 2 people" in page.text
    assert "At most 4 messages a day (warm-up)." in page.text


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("first_name", "Hi", "Hi {first_name|there}"),
        ("username", "Hi ", "Hi {username}"),
        ("full_name", "", "{full_name}"),
        ("nonsense", "Hi", "Hi"),
    ],
)
def test_a_name_is_inserted_without_a_script(browse, running, name, before, after):
    values = {"recipients": "anna", "message": before, "insert": name}
    page = shown(send(browse(running), values, "/actions/new/text"))
    assert page.forms["compose"].values["message"] == [after]
    assert page.forms["compose"].values["recipients"] == ["anna"]
    assert "{first_name|there}" in page.text


def test_a_chosen_file_is_not_lost_if_a_name_is_inserted(browse, running):
    values = {"message": "Hi", "insert": "username", "file": (BytesIO(TABLE.encode()), "people.csv")}
    page = shown(send(browse(running), values, "/actions/new/text"))
    assert page.forms["compose"].values["message"] == ["Hi {username}"]
    assert page.forms["compose"].values["recipients"] == ["@anna\n@otto"]


def test_a_file_is_read_once_and_its_names_come_along(app, browse, running):
    browser = browse(running)
    page = preview(browser, recipients="", file=(BytesIO(TABLE.encode()), "people.csv"), message="Hi {full_name}")
    assert "Hi Anna Bäcker" in page.text
    assert "@anna Anna Bäcker Gets it" in page.text
    assert "Line 3 ;Nobody No username in this row" in page.text
    assert "1 named more than once." in page.text
    assert start(browser, page).status_code == 303
    with app.app_context(), tenant(running.id) as session:
        rows = session.execute(select(ActionTarget.person, ActionTarget.full_name).order_by(ActionTarget.position))
        assert [tuple(row) for row in rows] == [("anna", "Anna Bäcker"), ("otto", None)]


def test_the_names_of_a_file_are_in_the_form_to_be_changed(browse, running):
    page = preview(browse(running), recipients="", file=(BytesIO(TABLE.encode()), "people.csv"))
    values = page.forms["compose"].values
    assert values["recipients"] == ["@anna\n@otto"]
    assert values["full_names"] == ["username,full_name,first_name\r\n@anna,Anna Bäcker,\r\n"]


def test_a_file_beside_typed_names_is_refused(browse, running):
    page = shown(send(browse(running), DRAFT | {"file": (BytesIO(b"anna"), "people.csv")}), 422)
    assert page.element("compose-file")["aria-invalid"] == "true"
    assert "There are names above already" in page.text


def test_a_file_that_is_no_text_is_refused_at_its_field(browse, running):
    values = {"recipients": "", "message": TEXT, "file": (BytesIO(bytes(range(32)) * 40), "people.xlsx")}
    page = shown(send(browse(running), values), 422)
    assert page.element("compose-file")["aria-invalid"] == "true"


def test_a_long_list_is_taken(browse, running):
    names = "\n".join(f"somebody.with.a.long.name.{number:04}" for number in range(10_000))
    page = preview(browse(running), recipients=names)
    assert "10,000 get it" in page.text
    assert "9,997 more" in page.text
    assert "@somebody.with.a.long.name.9999 H" in page.text


def test_a_list_without_a_person_shows_its_rows(browse, running):
    for to in ("/actions/new/preview", "/actions/new/people"):
        page = shown(send(browse(running), DRAFT | {"recipients": "!!\n??"}, to), 422)
        assert page.element("compose-recipients")["aria-invalid"] == "true"
        assert "None of these rows names a person" in page.text
        assert "Line 2 ?? Not an Instagram username" in page.text


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("Account,Name\nann,Ann", "Usernames were read from the column “Account”."),
        ("Ann Lee,@ann", "The table has no headings. Check that these are the people you mean."),
    ],
)
def test_the_list_says_which_column_it_was_read_from(browse, running, table, said):
    page = preview(browse(running), recipients="", file=(BytesIO(table.encode()), "people.csv"))
    assert said in page.text
    assert said not in preview(browse(running)).text


def test_an_empty_form_says_what_is_missing(browse, running):
    page = shown(send(browse(running)), 422)
    assert page.element("compose-recipients")["aria-invalid"] == "true"
    assert page.element("compose-message")["aria-invalid"] == "true"
    page = shown(send(browse(running), {"message": "Hi"}), 422)
    assert page.element("compose-recipients")["aria-invalid"] == "true"
    assert "aria-invalid" not in page.element("compose-message")
    page = shown(send(browse(running), {"recipients": "anna"}), 422)
    assert page.element("compose-message")["aria-invalid"] == "true"
    assert "1 gets it" in page.text


def test_a_refused_template_says_where_and_why(browse, running):
    page = shown(send(browse(running), DRAFT | {"message": "Hi {nickname}"}), 422)
    assert page.element("compose-message")["aria-invalid"] == "true"
    assert "There is no {nickname}" in page.text
    assert "(character 4)" in page.text
    assert page.forms["compose"].values["recipients"] == [DRAFT["recipients"]]
    assert page.forms["compose"].values["message"] == ["Hi {nickname}"]
    assert "3 get it" in page.text


def test_the_same_words_to_many_people_are_refused(browse, running):
    values = {"recipients": "a1\na2\na3\na4\na5\na6", "message": "Hello"}
    page = shown(send(browse(running), values), 422)
    assert "/help/errors/E-DM-E-0001" in page.links
    assert page.element("compose-message")["aria-invalid"] == "true"
    assert "6 get it" in page.text
    assert not page.has("start-action")


def test_nothing_is_sent_while_the_bot_is_off(app, browse, running):
    browser = browse(running)
    page = preview(browser)
    with app.app_context():
        stop(running.id)
    page = shown(start(browser, page), 409)
    assert "Your bot is off." in page.text
    assert page.forms["compose"].values["recipients"] == [DRAFT["recipients"]]
    assert message_actions(app, running) == []


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "2020-01-01T00:00", "tomorrow"])
def test_a_start_that_cannot_be_is_refused_at_its_field(browse, running, moment):
    page = shown(send(browse(running), DRAFT | {"start_at": moment}), 422)
    assert page.element("compose-start_at")["aria-invalid"] == "true"


def test_a_repeated_message_comes_with_those_who_would_be_skipped(app, browse, clock, running):
    browser = browse(running)
    table = BytesIO(b"username,full_name\nanna,Anna Kim\notto,\n")
    assert start(browser, preview(browser, recipients="", file=(table, "p.csv"))).status_code == 303
    with app.app_context():
        written = do_step(running, clock).person
        (action,) = message_actions(app, running)
        cancel(running.id, action.id)
    page = browser.page(f"/actions/new?repeat={action.id}")
    assert f"Was sent a message before (1) @{written}" in page.text
    assert "1 gets it, 1 won’t" in page.text
    values = page.forms["compose"].values
    assert values["recipients"] == ["@anna\n@otto"]
    assert "Anna Kim" in values["full_names"][0]
    assert values["again"] == ["false"]
    assert start(browser, page).status_code == 303
    assert message_actions(app, running)[0].params["message"] == TEXT


def test_a_message_whose_text_is_refused_by_now_can_be_corrected(app, browse, running):
    browser = browse(running)
    assert start(browser, preview(browser)).status_code == 303
    (action,) = message_actions(app, running)
    with app.app_context(), tenant(running.id) as session:
        session.execute(update(Action).values(params=action.params | {"message": "Hi {nickname}"}))
        session.commit()
    page = browser.page(f"/actions/new?duplicate={action.id}")
    assert page.forms["compose"].values["message"] == ["Hi {nickname}"]
    assert not page.has("start-action")
