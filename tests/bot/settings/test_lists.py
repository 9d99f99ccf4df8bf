"""Lists are changed entry by entry, whatever else changes them meanwhile."""

import pytest

from bot.contacts import do_not_contact
from bot.contacts.do_not_contact import LeaveAlone
from bot.core.errors import BotException
from bot.settings.lists import ListChanges, NameChange, WordChange, change_lists
from bot.settings.preferences import MAX_KEPT, Settings, change_settings, settings_report
from tests.bot.driving import signed_in


def keep(user, **change):
    return change_lists(user.id, ListChanges(keep=NameChange(**change)))


def test_entries_come_and_go(alice):
    assert keep(alice, add=["Ben", "@ann", "ben"]).keep == ["ann", "ben"]
    assert keep(alice, add=["cy", "ann"], remove=["ben", "nobody"]).keep == ["ann", "cy"]
    report = change_lists(alice.id, ListChanges(stop_words=WordChange(add=["genug", "basta"])))
    assert (report.keep, report.stop_words, report.added) == (["ann", "cy"], ["basta", "genug"], 2)
    stored = settings_report(alice.id)
    assert (stored.keep, stored.stop_words) == (report.keep, report.stop_words)


def test_what_changes_nothing_is_no_change(alice):
    keep(alice, add=["ann"])
    assert keep(alice, add=["ann"], remove=["ben"]).change_id is None


def test_people_are_put_on_the_do_not_contact_list_once(alice, bob, ada):
    do_not_contact.add_own(alice.id, LeaveAlone(username="ann", note="asked me to"))
    do_not_contact.add_global(signed_in(ada), LeaveAlone(username="eve"))
    report = change_lists(alice.id, ListChanges(do_not_contact=["Ben", "ann", "@ben", "eve"]))
    assert report.added == 2
    rows = do_not_contact.list_people(alice.id, 50, None).items
    assert sorted((row.username, row.user_id == alice.id) for row in rows) == [
        ("ann", True),
        ("ben", True),
        ("eve", False),
        ("eve", True),
    ]
    assert next(row.note for row in rows if row.username == "ann") == "asked me to"
    assert do_not_contact.list_people(bob.id, 50, None, "ben").items == []


@pytest.mark.parametrize(
    ("search", "found"), [("ann", ["ann", "joanna"]), ("@ANN", ["ann", "joanna"]), ("_", ["b_n"]), ("%", [])]
)
def test_the_list_is_searched_by_a_part_of_the_name(alice, search, found):
    change_lists(alice.id, ListChanges(do_not_contact=["ann", "joanna", "b_n", "cy"]))
    rows = do_not_contact.list_people(alice.id, 50, None, search).items
    assert sorted(row.username for row in rows) == found


def test_a_full_list_says_so_and_stays(alice):
    change_settings(alice.id, Settings(keep=[f"person{number}" for number in range(MAX_KEPT)]))
    before = settings_report(alice.id)
    with pytest.raises(BotException) as raised:
        change_lists(alice.id, ListChanges(keep=NameChange(add=["one.more"]), do_not_contact=["ann"]))
    assert raised.value.name == "LIST_FULL"
    assert raised.value.meta["errors"][0]["field"] == "keep.add"
    assert settings_report(alice.id) == before
    assert do_not_contact.list_people(alice.id, 50, None).items == []
    assert len(keep(alice, add=["one.more"], remove=["person1"]).keep) == MAX_KEPT
