"""From a linked account to the follows in the sandbox's ledger."""

import pytest


def linked(person, sandbox, name="alice", username="plain_01"):
    user = person(name)
    answer = user.link(sandbox.account(username))
    assert answer.get_json()["session_valid"], answer.get_json()
    return user


def started(person, sandbox, name="alice", username="plain_01"):
    user = linked(person, sandbox, name, username)
    assert user.post("/api/bot/start").status_code == 200
    return user


def place(user, amount=3, **more):
    answer = user.place(amount, **more)
    assert answer.status_code == 202, answer.get_json()
    return answer.get_json()["action"]["id"]


@pytest.mark.parametrize("username", ["two_factor", "challenge_email", "challenge_at_sign_in"])
def test_linking_asks_for_a_code_and_goes_on_with_it(person, sandbox, username):
    user = person("alice")
    account = sandbox.account(username)
    answer = user.link(account).get_json()
    assert answer["requires_verification"]
    assert answer["verification"]["kind"] == ("two_factor" if username == "two_factor" else "challenge")
    wrong = user.post("/api/bot/verify", code="999999")
    assert (wrong.status_code, wrong.get_json()["error"]) == (422, "INSTAGRAM_WRONG_CODE")
    assert user.post("/api/bot/verify", code=account["code"]).get_json()["session_valid"]
    assert user.post(f"/api/users/{user.id}/test-session").get_json()["session_valid"]


def test_an_action_follows_people_and_the_ledger_shows_it(person, sandbox, eventually):
    user = started(person, sandbox)
    action = place(user, 5)
    eventually(lambda: user.action(action)["status"] == "succeeded")
    targets = user.get(f"/api/bot/actions/{action}/targets").get_json()["items"]
    done = [one["target"] for one in targets if one["status"] == "done"]
    assert len(done) == 5
    assert sorted(sandbox.targets("plain_01", "follow")) == sorted(done)
    shown = user.get("/api/activity?action=follow&status=done").get_json()["items"]
    assert sorted(one["target"] for one in shown) == sorted(done)
    assert all(one["request_id"] for one in shown)


def test_people_left_out_keep_the_reason(person, sandbox, eventually):
    user = started(person, sandbox)
    action = place(user, 2, filters={"followers_max": 2000, "skip_private": True})
    eventually(lambda: user.action(action)["status"] == "succeeded")
    targets = user.get(f"/api/bot/actions/{action}/targets").get_json()["items"]
    reasons = {one["reason"] for one in targets if one["status"] == "skipped"}
    assert reasons <= {"private", "too_many_followers"}
    assert reasons


def test_nobody_is_followed_twice_by_two_actions(person, sandbox, eventually):
    user = started(person, sandbox)
    for _ in range(2):
        action = place(user, 3)
        eventually(lambda action=action: user.action(action)["status"] == "succeeded")
    followed = sandbox.targets("plain_01", "follow")
    assert len(followed) == len(set(followed)) == 6


def test_a_hashtag_of_nobody_ends_the_action_and_says_so(person, sandbox, eventually):
    user = started(person, sandbox)
    answer = user.post("/api/bot/actions/follow-hashtag", hashtag="nobodyhere", amount=2).get_json()
    eventually(lambda: user.action(answer["action"]["id"])["status"] == "failed")
    assert "nobodyhere" in user.page("/actions/log") or "hashtag" in user.page("/actions/log")


def test_the_limit_of_the_day_holds(person, sandbox, eventually):
    user = started(person, sandbox)
    action = place(user, 50)
    eventually(lambda: user.status()["verdict"]["reason"] == "LIMIT_REACHED")
    assert len(sandbox.targets("plain_01", "follow")) == 10
    assert user.action(action)["status"] == "running"
    assert user.status()["limits"][0]["binding"] == "ramp"


def test_stop_lets_nothing_start_after_it(person, sandbox, eventually):
    user = started(person, sandbox)
    action = place(user, 10)
    eventually(lambda: sandbox.targets("plain_01", "follow"))
    user.post("/api/bot/stop")
    eventually(lambda: user.status()["verdict"]["reason"] == "BOT_STOPPED")
    before = user.action(action)["done"]
    user.post("/api/bot/stop")
    assert user.action(action)["done"] - before <= 1
    assert user.status()["bot_running"] is False


def test_an_action_before_the_session_is_valid_is_refused(person, sandbox):
    user = person("alice")
    answer = user.place()
    assert (answer.status_code, answer.get_json()["error"]) == (409, "SESSION_INVALID")
    assert answer.get_json()["code"] == "E-AUTH-E-0003"
    assert user.get("/api/bot/actions").get_json()["items"] == []


def test_a_session_that_dies_at_instagram_stops_the_bot_without_a_second_attempt(person, sandbox, eventually):
    user = started(person, sandbox)
    sandbox.end_sessions("plain_01")
    requests_before = sum(sandbox.requests("plain_01").values())
    place(user)
    eventually(lambda: user.status()["verdict"]["reason"] == "INSTAGRAM_LOGGED_OUT")
    status = user.status()
    assert (status["bot_running"], status["session_valid"]) == (False, False)
    assert sum(sandbox.requests("plain_01").values()) == requests_before + 1
    assert sandbox.targets("plain_01", "follow") == []
    again = user.place()
    assert (again.status_code, again.get_json()["error"]) == (409, "SESSION_INVALID")
    assert sum(sandbox.requests("plain_01").values()) == requests_before + 1


def test_two_users_act_at_once_and_see_nothing_of_each_other(person, sandbox, eventually):
    alice = started(person, sandbox)
    bob = started(person, sandbox, "bob", "plain_02")
    first, second = place(alice, 4), place(bob, 4)
    eventually(lambda: alice.action(first)["status"] == bob.action(second)["status"] == "succeeded")
    assert len(sandbox.targets("plain_01", "follow")) == len(sandbox.targets("plain_02", "follow")) == 4
    assert bob.get(f"/api/bot/actions/{first}").status_code == 404
    assert bob.post(f"/api/bot/actions/{first}/cancel").status_code == 404
    assert "plain_01" not in bob.page("/settings/connection") + bob.page("/actions/log")
