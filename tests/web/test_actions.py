from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.actions.control import list_actions
from bot.actions.filters import Filters
from bot.actions.placing import (
    FollowFollowers,
    LikeHashtag,
    ViewStories,
    follow_followers,
    like_hashtag,
    view_stories,
)
from bot.automation import lifecycle
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.pushback import apply
from bot.messages.sending import SendMessages, recipients_of, send_messages
from bot.storage.models import Action, ActionTarget
from bot.storage.tenancy import tenant
from tests.support.people import give_valid_session
from tests.web import situations
from tests.web.browser import holds, shown


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


def test_it_is_paused_resumed_and_cancelled(app, browse, placed, running):
    browser = browse(running)
    page = browser.sent(f"/actions/{placed}", f"form-toggle-{placed}")
    assert page.forms[f"form-toggle-{placed}"].action == f"/actions/{placed}/resume"
    page = browser.sent(f"/actions/{placed}", f"form-toggle-{placed}")
    assert "Resumed: Follow 5 people from #coffee." in page.text
    assert "Cancel this action?" in browser.page(f"/actions/{placed}/cancel").text
    page = browser.sent(f"/actions/{placed}/cancel", "cancel")
    assert "Nobody was looked at." in page.text
    assert "Canceled" in page.text
    assert f"form-toggle-{placed}" not in page.forms


def test_what_has_ended_is_cancelled_no_more(browse, placed, running):
    browser = browse(running)
    form = browser.page(f"/actions/{placed}/cancel").forms["cancel"]
    assert browser.post(form).status_code == 303
    page = shown(browser.post(form), 409)
    assert "/help/errors/E-BOT-E-0009" in page.links
    assert page.has("progress-title")


def test_it_shows_each_person_with_the_result_and_the_reason(app, browse, placed, running):
    add_target(app, running, placed, "first", "done")
    add_target(app, running, placed, "second", "skipped", reason="too_few_followers")
    add_target(app, running, placed, "third", "failed", error_code="E-BOT-E-0005")
    page = browse(running).page(f"/actions/{placed}")
    assert "Followed 1 Failed 1 Not known yet 0 To go 3 Asked for 5" in page.text
    assert "Left out 1 person, beside the amount asked for Why How many Has too few followers 1" in page.text
    assert "@second Left out Has too few followers" in page.text
    assert "/help/errors/E-BOT-E-0005" in page.links
    assert ("progress", {"aria-label": "Follow 5 people from #coffee", "value": "1", "max": "5"}) in page.elements


def test_it_shows_what_only_instagram_has_answered_and_what_a_check_showed(app, browse, clock, placed, running):
    at = clock.moment + timedelta(minutes=5)
    add_target(
        app, running, placed, "first", "failed", error_code=BotException("INSTAGRAM_NOT_DONE").code, look_up_at=at
    )
    add_target(app, running, placed, "second", "done", look_up_at=at)
    add_target(app, running, placed, "third", "done", reason="came_late")
    add_target(app, running, placed, "fourth", "done", reason="confirmed")
    text = browse(running).page(f"/actions/{placed}").text
    later = "It will be checked again after 12:05"
    assert f"@first Failed Instagram took the request and did not do it. E-BOT-W-0030 {later}" in text
    assert f"@second Done {later}" in text
    assert "@third Done Instagram first said that it was not done; a later check found it" in text
    assert "@fourth Done Checked: it is there" in text


def test_what_is_counted_of_a_list_adds_up_to_it(app, browse, running):
    with app.app_context():
        names = ["first", "second", "third"]
        action_id = view_stories(running.id, ViewStories(usernames=names)).action.id
    add_target(app, running, action_id, "first", "done")
    add_target(app, running, action_id, "second", "skipped", reason="no_story")
    page = browse(running).page(f"/actions/{action_id}")
    assert "Watched 1 Left out 1 Failed 0 Not known yet 0 To go 1 Listed 3" in page.text
    assert "Whose stories @first, @second, @third" in page.text
    bar = {"aria-label": "Watch the stories of 3 people", "value": "2", "max": "3"}
    assert ("progress", bar) in page.elements


