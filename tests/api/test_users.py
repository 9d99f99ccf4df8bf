import uuid

import pytest

from tests.api.caller import field_codes, json_of, refusal
from tests.support.people import PASSWORD

NEW = "another horse battery"


def change(calls, user, user_id=None, **values):
    body = {"current_password": PASSWORD, "new_password": NEW} | values
    return calls(user).put(f"/users/{user_id or user.id}/change-password", json=body)


def test_an_administrator_creates_a_user(calls, ada):
    response = calls(ada).post("/users", json={"username": "Carol", "email": "carol@example.org", "role": "user"})
    answer = json_of(response)
    assert response.status_code == 201
    assert answer["user"]["username"] == "carol"
    assert answer["user"]["email"] == "carol@example.org"
    assert answer["user"]["must_change_password"] is True
    assert json_of(calls(ada).get(response.headers["Location"].removeprefix("/api")))["user"] == answer["user"]
    signed_in = calls().post("/auth/login", json={"username": "carol", "password": answer["initial_password"]})
    assert json_of(signed_in)["must_change_password"] is True


def test_a_password_that_the_administrator_chose_is_not_shown(calls, ada):
    response = calls(ada).post("/users", json={"username": "carol", "password": NEW})
    assert json_of(response)["initial_password"] is None
    assert NEW not in response.text
    signed_in = json_of(calls().post("/auth/login", json={"username": "carol", "password": NEW}))
    assert signed_in["must_change_password"] is True


def test_it_names_what_is_wrong_with_a_new_user(calls, ada):
    body = {"username": "a b", "email": "no address", "role": "root", "id": "1"}
    assert field_codes(calls(ada).post("/users", json=body)) == {
        "username": "WRONG_FORM",
        "email": "INVALID",
        "role": "NOT_ALLOWED",
        "id": "UNKNOWN_FIELD",
    }


def test_a_name_is_taken_once(calls, ada, alice):
    response = calls(ada).post("/users", json={"username": "ALICE"})
    assert refusal(response) == (409, "USERNAME_TAKEN")
    assert field_codes(response) == {"username": "USERNAME_TAKEN"}


def test_only_an_administrator_sees_and_makes_users(calls, alice, bob, ada):
    assert refusal(calls(alice).get("/users")) == (403, "FORBIDDEN")
    assert refusal(calls(alice).post("/users", json={"username": "carol"})) == (403, "FORBIDDEN")
    assert refusal(calls(alice).get(f"/users/{bob.id}")) == (404, "USER_NOT_FOUND")
    assert json_of(calls(alice).get(f"/users/{alice.id}"))["user"]["username"] == "alice"
    assert json_of(calls(ada).get(f"/users/{bob.id}"))["user"]["username"] == "bob"
    assert refusal(calls(ada).get(f"/users/{uuid.uuid4()}")) == (404, "USER_NOT_FOUND")


def test_users_come_in_parts_newest_first(calls, ada, clock):
    for number in range(4):
        clock.advance(seconds=1)
        calls(ada).post("/users", json={"username": f"user{number}"})
    first = json_of(calls(ada).get("/users?limit=3"))
    second = json_of(calls(ada).get(f"/users?limit=3&cursor={first['next']}"))
    names = [user["username"] for user in first["items"] + second["items"]]
    assert names == ["user3", "user2", "user1", "user0", "ada"]
    assert second["next"] is None


def test_users_are_found_by_what_their_name_holds_beside_the_state_of_their_bot(calls, makes_ready, alice, bob, ada):
    makes_ready(alice)
    found = json_of(calls(ada).get("/users?search=LIC"))["items"]
    assert [(user["username"], user["bot_running"], user["session_valid"]) for user in found] == [("alice", True, True)]
    assert json_of(calls(ada).get("/users?search=nobody"))["items"] == []


def test_an_administrator_changes_a_user(calls, alice, ada):
    answer = json_of(calls(ada).patch(f"/users/{alice.id}", json={"email": "alice@example.org", "role": "admin"}))
    assert (answer["user"]["email"], answer["user"]["role"]) == ("alice@example.org", "admin")
    assert calls(alice).get("/users").status_code == 200


