from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select, update

from bot.actions.control import list_actions
from bot.actions.search import ActionSearch
from bot.automation.lifecycle import stop
from bot.config.runtime import now
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.messages.sending import list_results
from bot.storage.models import Action, ActionTarget, Contact, Message
from bot.storage.tenancy import tenant
from tests.web.browser import holds, shown
from web.messages import ACTIONS_PAGE_SIZE, RESULTS_PAGE_SIZE

TEXT = "{Hi|Hello} {first_name|there}"
DRAFT = {"recipients": "anna\notto\n@mia", "message": TEXT}
TABLE = "username;full_name\nanna;Anna Bäcker\n;Nobody\notto;\nanna;Anna again\nfalse name;x\n"


def preview(browser, **values):
    return shown(browser.send("/messages", "compose", DRAFT | values))


def message_actions(app, user):
    with app.app_context():
        return [
            progress.action for progress in list_actions(user.id, 100, None, ActionSearch(kind="send-messages")).items
        ]


@pytest.fixture
def action_id(app, browse, running):
    """The id of an action of alice to write to three people."""
    browser = browse(running)
    assert browser.post(preview(browser).forms["send"]).status_code == 303
    return message_actions(app, running)[0].id


def settle(app, user, person, status, **values):
    with app.app_context(), tenant(user.id) as session:
        row = session.scalars(select(ActionTarget).where(ActionTarget.person == person)).one()
        row.status, row.claimed_at, row.finished_at = status, now() - timedelta(minutes=1), now()
        for name, value in values.items():
            setattr(row, name, value)
        session.commit()
        return row.id


def test_it_begins_with_an_empty_state_and_the_rules(browse, alice):
    page = browse(alice).page("/messages")
    assert "No messages yet" in page.text
    assert "A person gets one message" in page.text
    assert "link your Instagram account" in page.text


def test_a_preview_shows_each_persons_text_and_places_nothing(app, browse, running):
    page = preview(browse(running), recipients="anna\nOTTO\nanna\n!!", message="For {username}")
    assert "@anna For anna @otto For otto" in page.text
    assert "Named more than once 1" in page.text
    assert "Line 4 !! Not an Instagram username" in page.text
    assert "Send to 2 people" in page.text
    assert message_actions(app, running) == []


def test_a_preview_says_who_is_on_the_do_not_contact_list(app, browse, running):
    with app.app_context():
        add_own(running.id, LeaveAlone(username="mia"))
    page = preview(browse(running))
    assert "Who is left out Is on the do-not-contact list (1) @mia" in page.text
    assert "Send to 2 people" in page.text


def test_a_preview_of_nobody_who_may_be_written_to_cannot_be_sent(app, browse, running):
    with app.app_context():
        add_own(running.id, LeaveAlone(username="mia"))
    page = preview(browse(running), recipients="mia")
    assert "Nobody is left to write to" in page.text
    assert "send" not in page.forms


def test_what_was_previewed_is_what_is_sent(app, browse, running):
    browser = browse(running)
    values = {"message": "Hi {first_name|you},\r\nbye", "again": ["true"], "start_at": "2026-03-11T08:30"}
    form = preview(browser, **values).forms["send"]
    page = browser.page(browser.post(form).location)
    (action,) = message_actions(app, running)
    assert "Accepted: Send a message to 3 people." in page.text
    assert action.params["message"] == "Hi {first_name|you},\nbye"
    assert action.params["again"] is True
    assert f"{action.start_at:%Y-%m-%d %H:%M}" == "2026-03-11 08:30"


def test_a_preview_that_is_sent_twice_is_one_action(app, browse, running):
    browser = browse(running)
    form = preview(browser).forms["send"]
    for _ in range(2):
        assert browser.post(form).status_code == 303
    assert len(message_actions(app, running)) == 1


