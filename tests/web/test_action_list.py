import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.actions import control
from bot.actions.placing import (
    FollowFollowers,
    FollowHashtag,
    LikeHashtag,
    follow_followers,
    follow_hashtag,
    like_hashtag,
)
from bot.actions.recurrence import Repeat
from bot.core.errors import BotException
from bot.storage.models import Action, ActionTarget
from bot.storage.tenancy import tenant
from tests.bot.driving import found, message_action
from tests.support.statements import statements
from tests.web import situations
from tests.web.browser import shown
from web.action_list import PAGE_SIZE, PLANNED_DAYS


def place(app, user, clock, hashtag="tea", amount=1, **values):
    with app.app_context():
        clock.advance(seconds=1)
        return follow_hashtag(user.id, FollowHashtag(hashtag=hashtag, amount=amount, **values)).action.id


def change(app, user, action_id, **values):
    with app.app_context(), tenant(user.id) as session:
        session.execute(update(Action).where(Action.id == action_id).values(**values))
        session.commit()


def end(app, user, clock, action_id, status, code=None, done=0):
    with app.app_context():
        found(user, action_id, [f"{action_id[:6]}_{number}" for number in range(done)])
        with tenant(user.id) as session:
            targets = update(ActionTarget).where(ActionTarget.action_id == action_id)
            session.execute(targets.values(status="done", claimed_at=clock.moment, finished_at=clock.moment))
            session.commit()
    change(app, user, action_id, status=status, error_code=code, finished_at=clock.moment)


def test_nothing_yet_says_what_to_do_in_each_list(browse, running):
    browser = browse(running)
    for path, text, button in (
        ("/actions", "No open actions.", "/actions/new"),
        ("/actions?list=done", "Nothing is done yet.", "/actions"),
    ):
        page = browser.page(path)
        assert text in page.text
        assert button in page.links
    assert "Open 0" in page.text
    assert "Next 7 days" not in page.text


def test_each_open_action_has_its_status_and_says_what_comes_next(app, browse, clock, placed, running):
    waiting = place(app, running, clock, "tea")
    paused = place(app, running, clock, "milk", amount=8)
    later = place(app, running, clock, "water", start_at=clock.moment + timedelta(days=1), repeat=Repeat(every_days=2))
    with app.app_context():
        control.pause(running.id, paused)
    page = browse(running).page("/actions")
    rows = [found["id"] for _, found in page.elements if (found.get("id") or "").startswith("row-")]
    assert rows == [f"row-{action_id}" for action_id in (placed, waiting, paused, later)]
    assert page.element(f"row-{placed}")["class"] == "lit"
    for text in (
        "Follow 5 people from #coffee Next follow now Running",
        "Follow 1 person from #tea Takes turns with your other actions Up next",
        "Follow 8 people from #milk Paused by you Paused 0 of 8 followed 8 steps left",
        "Follow 1 person from #water Starts Mar 11, 12:00 · repeats every 2 days Scheduled",
    ):
        assert text in page.text


@pytest.mark.parametrize(
    ("situation", "says"),
    [
        (situations.works(20, 21), "Outside your hours · resumes at 20:00 · Change"),
        (situations.stopped, "Your bot is off"),
        (situations.ended_by("INSTAGRAM_LOGGED_OUT"), "Instagram signed you out"),
        (situations.trying_again("INSTAGRAM_TIMEOUT"), "Trying again soon · resumes at 17:40"),
        (situations.trying_again("PROXY_NOT_FOUND"), "Needs help · tries again at 17:40"),
    ],
)
def test_an_action_that_does_not_go_on_says_why(app, browse, clock, placed, running, situation, says):
    with app.app_context():
        situations.live_in_kolkata(running.id, clock.moment)
        situation(running.id, clock.moment)
    page = browse(running).page("/actions")
    assert says.partition(" · ")[0] in page.text.partition("New action")[0]
    assert f"Follow 5 people from #coffee {says} Up next" in page.text
    assert "Running" not in page.text


def test_an_action_that_rests_says_so_while_another_kind_goes_on(app, browse, clock, placed, running):
    with app.app_context():
        situations.resting(running.id, clock.moment)
        liking = like_hashtag(running.id, LikeHashtag(hashtag="coffee", amount=2)).action.id
    page = browse(running).page("/actions")
    assert "Paused after a push-back · resumes Mar 11, 12:00 Up next" in page.text
    assert page.element(f"row-{liking}")["class"] == "lit"


def test_it_says_when_each_action_ends(app, browse, clock, placed, running):
    place(app, running, clock, "tea", amount=25)
    browser = browse(running)
    text = browser.page("/actions").text
    assert "0 of 5 followed Ends 12:10 today" in text
    assert "0 of 25 followed Ends Mar 12 in 2 days" in text
    browser.sent("/", "bot-switch")
    assert "Ends 12:10 today, if on" in browser.page("/actions").text


def test_the_plan_of_the_next_days_is_a_chart_with_its_table(app, browse, clock, placed, running):
    place(app, running, clock, "tea", amount=25)
    page = browse(running).page("/actions")
    labels = {found["aria-label"] for _, found in page.elements if found.get("role") == "img"}
    assert labels == {"Steps planned per day, Mar 10 – Mar 16. Most on Mar 10: 10."}
    assert "Day Follows Mar 10 10 Mar 11 10 Mar 12 10 Mar 13 0" in page.text
    assert PLANNED_DAYS == 7


