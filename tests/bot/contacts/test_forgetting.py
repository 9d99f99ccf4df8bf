"""A person who is forgotten leaves numbers and ids behind, and neither a name nor a text."""

import pytest
from sqlalchemy import select

from bot.actions import control
from bot.actions.placing import Unfollow, unfollow
from bot.contacts import people
from bot.contacts.answers import Reply
from bot.contacts.conversations import get_conversation
from bot.contacts.do_not_contact import LeaveAlone, add_own, list_people
from bot.contacts.forgetting import forget_person
from bot.contacts.replies import store_replies
from bot.core.errors import BotException
from bot.history.idempotency import StoredAnswer, begin, store
from bot.settings.preferences import Settings, change_settings, settings_report
from bot.storage.models import ActionTarget, Activity, Answer, Contact, Message
from bot.storage.tenancy import tenant
from tests.bot.contacts.test_people import find, known
from tests.bot.driving import (
    claim,
    claimed,
    count,
    do_step,
    follow_action,
    id_of,
    message_action,
    refuse_step,
    target_of,
    work_of,
)
from tests.support.every_table import everything

CANARY = "canary what ann wrote"
NAME = "ann.canary"
# The Instagram id, which stays, has the name in it here.
SOUGHT = (f"'{NAME}'", f"Hello {NAME}", CANARY)


@pytest.fixture
def written(ready, clock):
    """Alice's bot has written to ann.canary and ben; both have answered."""
    message_action(ready, NAME, "ben")
    for _ in range(2):
        do_step(ready, clock)
    clock.advance(minutes=5)
    hear(ready, clock, CANARY, "1")
    hear(ready, clock, "ben writes too", "2", "ben")
    return ready


def hear(user, clock, text, item, name=NAME, **known):
    store_replies(user.id, [Reply(item, id_of(name), text, clock.moment, username=name, **known)])


def person(user, name=NAME):
    return known(user, id_of(name)).id


def forget(user, name=NAME):
    forget_person(user.id, person(user, name))


def in_database(app, *sought):
    tables = everything(app.extensions["troupe"].config)
    return {name for name, rows in tables.items() for row in rows if any(one in row for one in sought)}


def refused(work):
    with pytest.raises(BotException) as raised:
        work()
    return raised.value.name


def test_no_name_and_no_text_of_them_is_left_in_any_table(base_app, written, clock):
    gone = person(written)
    find(written, follow_action(written, people=0), (NAME, NAME, id_of(NAME)))
    assert in_database(base_app, *SOUGHT) >= {"people", "contacts", "action_targets", "activity_logs", "messages"}
    forget(written)
    assert in_database(base_app, *SOUGHT, gone) == set()
    assert refused(lambda: people.get_person(written.id, gone)) == "PERSON_NOT_FOUND"
    with tenant(written.id, reading=True) as session:
        assert session.scalars(select(Answer.instagram_id)).all() == [id_of("ben")]


def test_they_are_on_no_list_of_people_to_keep_and_in_no_kept_answer(base_app, written, clock):
    change_settings(written.id, Settings(keep=[NAME, "ben"]))
    change_settings(written.id, Settings(keep=["ben", NAME, "cleo"]))
    unfollow(written.id, Unfollow(amount=1, keep=[NAME, "ben"]))
    told = {"username": NAME, "note": f"Your bot leaves @{NAME} alone, and @{NAME}s.", "others": ["ben", NAME]}
    begin(written.id, "key", "request")
    store(written.id, "key", StoredAnswer(200, told, {}))
    gone = person(written)
    assert in_database(base_app, *SOUGHT) >= {"bot_settings", "settings_changes", "actions", "idempotency_keys"}
    forget(written)
    assert in_database(base_app, *SOUGHT) == set()
    name = f"forgotten-{gone[:8]}"
    kept = begin(written.id, "key", "request")
    assert kept.body == {
        "username": name,
        "note": f"Your bot leaves @{name} alone, and @{NAME}s.",
        "others": ["ben", name],
    }
    assert settings_report(written.id).keep == ["ben", "cleo"]