def test_a_file_is_read_once_and_its_names_come_along(app, browse, running):
    browser = browse(running)
    page = preview(browser, recipients="", file=(BytesIO(TABLE.encode()), "people.csv"), message="Hi {full_name}")
    assert "Hi Anna Bäcker" in page.text
    assert "Line 3 ;Nobody No username in this row" in page.text
    assert "Named more than once 1" in page.text
    assert browser.post(page.forms["send"]).status_code == 303
    with app.app_context(), tenant(running.id) as session:
        rows = session.execute(select(ActionTarget.person, ActionTarget.full_name).order_by(ActionTarget.position))
        assert [tuple(row) for row in rows] == [("anna", "Anna Bäcker"), ("otto", None)]


def test_the_names_of_a_file_are_in_the_form_to_be_changed(browse, running):
    page = preview(browse(running), recipients="", file=(BytesIO(TABLE.encode()), "people.csv"))
    assert "@anna @otto" in page.text.split("One username or link")[1]
    assert page.forms["compose"].values["full_names"] == ["username,full_name,first_name\r\n@anna,Anna Bäcker,\r\n"]


def test_a_file_beside_typed_names_is_refused(browse, running):
    response = browse(running).send("/messages", "compose", DRAFT | {"file": (BytesIO(b"anna"), "people.csv")})
    page = shown(response, 422)
    assert page.element("compose-file")["aria-invalid"] == "true"
    assert "There are names above already" in page.text


def test_a_file_that_is_no_text_is_refused_at_its_field(browse, running):
    values = {"recipients": "", "message": TEXT, "file": (BytesIO(bytes(range(32)) * 40), "people.xlsx")}
    page = shown(browse(running).send("/messages", "compose", values), 422)
    assert page.element("compose-file")["aria-invalid"] == "true"


def test_a_long_list_is_taken(browse, running):
    names = "\n".join(f"somebody.with.a.long.name.{number:04}" for number in range(10_000))
    page = preview(browse(running), recipients=names)
    assert "Get a message 10,000" in page.text
    assert "9,994 more" in page.text
    assert page.text.count("@somebody.with.a.long.name.") >= 10_000
    assert "@somebody.with.a.long.name.9999 H" in page.text


def test_a_list_without_a_person_shows_its_rows(browse, running):
    page = shown(browse(running).send("/messages", "compose", DRAFT | {"recipients": "!!\n??"}), 422)
    assert page.element("compose-recipients")["aria-invalid"] == "true"
    assert "None of these rows names a person" in page.text
    assert "Line 2 ?? Not an Instagram username" in page.text


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("Account,Name\nann,Ann", "Usernames were read from the column “Account”."),
        ("Ann Lee,@ann", "The table has no headings. Check below that these are the people you mean."),
    ],
)
def test_the_preview_says_which_column_it_reads(browse, running, table, said):
    page = preview(browse(running), recipients="", file=(BytesIO(table.encode()), "people.csv"))
    assert said in page.text
    assert said not in preview(browse(running)).text


def test_an_empty_form_says_what_is_missing(browse, running):
    page = shown(browse(running).send("/messages", "compose"), 422)
    assert page.element("compose-recipients")["aria-invalid"] == "true"
    assert page.element("compose-message")["aria-invalid"] == "true"
    page = shown(browse(running).send("/messages", "compose", {"message": "Hi"}), 422)
    assert page.element("compose-recipients")["aria-invalid"] == "true"
    assert "aria-invalid" not in page.element("compose-message")
    page = shown(browse(running).send("/messages", "compose", {"recipients": "anna"}), 422)
    assert page.element("compose-message")["aria-invalid"] == "true"


def test_a_refused_template_says_where_and_why(browse, running):
    page = shown(browse(running).send("/messages", "compose", DRAFT | {"message": "Hi {nickname}"}), 422)
    assert page.element("compose-message")["aria-invalid"] == "true"
    assert "There is no {nickname}" in page.text
    assert "(character 4)" in page.text
    assert "anna otto @mia" in page.text


