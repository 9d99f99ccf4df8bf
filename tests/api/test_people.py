"""People and answers by the API."""

import uuid

import pytest

from bot.contacts import replies
from bot.contacts.answers import Reply
from bot.storage.models import Activity
from bot.storage.tenancy import tenant
from tests.api.caller import json_of, refusal
from tests.bot.driving import do_step, follow_action, id_of, message_action
from tests.support.people import give_valid_session, set_running

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def written(app, alice, clock):
    """Alice's bot has followed somebody, and written to ann and ben; ann has answered. Returns the message action."""
    with app.app_context():
        give_valid_session(alice.id)
        set_running(alice.id)
        action_id = message_action(alice, "ann", "ben")
        do_step(alice, clock)
        do_step(alice, clock)
        follow_action(alice, people=1)
        clock.advance(minutes=5)
        replies.store_replies(alice.id, [Reply("1", id_of("ann"), "Who are you?", clock.moment)])
    return action_id


def find(caller, sought):
    return json_of(caller.get(f"/people?q={sought}"))["items"]


def test_people_are_found_by_name_and_shown_with_all_that_was_done(calls, alice, written, clock):
    caller = calls(alice)
    assert {one["username"] for one in json_of(caller.get("/people"))["items"]} == {"ann", "ben", "person0"}
    (found,) = find(caller, "@AN")
    answer = json_of(caller.get(f"/people/{found['id']}"))
    person = answer["person"]
    assert found.items() <= person.items()
    assert (person["username"], person["former_names"], person["do_not_contact"]) == ("ann", [], None)
    assert (person["answered_at"], person["opted_out_at"]) == (clock.moment.isoformat().replace("+00:00", "Z"), None)
    (event,) = answer["history"]
    shown = {"action_id": written, "step_kind": "message", "status": "done", "text": "Hello ann", "reason": None}
    assert shown.items() <= event.items()
    assert answer["next"] is None


def test_a_person_is_left_alone_and_allowed_again(calls, alice, written):
    caller = calls(alice)
    place = f"/people/{find(caller, 'ann')[0]['id']}"
    for _ in range(2):
        assert json_of(caller.post(f"{place}/do-not-contact"))["person"]["do_not_contact"] == "user"
    assert [one["username"] for one in json_of(caller.get("/bot/do-not-contact"))["items"]] == ["ann"]
    assert json_of(caller.delete(f"{place}/do-not-contact"))["person"]["do_not_contact"] is None
    assert refusal(caller.delete(f"{place}/do-not-contact")) == (404, "NOT_ON_THE_LIST")


def test_nobody_finds_the_people_of_another_user(app, calls, alice, bob, ada, written):
    place = f"/people/{find(calls(alice), 'ann')[0]['id']}"
    for other in (bob, ada):
        assert json_of(calls(other).get("/people"))["items"] == json_of(calls(other).get("/inbox"))["items"] == []
        assert refusal(calls(other).get(place)) == (404, "PERSON_NOT_FOUND")
        assert refusal(calls(other).post(f"{place}/do-not-contact")) == (404, "PERSON_NOT_FOUND")
        assert refusal(calls(other).delete(f"{place}/do-not-contact")) == (404, "PERSON_NOT_FOUND")
    assert refusal(calls(alice).get(f"/people/{uuid.uuid4()}")) == (404, "PERSON_NOT_FOUND")
    with app.app_context(), tenant(bob.id, reading=True) as session:
        assert session.query(Activity).all() == []


def test_the_inbox_lists_who_answered(calls, alice, written, clock):
    caller = calls(alice)
    (item,) = json_of(caller.get("/inbox"))["items"]
    assert (item["username"], item["text"], item["action_id"]) == ("ann", "Hello ann", written)
    assert item["answered_at"] == clock.moment.isoformat().replace("+00:00", "Z")
    assert item["person_id"] == find(caller, "ann")[0]["id"]
    assert json_of(caller.get("/inbox?opted_out=true"))["items"] == []
    assert len(json_of(caller.get("/inbox?opted_out=false"))["items"]) == 1


def test_a_person_is_forgotten_once_and_not_by_others(calls, alice, bob, written):
    caller = calls(alice)
    place = f"/people/{find(caller, 'ann')[0]['id']}"
    assert refusal(calls(bob).delete(place)) == (404, "PERSON_NOT_FOUND")
    assert json_of(caller.delete(place)) == {"success": True}
    assert refusal(caller.delete(place)) == (404, "PERSON_NOT_FOUND")
    assert find(caller, "ann") == json_of(caller.get("/inbox"))["items"] == []
