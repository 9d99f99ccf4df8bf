from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.linking import outcomes, requests
from bot.linking.outcomes import Question
from bot.storage.models import AccountRequest, InstagramCredentials
from bot.storage.tenancy import tenant
from tests.support.people import give_valid_session
from tests.web import situations
from tests.web.browser import HTMX, shown

LINK = "/settings/connection/link"
SECRET = "the password at instagram"
PROXY = "http://somebody:canary-proxy-password@127.0.0.1:8080"
NAMES = {"username": "alice.photo", "password": SECRET}


def sign_in(user, instagram_id="1"):
    return lambda taken: outcomes.linked(
        user.id, taken, session_data="{}", instagram_id=instagram_id, username=taken.username
    )


def ask_code(user, kind="two_factor", **more):
    question = Question(kind, "+49 *** 42", "{}", **more)
    return lambda taken: outcomes.needs_code(user.id, taken, question)


def refuse(user, name):
    return lambda taken: outcomes.failed(user.id, taken, BotException(name))


def test_an_account_is_linked(browse, worker, alice):
    browser = browse(alice)
    with worker(alice, sign_in(alice)):
        page = browser.sent(LINK, "link", NAMES)
    assert "Your Instagram account is connected." in page.text
    assert "@alice.photo" in page.text
    assert "Connected" in page.text
    assert {"form-account-primary", "bot-switch"} <= set(page.forms)
    assert "/settings/connection/unlink" in page.links


def test_a_code_is_asked_for_and_ends_the_linking(browse, worker, alice):
    browser = browse(alice)
    with worker(alice, ask_code(alice, "challenge")):
        page = browser.sent(LINK, "link", NAMES)
    assert "Instagram sent a code to +49 *** 42. The code counts until" in page.text
    assert page.element("code-code")["autocomplete"] == "one-time-code"
    with worker(alice, sign_in(alice)):
        page = browser.sent("/settings/connection", "code", {"code": "123 456"})
    assert "The code was right" in page.text


def test_a_code_is_asked_for_where_it_is_to_be_found(browse, worker, alice):
    browser = browse(alice)
    with worker(alice, ask_code(alice, "two_factor")):
        page = browser.sent(LINK, "link", NAMES)
    assert "the code that your authenticator app shows, or that it sent you." in page.text
    assert "Instagram needs a code" in page.text
    assert "Needs you" not in page.text
    assert ("span", {"class": "badge bad"}) not in page.elements


@pytest.mark.parametrize(
    ("name", "field", "status"),
    [("INSTAGRAM_WRONG_PASSWORD", "password", 422), ("INSTAGRAM_UNKNOWN_USER", "username", 422)],
)
def test_what_instagram_refuses_is_told_at_its_field(browse, worker, alice, name, field, status):
    with worker(alice, refuse(alice, name)):
        response = browse(alice).send(LINK, "link", NAMES)
    page = shown(response, status)
    assert page.element(f"link-{field}")["aria-invalid"] == "true"
    assert f"#link-{field}" in page.links
    assert page.element("link-username")["value"] == "alice.photo"
    assert SECRET not in response.text
    assert BotException(name).remedy in page.text


def test_a_wrong_code_may_be_typed_again(browse, worker, alice):
    browser = browse(alice)
    with worker(alice, ask_code(alice, "challenge")):
        browser.sent(LINK, "link", NAMES)
    with worker(alice, refuse(alice, "INSTAGRAM_WRONG_CODE")):
        page = shown(browser.send("/settings/connection", "code", {"code": "000000"}), 422)
    assert page.element("code-code")["aria-invalid"] == "true"
    assert "code" in page.forms


def test_a_failure_that_no_field_is_to_blame_for_is_told_above(browse, worker, alice):
    with worker(alice, refuse(alice, "INSTAGRAM_TIMEOUT")):
        page = shown(browse(alice).send(LINK, "link", NAMES), 504)
    assert page.has("failure")
    assert "/help/errors/E-NET-W-0001" in page.links
    assert "aria-invalid" not in page.element("link-username")


def test_an_account_that_another_user_has_linked_is_refused(app, browse, worker, alice, bob):
    with app.app_context():
        give_valid_session(bob.id)
        with tenant(bob.id, reading=True) as session:
            taken_id = session.scalars(select(InstagramCredentials.instagram_id)).one()
    with worker(alice, sign_in(alice, taken_id)):
        page = shown(browse(alice).send(LINK, "link", NAMES), 409)
    assert "Another user here has connected this Instagram account." in page.text
    assert "Connected" not in page.text


def test_a_confirmation_in_the_app_is_waited_for(app, browse, worker, alice):
    error = BotException("INSTAGRAM_CONFIRM_IN_APP")
    question = Question("app", "the Instagram app", "{}")
    with worker(alice, lambda taken: outcomes.await_app_confirmation(alice.id, taken, error, question)):
        page = shown(browse(alice).send(LINK, "link", NAMES), 409)
    assert "Confirm in the Instagram app" in page.text
    assert page.forms["form-account-primary"].action == "/settings/connection/test"
    assert "code" not in page.forms


def test_bad_fields_reach_no_worker(browse, alice):
    page = shown(browse(alice).send(LINK, "link", {"username": "two words"}), 422)
    assert "Type an Instagram username" in page.text
    assert {"#link-username", "#link-password"} <= set(page.links)