def test_the_same_words_to_many_people_are_refused(browse, running):
    values = {"recipients": "a1\na2\na3\na4\na5\na6", "message": "Hello"}
    page = shown(browse(running).send("/messages", "compose", values), 422)
    assert "/help/errors/E-DM-E-0001" in page.links
    assert page.element("compose-message")["aria-invalid"] == "true"


def test_nothing_is_sent_while_the_bot_is_stopped(app, browse, running):
    browser = browse(running)
    form = preview(browser).forms["send"]
    with app.app_context():
        stop(running.id)
    page = shown(browser.post(form), 409)
    assert "start your bot" in page.text
    assert message_actions(app, running) == []


def test_actions_are_listed_with_their_progress(app, browse, running, action_id):
    settle(app, running, "anna", "done")
    page = browse(running).page("/messages")
    assert "Send a message to 3 people" in page.text
    assert "1 sent · 2 to go" in page.text
    assert f"/messages/{action_id}" in page.links


def test_older_actions_are_on_the_next_page(app, browse, clock, running):
    with app.app_context(), tenant(running.id) as session:
        for number in range(ACTIONS_PAGE_SIZE + 1):
            clock.advance(seconds=1)
            values = {"params": {"message": f"text number {number}."}, "total": 1, "listed": True, "created_at": now()}
            session.add(Action(user_id=running.id, kind="send-messages", **values))
        session.commit()
    browser = browse(running)
    older = next(link for link in browser.page("/messages").links if "cursor=" in link)
    assert "text number 0." in browser.page(older).text


def test_every_result_is_shown_and_the_counts_make_the_total(app, browse, running, action_id):
    settle(app, running, "anna", "done")
    settle(app, running, "otto", "skipped", reason="already_messaged")
    page = browse(running).page(f"/messages/{action_id}")
    assert "Sent 1 To go 1 Not known 0 Failed 0 Left out 1 All 3" in page.text
    assert "@otto Left out Was sent a message before" in page.text


def test_an_answer_is_shown(app, browse, running, action_id):
    settle(app, running, "anna", "done", recipient="77")
    with app.app_context(), tenant(running.id) as session:
        session.add(
            Contact(user_id=running.id, instagram_id="77", username="anna", written_at=now(), answered_at=now())
        )
        session.commit()
    assert "@anna Sent Answered" in browse(running).page(f"/messages/{action_id}").text


def test_results_are_narrowed_by_status(app, browse, running, action_id):
    settle(app, running, "anna", "done")
    browser = browse(running)
    page = browser.page(f"/messages/{action_id}?status=sent")
    assert "@anna" in page.text
    assert "@otto" not in page.text
    assert "Nobody here" in browser.page(f"/messages/{action_id}?status=failed").text
    assert "@otto" in browser.page(f"/messages/{action_id}?status=nonsense").text


def test_more_results_are_on_the_next_page(app, browse, running):
    browser = browse(running)
    people = "\n".join(f"person{number:02}" for number in range(RESULTS_PAGE_SIZE + 1))
    address = browser.post(preview(browser, recipients=people).forms["send"]).location
    page = browser.page(address)
    assert f"person{RESULTS_PAGE_SIZE}" not in page.text
    older = next(link for link in page.links if "cursor=" in link)
    assert f"person{RESULTS_PAGE_SIZE}" in browser.page(older).text


def test_what_is_fetched_is_what_the_page_holds(browse, running, action_id):
    browser = browse(running)
    fetched = browser.get(f"/messages/{action_id}/now")
    assert holds(browser.get(f"/messages/{action_id}"), fetched)
    assert shown(fetched).elements[0][1]["hx-get"] == f"/messages/{action_id}/now"


