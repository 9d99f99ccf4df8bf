import pytest

from bot.core.errors import BotException
from bot.decision.kinds import STEP_KIND
from bot.linking import outcomes
from bot.linking.claimed import claim
from tests.api.caller import field_codes, json_of, refusal

BODIES = {
    "follow-hashtag": {"hashtag": "coffee", "amount": 5},
    "follow-followers": {"account": "@Some.Body", "amount": 5},
    "like-hashtag": {"hashtag": "coffee", "amount": 5, "order": "top"},
    "view-stories": {"usernames": ["@Ann", "ben"]},
    "unfollow": {"amount": 5, "older_than_days": 3, "keep": ["ann"]},
}
CANDIDATES = [
    {"target": "ann", "person": "ann", "accepted": True, "reason": None, "message": None},
    {"target": "ben", "person": "ben", "accepted": False, "reason": "private", "message": "has a private account"},
    {"target": "cai", "person": "cai", "accepted": None, "reason": None, "message": None},
]
every_kind = pytest.mark.parametrize("kind", BODIES)


def place_action(calls, user, kind, **values):
    return calls(user).post(f"/bot/actions/{kind}", json=BODIES[kind] | values)


def previews(user, kind=None):
    def answer(taken):
        assert (taken.kind, taken.action_kind) == ("preview", kind or taken.action_kind)
        outcomes.previewed(user.id, taken, CANDIDATES)

    return answer


def test_every_kind_is_here_or_among_the_messages():
    assert set(BODIES) | {"send-messages", "reply"} == set(STEP_KIND)


@every_kind
def test_it_is_accepted_with_the_place_of_its_progress(calls, ready, kind):
    response = place_action(calls, ready, kind, start_at="2026-03-12T09:00:00Z", repeat={"every_days": 1})
    action = json_of(response)["action"]
    assert response.status_code == 202
    assert (action["kind"], action["status"], action["skips"]) == (kind, "queued", {})
    assert (action["start_at"], action["repeat"]) == ("2026-03-12T09:00:00Z", {"every_days": 1, "at": None})
    assert json_of(calls(ready).get(response.headers["Location"].removeprefix("/api")))["action"] == action


@every_kind
def test_the_same_key_is_the_same_action(calls, ready, kind):
    path, headers = f"/bot/actions/{kind}", {"Idempotency-Key": "one"}
    first, again = (calls(ready).post(path, json=BODIES[kind], headers=headers) for _ in range(2))
    assert json_of(first) == json_of(again)
    assert (first.status_code, first.headers["Location"]) == (again.status_code, again.headers["Location"])
    assert [reply.headers.get("Idempotency-Replayed") for reply in (first, again)] == [None, "true"]
    other = BODIES[kind] | {"start_at": "2026-03-12T09:00:00Z"}
    assert refusal(calls(ready).post(path, json=other, headers=headers)) == (422, "IDEMPOTENCY_KEY_REUSED")


@every_kind
def test_it_needs_a_valid_session(calls, alice, kind):
    assert refusal(place_action(calls, alice, kind)) == (409, "SESSION_INVALID")
    assert refusal(place_action(calls, alice, kind, dry_run=True)) == (409, "SESSION_INVALID")


@every_kind
def test_a_dry_run_shows_whom_it_would_find_and_places_nothing(calls, worker, ready, kind):
    with worker(ready, previews(ready, kind)):
        response = place_action(calls, ready, kind, dry_run=True)
    answer = json_of(response)
    assert (response.status_code, answer["dry_run"], answer["candidates"]) == (200, True, CANDIDATES)
    assert json_of(calls(ready).get("/bot/actions"))["items"] == []
    assert json_of(calls(ready).get(f"/bot/requests/{answer['request']}")) == answer


