"""The page of an action that sends messages: texts, answers, decisions about messages in doubt."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.config.runtime import now
from bot.messages.sending import list_results
from bot.storage.models import Action, ActionTarget, Contact, Message
from bot.storage.tenancy import tenant
from tests.bot.driving import message_action
from tests.web.browser import shown

TEXT = "{Hi|Hello} {first_name|there}"


@pytest.fixture
def action_id(app, running):
    """The id of an action of alice to write to three people."""
    with app.app_context():
        return message_action(running, "anna", "otto", "mia", message=TEXT)


def settle(app, user, person, status, text=None, **values):
    """Sets the state of a message, and its text if it was written."""
    with app.app_context(), tenant(user.id) as session:
        row = session.scalars(select(ActionTarget).where(ActionTarget.person == person)).one()
        row.status, row.claimed_at, row.finished_at = status, now() - timedelta(minutes=1), now()
        for name, value in values.items():
            setattr(row, name, value)
        if text:
            about = {"text": text, "digest": "d", "token": "1", "created_at": now()}
            session.add(Message(user_id=user.id, target_id=row.id, **about))
        session.commit()
        return row.id


def test_every_state_is_shown_and_counted(app, browse, running, action_id):
    settle(app, running, "anna", "done", "Hi Anna")
    settle(app, running, "otto", "skipped", reason="already_messaged")
    browser = browse(running)
    page = browser.page(f"/actions/{action_id}")
    assert "Sent 1 Up next 1 Skipped 1" in page.text
    matched = "Matched 50% of those checked, 1 still to check 1"
    assert f"On your list people 3 {matched} Sent 1 Answered so far 0" in page.text
    assert "@anna Hi Anna" in page.text
    assert "@otto Was sent a message before" in browser.page(f"/actions/{action_id}?status=skipped").text
    assert "@mia The text is written when it is sent." in browser.page(f"/actions/{action_id}?status=pending").text


def test_the_text_and_its_variants_are_in_the_setup(browse, running, action_id):
    page = browse(running).page(f"/actions/{action_id}")
    assert f"Text {TEXT} 2 variants, drawn for each person" in page.text
    assert "Messaged before Skipped" in page.text
    assert "repeat.every_days" not in page.forms["plan"].values


def test_an_answer_is_shown_and_counted(app, browse, running, action_id):
    settle(app, running, "anna", "done", recipient="77")
    with app.app_context(), tenant(running.id) as session:
        about = {"instagram_id": "77", "username": "anna", "written_at": now(), "answered_at": now()}
        session.add(Contact(user_id=running.id, **about))
        session.commit()
    page = browse(running).page(f"/actions/{action_id}")
    assert "@anna Answered" in page.text
    assert "Answered so far 1" in page.text


def test_people_are_narrowed_by_their_state_also_by_the_old_name(app, browse, running, action_id):
    settle(app, running, "anna", "done")
    browser = browse(running)
    for name in ("done", "sent"):
        page = browser.page(f"/actions/{action_id}?status={name}")
        assert "@anna" in page.element_text("people")
        assert "@otto" not in page.element_text("people")
    assert "No one here." in browser.page(f"/actions/{action_id}?status=failed").text


def test_the_results_are_downloaded_as_a_table(app, browse, running, action_id):
    settle(app, running, "anna", "done")
    response = browse(running).get(f"/actions/{action_id}/results.csv")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == "attachment; filename=results_alice_20260310T120000Z.csv"
    assert response.text.splitlines()[0] == "\ufeffusername,status,reason,message,answered,sent_at,error_code"
    assert response.text.splitlines()[1].startswith("anna,sent,,")


def test_the_people_of_another_kind_are_downloaded_too(browse, running, placed):
    response = browse(running).get(f"/actions/{placed}/results.csv")
    assert response.text.splitlines()[0].startswith("\ufeffperson,full_name,target,status,reason,")


def test_one_in_doubt_is_explained_and_left_to_the_user(app, browse, running, action_id):
    target = settle(app, running, "anna", "unknown")
    browser = browse(running)
    page = browser.page(f"/actions/{action_id}?status=unknown")
    assert "Instagram did not say whether it arrived" in page.text
    assert "never sent again by itself" in page.text
    assert f"resolve-{target}" in page.forms
    for name in ("otto", "mia"):
        settle(app, running, name, "done")
    page = browser.page(f"/actions/{action_id}")
    assert "1 message may or may not have arrived." in page.element_text("now")
    assert f"/actions/{action_id}?status=unknown#people" in page.links


def test_one_that_is_still_looked_up_is_not_asked_about(app, browse, running, clock, action_id):
    settle(app, running, "anna", "unknown", look_up_at=clock.moment + timedelta(minutes=9))
    browser = browse(running)
    assert "may or may not" not in browser.page(f"/actions/{action_id}").text
    assert "It is looked up in the conversation at 12:09" in browser.page(f"/actions/{action_id}?status=unknown").text


@pytest.mark.parametrize(
    ("outcome", "state", "status", "said"),
    [
        ("sent", "done", "sent", "You said that it was sent"),
        ("not_sent", "failed", "failed", "You said that it was not sent"),
    ],
)
def test_the_user_says_whether_it_is_there(app, browse, running, action_id, outcome, state, status, said):
    target = settle(app, running, "anna", "unknown", recipient="77", purpose="first")
    browser, place = browse(running), f"/actions/{action_id}"
    browser.sent(f"{place}?status=unknown", f"resolve-{target}", {"outcome": outcome})
    assert said in browser.page(f"{place}?status={state}").text
    with app.app_context():
        found = list_results(running.id, action_id, 9, None, status=status).items
    assert [row.target.person for row in found] == ["anna"]


def test_sending_again_asks_first(app, browse, running, action_id):
    settle(app, running, "anna", "unknown", "Hello Anna", recipient="77", purpose="first")
    browser = browse(running)
    links = browser.page(f"/actions/{action_id}?status=unknown").links
    ask = next(link for link in links if link.endswith("/again"))
    page = browser.page(ask)
    assert "gets the same message twice" in page.text
    assert "Hello Anna" in page.text
    assert "the message to @anna is sent again" in browser.sent(ask, "again").text


def test_what_is_known_cannot_be_decided_again(app, browse, running, action_id):
    target = settle(app, running, "anna", "unknown", recipient="77", purpose="first")
    browser = browse(running)
    form = browser.page(f"/actions/{action_id}?status=unknown").forms[f"resolve-{target}"]
    assert browser.post(form, {"outcome": "sent"}).status_code == 303
    assert "/help/errors/E-BOT-E-0018" in shown(browser.post(form, {"outcome": "sent"}), 409).links


def test_an_ended_action_looks_no_more(app, browse, running, action_id):
    with app.app_context(), tenant(running.id) as session:
        session.execute(update(Action).values(status="cancelled", finished_at=now()))
        session.commit()
    page = browse(running).page(f"/actions/{action_id}")
    assert "hx-get" not in page.element("action")
    assert "Not done 3" in page.text


@pytest.mark.parametrize("part", ["", "/now", "/results.csv"])
def test_a_stranger_finds_nothing(browse, action_id, bob, part):
    assert "anna" not in browse(bob).page(f"/actions/{action_id}{part}", 404).text


def test_the_old_addresses_lead_here_and_their_forms_do_nothing(app, browse, running, action_id):
    target = settle(app, running, "anna", "unknown", recipient="77", purpose="first")
    browser = browse(running)
    for part in ("", "?status=sent", "/results.csv", f"/{target}/again"):
        response = browser.get(f"/messages/{action_id}{part}")
        assert (response.status_code, response.location) == (302, f"/actions/{action_id}{part}")
    form = browser.page(f"/actions/{action_id}?status=unknown").forms[f"resolve-{target}"]
    form.action = f"/messages/{action_id}/{target}"
    page = shown(browser.post(form, {"outcome": "sent"}), 409)
    assert f"/actions/{action_id}" in page.text
    with app.app_context():
        assert list_results(running.id, action_id, 9, None, status="unknown").items != []
