import pytest
from sqlalchemy import func, select

from bot.storage.models import AccountRequest, IdempotencyRecord, User
from bot.storage.tenancy import identity, tenant
from tests.api.caller import json_of, operations, refusal

NEW = {"username": "carol"}
LINK = {"username": "insta.name", "password": "instagram secret"}
ONE = {"Idempotency-Key": "one"}


def count(app, model, user=None):
    with app.app_context(), tenant(user.id, reading=True) if user else identity(reading=True) as session:
        return session.scalar(select(func.count(model.id)))


def test_a_user_that_is_asked_for_twice_is_made_once(app, calls, ada):
    first, again = (calls(ada).post("/users", json=NEW, headers=ONE) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert json_of(again)["user"] == json_of(first)["user"]
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(app, User) == 2


def test_a_first_password_is_told_once_and_kept_nowhere(app, calls, ada):
    first, again = (json_of(calls(ada).post("/users", json=NEW, headers=ONE)) for _ in range(2))
    assert first["initial_password"]
    assert again["initial_password"] is None
    with app.app_context(), tenant(ada.id, reading=True) as session:
        assert first["initial_password"] not in str(vars(session.scalars(select(IdempotencyRecord)).one()))


def test_another_body_under_the_same_key_is_refused(app, calls, ada):
    calls(ada).post("/users", json=NEW, headers=ONE)
    other = calls(ada).post("/users", json={"username": "dave"}, headers=ONE)
    assert refusal(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert count(app, User) == 2


def test_a_refusal_is_given_again(calls, ada):
    calls(ada).post("/users", json=NEW)
    answers = [calls(ada).post("/users", json=NEW, headers=ONE) for _ in range(2)]
    assert [refusal(answer) for answer in answers] == [(409, "USERNAME_TAKEN")] * 2


def test_without_a_key_each_is_a_request_of_its_own(calls, ada):
    answers = [calls(ada).post("/users", json=NEW) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]


@pytest.mark.usefixtures("impatient")
def test_instagram_is_asked_once_for_a_link_that_comes_twice(app, calls, alice):
    answers = [calls(alice).post("/bot/login", json=LINK, headers=ONE) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert json_of(answers[0]) == json_of(answers[1])
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert count(app, AccountRequest, alice) == 1


STARTING = {
    "create_user",
    "link",
    "verify",
    "import_session",
    "send_code",
    "test_session",
    "send_messages",
    "send_messages_to",
    "place_plan",
    "follow_hashtag",
    "follow_followers",
    "like_hashtag",
    "view_stories",
    "unfollow",
    "reply",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_starts_something_takes_a_key(calls):
    described = operations(json_of(calls().get("/openapi.json")))
    taking = {
        name
        for name, operation in described.items()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", []))
    }
    assert taking == STARTING
    for name in taking:
        assert "IDEMPOTENCY_KEY_REUSED" in str(described[name]["responses"]["422"])
