"""Signing in: with a password, with each kind of code, on the same device; and what goes wrong."""

import json
import time

import pytest

from bot.core.errors import BotException
from jobs.instagram import Endpoint, InstagramAuth, Linked
from tests.jobs.instagram.conftest import Sandbox, SignIn, answer, ask_for_code, failure_of

KEPT = {
    "uuids",
    "device_settings",
    "user_agent",
    "locale",
    "country",
    "timezone_offset",
    "mid",
    "ig_u_rur",
    "ig_www_claim",
    "usdid",
    "authorization_data",
    "cookies",
}
BROUGHT_BY_THE_FACTORY = {"tls_verify", "request_timeout", "private_transport", "session_retry_total"}
CODE_ACCOUNTS = ("two_factor", "challenge_email", "challenge_at_sign_in")


def test_it_signs_in_with_a_password(sandbox: Sandbox, auth: InstagramAuth, sign_in: SignIn) -> None:
    linked = sign_in("plain_01")

    assert linked.username == "plain_01"
    assert linked.instagram_id == str(json.loads(linked.session)["authorization_data"]["ds_user_id"])
    assert sandbox.targets("plain_01", "login") == ["plain_01"]
    assert sandbox.requests("plain_01")["login"] == 1
    assert auth.test_connection(linked.session)


def test_a_session_holds_what_makes_account_and_device_and_nothing_of_the_transport(sign_in: SignIn) -> None:
    kept = json.loads(sign_in().session)

    assert kept.keys() >= KEPT
    assert not kept.keys() & BROUGHT_BY_THE_FACTORY


def test_settings_of_the_transport_in_an_old_session_are_not_restored(
    sandbox: Sandbox, auth: InstagramAuth, sign_in: SignIn
) -> None:
    old = json.loads(sign_in().session) | {
        "tls_verify": False,
        "request_timeout": 60,
        "private_transport": "requests",
        "session_retry_total": 9,
    }

    begin = time.monotonic()
    refreshed = auth.test_connection(json.dumps(old))

    assert time.monotonic() - begin < 30
    assert not json.loads(refreshed).keys() & BROUGHT_BY_THE_FACTORY


def test_signing_in_again_comes_from_the_same_device_with_the_password(
    sandbox: Sandbox, auth: InstagramAuth, sign_in: SignIn
) -> None:
    first = sign_in()
    second = auth.login("plain_01", sandbox.password("plain_01"), device=first.session)

    assert isinstance(second, Linked)
    before, after = json.loads(first.session), json.loads(second.session)
    assert [after[key] for key in ("uuids", "usdid", "device_settings")] == [
        before[key] for key in ("uuids", "usdid", "device_settings")
    ]
    assert after["authorization_data"] != before["authorization_data"]
    assert sandbox.requests("plain_01")["login"] == 2


def test_a_wrong_password_is_named_and_submitted_to_each_sign_in_once(sandbox: Sandbox, auth: InstagramAuth) -> None:
    with pytest.raises(BotException) as caught:
        auth.login("plain_01", "not the password")

    assert caught.value.name == "INSTAGRAM_WRONG_PASSWORD"
    assert sandbox.requests("plain_01")["login"] == 2
    assert auth.device


def test_an_unknown_user_is_named(auth: InstagramAuth) -> None:
    with pytest.raises(BotException) as caught:
        auth.login("nobody_at_all", "whatever it is")

    assert caught.value.name == "INSTAGRAM_UNKNOWN_USER"


@pytest.mark.parametrize("username", CODE_ACCOUNTS)
def test_a_code_signs_in_from_another_process_after_a_wrong_one(sandbox: Sandbox, username: str) -> None:
    needs = ask_for_code(sandbox, username)
    assert needs.kind == ("two_factor" if username == "two_factor" else "challenge")

    with pytest.raises(BotException) as caught:
        answer(sandbox, username, needs.state, "111111")
    assert caught.value.name == "INSTAGRAM_WRONG_CODE"

    linked = answer(sandbox, username, needs.state, sandbox.account(username)["code"])
    assert linked.username == username
    assert sandbox.targets(username, "login") == [username]
    assert InstagramAuth(sandbox.endpoint).test_connection(linked.session)
    assert json.loads(linked.session)["uuids"] == json.loads(needs.state)["settings"]["uuids"]


