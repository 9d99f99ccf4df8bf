"""What a worker takes for an answer."""

from datetime import UTC, datetime

import pytest

from bot.contacts.answers import Reply
from bot.contacts.replies import InboxPlace
from jobs import inbox
from jobs.chores import MAX_PAGES, _threads
from jobs.inbox import replies_in
from jobs.instagram import Inbox, Message, PersonRef, Thread
from jobs.instagram.threads import Undated
from jobs.instance import BotInstance

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


def test_words_without_a_time_are_read_as_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "now", lambda: AT)
    undated = (Undated("", ANN.id, "stop"), Undated("", BEN.id, "stop"))
    found = replies_in(Thread("thread", [ANN], [], undated=undated), {ANN.id})
    assert found == [Reply("", ANN.id, "stop", AT, dated=False, thread_id="thread", username="ann")]


class Boxes:
    """Instagram's client with an inbox and a box of requests; `asked` are the boxes that were read."""

    def __init__(self, requests: bool) -> None:
        self.client, self.asked, self._requests = self, list[bool](), requests

    def inbox(self, _cursor: str | None, *, requests: bool) -> Inbox:
        self.asked.append(requests)
        thread = Thread(f"in-{requests}", [ANN], [said(ANN, "stop")])
        return Inbox([thread], None, self._requests)


@pytest.mark.parametrize("requests", [True, False])
def test_the_box_of_requests_is_read_only_if_somebody_waits_in_it(requests: bool) -> None:
    boxes = Boxes(requests)
    bot: BotInstance = boxes  # type: ignore[assignment]  # only its client is used
    threads, place = _threads(bot, InboxPlace(AT), AT)
    read = [thread.id for thread, _ in threads]
    assert place.is_whole
    assert boxes.asked == [False, True][: 1 + requests]
    assert read == ["in-False", "in-True"][: 1 + requests]


class LongBox:
    """Instagram's client with an inbox of many pages, each with one conversation, and perhaps requests after them."""

    def __init__(self, pages: int, requests: int) -> None:
        self.client, self.pages, self.asked = self, {False: pages, True: requests}, list[tuple[bool, str | None]]()

    def inbox(self, cursor: str | None, *, requests: bool) -> Inbox:
        self.asked.append((requests, cursor))
        number = int(cursor or "0")
        further = str(number + 1) if number + 1 < self.pages[requests] else None
        thread = Thread(f"{requests}-{number}", [ANN], [said(ANN, "stop")])
        # Odd, but seen: only the first page tells of the requests.
        return Inbox([thread], further, bool(self.pages[True]) and not number)


@pytest.mark.parametrize(("pages", "requests"), [(1, 0), (3, 0), (4, 0), (8, 2), (2, 5), (7, 1)])
def test_a_long_inbox_is_read_to_its_end_in_parts(monkeypatch: pytest.MonkeyPatch, pages: int, requests: int) -> None:
    monkeypatch.setattr(inbox, "now", lambda: AT)
    box = LongBox(pages, requests)
    bot: BotInstance = box  # type: ignore[assignment]  # only its client is used
    read, place = list[str](), InboxPlace(AT)
    while not place.is_whole:
        before = len(box.asked)
        threads, place = _threads(bot, place, AT)
        read += [thread.id for thread, _ in threads]
        assert len(box.asked) - before <= MAX_PAGES
    assert read == [f"False-{number}" for number in range(pages)] + [f"True-{number}" for number in range(requests)]
    assert place.began == AT
