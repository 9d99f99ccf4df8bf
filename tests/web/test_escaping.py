"""Whatever is typed anywhere is text on every page that shows it."""

import pytest
from sqlalchemy import update

from bot.core.errors import BotException
from bot.history.activity import record
from bot.linking import requests
from bot.linking.requests import wait_for
from bot.storage.models import Action, BotStatus, User
from bot.storage.tenancy import identity, tenant
from tests.web.browser import shown

EVIL = "\"'><script>alert(1)</script>"


def assert_inert(response):
    page = shown(response, response.status_code)
    assert response.status_code < 500
    assert "<script>alert" not in response.text
    assert not [tag for tag, attributes in page.elements if tag == "script" and "src" not in attributes]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/login", "login"),
        ("/settings/security/password", "password"),
        ("/settings/connection/link", "link"),
        ("/actions/new", "compose"),
        ("/actions/new?what=send-messages", "compose"),
        ("/settings/connection", "form-account-primary"),
        ("/settings/data", "bot-switch"),
        ("/admin/people", "user"),
        ("/actions/log", "filter"),
        ("/actions", "find"),
    ],
)
def test_a_form_with_markup_in_every_field_is_inert(request, browse, monkeypatch, path, form):
    # There is no worker to answer what is asked of Instagram.
    monkeypatch.setattr(requests, "wait_for", lambda user_id, asked, _seconds: wait_for(user_id, asked, 0))
    who = {"/login": None, "/admin/people": "ada", "/settings/data": "running", "/settings/connection": "running"}
    name = "running" if form == "compose" else who.get(path, "alice")
    browser = browse(request.getfixturevalue(name) if name else None)
    served = browser.page(path).forms[form]
    values = {field: EVIL for field in served.values if field not in ("csrf_token", "username", "what")} | {EVIL: EVIL}
    if path == "/login" or form in ("link", "user"):
        values["username"] = EVIL
    options = {"query_string": values} if served.method == "get" else {"data": served.values | values}
    assert_inert(browser.client.open(served.action, method=served.method.upper(), **options))


@pytest.mark.parametrize(
    "path",
    [
        "/login?next={}",
        "/actions/log?code={}",
        "/actions?q={}",
        "/help/errors/{}",
        "/help/{}",
        "/help?q={}",
        "/help/bot-is-off?code={}",
        "/{}",
        "/automation?cursor={}",
    ],
)
def test_an_address_with_markup_is_inert(browse, alice, path):
    assert_inert(browse().get(path.format(EVIL)))
    assert_inert(browse(alice).get(path.format(EVIL)))


def test_what_comes_from_instagram_is_inert(app, browse, placed, running, ada):
    with app.app_context(), tenant(running.id) as session:
        record(session, "follow", "failed", target=EVIL, error=BotException("INSTAGRAM_REFUSED", EVIL))
        record(session, EVIL, "done", target=EVIL, action_id=placed)
        session.execute(update(BotStatus).values(last_error_code="E-BOT-E-0005", last_error_message=EVIL))
        session.execute(update(BotStatus).values(instagram_username=EVIL))
        session.execute(update(Action).values(params={"hashtag": EVIL, "filters": {}}))
        session.commit()
    with app.app_context(), identity() as session:
        session.execute(update(User).where(User.id == running.id).values(username=EVIL, email=EVIL))
        session.commit()
    for path in (
        "/",
        "/settings/connection",
        "/actions",
        "/actions/log",
        f"/actions/{placed}",
        "/settings/connection/unlink",
        f"/actions/{placed}/cancel",
    ):
        assert_inert(browse(running).get(path))
    assert_inert(browse(ada).get("/admin/people"))


@pytest.mark.parametrize("field", ["username", "password"])
def test_control_characters_are_refused(browse, field):
    response = browse().send("/login", "login", {"username": "alice", "password": "x"} | {field: "a\x00b"})
    assert shown(response, 422).element(f"login-{field}")["aria-invalid"] == "true"
