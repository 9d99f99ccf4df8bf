"""Conversations by the API."""

import pytest

from bot.contacts import replies
from bot.contacts.answers import Reply
from tests.api.caller import json_of, refusal
from tests.bot.driving import do_step, id_of, message_action
from tests.support.people import give_valid_session, set_running

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CANARY = "canary-of-ann"


@pytest.fixture
def written(app, alice, clock):
    """Alice's bot has written to ann and ben; ann has answered."""
    with app.app_context():
        give_valid_session(alice.id)
        set_running(alice.id)
        message_action(alice, "ann", "ben")
        do_step(alice, clock)
        do_step(alice, clock)
        clock.advance(minutes=5)
        replies.store_replies(alice.id, [Reply("1", id_of("ann"), f"{CANARY} how much?", clock.moment)])


def place(caller, name="ann"):
    (found,) = json_of(caller.get(f"/people?q={name}"))["items"]
    return f"/bot/conversations/{found['id']}"


def test_they_are_listed_with_their_newest_answer(calls, alice, written):
    caller = calls(alice)
    listed = json_of(caller.get("/bot/conversations"))
    (item,) = listed["items"]
    assert (listed["unread"], item["username"], item["unread"], item["is_done"]) == (1, "ann", 1, False)
    assert (item["answer"]["text"], item["text"]) == (f"{CANARY} how much?", "Hello ann")
    assert json_of(caller.get("/bot/conversations?state=unread"))["items"] == [item]
    assert json_of(caller.get("/bot/conversations?opted_out=true"))["items"] == []


def test_one_is_read_marked_done_and_opened_again(calls, alice, written):
    caller = calls(alice)
    there = place(caller)
    response = caller.get(there)
    found = json_of(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert [(one["mine"], one["text"]) for one in found["items"]] == [
        (False, f"{CANARY} how much?"),
        (True, "Hello ann"),
    ]
    assert json_of(caller.get(there))["state"]["unread"] == 1
    assert json_of(caller.post(f"{there}/read"))["read"] == 1
    assert json_of(caller.get(there))["state"]["unread"] == 0
    marked = json_of(caller.put(f"{there}/mark", json={"mark": "question"}))["state"]
    assert (marked["mark"], marked["marked_by"]) == ("question", "hand")
    assert json_of(caller.post(f"{there}/done"))["state"]["is_done"]
    assert not json_of(caller.delete(f"{there}/done"))["state"]["is_done"]
    assert json_of(caller.put(f"{there}/mark", json={"mark": None}))["state"]["mark"] is None


@pytest.mark.parametrize("mark", ["opted_out", "positive", "great", "", 5])
def test_marks_of_rules_and_unknown_ones_are_not_set_by_hand(calls, alice, written, mark):
    caller = calls(alice)
    assert refusal(caller.put(f"{place(caller)}/mark", json={"mark": mark})) == (422, "INVALID_INPUT")


def test_who_has_not_answered_has_no_answers_to_mark(calls, alice, written):
    caller = calls(alice)
    for answer in (
        caller.put(f"{place(caller, 'ben')}/mark", json={"mark": "question"}),
        caller.post(f"{place(caller, 'ben')}/done"),
    ):
        assert refusal(answer) == (404, "CONVERSATION_NOT_FOUND")


def test_neither_another_user_nor_an_administrator_reads_it(calls, alice, bob, ada, written):
    there = place(calls(alice))
    for other in (bob, ada):
        caller = calls(other)
        assert json_of(caller.get("/bot/conversations"))["items"] == []
        for answer in (
            caller.get(there),
            caller.post(f"{there}/read"),
            caller.put(f"{there}/mark", json={"mark": "question"}),
            caller.post(f"{there}/done"),
            caller.delete(f"{there}/done"),
        ):
            assert refusal(answer) == (404, "PERSON_NOT_FOUND")
            assert CANARY not in answer.text


def test_answers_to_changes_hold_no_text(calls, alice, written):
    caller = calls(alice)
    there = place(caller)
    for answer in (
        caller.post(f"{there}/read"),
        caller.put(f"{there}/mark", json={"mark": "question"}),
        caller.post(f"{there}/done"),
        caller.delete(f"{there}/done"),
    ):
        assert (answer.status_code, CANARY in answer.text) == (200, False)


def test_a_reply_is_placed_once_under_its_key_and_shown(calls, alice, written, clock):
    caller = calls(alice)
    clock.advance(seconds=1)
    there = place(caller)
    sent = [caller.post(f"{there}/reply", json={"text": "20 euros"}, headers={"Idempotency-Key": "k"}) for _ in "12"]
    assert [answer.status_code for answer in sent] == [202, 202]
    assert json_of(sent[0]) == json_of(sent[1])
    assert ("Idempotency-Replayed" in sent[0].headers, sent[1].headers["Idempotency-Replayed"]) == (False, "true")
    assert sent[0].headers["Location"] == f"/api{there}"
    assert "20 euros" not in sent[0].text
    newest = json_of(caller.get(there))["items"][0]
    told = {name: newest[name] for name in ("text", "mine", "by_hand", "status", "is_over")}
    assert told == {"text": "20 euros", "mine": True, "by_hand": True, "status": "pending", "is_over": False}
    assert newest["waits"]["state"] == "acting"
    answer = caller.post(f"{there}/reply", json={"text": "other words"}, headers={"Idempotency-Key": "k"})
    assert refusal(answer) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_reply_that_waits_is_canceled(calls, alice, written, clock):
    caller = calls(alice)
    clock.advance(seconds=1)
    there = place(caller)
    action_id = json_of(caller.post(f"{there}/reply", json={"text": "20 euros"}))["action_id"]
    assert json_of(caller.delete(f"{there}/replies/{action_id}"))["success"]
    assert json_of(caller.get(there))["items"][0]["is_over"]
    assert refusal(caller.delete(f"{there}/replies/{action_id}")) == (409, "ACTION_NOT_RUNNING")


@pytest.mark.parametrize("text", [None, "", "  ", 5, "x" * 1001, "a\x00b"])
def test_a_bad_reply_is_refused_and_nothing_is_sent(calls, alice, written, text):
    caller = calls(alice)
    assert refusal(caller.post(f"{place(caller)}/reply", json={"text": text}))[0] == 422
    assert [one["by_hand"] for one in json_of(caller.get(place(caller)))["items"]] == [False, False]


def test_no_one_else_replies_or_cancels(calls, alice, bob, ada, written, app):
    there = place(calls(alice))
    action_id = json_of(calls(alice).post(f"{there}/reply", json={"text": "20 euros"}))["action_id"]
    with app.app_context():
        for other in (bob, ada):
            give_valid_session(other.id)
            set_running(other.id)
    for other in (bob, ada):
        caller = calls(other)
        assert refusal(caller.post(f"{there}/reply", json={"text": "Hi"})) == (404, "PERSON_NOT_FOUND")
        assert refusal(caller.delete(f"{there}/replies/{action_id}")) == (404, "PERSON_NOT_FOUND")
