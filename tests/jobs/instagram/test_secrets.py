"""No secret of an account is in what an exception says, in the log or on the screen."""

import json
import logging
import traceback
from collections.abc import Callable

import pytest

from bot.core.errors import BotException
from jobs.instagram import InstagramAuth, InstagramClient, NeedsCode
from tests.jobs.instagram.conftest import Sandbox, SignIn

FAULTS = (
    "login_required",
    "feedback_required",
    "please_wait",
    "throttled",
    "challenge",
    "server_error",
    "html",
    "hang",
    "cut",
    "suspended",
    "consent",
)
PASSWORD = "canary-password-1x"
CODE = "913577"
PROXY_PASSWORD = "canary-proxy-password"
TEXT = "canary-text"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[BotException], str]:
    """All that can be read anywhere after a failure, with every logger as loud as it gets."""
    caplog.set_level(logging.DEBUG)

    def everything(failure: BotException) -> str:
        out, err = capfd.readouterr()
        stack = "".join(traceback.format_exception(failure))
        return "\n".join([str(failure), repr(failure), str(failure.meta), stack, caplog.text, out, err])

    return everything


def failure_of(work: Callable[[], object]) -> BotException:
    with pytest.raises(BotException) as caught:
        work()
    return caught.value


def assert_silent(text: str, *secrets: str) -> None:
    assert "INSTAGRAM_" in text
    assert [secret for secret in secrets if secret in text] == []


def secrets_in(session: str) -> list[str]:
    kept = json.loads(session)
    return [
        kept["authorization_data"]["sessionid"],
        *kept["cookies"].values(),
        kept["usdid"]["private_key"].splitlines()[1],
    ]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", ["follow", "message", "like", "friendship", "usernameinfo", "hashtag", "thread"])
def test_a_failing_call_tells_nothing_of_the_session(
    sandbox: Sandbox, sign_in: SignIn, said: Callable[[BotException], str], call: str, fault: str
) -> None:
    session = sign_in("plain_04").session
    sandbox.fault("plain_04", call, fault)
    proxy = str(sandbox.endpoint.proxy).replace("://", f"://plain_04:{PROXY_PASSWORD}@")
    client = InstagramClient(session, sandbox.endpoint.through(proxy), timeout=1)
    work = {
        "follow": lambda: client.follow("101"),
        "message": lambda: client.send_message("101", TEXT, "6800012345678901234"),
        "like": lambda: client.like("1_101"),
        "friendship": lambda: client.friendship("101"),
        "usernameinfo": lambda: client.person("plain_01"),
        "hashtag": lambda: client.hashtag_page("coffee"),
        "thread": lambda: client.thread_with("101"),
    }[call]

    failure = failure_of(work)
    client.close()

    assert_silent(said(failure), sandbox.password("plain_04"), PROXY_PASSWORD, TEXT, *secrets_in(session))


# A challenge at the sign-in itself is no failure: it asks for a code.
@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (call, fault)
        for call in ("device", "prepare_login", "encryption_key", "login")
        for fault in FAULTS
        if (call, fault) != ("login", "challenge")
    ],
)
def test_a_failing_sign_in_tells_nothing_of_the_password(
    sandbox: Sandbox, said: Callable[[BotException], str], call: str, fault: str
) -> None:
    sandbox.fault("*", call, fault)
    proxy = str(sandbox.endpoint.proxy).replace("://", f"://somebody:{PROXY_PASSWORD}@")

    failure = failure_of(lambda: InstagramAuth(sandbox.endpoint.through(proxy), timeout=2).login("plain_04", PASSWORD))

    assert_silent(said(failure), PASSWORD, PROXY_PASSWORD)


@pytest.mark.parametrize("username", ["two_factor", "challenge_email", "challenge_at_sign_in"])
@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_a_failing_code_tells_nothing_of_it(
    sandbox: Sandbox, said: Callable[[BotException], str], username: str, fault: str | None
) -> None:
    password = sandbox.password(username)
    auth = InstagramAuth(sandbox.endpoint, timeout=2)
    needs = auth.login(username, password)
    assert isinstance(needs, NeedsCode)
    if fault:
        call = {"two_factor": "two_factor", "challenge_email": "challenge"}.get(username, "code")
        sandbox.fault(username, call, fault)

    failure = failure_of(lambda: auth.verify(username, password, needs.state, CODE))

    assert_silent(said(failure), password, CODE, json.loads(needs.state)["token"])


def test_signing_in_with_codes_prints_and_logs_nothing(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for username in ("two_factor", "challenge_email", "challenge_at_sign_in"):
        account = sandbox.account(username)
        auth = InstagramAuth(sandbox.endpoint)
        needs = auth.login(username, account["password"])
        assert isinstance(needs, NeedsCode)
        linked = auth.verify(username, account["password"], needs.state, account["code"])
        assert not isinstance(linked, NeedsCode)

        said = caplog.text + "".join(capfd.readouterr())
        assert account["password"] not in said
        assert account["code"] not in said
        assert linked.session[:40] not in said
        assert not [secret for secret in secrets_in(linked.session) if secret in said]
