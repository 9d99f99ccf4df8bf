"""The second factor and challenges: by which ways a code comes, again or another way, and approvals elsewhere."""

import base64
import json
from collections.abc import Callable

import pytest

from bot.storage.models.values import CodeMethod
from jobs.instagram import InstagramAuth, Linked, NeedsApp, NeedsCode
from tests.jobs.instagram.conftest import Sandbox, answer, ask_for_code, failure_of

Ask = Callable[[Sandbox, str], NeedsCode]
# What sends a client back to the older sign-in.
TO_THE_OLDER = {
    "status": 200,
    "headers": {},
    "body": {
        "layout": {"bloks_payload": {"data": [{"data": {"key": "CAA_LOGIN_FALLBACK:to_legacy"}}]}},
        "status": "ok",
    },
}


def ask_older(sandbox: Sandbox, username: str) -> NeedsCode:
    sandbox.answer(username, TO_THE_OLDER, path="send_login_request")
    return ask_for_code(sandbox, username)


def send(sandbox: Sandbox, username: str, state: str, method: CodeMethod) -> NeedsCode:
    return InstagramAuth(sandbox.endpoint).send_code(username, state, method)


@pytest.mark.parametrize("ask", [ask_for_code, ask_older])
@pytest.mark.parametrize(
    ("username", "method", "methods", "messages"),
    [
        ("two_factor", "app", ("app", "backup_code"), 0),
        ("two_factor_sms", "sms", ("sms", "backup_code"), 1),
        ("two_factor_whatsapp", "whatsapp", ("sms", "whatsapp"), 1),
        ("two_factor_many", "app", ("app", "sms", "whatsapp", "backup_code"), 0),
    ],
)
def test_the_ways_of_a_second_factor_are_read_and_no_message_is_sent_in_vain(
    sandbox: Sandbox, ask: Ask, username: str, method: str, methods: tuple[str, ...], messages: int
) -> None:
    needs = ask(sandbox, username)

    if ask is ask_for_code:
        assert (needs.method, needs.methods) == (method, methods)
    else:
        # The older sign-in does not say whether there are backup codes.
        assert needs.methods == tuple(one for one in methods if one != "backup_code")
    assert len(sandbox.targets(username, "code_sent")) == messages
    answer(sandbox, username, needs.state, sandbox.account(username)["code"])
    assert sandbox.requests(username)["login"] == (1 if ask is ask_for_code else 2)


@pytest.mark.parametrize("ask", [ask_for_code, ask_older])
@pytest.mark.parametrize("method", ["sms", "whatsapp"])
def test_a_code_comes_another_way_and_again(sandbox: Sandbox, ask: Ask, method: CodeMethod) -> None:
    username = "two_factor_many"
    needs = ask(sandbox, username)
    logins = sandbox.requests(username)["login"]

    sent = send(sandbox, username, needs.state, method)
    again = send(sandbox, username, sent.state, method)

    assert (sent.method, again.method) == (method, method)
    assert len(sandbox.targets(username, "code_sent")) == 2
    answer(sandbox, username, again.state, sandbox.account(username)["code"])
    assert sandbox.requests(username)["login"] == logins


@pytest.mark.parametrize("ask", [ask_for_code, ask_older])
def test_a_backup_code_is_taken_in_place_of_the_code(sandbox: Sandbox, ask: Ask) -> None:
    needs = ask(sandbox, "two_factor")

    assert answer(sandbox, "two_factor", needs.state, sandbox.account("two_factor")["backup_code"])


@pytest.mark.parametrize("ask", [ask_for_code, ask_older])
def test_a_wrong_code_by_sms_is_wrong_and_the_right_one_is_taken_after_it(sandbox: Sandbox, ask: Ask) -> None:
    needs = ask(sandbox, "two_factor_sms")

    assert failure_of(lambda: answer(sandbox, "two_factor_sms", needs.state, "111111")).name == "INSTAGRAM_WRONG_CODE"
    assert answer(sandbox, "two_factor_sms", needs.state, sandbox.account("two_factor_sms")["code"])


@pytest.mark.parametrize("username", ["challenge_email", "challenge_phone", "challenge_at_sign_in"])
def test_the_code_of_a_challenge_is_sent_again(sandbox: Sandbox, username: str) -> None:
    needs = ask_for_code(sandbox, username)
    assert needs.method == ("sms" if username == "challenge_phone" else "email")
    assert needs.method

    again = send(sandbox, username, needs.state, needs.method)

    assert len(sandbox.targets(username, "code_sent")) == 2
    assert answer(sandbox, username, again.state, sandbox.account(username)["code"])


def test_a_challenge_that_brings_its_session_spares_the_password(sandbox: Sandbox) -> None:
    needs = ask_for_code(sandbox, "challenge_phone")
    session = InstagramAuth(sandbox.endpoint).login("plain_01", sandbox.password("plain_01"))
    assert isinstance(session, Linked)
    bearer = base64.b64encode(json.dumps(json.loads(session.session)["authorization_data"]).encode()).decode()
    closed = {
        "status": 200,
        "headers": {"ig-set-authorization": f"Bearer IGT:2:{bearer}"},
        "body": {"action": "close", "status": "ok"},
    }
    sandbox.answer("challenge_phone", closed, call="challenge")

    answer(sandbox, "challenge_phone", needs.state, "123456")

    assert sandbox.requests("challenge_phone")["login"] == 1


def test_an_approval_on_another_device_lets_in_without_the_password(sandbox: Sandbox, auth: InstagramAuth) -> None:
    username = "approve_on_device"
    sandbox.answer(username, TO_THE_OLDER, path="send_login_request")
    password = sandbox.password(username)
    waiting = failure_of(lambda: auth.login(username, password))
    assert isinstance(waiting, NeedsApp)
    assert len(sandbox.targets(username, "approval_asked")) == 1
    logins = sandbox.requests(username)["login"]

    early = failure_of(lambda: auth.resume(username, password, waiting.step.dump()))
    assert early.name == "INSTAGRAM_CONFIRM_IN_APP"
    sandbox.post("/challenges/confirm", account=username)
    linked = auth.resume(username, password, waiting.step.dump())

    assert isinstance(linked, Linked)
    assert json.loads(linked.session)["uuids"] == waiting.step.settings["uuids"]
    assert sandbox.requests(username)["login"] == logins


def test_an_approval_that_a_screen_asks_for_lets_the_same_device_in(sandbox: Sandbox, auth: InstagramAuth) -> None:
    username = "approve_on_device"
    password = sandbox.password(username)
    waiting = failure_of(lambda: auth.login(username, password))
    assert isinstance(waiting, NeedsApp)
    sandbox.post("/challenges/confirm", account=username)

    linked = auth.resume(username, password, waiting.step.dump())

    assert isinstance(linked, Linked)
    assert json.loads(linked.session)["uuids"] == waiting.step.settings["uuids"]
    assert sandbox.requests(username)["login"] == 2
