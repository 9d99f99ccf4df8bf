"""Several second factors: what is offered, what is sent and kept in the ledger, and which code is taken."""

import json
from typing import Any

import pytest
from instagrapi import exceptions

from sandbox.accounts import SPECIAL

WITH_METHODS = {one.name: one.methods for one in SPECIAL if one.sign_in == "two_factor"}


@pytest.fixture
def asked(sandbox, fresh_client):
    """A client whose password was taken and that is asked for a second factor, and the token of that question."""

    def ask(username: str) -> tuple[Any, str]:
        client = fresh_client()
        with pytest.raises(exceptions.TwoFactorRequired) as stopped:
            client.login(username, sandbox.account(username)["password"])
        context = stopped.value.two_step_verification_context
        client.bloks_two_step_verification_entrypoint(context)
        return client, context

    return ask


def sent(sandbox, username):
    return sandbox.targets(username, "code_sent")


@pytest.mark.parametrize(("username", "methods"), WITH_METHODS.items())
def test_the_picker_names_the_methods_of_the_account(sandbox, asked, username, methods):
    client, context = asked(username)

    screen = client.bloks_two_step_verification_method_picker(context)

    assert all(f'"{method}"' in screen["layout"]["bloks_payload"]["action"] for method in methods)
    assert sandbox.account(username)["methods"] == list(methods)
    assert len(json.dumps(screen)) > 100_000


@pytest.mark.parametrize(("username", "first"), [("two_factor_sms", "+49"), ("two_factor_whatsapp", "WhatsApp +49")])
def test_a_code_that_has_to_be_sent_is_in_the_ledger_each_time(sandbox, asked, username, first):
    client, context = asked(username)
    assert [one.startswith(first) for one in sent(sandbox, username)] == [True]

    client.bloks_two_step_verification_select_method(context, selected_method="sms")

    assert len(sent(sandbox, username)) == 2
    assert sent(sandbox, username)[1].startswith("+49")


@pytest.mark.parametrize("username", ["two_factor", "two_factor_many"])
def test_an_app_and_backup_codes_send_nothing(sandbox, asked, username):
    client, context = asked(username)
    for method in ("totp", "backup_codes"):
        client.bloks_two_step_verification_select_method(context, selected_method=method)

    assert sent(sandbox, username) == []


def test_a_method_that_the_account_does_not_have_sends_nothing_and_takes_no_code(sandbox, asked):
    client, context = asked("two_factor_sms")
    sandbox_code = sandbox.account("two_factor_sms")["code"]
    before = sent(sandbox, "two_factor_sms")

    screen = client.bloks_two_step_verification_select_method(context, selected_method="whatsapp")

    assert "isn't available" in json.dumps(screen)
    assert sent(sandbox, "two_factor_sms") == before
    for method in ("whatsapp", "totp"):
        reply = client.bloks_two_step_verification_verify_code(context, sandbox_code, challenge=method)
        assert not client.bloks_apply_login_response(reply)


@pytest.mark.parametrize(
    ("username", "method", "code"),
    [
        ("two_factor", "totp", "code"),
        ("two_factor", "backup_codes", "backup_code"),
        ("two_factor_sms", "sms", "code"),
        ("two_factor_sms", "backup_codes", "backup_code"),
        ("two_factor_whatsapp", "whatsapp", "code"),
        ("two_factor_many", "whatsapp", "code"),
        ("two_factor_many", "totp", "code"),
    ],
)
def test_the_right_code_of_each_method_signs_in(sandbox, asked, username, method, code):
    client, context = asked(username)
    client.bloks_two_step_verification_select_method(context, selected_method=method)
    if method == "backup_codes":
        client.bloks_two_step_verification_enter_backup_code(context)

    reply = client.bloks_two_step_verification_verify_code(context, sandbox.account(username)[code], challenge=method)

    assert client.bloks_apply_login_response(reply)
    assert client.account_info().username == username


def test_a_code_by_sms_is_not_taken_before_it_was_sent(sandbox, asked):
    client, context = asked("two_factor_many")

    reply = client.bloks_two_step_verification_verify_code(
        context, sandbox.account("two_factor_many")["code"], challenge="sms"
    )

    assert not client.bloks_apply_login_response(reply)


