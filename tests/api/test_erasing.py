from tests.api.caller import json_of, refusal


def test_a_user_is_erased_by_an_administrator(calls, alice, bob, ada):
    assert json_of(calls(ada).delete(f"/users/{alice.id}")) == {"success": True}
    assert refusal(calls(ada).get(f"/users/{alice.id}")) == (404, "USER_NOT_FOUND")
    assert refusal(calls(ada).delete(f"/users/{alice.id}")) == (404, "USER_NOT_FOUND")
    assert refusal(calls(alice).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")
    assert calls(bob).get("/auth/me").status_code == 200


def test_a_user_erases_themselves_and_nobody_else(calls, alice, bob):
    assert refusal(calls(alice).delete(f"/users/{bob.id}")) == (404, "USER_NOT_FOUND")
    assert calls(alice).delete(f"/users/{alice.id}").status_code == 200
    assert refusal(calls(alice).get("/auth/me")) == (401, "AUTHENTICATION_REQUIRED")


def test_whoever_signed_in_long_ago_proves_who_they_are_before(calls, alice, ada, clock):
    clock.advance(minutes=11)
    for caller in (calls(alice), calls(ada)):
        assert refusal(caller.delete(f"/users/{alice.id}")) == (403, "CONFIRMATION_REQUIRED")
    assert refusal(calls(alice).get(f"/users/{alice.id}/export")) == (403, "CONFIRMATION_REQUIRED")
    assert calls(ada).get(f"/users/{alice.id}").status_code == 200


def test_the_last_administrator_cannot_go(calls, ada):
    assert refusal(calls(ada).delete(f"/users/{ada.id}")) == (409, "LAST_ADMIN")
