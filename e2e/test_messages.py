"""Messages in a browser: who is meant, what each gets, what became of it, and what a person says of the unknown."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e import population
from e2e.bots import Owner
from e2e.conftest import Visit
from e2e.installation import SQLITE, Installations
from e2e.visitor import ACTION_PATIENCE, Visitor
from e2e.walkthrough import Walkthrough, look_at
from sandbox.people import Person

pytestmark = pytest.mark.xdist_group("e2e-messages")

MESSAGE = "{Hi|Hello|Hey} {first_name|there}, {username} is a fine name."


def has_name(person: Person) -> bool:
    return population.public(person) and bool(person.full_name)


def text_for(person: Person, first_name: str) -> re.Pattern[str]:
    return re.compile(rf"(Hi|Hello|Hey) {first_name}, {re.escape(person.username)} is a fine name\.")


@pytest.fixture(scope="module")
def owner(installations: Installations) -> Owner:
    return Owner.of_new_bot(installations.standing(SQLITE), "mia", warm_up=False)


@pytest.fixture
def mia(owner: Owner, visit: Visit) -> Visitor:
    return owner.comes(visit(owner.installation), "/actions/new?what=send-messages")


def preview(visitor: Visitor, told: str, *, twice: int = 0) -> None:
    """Presses the button, which shows who gets a message and who won't."""
    with visitor.page.expect_response(re.compile("/actions/new/preview$")):
        visitor.press(re.compile("^Preview"))
    people = visitor.region(told)
    visitor.sees(people)
    expect(people.get_by_text(f"{twice} named more than once.")).to_have_count(1 if twice else 0)


def letters(visitor: Visitor) -> dict[str, str]:
    """Who gets which text, by the preview that is shown."""
    shown = visitor.region("Preview").locator(".person")
    return {one.locator("b").inner_text(): one.locator("+ .bubble").inner_text() for one in shown.all()}


def rejected(visitor: Visitor) -> list[list[str]]:
    rows = visitor.page.locator("#rejected tbody").get_by_role("row")
    return [[text.strip() for text in row.locator("th, td").all_inner_texts()] for row in rows.all()]


def test_a_list_with_errors_becomes_messages_of_which_each_is_accounted_for(
    owner: Owner, mia: Visitor, tmp_path: Path
) -> None:
    ann, ben, cleo = population.people(has_name, 3)
    mia.fill("People", f"@{ann.username.upper()}, https://instagram.com/{ben.username}/\nbest friends!\n{ann.username}")
    mia.fill("Message", MESSAGE)
    preview(mia, "2 get it, 1 won’t", twice=1)
    assert rejected(mia) == [["Line 2", "best friends!", "Not an Instagram username"]]
    assert text_for(ann, "there").fullmatch(letters(mia)[f"@{ann.username}"])

    upload(mia, tmp_path, [ann, ben, cleo])
    assert rejected(mia) == [
        ["Line 4", "no name at all!,Nobody", "Not an Instagram username"],
        ["Line 6", ",Somebody", "No username in this row"],
    ]
    # The list holds only who was read now, and so does what is previewed.
    preview(mia, "3 get it")
    shown = letters(mia)
    for person in (ann, ben, cleo):
        assert text_for(person, person.full_name.split()[0]).fullmatch(shown[f"@{person.username}"])

    owner.installation.sandbox.post("/scripts", username=cleo.username, reply="Please stop writing to me")
    owner.installation.sandbox.fault(owner.account, "message", "cut", 1)
    owner.installation.sandbox.fault(owner.account, "thread", "stale", 2)
    mia.start_action("Send a message to 3 people")
    watch(mia)
    assert sorted(owner.arrived("message")) == sorted(person.username for person in (ann, ben, cleo))
    say_that_it_is_there(mia)
    assert len(owner.arrived("message")) == 3
    read_the_table(mia, owner, shown)
    meet_the_answers(mia, owner, cleo.username, ben.username)
    reply_to(mia, owner, ben.username)
    forget(mia, ben.username)


def upload(visitor: Visitor, folder: Path, people: list[Person]) -> None:
    rows = [f"{person.username},{person.full_name}" for person in people]
    rows[2:2] = ["no name at all!,Nobody", rows[0], ",Somebody"]
    table = folder / "people.csv"
    table.write_text("\n".join(["username,full_name", *rows]))
    visitor.fill("People", "")
    visitor.page.get_by_label("Or a file").set_input_files(table)
    visitor.sees(visitor.region("3 get it, 2 won’t"))


def watch(visitor: Visitor) -> None:
    """The results change on the page that is open, until it is settled what can be."""
    visitor.page.evaluate("window.opened = 'before the first message'")
    expect(visitor.page.locator("#action .sub")).to_contain_text("2 of 3 sent", timeout=ACTION_PATIENCE)
    expect(visitor.page.locator("#now")).to_contain_text("1 message may or may not", timeout=ACTION_PATIENCE)
    assert visitor.page.evaluate("window.opened") == "before the first message"


