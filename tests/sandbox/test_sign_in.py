"""Signing in with the unmodified client, as every named account must."""

from typing import Any

import pytest
from instagrapi import exceptions

from tests.sandbox.conftest import MakeClient
from tests.support.sandbox_process import SandboxProcess


def test_a_plain_account_signs_in(sandbox: SandboxProcess, signed_in: MakeClient):
    client = signed_in("plain_01")

    assert client.account_info().username == "plain_01"
    assert sandbox.targets("plain_01", "login") == ["plain_01"]


def test_a_session_is_restored_without_signing_in_again(sandbox: SandboxProcess, signed_in, fresh_client):
    saved = signed_in("plain_01").get_settings()

    restored = fresh_client(saved)

    assert restored.account_info().username == "plain_01"
    assert sandbox.requests("plain_01")["login"] == 1


def test_signing_in_with_a_living_session_asks_for_nothing_but_the_profile(sandbox, signed_in, fresh_client):
    saved = signed_in("plain_01").get_settings()

    assert fresh_client(saved).login("plain_01", sandbox.account("plain_01")["password"])
    assert sandbox.requests("plain_01")["login"] == 1


def test_signing_in_again_opens_a_second_session(sandbox, signed_in, fresh_client):
    first = signed_in("plain_01")
    second = signed_in("plain_01")

    assert first.sessionid != second.sessionid
    assert first.account_info().pk == second.account_info().pk


def test_signing_out_ends_that_session_only(sandbox, signed_in, fresh_client):
    first, second = signed_in("plain_01"), signed_in("plain_01")
    saved = first.get_settings()

    assert first.logout()

    with pytest.raises(exceptions.LoginRequired):
        fresh_client(saved).account_info()
    assert second.account_info().username == "plain_01"
    assert sandbox.targets("plain_01", "logout") == ["plain_01"]


def test_a_wrong_password_is_refused_and_submitted_three_times_by_the_client(sandbox, fresh_client):
    with pytest.raises(exceptions.BadPassword):
        fresh_client().login("plain_01", "not the password")

    assert sandbox.requests("plain_01")["login"] == 3
    assert sandbox.ledger("plain_01") == []


def test_the_password_of_somebody_else_is_wrong(sandbox, fresh_client):
    with pytest.raises(exceptions.BadPassword):
        fresh_client().login("plain_01", sandbox.account("plain_02")["password"])


def test_an_unknown_user_looks_like_a_blocked_address_to_the_client(fresh_client):
    with pytest.raises(exceptions.ProxyAddressIsBlocked):
        fresh_client().login("nobody.of_this.name", "whatever it is")


def test_people_of_the_sandbox_cannot_sign_in(fresh_client, signed_in):
    post = signed_in("plain_01").hashtag_medias_v1_chunk("coffee", 1, "recent")[0][0]

    with pytest.raises(exceptions.ProxyAddressIsBlocked):
        fresh_client().login(post.user.username, "whatever it is")


def test_two_factor_asks_for_a_code_at_every_fresh_sign_in(sandbox, fresh_client):
    account = sandbox.account("two_factor")

    for _ in range(2):
        with pytest.raises(exceptions.TwoFactorRequired):
            fresh_client().login(account["username"], account["password"])
        client = fresh_client()
        assert client.login(account["username"], account["password"], verification_code=account["code"])
        assert client.account_info().username == "two_factor"


@pytest.mark.parametrize(("typed", "said"), [("wrong", "check the code"), ("expired", "has expired")])
def test_a_two_factor_code_that_does_not_fit_is_refused_with_its_reason(sandbox, fresh_client, typed, said):
    account = sandbox.account("two_factor")
    client = fresh_client()

    with pytest.raises(exceptions.TwoFactorRequired):
        client.login(account["username"], account["password"], verification_code=_code(account, typed))

    assert said in str(client.last_json)
    assert sandbox.ledger("two_factor") == []


def test_a_challenge_at_sign_in_mails_a_code_and_remembers_the_answer(sandbox, fresh_client, signed_in):
    account = sandbox.account("challenge_at_sign_in")
    with pytest.raises(exceptions.ChallengeRequired):
        fresh_client().login(account["username"], account["password"])
    assert len(sandbox.targets("challenge_at_sign_in", "code_sent")) == 1

    client = fresh_client()
    assert client.login(account["username"], account["password"], verification_code=account["code"])

    assert client.account_info().username == "challenge_at_sign_in"
    assert signed_in("challenge_at_sign_in").account_info().username == "challenge_at_sign_in"


