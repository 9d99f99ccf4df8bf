import uuid

import pytest

from bot.config.runtime import EXTENSION
from bot.storage.models import User
from bot.storage.tenancy import identity
from tests.api.caller import field_codes, json_of, refusal
from tests.support.mails import mails_to, the_clock_ticks, token_for, verified
from tests.support.people import Somebody

EMAIL = "carol@example.org"
BODY = {"username": "carol", "email": EMAIL, "password": "a phrase that she chose"}


@pytest.fixture
def open_to_all(app):
    runtime = app.extensions[EXTENSION]
    runtime.config = runtime.config.model_copy(update={"allow_registration": True})


@pytest.fixture
def mailed(app):
    """The token of the latest mail to an address."""

    def latest(address=EMAIL):
        with app.app_context():
            the_clock_ticks()
            return token_for(address)

    return latest


@pytest.mark.usefixtures("open_to_all")
def test_somebody_registers_verifies_and_signs_in(calls, mailed):
    assert json_of(calls().post("/auth/register", json=BODY)) == {"success": True}
    credentials = {"username": "carol", "password": BODY["password"]}
    assert refusal(calls().post("/auth/login", json=credentials)) == (401, "WRONG_CREDENTIALS")
    answer = json_of(calls().post("/auth/verify-email", json={"token": mailed(), "password": BODY["password"]}))
    assert (answer["username"], answer["email"]) == ("carol", EMAIL)
    signed_in = json_of(calls().post("/auth/login", json=credentials))
    assert (signed_in["must_change_password"], signed_in["user"]["role"]) == (False, "user")


@pytest.mark.usefixtures("open_to_all")
def test_nobody_learns_whether_a_name_or_an_address_is_taken(app, calls, alice):
    with app.app_context():
        verified(alice.id, "alice@example.org")
    bodies = (BODY, BODY | {"username": "alice"}, BODY | {"email": "alice@example.org"})
    answers = [calls().post("/auth/register", json=body) for body in bodies]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}


@pytest.mark.usefixtures("open_to_all")
def test_behind_the_link_another_name_can_be_chosen(calls, alice, mailed):
    calls().post("/auth/register", json=BODY | {"username": "alice"})
    body = {"token": mailed(), "password": BODY["password"]}
    assert refusal(calls().post("/auth/verify-email", json=body)) == (409, "USERNAME_TAKEN")
    other = body | {"username": "carol"}
    assert json_of(calls().post("/auth/verify-email", json=other))["username"] == "carol"
    assert refusal(calls().post("/auth/verify-email", json=other)) == (410, "LINK_INVALID")


@pytest.mark.usefixtures("open_to_all")
def test_behind_the_link_the_password_of_the_registration_is_asked_for(calls, mailed):
    calls().post("/auth/register", json=BODY)
    link = {"token": mailed()}
    assert field_codes(calls().post("/auth/verify-email", json=link)) == {"password": "INVALID_INPUT"}
    wrong = calls().post("/auth/verify-email", json=link | {"password": "a phrase that another chose"})
    assert refusal(wrong) == (400, "WRONG_REGISTRATION_PASSWORD")
    assert field_codes(wrong) == {"password": "WRONG_REGISTRATION_PASSWORD"}


@pytest.mark.usefixtures("open_to_all")
def test_it_names_what_is_wrong(calls):
    body = {"username": "a b", "email": "no address", "password": "x", "role": "admin"}
    wrong = {"username": "WRONG_FORM", "email": "INVALID", "role": "UNKNOWN_FIELD"}
    assert field_codes(calls().post("/auth/register", json=body)) == wrong
    short = calls().post("/auth/register", json=BODY | {"password": "short"})
    assert field_codes(short) == {"password": "PASSWORD_TOO_SHORT"}


def test_it_is_closed_unless_a_setting_opens_it(calls):
    assert refusal(calls().post("/auth/register", json=BODY)) == (403, "REGISTRATION_CLOSED")


def test_a_new_address_counts_after_its_link(calls, alice, mailed):
    path = f"/users/{alice.id}/email"
    answer = json_of(calls(alice).put(path, json={"email": EMAIL}))
    assert (answer["email"], answer["pending"]["address"]) == (None, EMAIL)
    verified = calls(alice).post("/auth/verify-email", json={"token": mailed()})
    assert verified.status_code == 200
    answer = json_of(calls(alice).get(path))
    assert (answer["email"], answer["pending"]) == (EMAIL, None)
    assert answer["verified_at"]


def test_an_address_that_an_administrator_sets_for_a_user_is_not_theirs_to_verify(calls, alice, ada, mailed):
    calls(ada).patch(f"/users/{alice.id}", json={"email": EMAIL})
    link = {"token": mailed()}
    assert refusal(calls().post("/auth/verify-email", json=link)) == (401, "AUTHENTICATION_REQUIRED")
    assert refusal(calls(ada).post("/auth/verify-email", json=link)) == (403, "FORBIDDEN")
    assert refusal(calls(ada).post(f"/users/{alice.id}/reset-password")) == (409, "RESET_NOT_POSSIBLE")
    assert calls(alice).post("/auth/verify-email", json=link).status_code == 200


def test_with_a_first_password_nobody_verifies_an_address(calls, ada, mailed):
    created = json_of(calls(ada).post("/users", json={"username": "nina", "email": EMAIL}))
    credentials = {"username": "nina", "password": created["initial_password"]}
    token = json_of(calls().post("/auth/login", json=credentials))["token"]
    refused = calls(Somebody(created["user"]["id"], "nina", token)).post("/auth/verify-email", json={"token": mailed()})
    assert refusal(refused) == (403, "PASSWORD_CHANGE_REQUIRED")


def test_changing_it_asks_who_one_is(app, calls, alice, clock):
    clock.advance(minutes=11)
    refused = calls(alice).put(f"/users/{alice.id}/email", json={"email": EMAIL})
    assert refusal(refused) == (403, "CONFIRMATION_REQUIRED")
    with app.app_context():
        assert mails_to(EMAIL) == []


def test_an_address_is_its_owners_to_see_and_to_change(app, calls, alice, bob, ada):
    for caller in (calls(bob), calls(ada)):
        assert refusal(caller.get(f"/users/{alice.id}/email")) == (404, "USER_NOT_FOUND")
        changed = caller.put(f"/users/{alice.id}/email", json={"email": EMAIL})
        assert refusal(changed) == (404, "USER_NOT_FOUND")
    assert refusal(calls(bob).get(f"/users/{uuid.uuid4()}/email")) == (404, "USER_NOT_FOUND")
    with app.app_context(), identity(reading=True) as session:
        assert session.get_one(User, alice.id).email is None
