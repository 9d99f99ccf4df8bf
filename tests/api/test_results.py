from datetime import timedelta
from unittest.mock import ANY

import pytest
from sqlalchemy import select

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.messages.sending import SendMessages, recipients_of, send_messages
from bot.results.measures import MEASURES
from bot.storage.models import Action, ActionTarget, Message
from bot.storage.models.values import StepKind, TargetStatus
from bot.storage.tenancy import tenant
from tests.api.caller import field_codes, json_of
from tests.support.people import give_valid_session, set_running
from tests.support.statements import statements

COUNTS = {"done": 1, "failed": 0, "unknown": 0, "skipped": 0}
SHARES = dict.fromkeys(("share", "low", "high"))
ORIGIN = dict.fromkeys(("first_week", "last_week", "filters_differ", "weeks_differ"))
ALONE = {"first_week": "2026-03-09", "last_week": "2026-03-09", "filters_differ": False, "weeks_differ": False}
KEY = dict.fromkeys(("day", "hour", "action_id", "source_kind", "source", "message", "variant", "text")) | ORIGIN
OPEN = {
    "people": 1,
    "open": 1,
    **dict.fromkeys(("yes", "no", "unsure", "so_far"), 0),
    **SHARES,
    "verdict": "too_few",
    "needed": None,
}
NOBODY = {**OPEN, "people": 0, "open": 0}
MEASURED = [
    {"name": "follow_back_7", **OPEN},
    {"name": "follow_back_14", **OPEN},
    {"name": "accepted", **NOBODY},
    {"name": "stayed", **NOBODY},
]
ROW = {**COUNTS, **SHARES, **KEY, "kind": "follow", "measures": MEASURED}
NONE = dict.fromkeys(COUNTS, 0)


@pytest.fixture
def acted(app, alice, clock):
    """alice with one follow done, from a hashtag."""
    with app.app_context():
        give_valid_session(alice.id)
        set_running(alice.id)
        action = follow_hashtag(alice.id, FollowHashtag(hashtag="coffee", amount=5)).action.id
        with tenant(alice.id) as session:
            times = dict.fromkeys(("created_at", "claimed_at", "finished_at"), clock.moment)
            row = ActionTarget(user_id=alice.id, action_id=action, position=1, target="ann", person="ann", **times)
            row.step_kind, row.status = StepKind.FOLLOW, TargetStatus.DONE
            session.add(row)
            session.commit()


def test_it_shows_a_period_and_the_one_before(calls, alice, acted):
    found = json_of(calls(alice).get("/analytics/results?days=7"))
    assert found["timezone"] == "UTC"
    assert found["period"] == {"from": "2026-03-04", "to": "2026-03-10"}
    assert found["before"] == {"from": "2026-02-25", "to": "2026-03-03"}
    assert (found["totals"], found["totals_before"], found["kinds_before"]) == (COUNTS, NONE, [])
    assert found["rows"] == [{**ROW, "day": "2026-03-10"}]
    assert (found["followers"], found["changes"]) == ([], [])
    assert found["definitions"] == MEASURES


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("source", {"source_kind": "hashtag", "source": "#coffee", **ALONE}),
        ("action", {"action_id": ANY, "source_kind": "hashtag", "source": "#coffee", **ALONE}),
        ("hour", {"hour": 12}),
        ("kind", {}),
    ],
)
def test_rows_come_by_source_action_hour_or_kind(calls, alice, acted, by, key):
    found = json_of(calls(alice).get(f"/analytics/results?from=2026-03-10&to=2026-03-10&by={by}"))
    assert found["rows"] == [{**ROW, **key}]


