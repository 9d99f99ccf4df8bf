"""People have one id of ours, whatever their names are, and everything that was done with them is found under it."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.actions.candidates import add_candidates
from bot.actions.placing import LikeHashtag, Unfollow, like_hashtag, unfollow
from bot.actions.targets import Candidate, Search
from bot.contacts import do_not_contact, inbox, people, replies
from bot.contacts.answers import Reply
from bot.contacts.do_not_contact import LeaveAlone
from bot.core.errors import BotException
from bot.decision.kinds import STEP_KIND
from bot.steps.step import Step
from bot.storage import bot_lock
from bot.storage.models import Action, DoNotContact, Person
from bot.storage.models.values import ActionStatus
from bot.storage.tenancy import tenant
from tests.bot.driving import do_step, follow_action, id_of, message_action, target_of, work_of


def find(user, action_id, *candidates, kind="follow-hashtag"):
    """The search of an action finds these people or posts: name of the target, its person, its Instagram id."""
    work = Search(action_id, kind, STEP_KIND[kind], {}, None, False)
    found = [Candidate(*candidate) for candidate in candidates]
    add_candidates(user.id, work, found, None, skip_if_handled=False)


def everybody(user, sought=None):
    return people.find_people(user.id, sought, 100, None).items


def known(user, instagram_id):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(Person).where(Person.instagram_id == instagram_id)).one()


def history(user, instagram_id):
    """What was done with the person with this Instagram id, under which names, newest first."""
    found = people.list_history(user.id, known(user, instagram_id).id, 100, None)
    return [(one.target.step_kind, one.target.person, one.target.status) for one in found.items]


def test_a_person_who_is_found_is_known_from_then_on(ready):
    action_id = follow_action(ready, people=2)
    assert {one.person.username for one in everybody(ready)} == {"person0", "person1"}
    assert target_of(ready, action_id, "person0").person_id == known(ready, id_of("person0")).id


def test_a_person_of_a_list_is_known_when_their_turn_comes(ready, clock):
    action_id = message_action(ready, "ann", "ben")
    assert everybody(ready) == []
    do_step(ready, clock)
    assert [one.person.username for one in everybody(ready)] == ["ann"]
    assert target_of(ready, action_id, "ann").person_id == known(ready, id_of("ann")).id
    assert target_of(ready, action_id, "ben").person_id is None


def test_a_person_of_a_list_who_is_skipped_after_the_look_up_is_known_too(ready, clock):
    first = message_action(ready, "ann")
    do_step(ready, clock)
    second = message_action(ready, "ann", message="Once more {username}")
    work = work_of(ready)
    looked_up = replace(work.pending[0], instagram_id=id_of("ann"))
    Step(ready.id, work).claim(looked_up)
    row = target_of(ready, second, "ann")
    assert (row.status, row.reason) == ("skipped", "already_messaged")
    assert row.person_id == target_of(ready, first, "ann").person_id
    assert history(ready, id_of("ann")) == [("message", "ann", "skipped"), ("message", "ann", "done")]


def test_a_liked_post_belongs_to_its_author(ready):
    action_id = like_hashtag(ready.id, LikeHashtag(hashtag="coffee", amount=3)).action.id
    find(
        ready,
        action_id,
        ("Cabc", "ann", "77_501"),
        ("Cdef", "ann", "78_501"),
        ("Cghi", "ben", "79"),
        kind="like-hashtag",
    )
    assert history(ready, "501") == [("like", "ann", "pending"), ("like", "ann", "pending")]
    assert target_of(ready, action_id, "Cghi").person_id is None


def test_two_people_who_swap_names_keep_their_own_history(ready, clock):
    first = follow_action(ready, people=0)
    find(ready, first, ("ann", "ann", "1"), ("ben", "ben", "2"))
    clock.advance(days=1)
    second = follow_action(ready, people=0)
    find(ready, second, ("ben", "ben", "1"), ("ann", "ann", "2"))
    one, two = (people.get_person(ready.id, known(ready, number).id) for number in "12")
    assert (one.person.username, [old.username for old in one.former_names]) == ("ben", ["ann"])
    assert (two.person.username, [old.username for old in two.former_names]) == ("ann", ["ben"])
    assert [name for _, name, _ in history(ready, "1")] == ["ben", "ann"]
    assert [name for _, name, _ in history(ready, "2")] == ["ann", "ben"]
    assert one.holder is two.holder is None


def test_a_name_that_another_person_has_by_now_says_who(ready, clock):
    first = follow_action(ready, people=0)
    find(ready, first, ("ann", "ann", "1"))
    clock.advance(days=1)
    second = follow_action(ready, people=0)
    find(ready, second, ("ann", "ann", "2"))
    assert people.get_person(ready.id, known(ready, "1").id).holder.id == known(ready, "2").id
    assert people.get_person(ready.id, known(ready, "2").id).holder is None


def test_an_unfollow_by_an_old_name_does_not_bring_the_old_name_back(ready, clock):
    follow = follow_action(ready, people=0)
    find(ready, follow, ("ann", "ann", "1"))
    clock.advance(days=1)
    find(ready, follow, ("anna", "anna", "1"))
    undo = unfollow(ready.id, Unfollow(amount=1)).action.id
    clock.advance(days=1)
    find(ready, undo, ("ann", "ann", "1"), kind="unfollow")
    person = known(ready, "1")
    assert person.username == "anna"
    assert target_of(ready, undo, "ann").person_id == person.id


@pytest.mark.parametrize("sought", ["ann", "@Ann", "NN", "former", "Annabel", "bel lee"])
def test_a_search_finds_people_by_any_name_that_they_had(ready, clock, sought):
    follow = follow_action(ready, people=0)
    find(ready, follow, ("former", "former", "1"), ("somebody", "somebody", "2"))
    clock.advance(days=1)
    find(ready, follow, ("ann", "ann", "1"))
    with tenant(ready.id) as session:
        row = session.merge(target_of(ready, follow, "ann"))
        row.full_name = "Annabel Lee"
        session.commit()
    assert [one.person.instagram_id for one in everybody(ready, sought)] == ["1"]
    assert everybody(ready, sought)[0].full_name == "Annabel Lee"


@pytest.mark.parametrize("sought", ["_", "%", "zoe"])
def test_a_search_takes_no_sign_for_a_pattern(ready, sought):
    find(ready, follow_action(ready, people=0), ("ann", "ann", "1"))
    assert everybody(ready, sought) == []


def test_other_users_know_nobody_of_it(ready, bob):
    find(ready, follow_action(ready, people=0), ("ann", "ann", "1"))
    assert everybody(bob) == []
    with pytest.raises(BotException) as caught:
        people.get_person(bob.id, known(ready, "1").id)
    assert caught.value.name == "PERSON_NOT_FOUND"


def test_a_person_is_left_alone_under_any_name_and_allowed_again(ready, clock):
    find(ready, follow_action(ready, people=0), ("ann", "ann", "1"))
    person = known(ready, "1")
    assert people.leave_alone(ready.id, person.id).listed_by_user.source == "user"
    clock.advance(days=1)
    renamed = follow_action(ready, people=0)
    find(ready, renamed, ("anna", "anna", "1"))
    assert target_of(ready, renamed, "anna").reason == "do_not_contact"
    assert people.allow_contact(ready.id, person.id).listed == []
    with pytest.raises(BotException) as caught:
        people.allow_contact(ready.id, person.id)
    assert caught.value.name == "NOT_ON_THE_LIST"


def test_a_listed_person_stays_listed_when_another_one_gets_their_name_and_is_listed_too(ready, clock):
    find(ready, follow_action(ready, people=0), ("ann", "ann", "1"))
    people.leave_alone(ready.id, known(ready, "1").id)
    clock.advance(days=1)
    find(ready, follow_action(ready, people=0), ("anna", "anna", "1"), ("ann", "ann", "2"))
    people.leave_alone(ready.id, known(ready, "2").id)
    with tenant(ready.id, reading=True) as session:
        rows = {(row.username, row.instagram_id) for row in session.scalars(select(DoNotContact))}
    assert rows == {("anna", "1"), ("ann", "2")}


def test_a_person_listed_by_name_alone_is_allowed_on_their_page(ready):
    do_not_contact.add_own(ready.id, LeaveAlone(username="ann"))
    find(ready, follow_action(ready, people=0), ("ann", "ann", "1"))
    person = known(ready, "1")
    assert people.get_person(ready.id, person.id).listed_by_user is not None
    assert people.allow_contact(ready.id, person.id).listed == []


def test_who_answered_is_in_the_inbox_with_the_message_before_the_answer(ready, clock):
    action_id = message_action(ready, "ann", "ben", "cai")
    for _ in range(3):
        do_step(ready, clock)
    clock.advance(minutes=5)
    answers = [Reply("1", id_of("ann"), "Thanks!", clock.moment), Reply("2", id_of("ben"), "Please stop", clock.moment)]
    replies.store_replies(ready.id, answers)
    found = {one.person.username: one for one in inbox.list_answers(ready.id, 10, None).items}
    assert {name: (one.text, one.action_id, one.contact.stopped) for name, one in found.items()} == {
        "ann": ("Hello ann", action_id, False),
        "ben": ("Hello ben", action_id, True),
    }
    assert inbox.count_answers(ready.id) == inbox.AnswerCounts(answered=2, opted_out=1, unread=2, open=1)
    assert [one.person.username for one in inbox.list_answers(ready.id, 10, None, opted_out=True).items] == ["ben"]
    assert [one.person.username for one in inbox.list_answers(ready.id, 10, None, state="open").items] == ["ann"]
    assert people.get_person(ready.id, found["ben"].person.id).contact.stopped


def test_people_that_an_ended_action_did_not_need_wait_for_nothing(ready):
    action_id = follow_action(ready, people=2)
    assert history(ready, id_of("person0")) == [("follow", "person0", "pending")]
    with tenant(ready.id) as session:
        session.get_one(Action, action_id).status = ActionStatus.SUCCEEDED
        session.commit()
    assert history(ready, id_of("person0")) == []


def test_the_same_person_is_met_once(ready):
    with tenant(ready.id) as session:
        bot_lock.locked_status(session)
        first = people.meet(session, {"1": "ann", "2": "ben"})
        assert people.meet(session, {"2": "ben", "3": "cai"})["2"] == first["2"]
        session.commit()
    assert len(everybody(ready)) == 3