def test_the_results_are_downloaded_as_a_table(app, browse, running, action_id):
    settle(app, running, "anna", "done")
    response = browse(running).get(f"/messages/{action_id}/results.csv")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == "attachment; filename=results_alice_20260310T120000Z.csv"
    assert response.text.splitlines()[0] == "\ufeffusername,status,reason,message,answered,sent_at,error_code"
    assert response.text.splitlines()[1].startswith("anna,sent,,")


def test_an_unknown_one_is_explained_and_left_to_the_user(app, browse, running, action_id):
    target = settle(app, running, "anna", "unknown")
    page = browse(running).page(f"/messages/{action_id}")
    assert "Instagram did not say whether it arrived" in page.text
    assert "never sent again by itself" in page.text
    assert f"resolve-{target}" in page.forms


@pytest.mark.parametrize(
    ("outcome", "status", "said"),
    [("sent", "sent", "You said that it was sent"), ("not_sent", "failed", "You said that it was not sent")],
)
def test_the_user_says_whether_it_is_there(app, browse, running, action_id, outcome, status, said):
    target = settle(app, running, "anna", "unknown", recipient="77", purpose="first")
    page = browse(running).sent(f"/messages/{action_id}", f"resolve-{target}", {"outcome": outcome})
    assert said in page.text
    with app.app_context():
        assert [row.target.person for row in list_results(running.id, action_id, 9, None, status=status).items] == [
            "anna"
        ]


def test_sending_again_asks_first(app, browse, running, action_id):
    target = settle(app, running, "anna", "unknown", recipient="77", purpose="first")
    with app.app_context(), tenant(running.id) as session:
        values = {"text": "Hello Anna", "digest": "d", "token": "1", "created_at": now()}
        session.add(Message(user_id=running.id, target_id=target, **values))
        session.commit()
    browser = browse(running)
    ask = next(link for link in browser.page(f"/messages/{action_id}").links if link.endswith("/again"))
    page = browser.page(ask)
    assert "gets the same message twice" in page.text
    assert "Hello Anna" in page.text
    assert "the message to @anna is sent again" in browser.sent(ask, "again").text


def test_what_is_known_cannot_be_decided_again(app, browse, running, action_id):
    target = settle(app, running, "anna", "unknown", recipient="77", purpose="first")
    browser = browse(running)
    form = browser.page(f"/messages/{action_id}").forms[f"resolve-{target}"]
    assert browser.post(form, {"outcome": "sent"}).status_code == 303
    assert "/help/errors/E-BOT-E-0018" in shown(browser.post(form, {"outcome": "sent"}), 409).links


def test_an_action_is_paused_from_its_page(app, browse, running, action_id):
    page = browse(running).sent(f"/messages/{action_id}", f"form-toggle-{action_id}")
    assert "Paused: Send a message to 3 people." in page.text
    assert message_actions(app, running)[0].status == "paused"


def test_an_ended_action_looks_no_more(app, browse, running, action_id):
    with app.app_context(), tenant(running.id) as session:
        session.execute(update(Action).values(status="cancelled", finished_at=now()))
        session.commit()
    page = browse(running).page(f"/messages/{action_id}")
    assert "hx-get" not in page.element("message-action")
    assert "Not sent 3" in page.text


@pytest.mark.parametrize("part", ["", "/now", "/results.csv"])
def test_a_stranger_finds_nothing(browse, action_id, bob, part):
    assert "anna" not in browse(bob).page(f"/messages/{action_id}{part}", 404).text


def test_an_action_of_another_kind_is_not_shown_here(browse, running, placed):
    assert browse(running).get(f"/messages/{placed}").status_code == 404


@pytest.mark.parametrize("start", ["0001-01-01T00:00", "9999-12-31T23:59", "2020-01-01T00:00", "tomorrow"])
def test_a_start_that_cannot_be_is_refused_at_its_field(browse, running, start):
    page = shown(browse(running).send("/messages", "compose", DRAFT | {"start_at": start}), 422)
    assert page.element("compose-start_at")["aria-invalid"] == "true"
