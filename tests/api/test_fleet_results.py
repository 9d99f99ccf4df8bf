"""Results of all users: numbers for administrators."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.fleet.counting import count_results
from bot.storage.models import ActionTarget
from bot.storage.tenancy import tenant
from tests.api.caller import field_codes, json_of, refusal
from tests.api.test_results import COUNTS, acted  # noqa: F401

PATH = "/admin/results"


@pytest.fixture
def counted(app, clock, alice, acted):  # noqa: F811
    with app.app_context():
        with tenant(alice.id) as session:
            session.execute(update(ActionTarget).values(claimed_at=clock.moment - timedelta(days=2)))
            session.commit()
        list(count_results())


def test_it_tells_numbers_by_kind_and_day(calls, ada, counted, clock):
    found = json_of(calls(ada).get(f"{PATH}?days=7"))
    assert (found["timezone"], found["period"]) == ("UTC", {"from": "2026-03-03", "to": "2026-03-09"})
    assert found["counted_at"].startswith("2026-03-10T12:00")
    assert found["totals"] == COUNTS
    [kind] = found["kinds"]
    measures = {one["name"]: (one["people"], one["open"]) for one in kind.pop("measures")}
    assert kind == {**COUNTS, "kind": "follow", "users": 1, "share": None, "low": None, "high": None}
    assert measures == {"follow_back_7": (1, 1), "follow_back_14": (1, 1)}
    assert found["days"] == [{**COUNTS, "day": "2026-03-08", "kind": "follow", "users": 1}]


def test_it_tells_nothing_that_a_user_or_a_stranger_wrote(calls, ada, alice, counted):
    told = calls(ada).get(PATH).get_data(as_text=True) + calls(ada).get(f"{PATH}?format=csv").get_data(as_text=True)
    assert "follow" in told
    assert not [word for word in ("alice", '"ann', "coffee", alice.id) if word in told]


def test_before_the_first_count_it_says_so(calls, ada, acted):  # noqa: F811
    found = json_of(calls(ada).get(PATH))
    assert (found["counted_at"], found["kinds"], found["days"]) == (None, [], [])


def test_it_is_for_administrators(calls, alice):
    assert refusal(calls(alice).get(PATH)) == (403, "FORBIDDEN")


@pytest.mark.parametrize(("query", "field"), [("days=366", "days"), ("to=2026-03-10", "to"), ("from=soon", "from")])
def test_a_period_that_is_none_is_refused(calls, ada, clock, query, field):
    assert (clock.moment - timedelta(days=1)).date().isoformat() == "2026-03-09"
    assert field_codes(calls(ada).get(f"{PATH}?{query}")).keys() == {field}