@pytest.mark.parametrize("username", CODE_ACCOUNTS)
def test_an_expired_code_is_named(sandbox: Sandbox, username: str) -> None:
    needs = ask_for_code(sandbox, username)

    with pytest.raises(BotException) as caught:
        answer(sandbox, username, needs.state, sandbox.account(username)["expired_code"])

    assert caught.value.name == "INSTAGRAM_CODE_EXPIRED"


@pytest.mark.parametrize("username", CODE_ACCOUNTS)
def test_a_question_that_instagram_has_forgotten_is_expired(sandbox: Sandbox, username: str) -> None:
    needs = ask_for_code(sandbox, username)
    sandbox.reset()

    with pytest.raises(BotException) as caught:
        answer(sandbox, username, needs.state, sandbox.account(username)["code"])

    assert caught.value.name == "INSTAGRAM_CODE_EXPIRED"


@pytest.mark.parametrize(
    ("username", "mails", "submissions"),
    [("two_factor", 0, 1), ("challenge_at_sign_in", 1, 1), ("challenge_email", 1, 2)],
)
def test_a_code_costs_one_mail_and_the_password_only_where_instagram_asks_again(
    sandbox: Sandbox, username: str, mails: int, submissions: int
) -> None:
    needs = ask_for_code(sandbox, username)
    answer(sandbox, username, needs.state, sandbox.account(username)["code"])

    assert len(sandbox.targets(username, "code_sent")) == mails
    assert sandbox.requests(username)["login"] == submissions


@pytest.mark.parametrize("username", CODE_ACCOUNTS)
@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("please_wait", "INSTAGRAM_SIGN_IN_LATER"),
        ("throttled", "INSTAGRAM_SIGN_IN_LATER"),
        ("feedback_required", "INSTAGRAM_SIGN_IN_LATER"),
        ("login_required", "INSTAGRAM_CODE_EXPIRED"),
        ("challenge", "INSTAGRAM_CODE_EXPIRED"),
        ("suspended", "INSTAGRAM_SUSPENDED"),
        ("consent", "INSTAGRAM_CONSENT"),
        ("server_error", "INSTAGRAM_SERVER_ERROR"),
        ("html", "INSTAGRAM_UNREADABLE"),
        ("cut", "INSTAGRAM_UNREACHABLE"),
    ],
)
def test_an_answer_that_fails_for_another_reason_is_not_a_wrong_code(
    sandbox: Sandbox, username: str, fault: str, name: str
) -> None:
    needs = ask_for_code(sandbox, username)
    call = {"two_factor": "two_factor", "challenge_email": "challenge"}.get(username, "code")
    before = sandbox.requests(username).get(call, 0)
    sandbox.fault(username, call, fault)

    with pytest.raises(BotException) as caught:
        answer(sandbox, username, needs.state, sandbox.account(username)["code"])

    assert caught.value.name == name
    assert sandbox.requests(username)[call] == before + 1


def test_a_device_made_beforehand_is_the_one_that_instagram_sees(sandbox: Sandbox, auth: InstagramAuth) -> None:
    device = auth.new_device()
    assert failure_of(lambda: auth.login("plain_01", "not the password", device)).name == "INSTAGRAM_WRONG_PASSWORD"
    seen = auth.device

    linked = auth.login("plain_01", sandbox.password("plain_01"), seen)

    assert isinstance(linked, Linked)
    for state in (seen, linked.session):
        assert state
        assert json.loads(state)["uuids"] == json.loads(device)["uuids"]


def test_the_address_of_a_challenge_mail_is_told_as_instagram_masks_it(sandbox: Sandbox) -> None:
    assert ask_for_code(sandbox, "challenge_email").sent_to == "c*****@example.com"


