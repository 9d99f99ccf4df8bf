"""Names of actions: given, changed, removed, and kept by the actions of a series."""

import json

import pytest

from bot.actions import control, names, placing
from bot.actions.names import Rename
from bot.actions.placing import FollowHashtag
from bot.actions.recurrence import Repeat
from bot.core.errors import BotException
from bot.history.activity import list_activity
from bot.inputs.validation import checked_json
from bot.messages.sending import SendMessages, recipients_of, send_messages
from bot.storage.models import MAX_ACTION_NAME
from tests.bot.driving import do_step, found

FORM = FollowHashtag(hashtag="coffee", amount=1)


def place(user, **values):
    return placing.follow_hashtag(user.id, FORM.model_copy(update=values)).action


def renamed(user, action_id, name):
    return names.rename(user.id, action_id, Rename(name=name)).action.name


def told(user, action):
    return [line.action for line in list_activity(user.id, 10, None, action_id=action.id).items]


def test_an_action_is_named_when_it_is_placed(ready):
    assert place(ready, name="Coffee people").name == "Coffee people"
    assert place(ready).name is None


def test_a_message_is_named_when_it_is_placed(ready):
    form = SendMessages(usernames=["ann"], message="Hello", name="Cafés in Saxony")
    assert send_messages(ready.id, form, recipients_of(form)).action.name == "Cafés in Saxony"


def test_a_name_is_changed_and_removed_also_after_the_end(ready):
    action = place(ready)
    assert renamed(ready, action.id, "Coffee people") == "Coffee people"
    control.cancel(ready.id, action.id)
    assert renamed(ready, action.id, "Old coffee people") == "Old coffee people"
    assert renamed(ready, action.id, None) is None
    assert sorted(told(ready, action)) == ["action_cancelled", *["action_renamed"] * 3, "order"]


def test_the_same_name_again_is_no_act(ready):
    action = place(ready, name="Coffee people")
    renamed(ready, action.id, "Coffee people")
    assert told(ready, action) == ["order"]


def test_a_strangers_action_is_not_found(ready, bob):
    with pytest.raises(BotException, match="ACTION_NOT_FOUND"):
        renamed(bob, place(ready).id, "mine")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Coffee \t people \n", "Coffee people"),
        ("\u200bCoffee\u202e people\ufeff", "Coffee people"),
        ("Café ☕", "Café ☕"),
        ("n" * MAX_ACTION_NAME, "n" * MAX_ACTION_NAME),
    ],
)
def test_a_name_is_one_line_that_can_be_seen(typed, kept):
    assert checked_json(Rename, json.dumps({"name": typed})).name == kept


@pytest.mark.parametrize("typed", ["", " \n", "\u200b\u202e", "n" * (MAX_ACTION_NAME + 1), 5, ["a"]])
def test_it_refuses_what_is_no_name(typed):
    with pytest.raises(BotException, match="INVALID_INPUT"):
        checked_json(Rename, json.dumps({"name": typed}))


def test_the_next_action_of_a_series_has_the_name_too(ready, clock):
    action = place(ready, name="Coffee people", repeat=Repeat(every_days=1))
    found(ready, action.id, ["ann"])
    do_step(ready, clock)
    assert [one.action.name for one in control.list_actions(ready.id, 10, None).items] == ["Coffee people"] * 2


def test_another_name_under_the_same_key_is_another_request(ready):
    def send(**values):
        return placing.follow_hashtag(ready.id, FORM.model_copy(update=values), "key").action.id

    first = send(name="Coffee people")
    assert send(name="Coffee people") == first
    for other in ({"name": "Tea people"}, {}):
        with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
            send(**other)
