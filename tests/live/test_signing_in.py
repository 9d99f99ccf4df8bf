"""What a person sees and does when Instagram does not simply let them in: the realities of the first day."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.replies import cases
from tests.live.conftest import Person
from tests.support.sandbox_process import SandboxProcess

CASES = {case["id"]: case for case in cases()}
People = Callable[[str], Person]


def code(person: Person, code: str) -> Any:
    return person.post("/api/bot/verify", code=code)


def test_session(person: Person) -> Any:
    return person.post(f"/api/users/{person.id}/test-session").get_json()


test_session.__test__ = False  # type: ignore[attr-defined]  # not a test


def logins(sandbox: SandboxProcess, account: str) -> int:
    """How often the password was submitted."""
    return sandbox.requests(account).get("login", 0)


def device_ids(sandbox: SandboxProcess, account: str) -> list[str]:
    return sandbox.phone(account)["device_id"]


def test_each_try_comes_from_the_same_phone_from_the_first_on(person: People, sandbox: SandboxProcess) -> None:
    alice, account = person("alice"), sandbox.account("plain_01")
    wrong = account | {"password": "not the password"}
    for _ in range(2):
        refused = alice.link(wrong)
        assert (refused.status_code, refused.get_json()["error"]) == (422, "INSTAGRAM_WRONG_PASSWORD")

    assert alice.link(account).get_json()["session_valid"]
    alice.post("/api/bot/logout")
    assert alice.link(account).get_json()["session_valid"]

    assert len(device_ids(sandbox, "plain_01")) == 1
    # A wrong password is seen by both ways to sign in, a right one by one.
    assert logins(sandbox, "plain_01") == 2 * 2 + 2


def test_a_password_refused_from_a_server_may_be_right(person: People, sandbox: SandboxProcess) -> None:
    alice, account = person("alice"), sandbox.account("plain_02")
    sandbox.meet(CASES["bad-password-linked-facebook"], "plain_02")

    refused = alice.link(account).get_json()

    assert refused["error"] == "INSTAGRAM_SIGN_IN_DISTRUSTED"
    assert "The password may be right" in refused["message"]
    assert "proxy" in refused["action"]
    assert alice.link(account).get_json()["session_valid"]
    assert len(device_ids(sandbox, "plain_02")) == 1


def test_a_code_comes_by_sms_and_once_more(person: People, sandbox: SandboxProcess) -> None:
    alice, account = person("alice"), sandbox.account("two_factor_sms")

    asked = alice.link(account).get_json()
    assert asked["requires_verification"]
    assert (asked["verification"]["method"], asked["verification"]["methods"]) == ("sms", ["sms", "backup_code"])
    assert asked["verification"]["sent_to"].startswith("SMS to")
    assert "Instagram sent a code by" in alice.page("/settings/connection")
    again = alice.post("/api/bot/verify/send").get_json()
    assert again["requires_verification"]
    assert len(sandbox.targets("two_factor_sms", "code_sent")) == 2
    assert code(alice, "111111").get_json()["error"] == "INSTAGRAM_WRONG_CODE"
    assert code(alice, account["code"]).get_json()["session_valid"]

    assert logins(sandbox, "two_factor_sms") == 1


def test_another_way_is_chosen_and_a_backup_code_works(person: People, sandbox: SandboxProcess) -> None:
    alice, account = person("alice"), sandbox.account("two_factor_many")
    assert alice.link(account).get_json()["verification"]["method"] == "app"

    sent = alice.post("/api/bot/verify/send", method="whatsapp").get_json()
    assert sent["verification"]["method"] == "whatsapp"
    assert len(sandbox.targets("two_factor_many", "code_sent")) == 1
    assert code(alice, account["backup_code"]).get_json()["session_valid"]

    assert logins(sandbox, "two_factor_many") == 1


def test_a_sign_in_is_approved_on_another_device(person: People, sandbox: SandboxProcess) -> None:
    alice, account = person("alice"), sandbox.account("approve_on_device")

    asked = alice.link(account)
    assert (asked.status_code, asked.get_json()["error"]) == (409, "INSTAGRAM_CONFIRM_IN_APP")
    assert alice.status()["verification"]["kind"] == "app"
    assert test_session(alice)["error"] == "INSTAGRAM_CONFIRM_IN_APP"
    sandbox.post("/challenges/confirm", account="approve_on_device")
    assert test_session(alice)["session_valid"]

    assert len(device_ids(sandbox, "approve_on_device")) == 1


def test_a_challenge_by_phone_is_answered_with_its_code(person: People, sandbox: SandboxProcess) -> None:
    alice, account = person("alice"), sandbox.account("challenge_phone")

    asked = alice.link(account).get_json()
    assert (asked["verification"]["kind"], asked["verification"]["method"]) == ("challenge", "sms")
    assert code(alice, account["code"]).get_json()["session_valid"]


@pytest.mark.parametrize("case", ["consent-after-sign-in", "challenge-after-sign-in"])
def test_what_instagram_asks_after_it_let_in_is_settled_in_the_app_and_then_tested(
    person: People, sandbox: SandboxProcess, case: str
) -> None:
    alice, account = person("alice"), sandbox.account("plain_03")
    sandbox.meet(CASES[case], "plain_03")

    told = alice.link(account).get_json()
    assert told["error"] == CASES[case]["must"]["name"]
    assert not alice.status()["session_valid"]
    sandbox.clear_faults()
    sandbox.post("/challenges/confirm", account="plain_03")
    assert test_session(alice)["session_valid"]

    assert logins(sandbox, "plain_03") == 1


@pytest.mark.parametrize("case", ["please-wait-after-sign-in", "feedback-after-sign-in"])
def test_a_bot_that_is_let_in_and_told_to_wait_is_linked_and_rests(
    person: People, sandbox: SandboxProcess, case: str
) -> None:
    alice, account = person("alice"), sandbox.account("plain_04")
    sandbox.meet(CASES[case], "plain_04")

    assert alice.link(account).get_json()["session_valid"]
    status = alice.status()

    assert (status["linked"], status["session_valid"]) == (True, True)
    assert all(limit["rests_until"] for limit in status["limits"])
    assert logins(sandbox, "plain_04") == 1


def test_an_unknown_step_after_a_code_leaves_the_code_and_the_way_on(person: People, sandbox: SandboxProcess) -> None:
    alice, account = person("alice"), sandbox.account("two_factor")
    alice.link(account)
    sandbox.meet(CASES["right-code-then-blank-screen"], "two_factor")

    told = code(alice, account["code"]).get_json()
    assert told["error"] == "INSTAGRAM_UNKNOWN_STEP"
    page = alice.page("/settings/connection")
    assert "Test connection" in page
    assert "Confirm code" in page
    assert test_session(alice)["requires_verification"]
    assert code(alice, account["code"]).get_json()["session_valid"]

    assert len(device_ids(sandbox, "two_factor")) == 1
