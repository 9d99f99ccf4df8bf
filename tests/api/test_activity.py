import csv
import io

import pytest
from flask import Flask

from api.activity import ActivityOut
from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.tenancy import tenant
from tests.api.caller import field_codes, json_of, refusal
from tests.support.people import give_valid_session


@pytest.fixture
def history(app: Flask, alice, clock):
    """What alice did: linked at noon, followed ann a minute later, and failed with ben a minute after that."""
    with app.app_context():
        give_valid_session(alice.id)
        for target, status, error in (("ann", "done", None), ("ben", "failed", BotException("INSTAGRAM_TIMEOUT"))):
            clock.advance(minutes=1)
            with tenant(alice.id) as session:
                record(session, "follow", status, target=target, error=error)
                session.commit()
    return alice


def seen(calls, user, query=""):
    items = json_of(calls(user).get(f"/activity{query}"))["items"]
    return [(item["action"], item["status"], item["target"]) for item in items]


LINK, ANN, BEN = ("link", "done", "insta.name"), ("follow", "done", "ann"), ("follow", "failed", "ben")


def test_it_shows_what_was_done_newest_first(calls, history):
    assert seen(calls, history) == [BEN, ANN, LINK]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?action=follow", [BEN, ANN]),
        ("?status=done", [ANN, LINK]),
        ("?code=E-NET-W-0001", [BEN]),
        ("?since=2026-03-10T12:01:00Z", [BEN, ANN]),
        ("?since=2026-03-10T14:02:00%2B02:00", [BEN]),
        ("?action=follow&status=done", [ANN]),
        ("?action=order", []),
        ("?target=ann", [ANN]),
        ("?until=2026-03-10T12:02:00Z", [ANN, LINK]),
    ],
)
def test_it_is_narrowed_by_each_filter(calls, history, query, expected):
    assert seen(calls, history, query) == expected


def test_a_failure_shows_its_code_and_words(calls, history):
    item = json_of(calls(history).get("/activity?limit=1"))["items"][0]
    assert (item["error_code"], item["message"]) == ("E-NET-W-0001", "Instagram did not answer in time.")
    assert item["at"] == "2026-03-10T12:02:00Z"
    assert "stack" not in str(item)


def test_it_names_the_request_that_it_came_from(calls, history):
    calls(history).post("/bot/start", headers={"X-Request-ID": "press-start-1"})
    assert json_of(calls(history).get("/activity?action=bot_start"))["items"][0]["request_id"] == "press-start-1"


def test_it_comes_in_parts(calls, history):
    first = json_of(calls(history).get("/activity?limit=2"))
    assert [item["target"] for item in first["items"]] == ["ben", "ann"]
    rest = json_of(calls(history).get(f"/activity?limit=2&cursor={first['next']}"))
    assert ([item["target"] for item in rest["items"]], rest["next"]) == (["insta.name"], None)


def table_of(response):
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    head, *rows = csv.reader(io.StringIO(response.data.decode("utf-8-sig")))
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_it_comes_as_a_table_narrowed_by_the_same_filters(calls, history):
    response = calls(history).get("/activity?format=csv")
    assert response.headers["Content-Disposition"] == "attachment; filename=activity_alice_20260310T120200Z.csv"
    rows = table_of(response)
    assert [row["target"] for row in rows] == ["ben", "ann", "insta.name"]
    assert list(rows[0]) == list(ActivityOut.model_fields)[1:]
    assert (rows[0]["error_code"], rows[1]["at"]) == ("E-NET-W-0001", "2026-03-10T12:01:00+00:00")
    assert [row["target"] for row in table_of(calls(history).get("/activity?format=csv&status=failed"))] == ["ben"]


def test_a_table_holds_all_and_nothing_in_it_is_a_formula(app: Flask, calls, alice):
    with app.app_context(), tenant(alice.id) as session:
        for number in range(120):
            record(session, "order", "done", target=f"=cmd({number})")
        session.commit()
    rows = table_of(calls(alice).get("/activity?format=csv&limit=5"))
    assert {row["target"] for row in rows} == {f"'=cmd({number})" for number in range(120)}


def log_of(calls, user, query=""):
    items = json_of(calls(user).get(f"/activity/log{query}"))["items"]
    return [(item["day"], item["action"], item["status"], item["count"], item["targets"]) for item in items]


def test_the_log_has_one_entry_for_like_steps(app: Flask, calls, history, clock):
    with app.app_context(), tenant(history.id) as session:
        for target in ("cai", "dan"):
            clock.advance(minutes=1)
            record(session, "follow", "done", target=target)
        session.commit()
    today = "2026-03-10"
    follows = (today, "follow", "done", 3, ["dan", "cai", "ann"])
    failure, link = (today, "follow", "failed", 1, ["ben"]), (today, "link", "done", 1, ["insta.name"])
    assert log_of(calls, history) == [follows, failure, link]
    assert log_of(calls, history, "?status=failed") == [failure]
    assert log_of(calls, history, "?target=cai") == [(today, "follow", "done", 1, ["cai"])]


def test_the_days_of_the_log_are_those_of_the_users_zone(app: Flask, calls, alice, clock):
    calls(alice).put("/bot/settings", json={"timezone": "Pacific/Kiritimati"})
    answer = json_of(calls(alice).get("/activity/log"))
    assert (answer["timezone"], answer["items"][0]["day"]) == ("Pacific/Kiritimati", "2026-03-11")


def test_nobody_sees_the_log_of_another(calls, history, bob, ada):
    assert log_of(calls, bob) == log_of(calls, ada) == []


def test_nobody_sees_what_another_did(calls, history, bob, ada):
    assert seen(calls, bob) == []
    assert seen(calls, ada) == []
    assert table_of(calls(bob).get("/activity?format=csv")) == []


def test_a_filter_that_is_none_is_refused(calls, alice):
    response = calls(alice).get("/activity?status=great&since=2026-03-10T12:00:00&colour=red&limit=101")
    assert refusal(response) == (422, "INVALID_INPUT")
    assert field_codes(response) == {
        "status": "NOT_ALLOWED",
        "since": "WRONG_FORM",
        "colour": "UNKNOWN_FIELD",
        "limit": "ABOVE_MAXIMUM",
    }