@pytest.mark.parametrize(("typed", "said"), [("wrong", "check the code"), ("expired", "has expired")])
def test_a_code_at_sign_in_that_does_not_fit_is_refused_with_its_reason(sandbox, fresh_client, typed, said):
    account = sandbox.account("challenge_at_sign_in")
    client = fresh_client()

    with pytest.raises(exceptions.ClientError):
        client.login(account["username"], account["password"], verification_code=_code(account, typed))

    assert said in str(client.last_json)
    assert sandbox.targets("challenge_at_sign_in", "login") == []


def test_an_email_challenge_is_solved_over_fresh_clients_and_then_remembered(sandbox, fresh_client, signed_in):
    account = sandbox.account("challenge_email")
    saved, question = _challenged(fresh_client, account)
    with pytest.raises(exceptions.ChallengeRequired):
        fresh_client(saved).challenge_resolve(question)
    assert len(sandbox.targets("challenge_email", "code_sent")) == 1

    client = fresh_client(saved, code=account["code"])
    assert client.challenge_resolve(question)
    assert client.login(account["username"], account["password"])

    assert client.account_info().username == "challenge_email"
    assert signed_in("challenge_email").account_info().username == "challenge_email"
    assert len(sandbox.targets("challenge_email", "code_sent")) == 1


@pytest.mark.parametrize(("typed", "said"), [("wrong", "check the code"), ("expired", "has expired")])
def test_a_challenge_code_that_does_not_fit_leaves_the_challenge_open(sandbox, fresh_client, typed, said):
    account = sandbox.account("challenge_email")
    saved, question = _challenged(fresh_client, account)
    with pytest.raises(exceptions.ChallengeRequired):
        fresh_client(saved).challenge_resolve(question)

    with pytest.raises(exceptions.UnknownError) as refused:
        fresh_client(saved, code=_code(account, typed)).challenge_resolve(question)

    assert said in refused.value.message
    assert fresh_client(saved, code=account["code"]).challenge_resolve(question)


def test_a_solved_challenge_cannot_be_answered_again(sandbox, fresh_client):
    account = sandbox.account("challenge_email")
    saved, question = _challenged(fresh_client, account)
    assert fresh_client(saved, code=account["code"]).challenge_resolve(question)

    with pytest.raises(exceptions.ClientNotFoundError):
        fresh_client(saved, code=account["code"]).challenge_resolve(question)


def test_a_challenge_on_the_phone_waits_for_the_owner(sandbox, fresh_client, signed_in):
    account = sandbox.account("challenge_phone_only")
    saved, question = _challenged(fresh_client, account)
    with pytest.raises(exceptions.ChallengeRequired, match="official Instagram app"):
        fresh_client(saved, code="123456").challenge_resolve(question)

    sandbox.post("/challenges/confirm", account="challenge_phone_only")

    assert signed_in("challenge_phone_only").account_info().username == "challenge_phone_only"


def test_the_older_sign_in_of_the_client_works_too(sandbox, fresh_client):
    plain, two_factor = sandbox.account("plain_01"), sandbox.account("two_factor")

    assert fresh_client().login_legacy(plain["username"], plain["password"])
    assert fresh_client().login_legacy(
        two_factor["username"], two_factor["password"], verification_code=two_factor["code"]
    )
    assert [one["account"] for one in sandbox.ledger(kind="login")] == ["plain_01", "two_factor"]


def test_a_proxy_that_refuses_its_user_can_be_played(sandbox, fresh_client):
    client = fresh_client()
    client.set_proxy(sandbox.proxy.replace("http://", "http://refused:secret@"))

    with pytest.raises(exceptions.ClientConnectionError):
        client.login("plain_01", sandbox.account("plain_01")["password"])
    assert sandbox.ledger() == []


def _code(account: dict[str, str], typed: str) -> str:
    wrong = str((int(account["code"]) + 1) % 900_000 + 100_000)
    return account["expired_code"] if typed == "expired" else wrong


def _challenged(fresh_client: MakeClient, account: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Signs in as far as the challenge: the settings of that client, and Instagram's question."""
    client = fresh_client()
    with pytest.raises(exceptions.ChallengeRequired):
        client.login(account["username"], account["password"])
    return client.get_settings(), client.last_json