def say_that_it_is_there(visitor: Visitor) -> None:
    """Of the one of which Instagram did not say so; to send it again is asked about first."""
    visitor.link("Decide").click()
    unknown = visitor.in_table("People", "It was looked up in the conversation and not found.")
    name = unknown.locator(".person a").inner_text()
    unknown.get_by_role("link", name=f"Send again: {name}").click()
    visitor.sees(visitor.heading(f"Send it to {name} again?"))
    visitor.link("Keep it as it is").click()
    visitor.press(f"Mark as sent: {name}")
    visitor.is_told(f"Noted: the message to {name} is there.")
    expect(visitor.in_table("People", name)).to_contain_text("You said that it was sent")


def read_the_table(visitor: Visitor, owner: Owner, texts: dict[str, str]) -> None:
    """The CSV has one line for each, with what was sent."""
    with visitor.page.expect_download() as waiting:
        visitor.link("Download CSV").click()
    file = waiting.value
    assert re.fullmatch(rf"results_{owner.login.username}_[\w-]+\.csv", file.suggested_filename)
    lines = list(csv.DictReader(io.StringIO(Path(file.path()).read_text("utf-8-sig"))))
    assert {f"@{line['username']}": line["status"] for line in lines} == dict.fromkeys(texts, "sent")


def meet_the_answers(visitor: Visitor, owner: Owner, username: str, other: str) -> None:
    """Who answered that they want to be left alone is on the list, and in no action any more. Another one asks back."""
    address = visitor.page.url
    owner.installation.sandbox.post("/messages", account=owner.account, username=other, text="How much is it?")
    # Each by itself: the two are written at different times, and may be read in two looks into the inbox.
    owner.waits_for_stop(username)
    owner.waits_for_answer(other)
    visitor.page.goto(address)
    expect(visitor.in_table("People", f"@{username}")).to_contain_text("Answered")
    visitor.open("/settings/lists/do-not-contact")
    listed = visitor.region("Do not contact").get_by_role("listitem").filter(has_text=f"@{username}")
    expect(listed).to_contain_text("They asked not to be contacted")
    visitor.open(f"/actions/new?repeat={owner.newest_action()}")
    visitor.sees(visitor.page.get_by_text("Is on the do-not-contact list (1)"))
    visitor.sees(visitor.page.get_by_text("Was sent a message before (1)"))
    visitor.open("/actions/new?what=send-messages")
    visitor.fill("People", username)
    visitor.fill("Message", "One more thing, {username}")
    preview(visitor, "0 get it, 1 won’t")
    visitor.sees(visitor.page.get_by_text("No one is left to write to."))


def reply_to(visitor: Visitor, owner: Owner, username: str) -> None:
    """Reads what somebody asked, marks it, and answers by a double click, which is one reply."""
    before = owner.arrived("message")
    visitor.open("/inbox?state=unread")
    visitor.page.get_by_role("navigation", name="Answers").get_by_text("How much is it?").click()
    visitor.press("Question")
    visitor.is_told("Marked as question.")
    me = owner.login.id
    owner.api.put(f"/users/{me}/limits", limits={"reply": {"per_day": 0}})
    visitor.fill("Your reply", "20 euros, with shipping.")
    visitor.button("Send reply").dblclick()
    expect(visitor.page.locator("#spoken")).to_contain_text("Not sent yet.", timeout=ACTION_PATIENCE)
    assert look_at(visitor.page) == []
    owner.api.put(f"/users/{me}/limits", limits={"reply": {"per_day": 30}})
    expect(visitor.page.locator("#spoken")).to_contain_text("Your reply, ", timeout=ACTION_PATIENCE)
    assert owner.arrived("message") == [*before, username]


def forget(visitor: Visitor, username: str) -> None:
    visitor.link(f"History with @{username}").click()
    visitor.link("Forget this person").click()
    visitor.press("Forget this person")
    visitor.is_told("The person is forgotten.")
    visitor.open("/inbox")
    expect(visitor.page.get_by_text(f"@{username}")).to_have_count(0)


def test_what_is_wrong_with_a_message_is_said_before_anything_is_sent(owner: Owner, mia: Visitor) -> None:
    before = owner.arrived("message")
    with mia.refused(422):
        mia.fill("People", "anna.bakes")
        mia.fill("Message", "Hello {first_nam}")
        mia.press("Preview messages")
        mia.sees(mia.page.get_by_role("alert"))
        expect(mia.page.get_by_label("Message", exact=True)).to_have_value("Hello {first_nam}")
        mia.fill("People", "!!!")
        mia.fill("Message", "Hello {username}")
        mia.press("Preview messages")
        mia.sees(mia.page.get_by_role("alert").get_by_text("None of these rows names a person."))
        mia.fill("People", "\n".join(f"somebody.{number}" for number in range(12)))
        mia.fill("Message", "The same words to everybody")
        mia.press("Preview messages")
        mia.sees(mia.page.get_by_role("alert"))
        expect(mia.page.get_by_label("Message", exact=True)).to_have_attribute("aria-invalid", "true")
    assert owner.arrived("message") == before


def test_the_pages_of_people_who_were_written_to(owner: Owner, walkthrough: Walkthrough) -> None:
    owner.comes(walkthrough.visitor, "/inbox")
    walkthrough.see_all("user", "inbox", "people", "results")