def test_people_are_shown_by_their_result(app, browse, placed, running):
    add_target(app, running, placed, "first", "done")
    add_target(app, running, placed, "second", "skipped", reason="private")
    browser = browse(running)
    page = browser.page(f"/actions/{placed}")
    assert f"/actions/{placed}?status=skipped#targets" in page.links
    assert f"/actions/{placed}?status=failed#targets" not in page.links
    page = browser.page(f"/actions/{placed}?status=skipped")
    assert "@second" in page.text
    assert "@first" not in page.text
    assert page.element("action")["hx-get"] == f"/actions/{placed}/now?status=skipped"
    assert "This is not right" not in browser.page(f"/actions/{placed}?status=nothing", 422).text


def test_an_action_that_rests_says_so_while_another_kind_goes_on(app, browse, clock, placed, running):
    with app.app_context():
        liking = like_hashtag(running.id, LikeHashtag(hashtag="tea", amount=2, order="top")).action.id
        situations.resting(running.id, clock.moment)
    browser = browse(running)
    assert "Waiting until Mar 11, 12:00" in browser.page(f"/actions/{placed}").text
    assert "Waiting" not in browser.page(f"/actions/{liking}").text


def test_when_an_action_ends_what_stands_beside_its_progress_follows(app, browse, clock, placed, running):
    browser = browse(running)
    part = f"/actions/{placed}/now"
    assert "hx-swap-oob" not in browser.get(part).text
    set_action(app, running, status="succeeded", finished_at=clock.moment)
    ended = shown(browser.get(part))
    assert ended.element("when")["hx-swap-oob"] == "true"
    assert "Ended" in ended.text
    assert "plan" not in ended.forms
    assert "hx-swap-oob" not in browser.get(f"/actions/{placed}").text


def test_posts_are_shown_with_their_authors(app, browse, running):
    with app.app_context():
        action_id = like_hashtag(running.id, LikeHashtag(hashtag="coffee", amount=2, order="top")).action.id
    add_target(app, running, action_id, "CxYz1", "done", step_kind="like", person="author")
    page = browse(running).page(f"/actions/{action_id}")
    assert "Like 2 top posts from #coffee" in page.text
    assert "@author CxYz1 Done" in page.text


def test_it_says_what_was_asked_for(app, browse, running):
    filters = Filters(followers_min=1000, business="skip", bio_must_not=["crypto"], scripts=["latin"])
    with app.app_context():
        params = FollowFollowers(account="@Somebody", amount=3, filters=filters)
        action_id = follow_followers(running.id, params).action.id
    page = browse(running).page(f"/actions/{action_id}")
    assert "Follow 3 followers of @somebody" in page.text
    said = (
        "Fewer than 1,000 followers; private accounts; business accounts; "
        "any of these words: crypto; scripts other than Latin; people handled before"
    )
    assert f"Leave out {said}" in page.text


def test_the_results_of_messages_have_a_page_of_their_own(app, browse, running):
    with app.app_context():
        params = SendMessages(usernames=["first", "second"], message="Hi {username}")
        action_id = send_messages(running.id, params, recipients_of(params)).action.id
    page = browse(running).page(f"/actions/{action_id}")
    assert "Send a message to 2 people" in page.text
    assert f"/messages/{action_id}" in page.links
    assert "repeat.every_days" not in page.forms["plan"].values


def test_an_action_is_planned_anew(app, browse, placed, running):
    values = {"start_at": "2026-03-11T09:00", "repeat.every_days": "2", "repeat.at": "09:30"}
    page = browse(running).sent(f"/actions/{placed}", "plan", values)
    assert "Planned anew: Follow 5 people from #coffee." in page.text
    assert "Planned for Mar 11, 9:00" in page.text
    assert "Repeats Every 2 days at 09:30" in page.text
    assert page.forms["plan"].values["repeat.every_days"] == ["2"]


def test_a_repetition_is_ended(app, browse, placed, running):
    browser = browse(running)
    browser.sent(f"/actions/{placed}", "plan", {"start_at": "2026-03-11T09:00", "repeat.every_days": "1"})
    assert "It repeats every day: that ends as well." in browser.page(f"/actions/{placed}/cancel").text
    page = browser.sent(f"/actions/{placed}", "stop-repeating")
    assert "stop-repeating" not in page.forms
    assert actions_of(app, running)[0].action.repeat is None
    assert page.forms["plan"].values["start_at"] == ["2026-03-11T09:00"]