def test_the_session_is_tested(browse, worker, linked):
    with worker(linked, lambda taken: outcomes.tested(linked.id, taken, "{}")):
        page = browse(linked).sent("/settings/connection", "form-account-primary")
    assert "Your Instagram session works." in page.text


def test_a_session_that_has_ended_asks_to_link_again(browse, worker, linked):
    browser = browse(linked)
    with worker(linked, refuse(linked, "INSTAGRAM_LOGGED_OUT")):
        page = browser.sent("/settings/connection", "form-account-primary")
    assert "Your Instagram session works no more. Instagram has ended the session." in page.text
    assert "Disconnected" in page.text
    assert "/settings/connection/link" in page.links
    assert browser.page("/settings/connection/link").element("link-username")["value"] == "insta.name"
    assert "/help/errors/E-AUTH-E-0018" in page.links


def test_a_long_wait_has_a_page_that_looks_again(monkeypatch, browse, worker, alice):
    monkeypatch.setattr(requests, "link", partial(requests.link, wait=0))
    browser = browse(alice)
    response = browser.send(LINK, "link", NAMES)
    assert response.location.startswith("/settings/connection/requests/")
    page = browser.page(response.location)
    assert page.element("waiting")["hx-trigger"] == "every 2s"
    assert page.links.count(response.location) == 1
    with worker(alice, sign_in(alice)):
        pass
    ended = browser.get(response.location, headers=HTMX)
    assert (ended.status_code, ended.location) == (303, "/settings/connection")


def test_the_wait_ends_with_what_went_wrong(app, browse, alice):
    with app.app_context(), tenant(alice.id) as session:
        row = AccountRequest(user_id=alice.id, kind="link", status="running", created_at=now() - timedelta(minutes=9))
        session.add(row)
        session.commit()
    page = browse(alice).page(f"/settings/connection/requests/{row.id}", 503)
    assert "/help/errors/E-BOT-E-0011" in page.links
    assert page.has("account")


def test_a_stranger_waits_for_nothing_of_mine(app, browse, alice, bob):
    with app.app_context(), tenant(alice.id) as session:
        row = AccountRequest(user_id=alice.id, kind="link", created_at=now())
        session.add(row)
        session.commit()
    browse(bob).page(f"/settings/connection/requests/{row.id}", 404)


def test_unlinking_is_asked_for_twice(browse, linked):
    browser = browse(linked)
    assert "Disconnect @insta.name?" in browser.page("/settings/connection/unlink").text
    page = browser.sent("/settings/connection/unlink", "unlink")
    assert "disconnected" in page.text
    assert "link" in page.forms
    assert "@insta.name" not in page.text


def test_an_account_is_linked_through_a_proxy(browse, worker, alice):
    proxies = []

    def answer(taken):
        proxies.append(taken.proxy)
        sign_in(alice)(taken)

    browser = browse(alice)
    with worker(alice, answer):
        browser.sent(LINK, "link", NAMES | {"proxy": PROXY})
    assert proxies == [PROXY]
    assert "http proxy at 127.0.0.1, port 8080, with a username" in browser.page("/settings/connection/proxy").text


def test_a_proxy_that_cannot_be_used_is_refused_in_the_form_of_the_link(browse, alice):
    response = browse(alice).send(LINK, "link", NAMES | {"proxy": PROXY.replace("127.0.0.1", "10.0.0.1")})
    page = shown(response, 422)
    assert page.element("link-proxy")["aria-invalid"] == "true"
    assert page.element("link-username")["value"] == NAMES["username"]
    assert "canary-proxy-password" not in response.text
    assert ("details", {"open": None}) in page.elements


def test_the_proxy_stays_while_a_code_is_waited_for(browse, worker, alice):
    browser = browse(alice)
    with worker(alice, ask_code(alice, "challenge")):
        browser.sent(LINK, "link", NAMES | {"proxy": PROXY})
    other = PROXY.replace("8080", "8081")
    for path, form, values in (
        ("/settings/connection/proxy", "form-proxy", {"proxy": other}),
        ("/settings/connection/proxy/remove", "remove", {}),
        (LINK, "link", NAMES | {"proxy": other}),
    ):
        page = shown(browser.send(path, form, values), 409)
        assert "The proxy cannot be changed while Instagram waits for a confirmation." in page.text
    assert "port 8080" in browser.page("/settings/connection/proxy").text


@pytest.mark.parametrize(
    ("situation", "told"),
    [
        (situations.trying_again("INSTAGRAM_PROXY_FAILED"), True),
        (situations.trying_again("PROXY_NOT_FOUND"), True),
        (situations.last_error("INSTAGRAM_PROXY_FAILED"), True),
        (situations.status(bot_running=False, stop_reason="INSTAGRAM_ADDRESS_BLOCKED"), True),
        (situations.last_error("INSTAGRAM_TIMEOUT"), False),
        (situations.used_up, False),
    ],
)
def test_a_valid_session_does_not_hide_what_keeps_the_bot_from_using_it(
    app, browse, clock, running, placed, situation, told
):
    with app.app_context():
        situation(running.id, clock.moment)
    page = browse(running).page("/settings/connection")
    assert "Connected" in page.element_text("account")
    assert page.has("trouble") is told
    if told:
        assert "Change proxy" in page.element_text("trouble")
        assert "/settings/connection/proxy" in page.links
