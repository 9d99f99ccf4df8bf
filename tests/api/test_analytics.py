import pytest

from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.tenancy import tenant
from tests.api.caller import field_codes, json_of, refusal

WAIT = BotException("INSTAGRAM_PLEASE_WAIT")


@pytest.fixture
def acted(app, alice, bob):
    with app.app_context():
        for user in (alice, bob):
            with tenant(user.id) as session:
                record(session, "follow", "done")
                record(session, "follow", "failed", error=WAIT)
                session.commit()


def test_it_shows_own_days_sign_ins_and_use(calls, alice, acted):
    found = json_of(calls(alice).get("/analytics?days=3"))
    assert [day["date"] for day in found["days"]] == ["2026-03-08", "2026-03-09", "2026-03-10"]
    assert found["days"][2] == {
        "date": "2026-03-10",
        "activity": [
            {"action": "follow", "status": "done", "count": 1},
            {"action": "follow", "status": "failed", "count": 1},
        ],
        "sign_ins": 1,
    }
    assert (found["timezone"], found["sign_ins_in_use"]) == ("UTC", 1)
    assert {limit["kind"] for limit in found["limits"]} >= {"follow", "message"}


def test_it_shows_administrators_all_users_together(calls, ada, acted):
    found = json_of(calls(ada).get("/admin/analytics?days=1"))
    (day,) = found["days"]
    assert day["activity"][0] == {"action": "follow", "status": "done", "count": 2}
    assert (day["active_users"], day["sign_ins"], day["signed_in_users"]) == (2, 3, 3)
    assert (found["timezone"], found["sign_ins_in_use"]) == ("UTC", 3)


def test_it_groups_failures_by_code_and_names_who_met_them(calls, ada, alice, bob, acted):
    (found,) = json_of(calls(ada).get("/admin/errors?days=7"))["items"]
    assert (found["name"], found["count"], found["users"]) == ("INSTAGRAM_PLEASE_WAIT", 2, 2)
    assert found["days"] == [{"date": "2026-03-10", "count": 2}]
    users = json_of(calls(ada).get(f"/admin/errors/{found['code']}?days=7"))["items"]
    assert {(one["username"], one["user_id"], one["count"]) for one in users} == {
        ("alice", alice.id, 1),
        ("bob", bob.id, 1),
    }


@pytest.mark.parametrize("path", ["/admin/analytics", "/admin/errors", f"/admin/errors/{WAIT.code}"])
def test_figures_of_all_are_for_administrators(calls, alice, path):
    assert refusal(calls(alice).get(path)) == (403, "FORBIDDEN")


@pytest.mark.parametrize("days", ["0", "91", "many"])
def test_a_period_that_is_none_is_refused(calls, ada, days):
    for path in ("/analytics", "/admin/analytics", "/admin/errors"):
        assert field_codes(calls(ada).get(f"{path}?days={days}")).keys() == {"days"}


def test_a_code_that_was_never_seen_is_not_found(calls, ada):
    assert refusal(calls(ada).get("/admin/errors/E-BOT-C-F00D")) == (404, "NOT_FOUND")
