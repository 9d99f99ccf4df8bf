"""Each recorded reply to a sign-in, a code or a challenge, through the real client: its name and how it goes on."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bot.core.errors import BotException
from jobs.instagram import InstagramAuth, Linked, NeedsApp, NeedsCode
from sandbox.replies import cases
from tests.jobs.instagram.conftest import Sandbox
from tests.jobs.instagram.variants import variants

ACCOUNT = "plain_01"
ALL = [*cases(), *variants()]
OF_SIGN_IN = [case for case in ALL if case["at"] in ("sign-in", "challenge")]
OF_CODES = [case for case in ALL if case["at"] == "code"]
# After a sign-in that was accepted: kept as it is, or until the owner has confirmed something.
KEPT = {
    case["id"] for case in ALL if case["kind"] == "after-sign-in" and case["must"]["name"] != "INSTAGRAM_LOGGED_OUT"
}


@dataclass(frozen=True)
class Outcome:
    """What a sign-in came to: the name that is told, None for a session without a word."""

    name: str | None
    answer: Linked | NeedsCode | BotException


def outcome_of(work: Callable[[], Linked | NeedsCode]) -> Outcome:
    try:
        answer = work()
    except BotException as error:
        return Outcome(error.name, error)
    if isinstance(answer, NeedsCode):
        return Outcome("CODE_NEEDED", answer)
    return Outcome(answer.trouble.name if answer.trouble else None, answer)


def good_names(case: dict[str, Any]) -> set[str | None]:
    return {case["must"]["name"], *case["must"].get("accept", [])}


def where_it_waits(answer: object) -> tuple[str, str]:
    if isinstance(answer, NeedsApp):
        return "app", answer.sent_to
    assert isinstance(answer, NeedsCode)
    return answer.kind, answer.sent_to


@pytest.mark.parametrize("case", OF_SIGN_IN, ids=lambda case: case["id"])
def test_a_reply_at_sign_in_is_told_as_it_must_be(sandbox: Sandbox, auth: InstagramAuth, case: dict[str, Any]) -> None:
    account = case.get("lane", ACCOUNT)
    sandbox.meet(case, account)

    found = outcome_of(lambda: auth.login(account, sandbox.password(account)))

    assert found.name in good_names(case)
    assert auth.device
    if wanted := case.get("expect", {}).get("verification"):
        kind, sent_to = where_it_waits(found.answer)
        assert kind == wanted.get("kind", kind)
        assert re.search(wanted.get("sent_to", ""), sent_to)
    assert sandbox.requests(account).get("login", 0) <= 2
    if case["id"] in KEPT:
        assert isinstance(found.answer, Linked | NeedsApp)
        assert sandbox.requests(account)["login"] == 1


@pytest.mark.parametrize("case", OF_CODES, ids=lambda case: case["id"])
def test_a_reply_to_a_code_is_told_as_it_must_be(sandbox: Sandbox, auth: InstagramAuth, case: dict[str, Any]) -> None:
    account, right = case["lane"], sandbox.account(case["lane"])["code"]
    asked = auth.login(account, sandbox.password(account))
    assert isinstance(asked, NeedsCode)
    sandbox.meet(case, account)
    typed = case.get("type_code", right).replace(" ", "")

    found = outcome_of(lambda: auth.verify(account, sandbox.password(account), asked.state, typed))

    assert found.name in good_names(case)
    if case.get("expect", {}).get("then_code"):
        assert isinstance(auth.verify(account, sandbox.password(account), asked.state, right), Linked)
    assert sandbox.requests(account)["login"] == 1


@pytest.mark.parametrize("case", [case for case in ALL if case["id"] in KEPT], ids=lambda case: case["id"])
def test_the_session_of_an_accepted_sign_in_works_without_the_password(
    sandbox: Sandbox, auth: InstagramAuth, case: dict[str, Any]
) -> None:
    sandbox.meet(case, ACCOUNT)
    answer = outcome_of(lambda: auth.login(ACCOUNT, sandbox.password(ACCOUNT))).answer
    sandbox.clear_faults()
    sandbox.post("/challenges/confirm", account=ACCOUNT)

    if isinstance(answer, NeedsApp):
        resumed = auth.resume(ACCOUNT, sandbox.password(ACCOUNT), answer.step.dump())
        assert isinstance(resumed, Linked)
    else:
        assert isinstance(answer, Linked)
        assert auth.test_connection(answer.session)
    assert sandbox.requests(ACCOUNT)["login"] == 1
