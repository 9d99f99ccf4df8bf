"""People who must never be touched: by one user's bot, or by any bot of this place."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot.actions import candidates, control
from bot.actions.targets import Candidate, Search
from bot.contacts import do_not_contact
from bot.contacts.do_not_contact import (
    LeaveAlone,
    add,
    add_global,
    add_own,
    list_global,
    list_people,
    remove_global,
    remove_own,
    untouchable,
)
from bot.core.errors import BotException
from bot.decision.kinds import STEP_KIND
from bot.decision.verdicts import SkipTarget
from bot.steps.step import Step
from bot.storage.models import Activity, AuditEntry
from bot.storage.tenancy import identity, tenant
from tests.bot.driving import (
    claim,
    count,
    follow_action,
    id_of,
    message_action,
    signed_in,
    target_of,
    work_of,
    work_off,
)


def names(user):
    return [row.username for row in list_people(user.id, 100, None).items]


def recorded(user, action):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(Activity.target).where(Activity.action == action)).all()


def test_somebody_is_put_on_the_list_once_in_one_form(alice):
    first = add_own(alice.id, LeaveAlone(username=" @Ann ", note="asked me"))
    assert add_own(alice.id, LeaveAlone(username="ANN", note="again")).id == first.id
    row = list_people(alice.id, 10, None).items[0]
    assert (names(alice), row.source, row.note, row.user_id) == (["ann"], "user", "asked me", alice.id)
    assert recorded(alice, "do_not_contact") == ["ann"]


def test_somebody_put_on_the_list_by_many_at_once_is_there_once(base_app, alice):
    def put(_):
        with base_app.app_context():
            return add_own(alice.id, LeaveAlone(username="ann")).id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(put, range(16)))) == 1
    assert names(alice) == ["ann"]


def test_somebody_is_taken_off_again(alice):
    add_own(alice.id, LeaveAlone(username="ann"))
    remove_own(alice.id, "@Ann ")
    assert (names(alice), recorded(alice, "may_contact")) == ([], ["ann"])
    with pytest.raises(BotException, match="NOT_ON_THE_LIST"):
        remove_own(alice.id, "ann")


def test_the_list_of_a_stranger_is_not_there(alice, bob):
    add_own(alice.id, LeaveAlone(username="ann"))
    assert names(bob) == []
    with pytest.raises(BotException, match="NOT_ON_THE_LIST"):
        remove_own(bob.id, "ann")
    with tenant(bob.id, reading=True) as session:
        assert untouchable(session, {"ann": None}) == set()
    assert names(alice) == ["ann"]


def test_the_list_of_all_holds_for_everybody_and_is_changed_by_an_administrator_alone(alice, bob, ada):
    admin = signed_in(ada)
    first = add_global(admin, LeaveAlone(username="@Eve", note="by letter"))
    assert add_global(admin, LeaveAlone(username="eve")).id == first.id
    assert (names(alice), names(bob)) == (["eve"], ["eve"])
    with pytest.raises(BotException, match="LISTED_FOR_ALL"):
        remove_own(alice.id, "eve")
    remove_global(admin, "EVE")
    assert (names(alice), list_global(10, None).items) == ([], [])
    with pytest.raises(BotException, match="NOT_ON_THE_LIST"):
        remove_global(admin, "eve")
    with identity(reading=True) as session:
        events = session.scalars(select(AuditEntry.event).where(AuditEntry.actor_id == ada.id).order_by(AuditEntry.at))
        assert sorted(event for event in events if "contact" in event) == ["do_not_contact_all", "may_contact_all"]


def test_somebody_on_both_lists_stays_on_that_of_all(alice, ada):
    add_global(signed_in(ada), LeaveAlone(username="eve"))
    add_own(alice.id, LeaveAlone(username="eve"))
    assert names(alice) == ["eve", "eve"]
    remove_own(alice.id, "eve")
    assert names(alice) == ["eve"]


def test_the_list_of_all_shows_nothing_of_the_lists_of_users(alice, ada):
    add_own(alice.id, LeaveAlone(username="ann"))
    with pytest.raises(BotException, match="NOT_ON_THE_LIST"):
        remove_global(signed_in(ada), "ann")
    assert list_global(10, None).items == []


def test_lists_are_paged_the_newest_first(alice, clock):
    for number in range(5):
        add_own(alice.id, LeaveAlone(username=f"person{number}"))
        clock.advance(seconds=1)
    first = list_people(alice.id, 2, None)
    second = list_people(alice.id, 2, first.next)
    third = list_people(alice.id, 2, second.next)
    shown = [row.username for page in (first, second, third) for row in page.items]
    assert (shown, third.next) == ([f"person{number}" for number in (4, 3, 2, 1, 0)], None)
    with pytest.raises(BotException, match="BAD_CURSOR"):
        list_people(alice.id, 2, "x")


@pytest.mark.parametrize("everywhere", [False, True])
def test_who_comes_on_a_list_is_left_out_of_every_open_action_right_before_the_call(ready, ada, everywhere):
    followed = follow_action(ready, people=2)
    work = work_of(ready)
    if everywhere:
        add_global(signed_in(ada), LeaveAlone(username="person0"))
    else:
        add_own(ready.id, LeaveAlone(username="person0"))
    assert isinstance(claim(ready, work), SkipTarget)
    row = target_of(ready, followed, "person0")
    assert (row.status, row.reason, row.claimed_at) == ("skipped", "do_not_contact", None)
    assert count(ready, followed, "pending") == 1
    assert control.get_action(ready.id, followed).skips == {"do_not_contact": 1}


def test_who_is_on_a_list_is_left_out_by_a_search_too(ready):
    add_own(ready.id, LeaveAlone(username="person1"))
    action_id = follow_action(ready, people=3)
    assert control.get_action(ready.id, action_id).skips == {"do_not_contact": 1}
    assert message_action(ready, "person1", "ann")


def test_somebody_listed_by_name_is_known_by_id_where_the_bot_has_met_them(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    follow_action(ready, people=2)
    for name in ("ann", "person1", "zoe"):
        add_own(ready.id, LeaveAlone(username=name))
    known = {row.username: row.instagram_id for row in list_people(ready.id, 10, None).items}
    assert known == {"ann": id_of("ann"), "person1": id_of("person1"), "zoe": None}


def test_the_id_of_somebody_listed_by_name_joins_the_list_as_soon_as_a_look_up_tells_it(ready):
    action_id = message_action(ready, "ann", "ann.new")
    work = work_of(ready)
    add_own(ready.id, LeaveAlone(username="ann"))
    assert isinstance(Step(ready.id, work).claim(replace(work.pending[0], instagram_id="7")), SkipTarget)
    assert list_people(ready.id, 10, None).items[0].instagram_id == "7"
    assert isinstance(Step(ready.id, work).claim(replace(work.pending[1], instagram_id="7")), SkipTarget)
    assert control.get_action(ready.id, action_id).skips == {"do_not_contact": 2}


def test_the_first_bot_that_meets_somebody_of_the_list_of_all_tells_every_bot_who_it_is(ready, bob, ada):
    message_action(ready, "eve")
    work = work_of(ready)
    add_global(signed_in(ada), LeaveAlone(username="eve"))
    add_own(bob.id, LeaveAlone(username="eve"))
    assert isinstance(Step(ready.id, work).claim(replace(work.pending[0], instagram_id="7")), SkipTarget)
    assert [row.instagram_id for row in list_global(10, None).items] == ["7"]
    assert {row.user_id: row.instagram_id for row in list_people(bob.id, 10, None).items} == {None: "7", bob.id: None}
    with tenant(bob.id, reading=True) as session:
        assert untouchable(session, {"eve.new": "7", "ann": "8"}) == {"eve.new"}


@pytest.mark.parametrize(("kind", "instagram_id"), [("follow-hashtag", "7"), ("like-hashtag", "123_7")])
def test_somebody_on_the_list_is_left_out_under_another_name(ready, kind, instagram_id):
    with tenant(ready.id) as session:
        add(session, "ann", source="user", instagram_id="7")
        session.commit()
    action_id = follow_action(ready, people=0)
    work = Search(action_id, kind, STEP_KIND[kind], {}, None, False)
    skipped = candidates.screened(ready.id, work, [Candidate("x", "ann.new", instagram_id)], skip_if_handled=False)
    assert [one.reason for one in skipped] == ["do_not_contact"]


@pytest.mark.parametrize("name", ["", "@", "a b", "x" * 31, "a/b", "<script>", "nul\0", "ännchen"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValidationError):
        LeaveAlone(username=name)


def test_a_note_is_short():
    with pytest.raises(ValidationError):
        LeaveAlone(username="ann", note="x" * 201)
    assert do_not_contact.plain_username(" @Ann") == "ann"