def test_each_ended_action_has_its_result(app, browse, clock, running):
    ends = {
        "done": ("succeeded", None, 2),
        "partly": ("succeeded", "CANDIDATES_EXHAUSTED", 1),
        "none": ("failed", "INSTAGRAM_PERSON_NOT_FOUND", 0),
        "off": ("cancelled", "INSTAGRAM_TIMEOUT", 0),
    }
    for hashtag, (status, name, done) in ends.items():
        action_id = place(app, running, clock, hashtag, amount=2)
        end(app, running, clock, action_id, status, BotException(name).code if name else None, done)
    page = browse(running).page("/actions?list=done")
    for text in (
        "Follow 2 people from #done Done 2 of 2 followed Mar 10 12:00",
        "Follow 2 people from #partly No more people were found for this action. Partly done 1 of 2 followed",
        "What to do Failed 0 of 2 followed",
        "Follow 2 people from #off Canceled 0 of 2 followed",
    ):
        assert text in page.text
    assert f"/help/errors/{BotException('INSTAGRAM_PERSON_NOT_FOUND').code}" in page.links
    assert "Open 0 Done 4" in page.text


def test_it_is_searched_and_narrowed_and_each_part_stays(app, browse, clock, placed, running):
    with app.app_context():
        clock.advance(seconds=1)
        barn = follow_followers(running.id, FollowFollowers(account="the_barn", amount=2, name="Barn people")).action.id
        message = message_action(running, "ann", "farid.brook")
        control.cancel(running.id, placed)
    browser = browse(running)

    def rows(query):
        page = browser.page(f"/actions?{query}")
        return {action_id for action_id in (placed, barn, message) if page.has(f"row-{action_id}")}

    assert rows("") == {barn, message}
    assert rows("q=farid") == {message}
    assert rows("q=%40the_barn") == rows("kind=follow") == {barn}
    assert rows("kind=follow&list=done") == rows("list=done&status=cancelled") == {placed}
    page = browser.page("/actions?kind=follow&q=barn")
    assert "Open 1 Done 0" in page.text
    assert page.forms["find"].values == {"kind": ["follow"], "q": ["barn"]}
    assert "/actions?q=barn&kind=like" in page.links
    assert browser.page("/actions?q=nothing").text.count("No action fits this search.") == 1


@pytest.mark.parametrize("query", ["kind=reels", "list=all", "status=great", "x=y", "cursor=nonsense"])
def test_a_bad_search_is_told_and_the_list_is_whole(browse, placed, running, query):
    page = browse(running).page(f"/actions?{query}", 422)
    assert page.has("failure")
    assert "#coffee" in page.text


def test_a_name_stands_above_what_the_action_does(app, browse, clock, running):
    place(app, running, clock, "tea", name="<b>Tea</b> people")
    response = browse(running).get("/actions")
    assert "<b>Tea</b>" not in response.text
    assert "<b>Tea</b> people Follow 1 person from #tea" in shown(response).text


def test_older_ended_actions_are_on_the_next_page(app, browse, clock, running):
    for number in range(PAGE_SIZE + 1):
        action_id = place(app, running, clock, f"tag{number}")
        with app.app_context():
            control.cancel(running.id, action_id)
    browser = browse(running)
    older = next(link for link in browser.page("/actions?list=done").links if "cursor=" in link)
    page = browser.page(older)
    rows = [found["id"] for _, found in page.elements if (found.get("id") or "").startswith("row-")]
    assert ("#tag0" in page.text, len(rows)) == (True, 1)


def test_what_it_fetches_is_what_the_page_holds(app, browse, clock, placed, running):
    browser = browse(running)
    for query in ("", "?kind=follow"):
        page = browser.get(f"/actions{query}")
        address = re.sub(r"seen=[^&]*", "", shown(page).element("open-list")["hx-get"])
        fetched, _, tabs = browser.get(address).text.partition('<div id="lists"')
        assert fetched.strip() in page.text
        assert tabs.startswith(' hx-swap-oob="outerMorph"')
    assert "hx-get" not in browser.page("/actions?list=done").element("open-list")


def test_the_end_of_an_action_is_told_to_screen_readers(app, browse, clock, placed, running):
    browser = browse(running)
    assert browser.page("/actions").element("news")["role"] == "status"
    end(app, running, clock, placed, "succeeded", done=1)
    assert "Partly done: Follow 5 people from #coffee. 1 followed · 4 not done." in browser.page("/actions").text


def test_nobody_sees_the_actions_of_others(browse, bob, placed):
    for path in ("/actions", "/actions/now", "/actions?list=done", "/actions?q=coffee"):
        assert "#coffee" not in browse(bob).page(path).text


def test_five_hundred_actions_cost_the_same_statements_as_few(app, browse, clock, placed, running):
    def look(path):
        with app.app_context(), statements() as executed:
            browse(running).page(path)
        return len(executed)

    action_id = place(app, running, clock)
    end(app, running, clock, action_id, "succeeded", done=1)
    look("/actions")  # computes the forecast
    few = {path: look(path) for path in ("/actions", "/actions?list=done")}
    with app.app_context(), tenant(running.id) as session:
        made = {"user_id": running.id, "kind": "follow-hashtag", "params": {"hashtag": "tea"}, "total": 1}
        moments = (clock.moment - timedelta(minutes=number) for number in range(500))
        session.add_all(Action(status="succeeded", created_at=moment, finished_at=moment, **made) for moment in moments)
        session.commit()
    assert {path: look(path) for path in few} == few
