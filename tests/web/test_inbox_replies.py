"""The form for a reply in a conversation, what it shows until it is sent, and the number in the frame."""

import pytest

from bot.automation import lifecycle
from bot.contacts.answers import Reply
from bot.contacts.replies import store_replies
from bot.linking.outcomes import store_session
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.storage.tenancy import tenant
from tests.bot.driving import do_step, id_of, refuse_step, work_of
from tests.web.browser import shown
from tests.web.test_people import inbox_of, written

__all__ = ["written"]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORDS = {"text": "20 euros\nOn Friday?"}


@pytest.fixture
def ann(app, running, written, clock):
    clock.advance(seconds=1)
    return inbox_of(app, running, "ann")


def hear(app, user, clock, name, text):
    clock.advance(seconds=1)
    with app.app_context():
        store_replies(user.id, [Reply(f"{name}{clock.moment}", id_of(name), text, clock.moment)])


def test_a_reply_waits_is_sent_and_says_so(app, browse, running, ann, clock):
    browser = browse(running)
    page = browser.sent(ann, "reply", WORDS)
    assert "20 euros On Friday?" in page.text
    assert "Being sent" in page.text
    assert page.element("spoken")["hx-get"] == f"{ann}/now"
    with app.app_context():
        do_step(running, clock)
    fetched = browser.page(f"{ann}/now")
    assert "Your reply, " in fetched.text
    assert "hx-get" not in fetched.element("spoken")


def test_the_form_sent_twice_from_two_tabs_or_by_a_double_click_is_one_reply(app, browse, running, ann):
    browser = browse(running)
    form = browser.page(ann).forms["reply"]
    answers = [browser.post(form, WORDS) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert browser.page(ann).text.count("20 euros") == 1
    assert "idempotency_key" in browser.page(ann).forms["reply"].values
    assert browser.page(ann).forms["reply"].values["idempotency_key"] != form.values["idempotency_key"]


def test_a_refused_form_keeps_what_was_typed_and_its_token(app, browse, running, ann):
    browser = browse(running)
    form = browser.page(ann).forms["reply"]
    with app.app_context():
        lifecycle.stop(running.id)
    page = shown(browser.post(form, WORDS), 409)
    assert "The bot is stopped." in page.text
    assert "Your bot sends it, so turn your bot on first." in page.text
    assert page.forms["reply"].values["text"] == [WORDS["text"]]
    assert page.forms["reply"].values["idempotency_key"] == form.values["idempotency_key"]


def test_a_form_that_was_sent_and_then_changed_asks_and_is_a_new_one_the_next_time(app, browse, running, ann):
    """A user goes back in the browser, and types something else."""
    browser = browse(running)
    form = browser.page(ann).forms["reply"]
    assert browser.post(form, WORDS).status_code == 303
    page = shown(browser.post(form, {"text": "And 5 for shipping"}), 409)
    assert "This form was sent before, with something else in it." in page.text
    assert "Idempotency" not in page.text
    again = page.forms["reply"]
    assert again.values["text"] == ["And 5 for shipping"]
    assert browser.post(again).status_code == 303
    text = browser.page(ann).text
    assert (text.count("20 euros"), text.count("And 5 for shipping")) == (1, 1)


def test_a_form_without_its_token_sends_nothing(browse, running, ann):
    browser = browse(running)
    page = shown(browser.send(ann, "reply", WORDS | {"idempotency_key": "made-up"}), 422)
    assert "This form is incomplete. Load the page again." in page.text
    assert "Being sent" not in page.text


def test_a_reply_that_waits_says_why_and_is_canceled(app, browse, running, ann, clock):
    browser = browse(running)
    browser.sent(ann, "reply", WORDS)
    with app.app_context():
        refuse_step(running, clock, "INSTAGRAM_ACTION_BLOCKED")
    page = browser.page(ann)
    assert "Not sent yet. Sending your replies rests: Instagram has blocked" in page.text
    (cancel,) = (name for name in page.forms if name.startswith("form-cancel-"))
    assert "Your reply is not sent." in browser.sent(ann, cancel).text
    assert "Not sent. You canceled it" in browser.page(ann).text


def test_one_that_may_have_arrived_is_decided_in_the_conversation(app, browse, running, ann, clock):
    browser = browse(running)
    browser.sent(ann, "reply", WORDS)
    with app.app_context():
        refuse_step(running, clock, "INSTAGRAM_TIMEOUT", delivered="maybe")
        assert "Checking if it was sent" in browser.page(ann).text
        for _ in range(2):
            clock.advance(minutes=15)
            work = work_of(running)
            Reconciliation(running.id, work).keep_unknown(work.in_doubt[0])
    page = browser.page(ann)
    assert "May have been sent" in page.text
    (again,) = (link for link in page.links if link.endswith("/again"))
    assert "Send it to @ann again?" in browser.page(again).text
    (settle,) = (name for name in page.forms if name.startswith("settle-"))
    assert browser.send(ann, settle, {"outcome": "sent"}).status_code == 303
    page = browser.page(ann)
    assert "Your reply, " in page.text
    assert "settle" not in "".join(page.forms)


def test_a_person_who_asks_to_be_left_alone_has_no_form(app, browse, running, ann, clock):
    browser = browse(running)
    browser.sent(ann, "reply", WORDS)
    with app.app_context():
        work = work_of(running)
        hear(app, running, clock, "ann", "stop")
        Step(running.id, work).claim(work.pending[0])
    page = browser.page(ann)
    assert "Not sent. The person is on the do-not-contact list" in page.text
    assert "reply" not in page.forms
    assert "reply" not in browser.page(inbox_of(app, running, "ben")).forms


def test_who_wrote_to_an_account_that_was_linked_before_has_no_form(app, browse, running, ann):
    with app.app_context(), tenant(running.id) as session:
        store_session(session, session_data="{}", instagram_id="4712", username="another", password="x")
        session.commit()
    page = browse(running).page(ann)
    assert "reply" not in page.forms
    assert "They wrote to another account of yours." in page.text


def test_the_page_of_its_action_is_the_conversation(app, browse, running, ann):
    browser = browse(running)
    browser.sent(ann, "reply", WORDS)
    with app.app_context():
        action_id = work_of(running).action_id
    answer = browser.get(f"/actions/{action_id}")
    assert (answer.status_code, answer.location) == (302, ann)
    assert "Reply to @ann" not in browser.page("/actions").text


def test_what_is_fetched_of_the_inbox_brings_the_number_in_the_frame(app, browse, running, ann, clock):
    browser = browse(running)
    hear(app, running, clock, "ann", "Hello?")
    fetched = browser.page("/inbox/now")
    for place in ("unread", "unread-tab"):
        assert fetched.element(place)["hx-swap-oob"] == "outerMorph"
    assert fetched.text.count("3 unread") == 2
    browser.sent(ann, "read")
    browser.sent(inbox_of(app, running, "ben"), "read")
    fetched = browser.page("/inbox/now")
    assert "hidden" in fetched.element("unread")
    assert "unread" not in fetched.text


def test_the_log_and_their_page_tell_of_it_without_its_words(app, browse, running, ann, clock):
    browser = browse(running)
    browser.sent(ann, "reply", WORDS)
    with app.app_context():
        do_step(running, clock)
    log = browser.page("/actions/log").text
    assert "Replied to @ann" in log
    person = browser.page(ann.replace("inbox", "people")).text
    assert "Sent your reply" in person
    assert "20 euros" not in log + person
