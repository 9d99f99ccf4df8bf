import pytest

from bot.config.runtime import EXTENSION
from tests.api.caller import field_codes, json_of, refusal
from tests.support.mails import the_clock_ticks, token_for, verified
from tests.support.people import PASSWORD

EMAIL = "alice@example.org"
NEW = "a brand new phrase"


@pytest.fixture
def reachable(app, alice):
    """Alice, whose address is verified."""
    with app.app_context():
        verified(alice.id, EMAIL)
    return alice


@pytest.fixture
def mailed(app):
    """The token of the latest mail to the address."""

    def latest(address=EMAIL):
        with app.app_context():
            the_clock_ticks()
            return token_for(address)

    return latest


def test_a_forgotten_password_is_replaced_by_mail(calls, reachable, mailed):
    assert json_of(calls().post("/auth/forgot-password", json={"email": EMAIL})) == {"success": True}
    body = {"token": mailed(), "new_password": NEW}
    device = json_of(calls().post("/auth/reset-password", json=body))["device_token"]
    assert len(device) > 40
    assert refusal(calls(reachable).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    assert calls().post("/auth/login", json={"username": "alice", "password": NEW}).status_code == 200
    assert refusal(calls().post("/auth/login", json={"username": "alice", "password": PASSWORD}))[0] == 401
    assert refusal(calls().post("/auth/reset-password", json=body)) == (410, "LINK_INVALID")


def test_nobody_learns_whether_a_name_exists(calls, reachable, bob):
    answers = [
        calls().post("/auth/forgot-password", json=body)
        for body in ({"username": "alice"}, {"username": "bob"}, {"username": "nobody"}, {"email": "x@example.org"})
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert {tuple(sorted(answer.headers.keys())) for answer in answers} == {tuple(sorted(answers[0].headers.keys()))}


def test_the_fourth_mail_for_a_name_in_a_quarter_of_an_hour_has_to_wait_whether_it_exists_or_not(calls, reachable):
    for name in ("alice", "nobody"):
        answers = [calls().post("/auth/forgot-password", json={"username": name}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert refusal(answers[-1]) == (429, "TOO_MANY_ATTEMPTS")
        assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_new_password_has_to_meet_the_rules_and_the_link_stays_good(calls, reachable, mailed):
    calls().post("/auth/forgot-password", json={"username": "alice"})
    token = mailed()
    refused = calls().post("/auth/reset-password", json={"token": token, "new_password": "short"})
    assert field_codes(refused) == {"new_password": "PASSWORD_TOO_SHORT"}
    assert calls().post("/auth/reset-password", json={"token": token, "new_password": NEW}).status_code == 200


def test_one_of_name_and_address_is_asked_for(calls):
    for body in ({}, {"username": "alice", "email": EMAIL}):
        assert refusal(calls().post("/auth/forgot-password", json=body)) == (422, "INVALID_INPUT")


def test_an_administrator_sends_a_link_and_sees_nothing_of_it(app, calls, ada, reachable, mailed):
    answer = calls(ada).post(f"/users/{reachable.id}/reset-password")
    assert json_of(answer) == {"success": True}
    assert mailed() not in answer.text
    with app.app_context():
        listed = calls(ada).get("/admin/mails")
    assert mailed() not in listed.text
    (mail,) = json_of(listed)["items"]
    assert (mail["recipient"], mail["purpose"], mail["state"]) == (EMAIL, "reset", "kept")


def test_only_an_administrator_does_so(calls, reachable, bob):
    for caller in (calls(bob), calls(reachable)):
        assert refusal(caller.post(f"/users/{reachable.id}/reset-password")) == (403, "FORBIDDEN")


def test_who_has_no_verified_address_is_sent_nothing(calls, ada, alice):
    assert refusal(calls(ada).post(f"/users/{alice.id}/reset-password")) == (409, "RESET_NOT_POSSIBLE")


def test_the_outbox_of_the_demo_is_for_this_machine_alone(app, config, calls, reachable, mailed):
    app.extensions[EXTENSION].config = config.model_copy(update={"allowed_hosts": "demo.example.org"})
    calls().post("/auth/forgot-password", json={"username": "alice"})
    token = mailed()
    (letter,) = json_of(calls().get("/outbox"))["items"]
    assert token in letter["text"]
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}}
    for options in (elsewhere, {"headers": {"Host": "demo.example.org"}}):
        assert refusal(calls().get("/outbox", **options)) == (404, "NOT_FOUND")
