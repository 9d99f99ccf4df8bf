import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from bot.actions.candidates import add_candidates
from bot.actions.targets import Candidate, Target, Work, pending_targets, skip
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.tenancy import tenant
from tests.api.caller import field_codes, json_of, refusal
from tests.support.people import give_valid_session

FORM = {"hashtag": "#Coffee", "amount": 5}
FOLLOW = "/bot/actions/follow-hashtag"


def place_action(calls, user, **values):
    return json_of(calls(user).post(FOLLOW, json=FORM | values))["action"]


def test_an_action_is_accepted_with_the_place_of_its_progress(calls, ready):
    response = calls(ready).post(FOLLOW, json=FORM, headers={"X-Request-ID": "action-0001"})
    action = json_of(response)["action"]
    assert response.status_code == 202
    assert (action["kind"], action["status"], action["params"]["hashtag"]) == ("follow-hashtag", "queued", "coffee")
    counts = {name: action[name] for name in ("total", "done", "failed", "skipped", "unknown", "pending")}
    assert counts == {"total": 5, "done": 0, "failed": 0, "skipped": 0, "unknown": 0, "pending": 5}
    assert (action["created_at"], action["request_id"]) == ("2026-03-10T12:00:00Z", "action-0001")
    place = response.headers["Location"].removeprefix("/api")
    assert json_of(calls(ready).get(place))["action"] == action


def test_an_action_needs_a_valid_session(calls, alice):
    assert refusal(calls(alice).post(FOLLOW, json=FORM)) == (409, "SESSION_INVALID")
    assert json_of(calls(alice).get("/bot/actions"))["items"] == []


def test_an_action_needs_a_running_bot(app: Flask, calls, alice):
    with app.app_context():
        give_valid_session(alice.id)
    assert refusal(calls(alice).post(FOLLOW, json=FORM)) == (409, "BOT_STOPPED")


def test_the_same_key_is_the_same_action(calls, ready):
    first, again, other = (
        json_of(calls(ready).post(FOLLOW, json=FORM, headers={"Idempotency-Key": key}))["action"]["id"]
        for key in ("one", "one", "two")
    )
    assert first == again != other


def test_the_same_key_at_the_same_moment_is_one_action(calls, ready):
    def send(_number):
        return calls(ready).post(FOLLOW, json=FORM, headers={"Idempotency-Key": "one"})

    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(send, range(4)))
    assert {response.status_code for response in responses} == {202}
    assert sorted(response.headers.get("Idempotency-Replayed", "") for response in responses) == ["", *["true"] * 3]
    assert len({json_of(response)["action"]["id"] for response in responses}) == 1


def test_a_key_that_is_none_is_refused(calls, ready):
    response = calls(ready).post(FOLLOW, json=FORM, headers={"Idempotency-Key": "a" * 129})
    assert field_codes(response) == {"Idempotency-Key": "WRONG_FORM"}


def test_it_names_what_is_wrong_with_an_action(calls, ready):
    wrong = {"hashtag": "two words", "amount": 0, "filters": {"followers_min": -1, "colour": "red"}, "speed": 9}
    assert field_codes(calls(ready).post(FOLLOW, json=wrong)) == {
        "hashtag": "WRONG_FORM",
        "amount": "BELOW_MINIMUM",
        "filters.followers_min": "BELOW_MINIMUM",
        "filters.colour": "UNKNOWN_FIELD",
        "speed": "UNKNOWN_FIELD",
    }
    crossed = {"followers_min": 9, "followers_max": 3}
    assert field_codes(calls(ready).post(FOLLOW, json=FORM | {"filters": crossed})) == {"filters": "INVALID"}


def test_actions_come_in_parts_newest_first(calls, ready, clock):
    ids = []
    for _ in range(3):
        clock.advance(seconds=1)
        ids.append(place_action(calls, ready)["id"])
    first = json_of(calls(ready).get("/bot/actions?limit=2"))
    second = json_of(calls(ready).get(f"/bot/actions?limit=2&cursor={first['next']}"))
    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None


