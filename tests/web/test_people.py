"""The page of a person, the search for people, and the inbox."""

import pytest

from bot.contacts import people, replies
from bot.contacts.answers import Reply
from bot.contacts.do_not_contact import LeaveAlone, add_global
from bot.contacts.people import find_people
from tests.bot.contacts.test_people import find, known
from tests.bot.driving import do_step, follow_action, id_of, message_action, signed_in
from tests.web.browser import shown


@pytest.fixture
def written(app, running, clock):
    """alice's bot has written to ann and ben, and followed cleo; ann has answered, ben asked to be left alone."""
    with app.app_context():
        action_id = message_action(running, "ann", "ben", "dee")
        for _ in range(2):
            do_step(running, clock)
        find(running, follow_action(running, people=0), ("cleo", "cleo", "3"))
        clock.advance(minutes=5)
        heard = [("1", "ann", "Who are you?"), ("2", "ben", "Please stop")]
        replies.store_replies(running.id, [Reply(item, id_of(name), text, clock.moment) for item, name, text in heard])
    return action_id


def place(app, user, name):
    with app.app_context():
        return f"/people/{known(user, id_of(name)).id}"


def test_a_person_has_one_track_of_all_that_was_done(app, browse, running, written):
    page = browse(running).page(place(app, running, "ann"))
    assert "@ann Answered" in page.text
    assert "Sent a message" in page.text
    assert "Hello ann" in page.text
    assert f"/actions/{written}" in page.links


def test_a_person_is_left_alone_after_a_question_and_allowed_again(app, browse, running, written):
    browser, address = browse(running), place(app, running, "ann")
    assert f"{address}/do-not-contact" in browser.page(address).links
    page = browser.sent(f"{address}/do-not-contact", "leave-alone")
    assert "Your bot leaves @ann alone." in page.text
    assert "Do not contact" in page.text
    page = browser.sent(address, "allow")
    assert "Your bot may contact @ann again." in page.text
    assert "allow" not in page.forms


def test_a_person_on_the_list_for_every_bot_cannot_be_taken_off(app, browse, running, ada, written):
    with app.app_context():
        add_global(signed_in(ada), LeaveAlone(username="ann"))
    page = browse(running).page(place(app, running, "ann"))
    assert "Your admin has put them on the list for every bot." in page.text
    assert "allow" not in page.forms
    assert not [link for link in page.links if link.endswith("/do-not-contact")]


def test_two_people_who_swapped_names_are_told_apart(app, browse, running, clock):
    with app.app_context():
        find(running, follow_action(running, people=0), ("ann", "ann", "1"), ("ben", "ben", "2"))
        clock.advance(minutes=5)
        find(running, follow_action(running, people=0), ("ben", "ben", "1"), ("ann", "ann", "2"))
        addresses = [f"/people/{known(running, number).id}" for number in "12"]
    first, second = (browse(running).page(address).text for address in addresses)
    assert "@ben" in first
    assert "Earlier names @ann" in first
    assert "@ann" in second
    assert "Earlier names @ben" in second
    assert "Waits to be followed as @ann" in first


def test_a_name_that_someone_else_has_now_leads_to_them(app, browse, running, clock):
    with app.app_context():
        find(running, follow_action(running, people=0), ("ann", "ann", "1"))
        clock.advance(minutes=5)
        find(running, follow_action(running, people=0), ("ann", "ann", "2"))
        first, second = (f"/people/{known(running, number).id}" for number in "12")
    page = browse(running).page(first)
    assert "Someone else has this name now." in page.text
    assert second in page.links
    assert "Someone else" not in browse(running).page(second).text


def test_a_search_leads_to_the_person_or_lists_those_who_fit(app, browse, running, written):
    browser = browse(running)
    response = browser.get("/people?q=@AN")
    assert (response.status_code, response.location) == (302, place(app, running, "ann"))
    assert "@ann" in browser.page("/people?q=n").text
    assert "@ben" in browser.page("/people?q=n").text
    assert "No one your bot has met is called “zoe”." in browser.page("/people?q=zoe").text
    with app.app_context():
        assert len(find_people(running.id, None, 10, None).items) == 3


def test_an_empty_search_says_what_to_do(browse, running):
    page = browse(running).page("/people")
    assert "Your bot has not met anyone yet." in page.text


@pytest.mark.parametrize("sandbox", [True, False])
def test_instagram_is_linked_outside_the_demo_only(app, browse, running, written, sandbox):
    parts = app.extensions["troupe"]
    parts.config = parts.config.model_copy(update={"instagram_sandbox": "http://127.0.0.1:1" if sandbox else None})
    page = browse(running).page(place(app, running, "ann"))
    links = [one for tag, one in page.elements if tag == "a" and "instagram.com" in (one.get("href") or "")]
    assert len(links) == (0 if sandbox else 1)
    for link in links:
        assert (link["rel"], link["target"]) == ("noreferrer", "_blank")