def test_measures_come_with_those_of_the_period_before(app, calls, alice, acted, clock):
    with app.app_context(), tenant(alice.id) as session:
        first = session.scalars(select(ActionTarget)).one()
        at = clock.moment - timedelta(days=9)
        of = {"user_id": alice.id, "action_id": first.action_id, "position": 2, "target": "ben", "person": "ben"}
        row = ActionTarget(**of, created_at=at, claimed_at=at, finished_at=at)
        row.step_kind, row.status = StepKind.FOLLOW, TargetStatus.DONE
        session.add(row)
        session.commit()
    week, fortnight = json_of(calls(alice).get("/analytics/results?days=7"))["changes"]
    assert (week["kind"], week["name"], week["verdict"]) == ("follow", "follow_back_7", None)
    assert (week["now"]["open"], week["before"]["unsure"], week["before"]["share"]) == (1, 1, None)
    assert (fortnight["name"], fortnight["before"]["open"], fortnight["verdict"]) == ("follow_back_14", 1, None)


def test_rows_of_messages_come_by_variant(app, calls, alice, acted, clock):
    listed = SendMessages(usernames=["ben"], message="{Hi|Hello} {first_name|there}")
    with app.app_context():
        send_messages(alice.id, listed, recipients_of(listed))
        with tenant(alice.id) as session:
            row = session.scalars(select(ActionTarget).where(ActionTarget.target == "ben")).one()
            row.status, row.claimed_at = TargetStatus.DONE, clock.moment
            written = {"text": "Hello Ben", "digest": "", "token": "", "created_at": clock.moment, "variant": "2"}
            session.add(Message(user_id=alice.id, target_id=row.id, **written))
            session.commit()
    [row] = json_of(calls(alice).get("/analytics/results?by=variant"))["rows"]
    assert (row["message"], row["variant"], row["text"]) == (listed.message, "2", "Hello {first_name|there}")
    assert {one["name"]: one["needed"] for one in row["measures"]} == {"answered": ANY, "asked_to_stop": ANY}
    assert row["measures"][0]["needed"] > 30
    [sent] = json_of(calls(alice).get(f"/bot/actions/{action_of(app, alice)}/results"))["items"]
    assert (sent["text"], sent["variant"]) == ("Hello Ben", "2")


def action_of(app, user):
    with app.app_context(), tenant(user.id) as session:
        return session.scalars(select(Action.id).where(Action.kind == "send-messages")).one()


@pytest.mark.parametrize(("by", "compared"), [("hour", False), ("variant", False), ("kind", True)])
def test_a_csv_reads_the_period_before_only_if_it_has_it(app, calls, alice, acted, by, compared):
    address = f"/analytics/results?days=7&by={by}"
    with app.app_context(), statements() as shown:
        calls(alice).get(address)
    with app.app_context(), statements() as downloaded:
        calls(alice).get(f"{address}&format=csv").get_data()
    shown, downloaded = ([one for one in each if "FROM action_targets" in one] for each in (shown, downloaded))
    # A statement of more days has more times to tell them apart by.
    assert (downloaded == shown) is compared
    assert 0 < len("".join(downloaded)) <= len("".join(shown))


def test_the_rows_come_as_csv(calls, alice, acted):
    answer = calls(alice).get("/analytics/results?by=source&format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "results_by_source_alice_" in answer.headers["Content-Disposition"]
    assert answer.get_data(as_text=True).split()[1].startswith("hashtag,#coffee,follow,1,0,0,0,0,0,0,1,")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("days=0", "days"),
        ("days=93", "days"),
        ("days=7&from=2026-03-01", "days"),
        ("from=yesterday", "from"),
        ("to=2026-03-11", "to"),
        ("from=2026-03-09&to=2026-03-08", "from"),
        ("from=2025-03-09", "from"),
        ("to=0001-01-31&by=hour", "to"),
        ("from=0001-01-01&to=2026-03-10", "from"),
        ("by=month", "by"),
        ("since=2026-03-09", "since"),
    ],
)
def test_a_period_that_is_none_is_refused(calls, alice, query, field):
    assert field_codes(calls(alice).get(f"/analytics/results?{query}")).keys() == {field}


def test_no_user_sees_what_others_did(calls, bob, acted):
    found = json_of(calls(bob).get("/analytics/results"))
    assert (found["totals"], found["rows"]) == (NONE, [])
