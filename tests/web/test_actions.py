"""The page of one action: head, strip, funnel, people, timeline, setup."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.actions import control
from bot.actions.control import list_actions
from bot.actions.placing import (
    LikeHashtag,
    ViewStories,
    like_hashtag,
    view_stories,
)
from bot.automation import lifecycle
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.pushback import apply
from bot.storage.models import Action, ActionTarget
from bot.storage.tenancy import tenant
from tests.bot.contacts.test_people import find, known
from tests.bot.driving import chores_done, do_step
from tests.support.people import give_valid_session
from tests.web import situations
from tests.web.browser import shown
from web.action_page import PEOPLE_PAGE_SIZE


def actions_of(app, user):
    with app.app_context():
        return list_actions(user.id, 100, None).items


def add_target(app, user, action_id, name, status, *, step_kind="follow", person=None, **values):
    with app.app_context(), tenant(user.id) as session:
        target = ActionTarget(
            user_id=user.id,
            action_id=action_id,
            step_kind=step_kind,
            position=1,
            target=name,
            person=person or name,
            instagram_id="1",
            status=status,
            created_at=now(),
            finished_at=now(),
            **values,
        )
        session.add(target)
        session.commit()


def set_action(app, user, **values):
    with app.app_context(), tenant(user.id) as session:
        session.execute(update(Action).values(**values))
        session.commit()


def push_back(app, user, name):
    with app.app_context(), tenant(user.id) as session:
        apply(session, BotException(name), "follow")
        session.commit()


def test_it_is_paused_resumed_and_canceled(browse, placed, running):
    browser, place = browse(running), f"/actions/{placed}"
    page = browser.sent(place, f"form-toggle-{placed}")
    assert "Paused: Follow 5 people from #coffee." in page.text
    assert "Paused by you. Nothing happens until you resume it." in page.text
    page = browser.sent(place, f"form-toggle-{placed}")
    assert "Resumed: Follow 5 people from #coffee." in page.text
    assert "Cancel this action?" in browser.page(f"{place}/cancel").text
    page = browser.sent(f"{place}/cancel", "cancel")
    assert "No one was looked at." in page.text
    assert "Canceled" in page.text
    assert f"form-toggle-{placed}" not in page.forms


def test_an_ended_action_is_canceled_no_more(browse, placed, running):
    browser = browse(running)
    form = browser.page(f"/actions/{placed}/cancel").forms["cancel"]
    assert browser.post(form).status_code == 303
    page = shown(browser.post(form), 409)
    assert "/help/errors/E-BOT-E-0009" in page.links
    assert page.has("funnel-title")


def test_it_is_repeated_and_duplicated_in_the_composer(browse, placed, running):
    links = browse(running).page(f"/actions/{placed}").links
    assert {f"/actions/new?repeat={placed}", f"/actions/new?duplicate={placed}", "/actions"} <= set(links)


def test_the_next_person_and_the_time_are_the_lit_thing(app, browse, clock, placed, running):
    with app.app_context():
        find(running, placed, ("first", "first", "1"), ("second", "second", "2"), ("third", "third", "3"))
        chores_done(running)
        do_step(running, clock)
        clock.moment -= timedelta(seconds=20)
    page = browse(running).page(f"/actions/{placed}")
    assert "Running 1 of 5 followed" in page.text
    assert "Next: @second in 20 s . Then @third." in page.text
    assert [one.get("class") for _, one in page.elements if "call" in (one.get("class") or "").split()] == ["call "]
    assert page.element("action")["hx-trigger"] == "every 30s, news"


def test_another_action_takes_its_turn_meanwhile(app, browse, clock, placed, running):
    with app.app_context():
        find(running, placed, ("first", "first", "1"), ("second", "second", "2"))
        liking = like_hashtag(running.id, LikeHashtag(hashtag="tea", amount=2)).action.id
        find(running, liking, ("Cabc", "author", "7_8"), ("Cdef", "author", "9_8"), kind="like-hashtag")
        chores_done(running)
        do_step(running, clock)
        clock.moment -= timedelta(seconds=1)
        next_id = control.list_actions(running.id, 9, None).items
        assert {one.action.id for one in next_id} == {placed, liking}
    pages = [browse(running).page(f"/actions/{action_id}") for action_id in (placed, liking)]
    assert sorted("Running" in page.text for page in pages) == [False, True]
    waiting = next(page for page in pages if "Running" not in page.text)
    assert "It takes turns with your other actions." in waiting.text
    assert waiting.element("action")["hx-trigger"] == "every 30s, news"


def test_the_funnel_counts_what_was_found_matched_and_done(app, browse, placed, running):
    add_target(app, running, placed, "first", "done")
    add_target(app, running, placed, "second", "skipped", reason="too_few_followers")
    add_target(app, running, placed, "third", "failed", error_code="E-BOT-E-0005")
    add_target(app, running, placed, "fourth", "pending")
    page = browse(running).page(f"/actions/{placed}")
    matched = "Matched 67% of those checked, 1 still to check 2"
    assert f"Found people who posted #coffee 4 {matched} Followed of 5 wanted 1" in page.text
    assert "Followed back within 14 days, 1 still open 0" in page.text
    assert "Skipped 1 person Has too few followers 1" in page.text
    assert "Followed 1 Up next 1 Failed 1 Skipped 1" in page.text
    rects = [one["width"] for tag, one in page.elements if tag == "rect" and one.get("height") == "10"]
    assert rects == ["100.0", "50.0", "25.0", "0.0"]


def test_people_are_shown_by_their_state(app, browse, placed, running):
    add_target(app, running, placed, "first", "done")
    add_target(app, running, placed, "second", "skipped", reason="private")
    add_target(app, running, placed, "third", "failed", error_code="E-BOT-E-0005")
    browser = browse(running)
    page = browser.page(f"/actions/{placed}")
    assert "@first" in page.text
    assert "@second" not in page.text
    assert f"/actions/{placed}?status=skipped#people" in page.links
    assert f"/actions/{placed}?status=unknown#people" not in page.links
    page = browser.page(f"/actions/{placed}?status=skipped")
    assert "@second Has a private account" in page.text
    assert f"/actions/{placed}/now?status=skipped&" in page.element("action")["hx-get"]
    failed = browser.page(f"/actions/{placed}?status=failed").text
    assert "Failed" in failed[failed.index("@third") :]
    assert "This is not right" not in browser.page(f"/actions/{placed}?status=nothing", 422).text


def test_a_person_leads_to_their_page(app, browse, placed, running):
    with app.app_context():
        find(running, placed, ("first", "first", "1"))
        person = known(running, "1").id
    assert f"/people/{person}" in browse(running).page(f"/actions/{placed}").links


def test_five_hundred_people_come_in_pages(app, browse, placed, running):
    with app.app_context():
        find(running, placed, *((f"person{number:03}", f"person{number:03}", str(number)) for number in range(500)))
    browser, seen = browse(running), set()
    page = browser.page(f"/actions/{placed}")
    assert "Up next 500" in page.text
    for _ in range(500 // PEOPLE_PAGE_SIZE + 1):
        seen |= {word for word in page.text.split() if word.startswith("@person")}
        more = [link for link in page.links if "cursor=" in link]
        if not more:
            break
        page = browser.page(more[0])
    assert len(seen) == 500
    assert "hx-get" not in page.element("action")
    assert f"/actions/{placed}?status=pending#people" in page.links


def test_it_shows_what_only_instagram_has_answered_and_what_a_check_showed(app, browse, clock, placed, running):
    at = clock.moment + timedelta(minutes=5)
    code = BotException("INSTAGRAM_NOT_DONE").code
    add_target(app, running, placed, "first", "failed", error_code=code, look_up_at=at)
    add_target(app, running, placed, "second", "done", look_up_at=at)
    add_target(app, running, placed, "third", "done", reason="came_late")
    add_target(app, running, placed, "fourth", "done", reason="confirmed")
    later = "Checked again after 12:05"
    done = browse(running).page(f"/actions/{placed}").text
    assert f"@second {later}" in done
    assert "@third Instagram first said that it was not done; a later check found it" in done
    assert "@fourth Checked: it is there" in done
    failed = browse(running).page(f"/actions/{placed}?status=failed").text
    assert f"@first Instagram took the request and did not do it. {later}" in failed


def test_a_list_is_counted_as_a_whole(app, browse, running):
    with app.app_context():
        names = ["first", "second", "third"]
        action_id = view_stories(running.id, ViewStories(usernames=names)).action.id
    add_target(app, running, action_id, "first", "done", step_kind="story")
    add_target(app, running, action_id, "second", "skipped", step_kind="story", reason="no_story")
    page = browse(running).page(f"/actions/{action_id}")
    assert "Stories of @first, @second, @third" in page.text
    assert "Matched 50% of those checked 1 Watched 1" in page.text
    assert "66%" in page.text


def test_posts_are_shown_with_their_authors(app, browse, running):
    with app.app_context():
        action_id = like_hashtag(running.id, LikeHashtag(hashtag="coffee", amount=2, order="top")).action.id
    add_target(app, running, action_id, "CxYz1", "done", step_kind="like", person="author")
    page = browse(running).page(f"/actions/{action_id}")
    assert "Like 2 top posts from #coffee" in page.text
    assert "@author Post CxYz1" in page.text


def test_an_action_that_rests_says_so_while_another_kind_goes_on(app, browse, clock, placed, running):
    with app.app_context():
        liking = like_hashtag(running.id, LikeHashtag(hashtag="tea", amount=2, order="top")).action.id
        situations.resting(running.id, clock.moment)
    browser = browse(running)
    assert "Resumes Mar 11, 12:00" in browser.page(f"/actions/{placed}").element_text("now")
    assert "Resumes" not in browser.page(f"/actions/{liking}").element_text("now")


def test_what_is_fetched_again_is_what_the_page_holds(app, browse, placed, running):
    add_target(app, running, placed, "first", "done")
    browser = browse(running)
    page, fetched = browser.page(f"/actions/{placed}"), browser.page(f"/actions/{placed}/now")
    for part in ("action", "now", "funnel", "people", "skipped", "timeline"):
        assert page.element_text(part) == fetched.element_text(part), part
    fields = [name for form in fetched.forms.values() for name in form.values if name not in ("csrf_token", "next")]
    assert fields == []


def test_the_timeline_groups_what_was_done(app, browse, clock, placed, running):
    with app.app_context():
        find(running, placed, *((name, name, name[-1]) for name in ("one1", "two2", "three3")))
        chores_done(running)
        for _ in range(3):
            do_step(running, clock)
    timeline = browse(running).page(f"/actions/{placed}").element_text("timeline")
    assert "Today Followed 3 people" in timeline
    assert "You started an action 12:00" in timeline


@pytest.mark.parametrize("part", ["", "/now", "/cancel", "/results.csv"])
def test_a_stranger_finds_nothing(browse, placed, bob, part):
    assert "coffee" not in browse(bob).page(f"/actions/{placed}{part}", 404).text


def test_a_strangers_buttons_do_nothing(app, browse, placed, running, bob):
    with app.app_context():
        give_valid_session(bob.id)
        lifecycle.start(bob.id)
    browser = browse(bob)
    form = browser.page("/inbox").forms["bot-switch"]
    for verb in ("pause", "resume", "cancel", "schedule", "name"):
        form.action = f"/actions/{placed}/{verb}"
        assert browser.post(form).status_code == 404
    assert actions_of(app, running)[0].action.status == "queued"


def test_an_ended_action_says_why(app, browse, clock, placed, running):
    error = BotException("CANDIDATES_EXHAUSTED")
    set_action(app, running, status="succeeded", finished_at=clock.moment, error_code=error.code)
    page = browse(running).page(f"/actions/{placed}")
    assert f"{error.message} What to do" in page.element_text("now")
    assert f"/help/errors/{error.code}" in page.links
    assert "ended Mar 10, 12:00" in page.text


def test_an_unforeseen_failure_has_words_as_well(app, browse, placed, running):
    set_action(app, running, error_code="E-FLW-C-A1B2")
    page = browse(running).page(f"/actions/{placed}")
    assert f"Last problem: {BotException('INTERNAL').message} What to do" in page.text
    assert "/help/errors/E-FLW-C-A1B2" in page.links


@pytest.mark.parametrize(
    ("name", "tone", "said"),
    [
        ("INSTAGRAM_PLEASE_WAIT", "plain", "Resumes at 13:00"),
        ("INSTAGRAM_LOGGED_OUT", "bad", BotException("INSTAGRAM_LOGGED_OUT").entry.remedy),
    ],
)
def test_an_open_action_that_is_held_does_not_run(app, browse, placed, running, name, tone, said):
    push_back(app, running, name)
    page = browse(running).page(f"/actions/{placed}")
    assert "Up next" in page.text
    assert said in page.element_text("now")
    assert f"call {tone}" in {one.get("class") for _, one in page.elements}


@pytest.mark.parametrize(
    ("situation", "message", "link"),
    [
        (situations.works(20, 21), "your bot. No action needed. Resumes at 20:00", "/settings/schedule"),
        (situations.used_up, "The limit of 10 a day for following people is reached", "/settings/limits"),
        (situations.resting, "Following people rests: Instagram has blocked", "/help/errors/E-QTA-W-0003"),
        (situations.stopped, BotException("BOT_STOPPED").message, "/help/errors/E-BOT-I-0001"),
    ],
)
def test_an_action_that_does_not_go_on_says_why_and_what_to_do(
    app, browse, clock, placed, running, situation, message, link
):
    browser, path = browse(running), f"/actions/{placed}"
    assert message not in browser.page(path).text
    with app.app_context():
        situation(running.id, clock.moment)
    page = browser.page(path)
    assert message in page.text
    assert link in page.links


@pytest.mark.parametrize(
    "situation", [situations.paused, situations.starts_tomorrow, situations.action(status="cancelled")]
)
def test_an_action_that_is_as_its_user_wants_it_needs_no_reason(app, browse, clock, placed, running, situation):
    with app.app_context():
        situation(running.id, clock.moment)
        situations.works(20, 21)(running.id, clock.moment)
    page = browse(running).page(f"/actions/{placed}")
    assert "outside the working hours" not in page.element_text("now")