@pytest.mark.parametrize("state", ["", "null", "{}", '{"answer": "challenge"}', '{"no": "state"}'])
def test_a_state_that_is_not_one_is_expired(auth: InstagramAuth, state: str) -> None:
    with pytest.raises(BotException) as caught:
        auth.verify("two_factor", "whatever it is", state, "123456")

    assert caught.value.name == "INSTAGRAM_CODE_EXPIRED"


def test_a_challenge_for_the_phone_is_named_and_passes_on_the_same_device_once_confirmed(
    sandbox: Sandbox, auth: InstagramAuth
) -> None:
    username = "challenge_phone_only"
    with pytest.raises(BotException) as caught:
        auth.login(username, sandbox.password(username))
    assert caught.value.name == "INSTAGRAM_CONFIRM_IN_APP"
    assert auth.device
    device = auth.device

    sandbox.post("/challenges/confirm", account=username)
    linked = auth.login(username, sandbox.password(username), device=device)

    assert isinstance(linked, Linked)
    assert json.loads(linked.session)["uuids"] == json.loads(device)["uuids"]


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("please_wait", "INSTAGRAM_SIGN_IN_LATER"),
        ("throttled", "INSTAGRAM_SIGN_IN_LATER"),
        ("feedback_required", "INSTAGRAM_SIGN_IN_LATER"),
        ("suspended", "INSTAGRAM_SUSPENDED"),
        ("consent", "INSTAGRAM_CONSENT"),
        ("server_error", "INSTAGRAM_SERVER_ERROR"),
        ("html", "INSTAGRAM_UNREADABLE"),
        ("cut", "INSTAGRAM_UNREACHABLE"),
    ],
)
def test_a_sign_in_that_fails_is_named_and_not_tried_again(
    sandbox: Sandbox, auth: InstagramAuth, fault: str, name: str
) -> None:
    sandbox.fault("plain_02", "login", fault)

    with pytest.raises(BotException) as caught:
        auth.login("plain_02", sandbox.password("plain_02"))

    assert caught.value.name == name
    assert sandbox.requests("plain_02")["login"] == 1


def test_a_sign_in_that_hangs_ends_in_time(sandbox: Sandbox) -> None:
    auth = InstagramAuth(sandbox.endpoint, timeout=2)

    begin = time.monotonic()
    with pytest.raises(BotException) as caught:
        auth.login("hangs_at_sign_in", sandbox.password("hangs_at_sign_in"))

    assert caught.value.name == "INSTAGRAM_TIMEOUT"
    assert caught.value.meta["delivered"] == "maybe"
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("fault", ["hang", "server_error", "html", "cut"])
def test_a_sign_in_is_kept_when_only_the_first_pages_after_it_fail(sandbox: Sandbox, fault: str) -> None:
    auth = InstagramAuth(sandbox.endpoint, timeout=5)
    sandbox.fault("plain_03", "timeline", fault)

    linked = auth.login("plain_03", sandbox.password("plain_03"))

    assert isinstance(linked, Linked)
    assert auth.test_connection(linked.session)


def test_a_test_asks_once_and_names_a_session_that_has_ended(
    sandbox: Sandbox, auth: InstagramAuth, sign_in: SignIn
) -> None:
    session = sign_in().session
    sandbox.end_sessions("plain_01")

    with pytest.raises(BotException) as caught:
        auth.test_connection(session)

    assert caught.value.name == "INSTAGRAM_LOGGED_OUT"
    assert caught.value.meta["delivered"] == "no"
    assert sandbox.requests("plain_01")["current_user"] == 1


@pytest.mark.parametrize("session", ["", "{}", "[]", '{"uuids": {}}', "not JSON"])
def test_a_session_that_is_not_one_is_logged_out_without_asking(session: str) -> None:
    with pytest.raises(BotException) as caught:
        InstagramAuth(Endpoint()).test_connection(session)

    assert caught.value.name == "INSTAGRAM_LOGGED_OUT"


@pytest.mark.usefixtures("environment_of_a_company")
def test_the_sandbox_is_reached_whatever_the_environment_says(sign_in: SignIn) -> None:
    assert sign_in().username == "plain_01"