@pytest.mark.parametrize("part", ["", "/do-not-contact"])
def test_a_stranger_finds_no_person(app, browse, running, bob, written, part):
    assert "ann" not in browse(bob).page(place(app, running, "ann") + part, 404).text
    with app.app_context():
        assert people.get_person(running.id, known(running, id_of("ann")).id).listed == []


def test_the_inbox_tells_who_answered_and_who_opted_out(app, browse, running, written):
    browser = browse(running)
    page = browser.page("/inbox")
    assert "All 2" in page.text
    assert "Opted out 1" in page.text
    assert "@ann" in page.text
    assert "Who are you?" in page.text
    assert "Unread 2" in page.text
    assert place(app, running, "ann").replace("people", "inbox") in page.links
    out = browser.page("/inbox?opted_out=true").text
    assert "@ben" in out
    assert "@ann" not in out


def test_the_inbox_before_any_answer_says_what_will_be_here(browse, running):
    page = browse(running).page("/inbox")
    assert "No one has answered yet." in page.text
    assert "/actions/new?what=send-messages" in page.links


def test_a_conversation_shows_what_the_bot_wrote_and_what_they_answered(app, browse, running, written):
    address = place(app, running, "ann").replace("people", "inbox")
    page = browse(running).page(address)
    assert "Hello ann" in page.text
    assert "Sent by your bot" in page.text
    assert "Who are you?" in page.text
    assert "Your actions send nothing more to people who answer." in page.text
    assert "they asked not to be contacted" not in page.text.lower()
    ben = browse(running).page(place(app, running, "ben").replace("people", "inbox"))
    assert "They asked not to be contacted" in ben.text


def test_what_is_fetched_of_the_inbox_is_what_the_page_holds(browse, running, written):
    browser = browse(running)
    fetched = browser.get("/inbox/now")
    assert shown(fetched).elements[0][1]["hx-get"] == "/inbox/now"
    # The numbers of the frame follow.
    answers = fetched.text.partition("</nav>")[0]
    assert "@ann" in answers
    assert "".join(answers.split()) in "".join(browser.get("/inbox").text.split())


def test_a_stranger_sees_none_of_the_answers(app, browse, running, bob, written):
    assert "ann" not in browse(bob).page("/inbox").text
    assert browse(bob).get(place(app, running, "ann").replace("people", "inbox")).status_code == 404


def inbox_of(app, user, name):
    return place(app, user, name).replace("people", "inbox")


def test_an_unread_answer_is_counted_on_every_page_until_it_is_read(app, browse, running, written):
    browser = browse(running)
    assert "Inbox 2 unread" in browser.page("/settings/profile").text
    assert "Unread 2" in browser.page("/inbox").text
    browser.page(inbox_of(app, running, "ann"))
    assert "Inbox 2 unread" in browser.page("/settings/profile").text
    page = browser.sent(inbox_of(app, running, "ann"), "read")
    assert "read" not in page.forms
    assert "Inbox 1 unread" in browser.page("/settings/profile").text
    assert "@ann" not in browser.page("/inbox?state=unread").text


def test_a_conversation_is_marked_and_put_aside(app, browse, running, written):
    browser, address = browse(running), inbox_of(app, running, "ann")
    page = browser.sent(address, "mark", {"mark": "question"})
    assert "Marked as question." in page.text
    page = browser.sent(address, "done")
    assert "Done. A new answer brings it back." in page.text
    # Ben has opted out, so there is nothing to do for him.
    assert "To do 0" in page.text
    assert "@ann" not in browser.page("/inbox?state=open").text
    assert "It waits for you again." in browser.sent(address, "done").text


def test_a_person_who_opted_out_has_no_marks_to_choose(app, browse, running, written):
    page = browse(running).page(inbox_of(app, running, "ben"))
    assert "Please stop" in page.text
    assert "mark" not in page.forms


def test_what_a_stranger_wrote_is_plain_text_and_in_no_title(app, browse, running, clock, written):
    text = "<script>alert(1)</script> https://evil.example \u202eabc"
    with app.app_context():
        clock.advance(minutes=1)
        replies.store_replies(running.id, [Reply("3", id_of("ann"), text, clock.moment)])
    browser = browse(running)
    response = browser.get(inbox_of(app, running, "ann"))
    page = shown(response)
    assert "<script>alert(1)</script> https://evil.example abc" in page.text
    assert "<script>alert" not in response.text
    assert not [link for link in page.links if "evil" in link]
    assert "alert" not in response.text.partition("<title>")[2].partition("</title>")[0]
    assert 'dir="auto"' in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_a_person_is_forgotten_after_a_question(app, browse, running, written):
    browser, address = browse(running), place(app, running, "ann")
    assert f"{address}/forget" in browser.page(address).links
    assert "It cannot be undone." in browser.page(f"{address}/forget").text
    page = browser.sent(f"{address}/forget", "forget")
    assert "The person is forgotten." in page.text
    assert browser.get(address).status_code == 404
    assert "@ann" not in browser.page("/inbox").text
    assert "@ann" not in browser.page(f"/actions/{written}").text