def test_a_disabled_user_is_out_at_once(calls, alice, ada):
    assert json_of(calls(ada).patch(f"/users/{alice.id}", json={"is_active": False}))["user"]["is_active"] is False
    assert refusal(calls(alice).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    assert refusal(calls().post("/auth/login", json={"username": "alice", "password": PASSWORD}))[0] == 401


FORBIDDEN_FIELDS = {
    "id": "1",
    "user_id": "1",
    "password": NEW,
    "must_change_password": False,
    "auth_epoch": 7,
    "limits": {},
    "ceiling": 1,
    "email_verified_at": "2026-03-10T12:00:00Z",
    "created_at": "2026-03-10T12:00:00Z",
}


@pytest.mark.parametrize("field", FORBIDDEN_FIELDS)
def test_a_field_that_is_nobodys_to_change_is_refused_with_all_beside_it(calls, alice, ada, field):
    before = json_of(calls(ada).get(f"/users/{alice.id}"))["user"]
    response = calls(ada).patch(f"/users/{alice.id}", json={"email": "a@example.org", field: FORBIDDEN_FIELDS[field]})
    assert field_codes(response) == {field: "UNKNOWN_FIELD"}
    assert json_of(calls(ada).get(f"/users/{alice.id}"))["user"] == before


@pytest.mark.parametrize("change", [{"role": "admin"}, {"is_active": True}, {"email": "a@example.org"}, {}])
def test_a_user_makes_nobody_an_administrator(calls, alice, bob, change):
    for user in (alice, bob):
        assert refusal(calls(alice).patch(f"/users/{user.id}", json=change)) == (403, "FORBIDDEN")
    assert json_of(calls(alice).get("/auth/me"))["user"]["role"] == "user"


def test_an_administrator_does_not_lock_themselves_out(calls, ada):
    for change in ({"is_active": False}, {"role": "user"}):
        assert refusal(calls(ada).patch(f"/users/{ada.id}", json=change))[0] == 409
    assert json_of(calls(ada).get("/auth/me"))["user"]["role"] == "admin"


def test_no_answer_holds_a_hash(calls, ada, alice):
    for path in ("/users", f"/users/{alice.id}", "/auth/me"):
        assert "argon2" not in calls(ada).get(path).text


def test_a_changed_password_ends_every_sign_in_and_gives_a_new_one(calls, alice):
    answer = json_of(change(calls, alice))
    assert answer["user"]["id"] == alice.id
    assert refusal(calls(alice).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    assert calls().get("/auth/me", headers=bearer).status_code == 200
    assert refusal(calls().post("/auth/login", json={"username": "alice", "password": PASSWORD}))[0] == 401


def test_a_change_needs_the_current_password(calls, alice):
    response = change(calls, alice, current_password="something else")
    assert refusal(response) == (400, "WRONG_CURRENT_PASSWORD")
    assert field_codes(response) == {"current_password": "WRONG_CURRENT_PASSWORD"}


def test_a_new_password_has_to_meet_the_rules(calls, alice):
    for password, code in {
        "short": "PASSWORD_TOO_SHORT",
        "alice in wonderland": "PASSWORD_IS_NAME",
        "password123": "PASSWORD_TOO_COMMON",
        PASSWORD: "PASSWORD_UNCHANGED",
    }.items():
        response = change(calls, alice, new_password=password)
        assert refusal(response) == (422, code)
        assert field_codes(response) == {"new_password": code}


def test_nobody_changes_the_password_of_another(calls, alice, bob, ada):
    assert refusal(change(calls, alice, bob.id)) == (404, "USER_NOT_FOUND")
    assert refusal(change(calls, ada, alice.id)) == (404, "USER_NOT_FOUND")


def test_the_name_may_stand_beside_the_passwords(calls, alice):
    assert field_codes(change(calls, alice, username="bob")) == {"username": "INVALID_INPUT"}
    assert change(calls, alice, username="Alice").status_code == 200


def test_an_administrator_initializes_the_password_without_a_page(calls, ada):
    created = json_of(calls(ada).post("/users", json={"username": "second", "role": "admin"}))
    body = {"username": "second", "current_password": created["initial_password"], "new_password": NEW}
    answer = json_of(calls().post("/admin/initialize-password", json=body))
    assert answer["must_change_password"] is False
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    assert calls().get("/users", headers=bearer).status_code == 200
    assert refusal(calls().post("/admin/initialize-password", json=body)) == (401, "WRONG_CREDENTIALS")


def test_only_an_administrator_initializes_a_password(calls, alice):
    body = {"username": "alice", "current_password": PASSWORD, "new_password": NEW}
    assert refusal(calls().post("/admin/initialize-password", json=body)) == (401, "WRONG_CREDENTIALS")