@pytest.fixture
def worked(app: Flask, calls, ready):
    """The path of an action that followed ann, left ben out and has cai before it."""
    action_id = place_action(calls, ready)["id"]
    with app.app_context():
        work = next_work(ready.id)
        assert isinstance(work, Work)
        found = [Candidate(name, name, str(number)) for number, name in enumerate(("ann", "ben", "cai"), 1)]
        add_candidates(ready.id, work, found, None, skip_if_handled=True)
        with tenant(ready.id, reading=True) as session:
            ann, ben, _ = pending_targets(session, action_id)
        claimed = Step(ready.id, work).claim(ann)
        assert isinstance(claimed, Target)
        Step(ready.id, work).finish(claimed, Outcome())
        skip(ready.id, work, ben, "private")
    return f"/bot/actions/{action_id}"


def targets(calls, user, place, query=""):
    return json_of(calls(user).get(f"{place}/targets{query}"))["items"]


def test_targets_show_how_each_person_ended(calls, ready, worked):
    items = {item.pop("target"): item for item in targets(calls, ready, worked)}
    assert {name: item["status"] for name, item in items.items()} == {"ann": "done", "ben": "skipped"}
    assert (items["ann"]["claimed_at"], items["ann"]["person"]) == ("2026-03-10T12:00:00Z", "ann")
    assert (items["ben"]["claimed_at"], items["ben"]["reason"]) == (None, "private")
    assert items["ann"]["id"] != items["ben"]["id"]


@pytest.mark.parametrize(
    ("status", "names"),
    [("done", ["ann"]), ("skipped", ["ben"]), ("pending", ["cai"]), ("working", []), ("failed", []), ("unknown", [])],
)
def test_targets_are_narrowed_by_their_status(calls, ready, worked, status, names):
    assert [item["target"] for item in targets(calls, ready, worked, f"?status={status}")] == names


def test_a_status_that_is_none_is_refused(calls, ready, worked):
    assert field_codes(calls(ready).get(f"{worked}/targets?status=great")) == {"status": "NOT_ALLOWED"}


def test_the_progress_counts_who_was_left_out_by_reason(calls, ready, worked):
    action = json_of(calls(ready).get(worked))["action"]
    assert (action["done"], action["skipped"], action["pending"]) == (1, 1, 4)
    assert action["skips"] == {"private": 1}


def test_an_action_is_put_off_and_comes_again(calls, ready):
    place = f"/bot/actions/{place_action(calls, ready)['id']}"
    schedule = {"start_at": "2026-03-11T10:00:00+02:00", "repeat": {"every_days": 2, "at": "09:30"}}
    action = json_of(calls(ready).put(f"{place}/schedule", json=schedule))["action"]
    assert (action["start_at"], action["repeat"]) == ("2026-03-11T08:00:00Z", schedule["repeat"])
    verdict = json_of(calls(ready).get("/bot/status"))["verdict"]
    assert (verdict["reason"], verdict["until"]) == ("STARTS_LATER", "2026-03-11T08:00:00Z")
    action = json_of(calls(ready).put(f"{place}/schedule", json={}))["action"]
    assert (action["start_at"], action["repeat"], action["series"]) == (None, None, None)


def test_only_an_open_action_is_put_off(calls, ready):
    place = f"/bot/actions/{place_action(calls, ready)['id']}"
    calls(ready).post(f"{place}/cancel")
    assert refusal(calls(ready).put(f"{place}/schedule", json={})) == (409, "ACTION_NOT_RUNNING")


def test_it_names_what_is_wrong_with_a_schedule(calls, ready):
    place = f"/bot/actions/{place_action(calls, ready)['id']}"
    wrong = {"start_at": "tomorrow", "repeat": {"every_days": 0, "at": "24:00"}}
    assert field_codes(calls(ready).put(f"{place}/schedule", json=wrong)) == {
        "start_at": "WRONG_FORM",
        "repeat.every_days": "BELOW_MINIMUM",
        "repeat.at": "WRONG_FORM",
    }


