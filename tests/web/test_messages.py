from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.config.runtime import now
from bot.messages.sending import list_results
from bot.storage.models import Action, ActionTarget, Contact, Message
from bot.storage.tenancy import tenant
from tests.web.browser import holds, shown
from tests.web.test_composer_messages import message_actions, preview, start
from web.messages import RESULTS_PAGE_SIZE


@pytest.fixture
def action_id(app, browse, running):
    """The id of an action of alice to write to three people."""
    browser = browse(running)
    assert start(browser, preview(browser)).status_code == 303
    return message_actions(app, running)[0].id


def settle(app, user, person, status, **values):
    with app.app_context(), tenant(user.id) as session:
        row = session.scalars(select(ActionTarget).where(ActionTarget.person == person)).one()
        row.status, row.claimed_at, row.finished_at = status, now() - timedelta(minutes=1), now()
        for name, value in values.items():
            setattr(row, name, value)
        session.commit()
        return row.id


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
    start(browser, preview(browser, recipients=people))
    address = f"/messages/{message_actions(app, running)[0].id}"
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