def test_a_plan_that_cannot_be_is_told_at_its_field(browse, placed, running):
    values = {"start_at": "soon", "repeat.every_days": "0"}
    page = shown(browse(running).send(f"/actions/{placed}", "plan", values), 422)
    for name in ("start_at", "repeat-every_days"):
        assert page.element(f"plan-{name}")["aria-invalid"] == "true"
        assert f"#plan-{name}" in page.links
    assert page.element("plan-start_at")["value"] == "soon"


@pytest.mark.parametrize("part", ["", "/now", "/cancel"])
def test_a_stranger_finds_nothing(browse, placed, bob, part):
    page = browse(bob).page(f"/actions/{placed}{part}", 404)
    assert "coffee" not in page.text


def test_a_strangers_buttons_do_nothing(app, browse, placed, running, bob):
    with app.app_context():
        give_valid_session(bob.id)
        lifecycle.start(bob.id)
    browser = browse(bob)
    form = browser.page("/").forms["bot-switch"]
    for verb in ("pause", "resume", "cancel"):
        form.action = f"/actions/{placed}/{verb}"
        assert browser.post(form).status_code == 404
    assert actions_of(app, running)[0].action.status == "queued"


@pytest.mark.parametrize(("page", "part"), [("/actions/{}", "/actions/{}/now")])
def test_what_is_fetched_is_what_the_page_holds(browse, placed, running, page, part):
    browser = browse(running)
    fetched = browser.get(part.format(placed))
    assert holds(browser.get(page.format(placed)), fetched)
    assert shown(fetched).elements[0][1]["hx-get"] == part.format(placed)


@pytest.mark.parametrize("path", ["/actions/{}"])
def test_an_action_that_has_ended_says_why_and_what_was_not_done(app, browse, clock, placed, running, path):
    error = BotException("CANDIDATES_EXHAUSTED")
    set_action(app, running, status="succeeded", finished_at=clock.moment, error_code=error.code)
    page = browse(running).page(path.format(placed))
    assert "0 followed · 5 not done" in page.text
    assert f"{error.message} More about it {error.code}" in page.text
    assert "problem" not in {attributes.get("class") for _, attributes in page.elements}


def test_what_nobody_foresaw_has_words_as_well(app, browse, placed, running):
    set_action(app, running, error_code="E-FLW-C-A1B2")
    page = browse(running).page(f"/actions/{placed}")
    assert f"Last error: {BotException('INTERNAL').message} What to do E-FLW-C-A1B2" in page.text


def test_people_of_whom_nothing_is_known_yet_are_listed_and_counted(app, browse, placed, running):
    add_target(app, running, placed, "first", "unknown", error_code="E-NET-W-0001")
    page = browse(running).page(f"/actions/{placed}")
    assert "Followed 0 Failed 0 Not known yet 1 To go 4 Asked for 5" in page.text
    assert "@first Not known yet Instagram did not answer in time. E-NET-W-0001" in page.text


@pytest.mark.parametrize("path", ["/actions/{}"])
def test_an_open_action_says_whether_it_runs_waits_or_is_on_hold(app, browse, placed, running, path):
    browser, path = browse(running), path.format(placed)
    set_action(app, running, status="running")
    assert "Running" in browser.page(path).text
    push_back(app, running, "INSTAGRAM_PLEASE_WAIT")
    page = browser.page(path)
    assert "Waiting until 13:00" in page.text
    assert "Running" not in page.text
    push_back(app, running, "INSTAGRAM_LOGGED_OUT")
    page = browser.page(path)
    assert "On hold" in page.text
    assert "Running" not in page.text


@pytest.mark.parametrize(
    ("situation", "message", "link"),
    [
        (situations.works(20, 21), "outside the working hours", "/settings#hours"),
        (situations.used_up, "The limit of 10 a day for following people is reached", "/settings#limits"),
        (situations.resting, "Following people rests: Instagram has blocked", "/help/errors/E-QTA-W-0003"),
        (situations.stopped, "The bot is stopped. Turn your bot on.", "/help/errors/E-BOT-I-0001"),
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
    assert "outside the working hours" not in browse(running).page(f"/actions/{placed}").text