def test_an_action_is_named_renamed_and_searched(calls, ready):
    named, other = (place_action(calls, ready, **values) for values in ({"name": " Coffee  people "}, {}))
    assert (named["name"], other["name"]) == ("Coffee people", None)
    place = f"/bot/actions/{other['id']}"
    assert json_of(calls(ready).patch(place, json={"name": "Tea people"}))["action"]["name"] == "Tea people"

    def ids(query):
        return [item["id"] for item in json_of(calls(ready).get(f"/bot/actions?{query}"))["items"]]

    assert ids("q=tea") == [other["id"]]
    assert ids("q=tea&kind=like") == []
    assert set(ids("q=%23coffee&kind=follow&status=open")) == {other["id"], named["id"]}
    assert json_of(calls(ready).patch(place, json={}))["action"]["name"] is None
    assert ids("q=tea") == []


def test_a_search_that_is_none_is_refused(calls, ready):
    response = calls(ready).get(f"/bot/actions?q={'a' * 101}&kind=reels&status=great&colour=red")
    assert field_codes(response) == {
        "q": "TOO_LONG",
        "kind": "NOT_ALLOWED",
        "status": "NOT_ALLOWED",
        "colour": "UNKNOWN_FIELD",
    }


def test_an_action_is_paused_resumed_and_cancelled(calls, ready):
    place = f"/bot/actions/{place_action(calls, ready)['id']}"
    for verb, status in {"pause": "paused", "resume": "running", "cancel": "cancelled"}.items():
        assert json_of(calls(ready).post(f"{place}/{verb}"))["action"]["status"] == status
    for verb in ("pause", "resume", "cancel"):
        assert refusal(calls(ready).post(f"{place}/{verb}")) == (409, "ACTION_NOT_RUNNING")
    ended = json_of(calls(ready).get(place))["action"]
    assert (ended["finished_at"], ended["pending"]) == ("2026-03-10T12:00:00Z", 5)


def test_nothing_is_resumed_while_the_bot_is_stopped(calls, ready):
    place = f"/bot/actions/{place_action(calls, ready)['id']}"
    calls(ready).post(f"{place}/pause")
    calls(ready).post("/bot/stop")
    assert refusal(calls(ready).post(f"{place}/resume")) == (409, "BOT_STOPPED")


def test_a_stranger_sees_and_touches_nothing(calls, ready, makes_ready, bob, ada):
    place = f"/bot/actions/{place_action(calls, ready)['id']}"
    for stranger in (makes_ready(bob), makes_ready(ada)):
        caller = calls(stranger)
        assert json_of(caller.get("/bot/actions"))["items"] == []
        for path in (place, f"{place}/targets"):
            assert refusal(caller.get(path)) == (404, "ACTION_NOT_FOUND")
        for verb in ("pause", "resume", "cancel"):
            assert refusal(caller.post(f"{place}/{verb}")) == (404, "ACTION_NOT_FOUND")
        assert refusal(caller.patch(place, json={"name": "mine"})) == (404, "ACTION_NOT_FOUND")
        assert refusal(caller.put(f"{place}/schedule", json={})) == (404, "ACTION_NOT_FOUND")
    assert json_of(calls(ready).get(place))["action"]["status"] == "queued"


def test_an_unknown_action_is_not_found(calls, alice):
    assert refusal(calls(alice).get(f"/bot/actions/{uuid.uuid4()}")) == (404, "ACTION_NOT_FOUND")
    assert refusal(calls(alice).get("/bot/actions/none")) == (404, "NOT_FOUND")


def test_targets_are_a_table_too(app, calls, ready):
    place = f"/bot/actions/{place_action(calls, ready)['id']}"
    response = calls(ready).get(f"{place}/targets?format=csv")
    assert response.mimetype == "text/csv"
    assert response.text.startswith("\ufeffperson,full_name,target,status,reason,error_code,found_at,began_at,ended_at")
    assert refusal(calls(ready).get(f"/bot/actions/{uuid.uuid4()}/targets?format=csv")) == (404, "ACTION_NOT_FOUND")
