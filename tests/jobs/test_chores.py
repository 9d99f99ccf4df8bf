"""What a worker takes for an answer."""

from datetime import UTC, datetime

import pytest

from jobs.inbox import replies_in
from jobs.instagram import Message, PersonRef, Thread

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
ANN, BEN = PersonRef("1", "ann"), PersonRef("2", "ben")


def said(sender: PersonRef, text: str = "lunch, everybody?", *, mine: bool = False) -> Message:
    return Message("item", sender.id, text, "", AT, mine)


@pytest.mark.parametrize(("people", "in_group"), [([ANN], False), ([ANN, BEN], True), ([], True)])
def test_only_what_is_said_between_two_is_an_answer(people: list[PersonRef], in_group: bool) -> None:
    found = replies_in(Thread("thread", people, [said(ANN)]), {ANN.id})
    assert [(one.sender_id, one.in_group) for one in found] == [(ANN.id, in_group)]


def test_only_those_who_were_written_to_answer() -> None:
    owner = PersonRef("9", "me")
    thread = Thread("thread", [ANN, BEN], [said(ANN), said(BEN), said(owner, mine=True)])
    assert [one.sender_id for one in replies_in(thread, {BEN.id, owner.id})] == [BEN.id]
