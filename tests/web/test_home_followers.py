"""Home with what came of it: the followers, the actions that began meanwhile, and people who answered."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from bot.actions.placing import FollowHashtag, LikeHashtag, follow_hashtag, like_hashtag
from bot.automation import lifecycle
from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.models import AccountDay, Action, Answer, InstagramCredentials
from bot.storage.tenancy import tenant
from tests.web.browser import shown


@pytest.fixture
def counted(app, clock, running):
    """Let the followers of some days be read: pairs of days ago and followers."""

    def count(*days):
        with app.app_context(), tenant(running.id) as session:
            session.scalars(select(InstagramCredentials)).one().instagram_id = "4711"
            for ago, followers in days:
                on = (clock.moment - timedelta(days=ago)).date()
                session.add(AccountDay(user_id=running.id, account_id="4711", day=on, followers=followers))
            session.commit()

    return count


def start(app, user, action_id, at):
    with app.app_context(), tenant(user.id) as session:
        session.execute(update(Action).where(Action.id == action_id).values(started_at=at))
        session.commit()


def icons(page):
    return [found["class"] for tag, found in page.elements if tag == "g" and str(found.get("class")).startswith("k-")]


def test_followers_are_told_and_drawn_from_two_days_on(browse, counted, placed, running):
    counted((9, 2300))
    assert "Followers" not in browse(running).page("/").text
    counted((1, 2412))
    page = browse(running).page("/")
    assert "Followers 2,412 112 since Mar 1" in page.text
    assert "Day Followers Mar 9 2,412 Mar 1 2,300" in page.text
    drawings = {found["aria-label"] for _, found in page.elements if found.get("role") == "img"}
    assert drawings == {"Followers: from 2,300 on Mar 1 to 2,412 on Mar 9."}


def test_followers_that_stay_the_same_have_no_change(browse, counted, placed, running):
    counted((9, 2300), (1, 2300))
    assert "Followers 2,300 as on Mar 1" in browse(running).page("/").text


def test_there_are_four_figures_at_most(app, browse, counted, placed, running):
    counted((9, 2300), (1, 2412))
    with app.app_context(), tenant(running.id) as session:
        record(session, "follow", "failed", target="ann", error=BotException("INSTAGRAM_TIMEOUT"))
        session.commit()
    page = browse(running).page("/")
    assert len([1 for _, found in page.elements if found.get("class") == "figure"]) == 4
    assert "Failed in 7 days 1" in page.text


def test_an_icon_marks_the_begin_of_the_largest_of_actions_close_together(app, browse, clock, counted, placed, running):
    counted((9, 2300), (1, 2412))
    start(app, running, placed, clock.moment - timedelta(days=8))
    with app.app_context():
        like = like_hashtag(running.id, LikeHashtag(hashtag="tea", amount=90)).action.id
        later = follow_hashtag(running.id, FollowHashtag(hashtag="tea", amount=20)).action.id
    start(app, running, like, clock.moment - timedelta(days=7))
    start(app, running, later, clock.moment - timedelta(days=2))
    page = browse(running).page("/")
    # On a wide screen and on a phone.
    assert icons(page) == ["k-like", "k-follow"] * 2
    assert "Icons mark when an action started." in page.text


def test_a_poll_brings_the_curve_only_if_it_is_another_one(app, browse, clock, counted, placed, running):
    counted((9, 2300), (1, 2412))
    browser = browse(running)
    page = browser.page("/")
    address = page.element("live")["hx-get"]
    kept = f"followers-{parse_qs(urlsplit(address).query)['days'][0]}"
    assert "hx-preserve" in page.element(kept)
    with app.app_context(), tenant(running.id) as session:
        record(session, "follow", "done", target="ann")
        session.commit()
    fetched = shown(browser.get(address))
    # A part with the same id, which the page keeps as it is.
    assert fetched.has(kept)
    assert "Show as table" not in fetched.text
    counted((0, 2420))
    fetched = shown(browser.get(address))
    assert not fetched.has(kept)
    assert "Followers 2,420 120 since Mar 1" in fetched.text
    assert "Show as table" in fetched.text


def test_unread_answers_are_told_unless_something_needs_the_user(app, browse, clock, placed, running):
    with app.app_context(), tenant(running.id) as session:
        for number in (1, 2):
            said = {"thread_id": str(number), "item_id": str(number), "at": clock.moment, "sort": "text"}
            session.add(Answer(user_id=running.id, instagram_id=str(number), **said))
        session.commit()
    page = browse(running).page("/")
    assert "2 unread answers Open inbox" in page.text
    assert page.element("answers")["class"] == "call plain"
    with app.app_context():
        lifecycle.stop(running.id)
    page = browse(running).page("/")
    assert page.has("needs-you")
    assert not page.has("answers")