def test_others_keep_all_that_is_theirs(written, clock):
    forget(written)
    found = get_conversation(written.id, person(written, "ben"), 10, None).spoken.items
    assert [one.text for one in found] == ["ben writes too", "Hello ben"]
    with tenant(written.id, reading=True) as session:
        assert "ben" in session.scalars(select(Activity.target).where(Activity.action == "message")).all()


def test_numbers_and_limits_stay(written, clock):
    with tenant(written.id, reading=True) as session:
        before = session.scalars(select(ActionTarget.claimed_at).order_by(ActionTarget.id)).all()
    forget(written)
    with tenant(written.id, reading=True) as session:
        assert session.scalars(select(ActionTarget.claimed_at).order_by(ActionTarget.id)).all() == before
        assert len(session.scalars(select(Message.id)).all()) == 2


def test_nobody_gets_a_first_message_twice_for_being_forgotten(written, clock):
    with tenant(written.id) as session:
        session.scalars(select(Contact).where(Contact.username == NAME)).one().answered_at = None
        session.commit()
    forget(written)
    later = message_action(written, NAME)
    claim(written)
    assert (target_of(written, later, NAME).status, target_of(written, later, NAME).reason) == (
        "skipped",
        "already_messaged",
    )


def test_open_actions_skip_them(written, clock):
    waits = message_action(written, NAME, "cleo", again=True)
    forget(written)
    assert control.get_action(written.id, waits).skips == {"forgotten": 1}
    assert count(written, waits, "pending") == 1


def test_they_stay_on_the_do_not_contact_list_without_a_note(written, clock):
    add_own(written.id, LeaveAlone(username=NAME, note="a canary note"))
    forget(written)
    (entry,) = list_people(written.id, 10, None).items
    assert (entry.username, entry.instagram_id, entry.note) == (NAME, id_of(NAME), None)


def test_what_they_wrote_before_is_not_stored_again(base_app, written, clock):
    forget(written)
    for _ in range(2):
        hear(written, clock, CANARY, "1")
        hear(written, clock, CANARY, "", dated=False)
    with tenant(written.id, reading=True) as session:
        assert session.scalars(select(Answer.instagram_id)).all() == [id_of("ben")]
    assert in_database(base_app, *SOUGHT) == set()


def test_a_stop_from_before_that_is_read_late_holds(written, clock):
    stop = Reply("9", id_of(NAME), "stop", clock.moment, username=NAME)
    clock.advance(minutes=1)
    forget(written)
    store_replies(written.id, [stop])
    (entry,) = list_people(written.id, 10, None).items
    assert entry.instagram_id == id_of(NAME)


def test_who_writes_again_is_met_again(written, clock):
    forget(written)
    clock.advance(minutes=1)
    hear(written, clock, "It is me again", "3")
    found = get_conversation(written.id, person(written), 10, None)
    assert [one.text for one in found.spoken.items if not one.mine] == ["It is me again"]
    hear(written, clock, "stop", "4", dated=True)
    assert [row.username for row in list_people(written.id, 10, None).items] == [NAME]


def test_nobody_is_forgotten_in_the_middle_of_a_step(written, clock):
    message_action(written, NAME, again=True)
    claimed(written, work_of(written))
    assert refused(lambda: forget(written)) == "PERSON_IN_USE"


def test_nobody_is_forgotten_while_a_message_is_not_certain(written, clock):
    message_action(written, NAME, again=True)
    refuse_step(written, clock, "INSTAGRAM_TIMEOUT", "maybe")
    assert refused(lambda: forget(written)) == "PERSON_IN_USE"
    assert get_conversation(written.id, person(written), 10, None).state.answers == 1


def test_nobody_forgets_the_people_of_another_user(written, bob):
    who = person(written)
    assert refused(lambda: forget_person(bob.id, who)) == "PERSON_NOT_FOUND"
    assert people.get_person(written.id, who).person.username == NAME
