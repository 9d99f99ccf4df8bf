import pytest
from sqlalchemy import update

from bot.storage.models import User
from bot.storage.tenancy import identity
from bot.users.sign_in import SignIn
from bot.users.two_step_sign_in import begin_sign_in
from middleware.access import COOKIE
from tests.api.caller import field_codes, json_of, refusal
from tests.support.authenticators import STEP, Authenticator, switch_on
from tests.support.people import PASSWORD, VISITOR, give_valid_session


def login(calls, username="alice", **values):
    return calls().post("/auth/login", json={"username": username, "password": PASSWORD} | values)


def test_it_is_switched_on_by_the_first_code_and_shown_with_its_recovery_codes_once(calls, alice, clock):
    caller = calls(alice)
    assert json_of(caller.get("/auth/totp"))["on"] is False
    begun = json_of(caller.post("/auth/totp"))
    assert begun["otpauth_uri"].startswith("otpauth://totp/Troupe:alice?secret=" + begun["secret"])
    assert begun["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    code = Authenticator(begun["secret"]).code(clock.moment)
    done = json_of(caller.post("/auth/totp/confirm", json={"code": code}))
    assert len(done["recovery_codes"]) == 10
    assert refusal(caller.get("/auth/totp")) == (401, "AUTHENTICATION_REQUIRED")
    caller.headers = {"Authorization": f"Bearer {done['token']}"}
    report = json_of(caller.get("/auth/totp"))
    assert (report["on"], report["since"], report["recovery_codes_left"]) == (True, "2026-03-10T12:00:00Z", 10)
    assert begun["secret"] not in str(report)
    assert refusal(caller.post("/auth/totp")) == (409, "SECOND_FACTOR_ON")


def test_nothing_of_it_is_kept_on_the_way(calls, alice):
    assert calls(alice).post("/auth/totp").headers["Cache-Control"] == "no-store"


def test_signing_in_asks_for_the_code_once_the_password_is_right(calls, two_factored, clock):
    assert refusal(login(calls)) == (401, "SECOND_FACTOR_REQUIRED")
    assert refusal(login(calls, password="a guess")) == (401, "WRONG_CREDENTIALS")
    wrong = login(calls, code="000000")
    assert refusal(wrong) == (401, "WRONG_CODE")
    assert field_codes(wrong) == {"code": "WRONG_CODE"}
    code = two_factored.app.code(clock.moment)
    token = json_of(login(calls, code=code))["token"]
    assert calls().get("/bot/status", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert refusal(login(calls, code=code)) == (401, "WRONG_CODE")


def test_a_wrong_password_is_answered_alike_with_a_second_factor_and_without_one(calls, two_factored, bob):
    answers = [login(calls, name, password="a guess", code="000000") for name in ("alice", "bob", "nobody")]
    bodies = [{**json_of(answer), "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]


def test_a_recovery_code_signs_in_once(calls, two_factored):
    code = two_factored.recovery_codes[0]
    assert login(calls, code=code).status_code == 200
    assert refusal(login(calls, code=code)) == (401, "WRONG_CODE")


def test_too_many_wrong_codes_are_refused_with_the_time_to_wait(calls, two_factored):
    answers = [login(calls, code="000000") for _ in range(6)]
    assert refusal(answers[-1]) == (429, "TOO_MANY_SIGN_INS")
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_new_recovery_codes_are_made_by_a_code(calls, two_factored, clock):
    caller = calls(two_factored)
    assert refusal(caller.post("/auth/totp/recovery-codes", json={"code": "000000"})) == (401, "WRONG_CODE")
    code = two_factored.app.code(clock.moment)
    fresh = json_of(caller.post("/auth/totp/recovery-codes", json={"code": code}))["recovery_codes"]
    assert len(set(fresh) - set(two_factored.recovery_codes)) == 10
    assert refusal(login(calls, code=two_factored.recovery_codes[0])) == (401, "WRONG_CODE")


def test_it_is_switched_off_by_a_code(calls, two_factored, clock):
    caller = calls(two_factored)
    assert refusal(caller.delete("/auth/totp", json={})) == (422, "INVALID_INPUT")
    assert refusal(caller.delete("/auth/totp", json={"code": "000000"})) == (401, "WRONG_CODE")
    code = two_factored.app.code(clock.moment)
    token = json_of(caller.delete("/auth/totp", json={"code": code}))["token"]
    assert refusal(caller.get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    assert json_of(calls().get("/auth/totp", headers={"Authorization": f"Bearer {token}"}))["on"] is False
    assert login(calls).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/totp"),
        ("POST", "/auth/totp/confirm"),
        ("POST", "/auth/totp/recovery-codes"),
        ("DELETE", "/auth/totp"),
    ],
)
def test_who_they_are_is_asked_again_before_anything_changes(calls, alice, clock, method, path):
    clock.advance(minutes=11)
    response = calls(alice).call(method, path, json={"code": "000000"})
    assert refusal(response) == (403, "CONFIRMATION_REQUIRED")


def test_confirming_needs_the_code_as_well(calls, two_factored, clock):
    clock.advance(minutes=11)
    caller, body = calls(two_factored), {"password": PASSWORD}
    assert refusal(caller.post("/auth/confirm", json=body)) == (401, "SECOND_FACTOR_REQUIRED")
    assert refusal(caller.post("/auth/totp/recovery-codes", json={"code": "1"})) == (403, "CONFIRMATION_REQUIRED")
    code = two_factored.app.code(clock.moment)
    assert caller.post("/auth/confirm", json=body | {"code": code}).status_code == 200
    assert refusal(caller.post("/auth/totp/recovery-codes", json={"code": "1"})) == (401, "WRONG_CODE")


def test_the_first_version_asks_for_it_as_well(calls, app, two_factored, clock):
    """By way of Instagram it is the same user, with the same second factor."""
    with app.app_context():
        give_valid_session(two_factored.id, username="insta.alice")
        with identity() as session:
            session.execute(update(User).where(User.id == two_factored.id).values(instagram_username="insta.alice"))
            session.commit()
    body = {"username": "insta.alice", "password": PASSWORD}
    assert refusal(calls().post("/login", json=body)) == (401, "SECOND_FACTOR_REQUIRED")
    assert refusal(calls().post("/login", json=body | {"code": "000000"})) == (401, "WRONG_CODE")
    code = two_factored.app.code(clock.moment)
    assert json_of(calls().post("/login", json=body | {"code": code}))["session_id"]


def test_an_administrator_resets_that_of_another_and_not_their_own(app, calls, two_factored, ada, bob, clock):
    path = f"/users/{two_factored.id}/totp"
    assert refusal(calls(bob).delete(path)) == (403, "FORBIDDEN")
    with app.app_context():
        ada = switch_on(ada)
    assert refusal(calls(ada).delete(f"/users/{ada.id}/totp")) == (409, "OWN_RIGHTS")
    assert json_of(calls(ada).delete(path)) == {"success": True}
    assert refusal(calls(two_factored).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    assert login(calls).status_code == 200
    assert refusal(calls(ada).delete(path)) == (409, "SECOND_FACTOR_OFF")
    clock.advance(minutes=11)
    assert refusal(calls(ada).delete(path)) == (403, "CONFIRMATION_REQUIRED")


@pytest.fixture
def required(app, monkeypatch):
    """Administrators have to have one."""
    parts = app.extensions["troupe"]
    monkeypatch.setattr(parts, "config", parts.config.model_copy(update={"require_admin_second_factor": True}))


def test_where_it_is_required_an_administrator_sets_it_up_before_anything_else(required, calls, ada, alice, clock):
    caller = calls(ada)
    for path in ("/users", "/bot/status", f"/users/{ada.id}", "/activity"):
        assert refusal(caller.get(path)) == (403, "SECOND_FACTOR_SETUP_REQUIRED")
    assert json_of(caller.get("/auth/totp"))["required"] is True
    assert caller.get("/auth/me").status_code == 200
    assert calls(alice).get("/bot/status").status_code == 200
    secret = json_of(caller.post("/auth/totp"))["secret"]
    code = Authenticator(secret).code(clock.moment)
    token = json_of(caller.post("/auth/totp/confirm", json={"code": code}))["token"]
    caller.headers = {"Authorization": f"Bearer {token}"}
    assert caller.get("/users").status_code == 200


def test_where_it_is_required_switching_it_off_leads_back_to_the_setup(required, app, calls, ada, clock):
    with app.app_context():
        ada = switch_on(ada)
    body = {"code": ada.app.code(clock.moment + STEP)}
    token = json_of(calls(ada).delete("/auth/totp", json=body))["token"]
    answer = calls().get("/users", headers={"Authorization": f"Bearer {token}"})
    assert refusal(answer) == (403, "SECOND_FACTOR_SETUP_REQUIRED")


def test_a_sign_in_of_the_page_that_waits_for_its_code_opens_nothing_of_the_api(app, calls, two_factored):
    with app.app_context():
        token = begin_sign_in(SignIn(username="alice", password=PASSWORD), VISITOR).token
    by_cookie = calls()
    by_cookie.client.set_cookie(COOKIE, token)
    assert refusal(by_cookie.get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    bearer = {"Authorization": f"Bearer {token}"}
    assert refusal(calls().get("/auth/me", headers=bearer)) == (401, "AUTHENTICATION_REQUIRED")
