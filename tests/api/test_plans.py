"""Actions with several sources, over the API."""

import pytest

from bot.linking import outcomes
from tests.api.caller import json_of, refusal

BODY = {
    "source": [{"kind": "hashtag", "tags": ["coffee", "espresso"]}, {"kind": "followers", "of": ["roaster"]}],
    "steps": [{"do": "follow"}],
    "amount": 9,
}


def test_it_is_accepted_with_the_place_of_its_progress(calls, ready):
    response = calls(ready).post("/bot/actions", json=BODY | {"name": "Coffee people", "repeat": {"every_days": 1}})
    action = json_of(response)["action"]
    assert (response.status_code, action["kind"], action["name"]) == (202, "plan", "Coffee people")
    assert action["params"]["subject"] == "#coffee, #espresso and 1 more"
    assert action["params"]["source"][0] == BODY["source"][0] | {"tab": "recent"}
    assert json_of(calls(ready).get(response.headers["Location"].removeprefix("/api")))["action"] == action


def test_the_same_key_is_the_same_action(calls, ready):
    replies = [calls(ready).post("/bot/actions", json=BODY, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert json_of(replies[0]) == json_of(replies[1])
    assert [reply.headers.get("Idempotency-Replayed") for reply in replies] == [None, "true"]
    other = calls(ready).post("/bot/actions", json=BODY | {"amount": 8}, headers={"Idempotency-Key": "one"})
    assert refusal(other) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_dry_run_shows_candidates_and_places_nothing(calls, worker, ready):
    def answer(taken):
        assert (taken.kind, taken.action_kind, taken.params["unit"]) == ("preview", "plan", "person")
        outcomes.previewed(ready.id, taken, [])

    with worker(ready, answer):
        response = calls(ready).post("/bot/actions", json=BODY | {"dry_run": True})
    assert (response.status_code, json_of(response)["dry_run"]) == (200, True)
    assert json_of(calls(ready).get("/bot/actions"))["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": [{"kind": "hashtag", "tags": ["two words"]}]}, "source.0.tags.0"),
        ({"source": [{"kind": "place"}]}, "source.0"),
        ({"steps": [{"do": "message", "text": "Hello"}], "amount": 6}, "steps.0.text"),
        ({"steps": [{"do": "message", "text": "{oops}"}]}, "steps.0.text"),
        ({"steps": [{"do": "reply"}]}, "steps.0"),
        ({"steps": [{"do": "message"}]}, "steps.0.text"),
        ({"steps": [{"do": "follow", "twice": True}]}, "steps.0.twice"),
        (
            {
                "steps": [
                    {"do": "follow"},
                    {"do": "story", "when": "accepted", "otherwise": [{"do": "like", "posts": 9}]},
                ]
            },
            "steps.1.otherwise.0.posts",
        ),
        ({"steps": [{"do": "follow", "after": "soon"}]}, "steps.0.after"),
    ],
)
def test_bad_input_names_its_place(calls, ready, change, field):
    response = calls(ready).post("/bot/actions", json=BODY | change)
    assert (response.status_code, [one["field"] for one in json_of(response)["errors"]]) == (422, [field])
    assert json_of(calls(ready).get("/bot/actions"))["items"] == []


def test_it_says_its_steps_and_how_many_people_are_at_each(calls, ready):
    branch = {"do": "story", "when": "follows_back", "within": "2d", "otherwise": [{"do": "unfollow"}]}
    body = BODY | {"steps": [{"do": "follow"}, branch]}
    placed = calls(ready).post("/bot/actions", json=body).headers["Location"].removeprefix("/api")
    plan = json_of(calls(ready).get(f"{placed}/steps"))
    said = "then watch their story if they follow back within 2 days (if not, unfollow them)."
    assert plan["summary"] == f"Follow 9 people from #coffee, #espresso and 1 more, {said}"
    shown = [(one["number"], one["node"], one["depth"], one["instead_of"], one["awaits"]) for one in plan["steps"]]
    assert shown == [(1, 0, 0, None, None), (2, 1, 0, None, "follows_back"), (3, 2, 1, 2, None)]
    assert plan["steps"][0]["text"] == "Follow them"
    assert (plan["steps"][0]["up_next"], plan["steps"][0]["skips"]) == (0, {})