@pytest.mark.usefixtures("impatient")
def test_a_dry_run_that_takes_longer_can_be_asked_for_again(app, calls, ready, bob):
    response = place_action(calls, ready, "follow-hashtag", dry_run=True)
    assert (response.status_code, json_of(response)["pending"]) == (202, True)
    place = response.headers["Location"].removeprefix("/api")
    assert calls(ready).get(place).status_code == 202
    assert refusal(calls(bob).get(place)) == (404, "REQUEST_NOT_FOUND")
    with app.app_context():
        previews(ready)(claim(ready.id, json_of(response)["request"]))
    answer = json_of(calls(ready).get(place))
    assert (answer["pending"], answer["candidates"]) == (False, CANDIDATES)


@pytest.mark.parametrize(
    ("name", "status"),
    [("INSTAGRAM_PERSON_NOT_FOUND", 404), ("INSTAGRAM_ACTION_BLOCKED", 409), ("INSTAGRAM_TIMEOUT", 504)],
)
def test_what_instagram_refuses_a_dry_run_is_told(calls, worker, ready, name, status):
    def refuses(_taken):
        raise BotException(name)

    with worker(ready, refuses):
        assert refusal(place_action(calls, ready, "follow-followers", dry_run=True)) == (status, name)


@pytest.mark.parametrize(
    ("kind", "wrong", "fields"),
    [
        ("follow-followers", {"account": "two words"}, {"account": "WRONG_FORM"}),
        ("follow-followers", {"hashtag": "coffee"}, {"hashtag": "UNKNOWN_FIELD"}),
        ("like-hashtag", {"order": "best"}, {"order": "NOT_ALLOWED"}),
        ("view-stories", {"usernames": ["a b"]}, {"usernames.0": "WRONG_FORM"}),
        ("view-stories", {"usernames": None}, {"": "INVALID"}),
        ("unfollow", {"older_than_days": 0}, {"older_than_days": "BELOW_MINIMUM"}),
        ("unfollow", {"only_not_following_back": "yes"}, {"only_not_following_back": "WRONG_TYPE"}),
        ("unfollow", {"keep": "ann"}, {"keep": "WRONG_TYPE"}),
    ],
)
def test_it_names_what_is_wrong_with_an_action(calls, ready, kind, wrong, fields):
    assert field_codes(place_action(calls, ready, kind, **wrong)) == fields


@pytest.mark.parametrize(
    "start_at",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "2026-03-12T09:00:00", 5],
)
@every_kind
def test_a_start_is_a_time_that_every_calendar_holds(calls, ready, kind, start_at):
    response = place_action(calls, ready, kind, start_at=start_at)
    assert refusal(response) == (422, "INVALID_INPUT")
    assert set(field_codes(response)) == {"start_at"}


@pytest.mark.parametrize(
    ("start_at", "code"), [("2020-01-01T09:00:00Z", "BELOW_MINIMUM"), ("2028-01-01T09:00:00Z", "ABOVE_MAXIMUM")]
)
@every_kind
def test_a_start_is_within_the_year_ahead(calls, ready, kind, start_at, code):
    response = place_action(calls, ready, kind, start_at=start_at)
    assert refusal(response) == (422, "INVALID_INPUT")
    assert field_codes(response) == {"start_at": code}


@pytest.mark.parametrize(
    ("kind", "name", "status", "field", "message"),
    [
        ("follow-followers", "INSTAGRAM_PERSON_NOT_FOUND", 404, "account", "There is no Instagram account @some.body."),
        ("follow-followers", "INSTAGRAM_PERSON_PRIVATE", 409, "account", "The account @some.body is private"),
        ("follow-hashtag", "HASHTAG_EMPTY", 404, "hashtag", "Instagram shows no posts under #coffee."),
        ("like-hashtag", "HASHTAG_EMPTY", 404, "hashtag", "Instagram shows no posts under #coffee."),
    ],
)
def test_a_dry_run_names_the_field_of_a_source_that_is_not_there(
    calls, worker, ready, kind, name, status, field, message
):
    def refuses(_taken):
        raise BotException(name)

    with worker(ready, refuses):
        response = place_action(calls, ready, kind, dry_run=True)
    assert refusal(response) == (status, name)
    assert field_codes(response) == {field: name}
    assert json_of(response)["message"].startswith(message)
    status_of_bot = json_of(calls(ready).get("/bot/status"))
    assert status_of_bot["last_error_code"] is None