def older_sign_in(client, sandbox, username):
    """By the endpoint of older apps, which answers with the fields of the second factor."""
    client.public.get("https://i.instagram.com/api/v1/qe/sync/")
    sandbox.post(
        "/faults",
        account=username,
        path="send_login_request",
        reply={"body": {"layout": {"bloks_payload": {"data": [{"data": {"key": "CAA_LOGIN_FALLBACK:x"}}]}}}},
    )
    with pytest.raises(exceptions.TwoFactorRequired):
        client.login(username, sandbox.account(username)["password"])
    return client.last_json["two_factor_info"]


@pytest.mark.parametrize(
    ("username", "on"),
    [
        ("two_factor", {"totp_two_factor_on"}),
        ("two_factor_sms", {"sms_two_factor_on"}),
        ("two_factor_whatsapp", {"whatsapp_two_factor_on", "sms_two_factor_on"}),
        ("two_factor_many", {"totp_two_factor_on", "sms_two_factor_on", "whatsapp_two_factor_on"}),
        ("approve_on_device", {"pending_trusted_notification"}),
    ],
)
def test_the_older_sign_in_says_which_factors_are_on(sandbox, fresh_client, username, on):
    info = older_sign_in(fresh_client(), sandbox, username)

    named = ("totp_two_factor_on", "sms_two_factor_on", "whatsapp_two_factor_on", "pending_trusted_notification")
    assert {name for name in named if info[name]} == on
    assert bool(info["obfuscated_phone_number"]) == bool(on & {"sms_two_factor_on", "whatsapp_two_factor_on"})


def test_the_older_sign_in_sends_a_code_again(sandbox, fresh_client):
    client = fresh_client()
    info = older_sign_in(client, sandbox, "two_factor_sms")
    form = {"two_factor_identifier": info["two_factor_identifier"], "username": "two_factor_sms"}

    client.private_request("accounts/send_two_factor_login_sms/", form, login=True)

    assert len(sent(sandbox, "two_factor_sms")) == 2
    with pytest.raises(exceptions.ClientError):
        client.private_request("accounts/send_two_factor_login_whatsapp/", form, login=True)


def test_an_approval_on_another_device_lets_in(sandbox, fresh_client):
    client, password = fresh_client(), sandbox.account("approve_on_device")["password"]
    with pytest.raises(exceptions.ClientError):
        client.login("approve_on_device", password)
    assert sandbox.targets("approve_on_device", "approval_asked")

    sandbox.post("/challenges/confirm", account="approve_on_device")

    assert fresh_client(client.get_settings()).login("approve_on_device", password)


def test_the_older_sign_in_waits_for_an_approval(sandbox, fresh_client):
    client = fresh_client()
    info = older_sign_in(client, sandbox, "approve_on_device")
    form = {"two_factor_identifier": info["two_factor_identifier"], "username": "approve_on_device"}
    path = "two_factor/check_trusted_notification_status/"
    assert client.private_request(path, form, login=True)["review_status"] == 0

    sandbox.post("/challenges/confirm", account="approve_on_device")

    assert client.private_request(path, form, login=True)["review_status"] == 1


def test_a_challenge_by_phone_takes_the_code_that_was_sent(sandbox, fresh_client):
    account = sandbox.account("challenge_phone")
    client = fresh_client()
    with pytest.raises(exceptions.ChallengeRequired):
        client.login(account["username"], account["password"])
    path = client.last_json["challenge"]["api_path"].lstrip("/")
    screen = client.private_request(path, login=True)
    assert (screen["step_name"], len(json.dumps(screen)) > 100_000) == ("select_verify_method", True)

    assert client.private_request(path, {"choice": "0"}, login=True)["step_name"] == "verify_phone"
    assert sent(sandbox, "challenge_phone") == [screen["step_data"]["phone_number"]]
    with pytest.raises(exceptions.ClientError):
        client.private_request(path, {"security_code": "123456"}, login=True)
    assert client.private_request(path, {"security_code": account["code"]}, login=True)["action"] == "close"

    assert fresh_client().login(account["username"], account["password"])
