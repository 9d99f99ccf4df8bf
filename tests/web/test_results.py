"""The page of results: what was done in a period, in figures that are as small as they are."""

import re
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select, update

from bot.actions.filters import Filters
from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.config.runtime import EXTENSION
from bot.messages.sending import SendMessages, recipients_of, send_messages
from bot.results.periods import DEFAULT_PERIOD, MAX_PERIOD, PERIODS
from bot.storage.models import (
    AccountDay,
    ActionTarget,
    BotStatus,
    Contact,
    InstagramCredentials,
    Message,
    Person,
    Relation,
    new_id,
)
from bot.storage.models.values import TargetStatus
from bot.storage.tenancy import tenant
from tests.web.browser import Page

NAMES = count()


@pytest.fixture
def act(app, running, clock):
    """Adds targets of an action from a hashtag, that ended in these states some days ago."""

    def add(*states, days=0, hashtag="coffee", kind="follow", **form):
        with app.app_context():
            action = follow_hashtag(running.id, FollowHashtag(hashtag=hashtag, amount=5, **form)).action.id
            at = clock.moment - timedelta(days=days)
            with tenant(running.id) as session:
                for state in states:
                    name = f"person{next(NAMES)}"
                    times = {"created_at": at, "claimed_at": None if state == "skipped" else at, "finished_at": at}
                    row = ActionTarget(user_id=running.id, action_id=action, position=1, target=name, **times)
                    row.person, row.step_kind, row.status = name, kind, state
                    session.add(row)
                session.commit()

    return add


def test_it_shows_the_steps_of_a_period_with_the_one_before(browse, running, act):
    act("done", "done", "skipped", "failed")
    act("done", days=8)
    page = browse(running).page("/results?days=7")
    assert "Mar 4 – Mar 10, compared with the 7 days before" in page.text
    assert "Steps done 2 1 in the 7 days before" in page.text
    assert "Failed 1 0 in the 7 days before" in page.text
    assert "Skipped 1 0 in the 7 days before" in page.text
    assert "#coffee 2 of 4 · 1 failed" in page.text


def test_without_a_period_before_nothing_is_compared(browse, running, act):
    act("done", "done")
    page = browse(running).page("/results?days=7")
    assert "compared" not in page.text
    assert "before" not in page.text


def test_the_chart_has_its_sentence_and_the_table_behind_it(browse, running, act):
    act("done", "done", "skipped")
    act("done", days=1, kind="like")
    page = browse(running).page("/results?days=7")
    drawn = [attributes for tag, attributes in page.elements if tag == "svg" and attributes.get("role") == "img"]
    assert {one["aria-label"] for one in drawn} == {"Steps done per day, Mar 4 – Mar 10. Most on Mar 10: 2."}
    assert [one["class"] for one in drawn] == ["wide", "narrow"]
    assert "Day Follows Likes Skipped Mar 10 2 0 1 Mar 9 0 1 0 Mar 8 0 0 0" in page.text
    assert "Line: your average, 0.4 a day" in page.text


@pytest.mark.parametrize(
    ("number", "share"),
    [(9, None), (10, "100% 72–100%"), (30, "100% 89–100%")],
)
def test_small_numbers_are_honest(browse, running, act, number, share):
    act(*["done"] * number)
    page = browse(running).page("/results")
    bars = [attributes["class"] for tag, attributes in page.elements if tag == "rect" and "class" in attributes]
    assert (share in page.text) if share else "%" not in page.text.split("By source")[1].split("By kind")[0]
    assert ("thin" in bars) is (number == 10)
    assert ("part" in bars) is (number == 30)


def test_sources_are_not_ranked_by_their_share(browse, running, act):
    act(*["done"] * 10, hashtag="small")
    act(*["done"] * 12, *["skipped"] * 30, hashtag="large")
    text = browse(running).page("/results").text
    assert text.index("#large") < text.index("#small")


def test_sources_of_other_filters_or_weeks_say_so(browse, running, act):
    act("done", hashtag="tea")
    act("done", hashtag="coffee")
    text = browse(running).page("/results").text
    assert "other filters" not in text
    assert "other weeks" not in text
    act("done", days=9, hashtag="cocoa", filters=Filters(skip_private=False))
    text = browse(running).page("/results").text
    assert "#cocoa 1 of 1 · other filters, other weeks (Feb 23 – Mar 1)" in text
    assert "#tea 1 of 1 · other filters" in text
    assert "so a difference may come from those" in text


def test_an_unknown_step_is_told_apart(browse, running, act):
    act("done", "unknown")
    assert "Unknown 1 Instagram gave no clear answer" in browse(running).page("/results").text


def test_it_has_four_figures_and_what_came_of_the_steps_comes_first(app, browse, running, act, clock, readings):
    act("done", "skipped", "failed", "unknown", days=1)
    page = browse(running).page("/results?days=30")
    assert [name in page.text for name in ("Failed 1", "Unknown 1", "Skipped 1")] == [True, True, False]
    readings(back=1)
    with app.app_context(), tenant(running.id) as session:
        for days, followers in ((2, 2300), (1, 2310)):
            on = (clock.moment - timedelta(days=days)).date()
            session.add(AccountDay(user_id=running.id, account_id="4711", day=on, followers=followers))
        session.scalars(select(InstagramCredentials)).one().instagram_id = "4711"
        session.commit()
    html = browse(running).get("/results?days=30").text
    figures = html.partition('<dl class="figures">')[2].partition("</dl>")[0]
    assert re.findall(r"<dt>([\w ]+)", figures) == ["New followers", "Followed back", "Steps done", "Failed"]
    assert "1 unknown" in Page(html).text


@pytest.mark.parametrize(("demo", "said"), [(True, "every 15 seconds"), (False, "every 20 minutes")])
def test_it_says_how_often_answers_are_read_here(app, browse, running, monkeypatch, demo, said):
    here = app.extensions[EXTENSION]
    monkeypatch.setattr(here, "config", here.config.model_copy(update={"instagram_sandbox": demo}))
    assert f"Answers are read about {said} while your bot is on" in browse(running).page("/results").text


@pytest.mark.parametrize("days", PERIODS)
def test_each_period_is_one_click_away(browse, running, act, days):
    act("done")
    page = browse(running).page(f"/results?days={days}")
    chosen = [one["href"] for tag, one in page.elements if tag == "a" and one.get("aria-current") == "true"]
    assert chosen == [f"/results?days={days}"]
    assert {f"/results?days={other}" for other in PERIODS} <= set(page.links)


def test_days_can_be_chosen(browse, running, act):
    act("done", days=3)
    browser = browse(running)
    form = browser.page("/results").forms["days"]
    assert form.method == "get"
    page = browser.page("/results?from=2026-03-07&to=2026-03-07")
    assert "Steps done 1" in page.text
    assert page.forms["days"].values == {"from": ["2026-03-07"], "to": ["2026-03-07"]}


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("from=2026-03-12&to=2026-03-11", "This may be today at most."),
        ("from=2026-03-09&to=2026-03-08", "This has to be the last day or a day before it."),
        ("from=2025-03-09", f"A period may have {MAX_PERIOD} days at most."),
        ("from=soon", "Type a date, like 2026-03-10."),
        ("days=99", f"Type {MAX_PERIOD} or less."),
    ],
)
def test_a_period_that_cannot_be_says_why_at_its_field(browse, running, act, query, problem):
    act("done")
    page = browse(running).page(f"/results?{query}", 422)
    assert problem in page.text
    assert "Steps done 1" in page.text


@pytest.mark.parametrize("by", ["day", "source"])
def test_the_csv_has_the_same_period(browse, running, act, by):
    act("done")
    act("done", days=10)
    browser = browse(running)
    address = f"/results.csv?by={by}&days=7" if by == "source" else "/results.csv?days=7"
    assert address in [link.replace("&amp;", "&") for link in browser.page("/results?days=7").links]
    response = browser.get(address)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.text.count("follow,1,0,0,0") == 1


def test_before_the_first_step_it_says_what_will_come(browse, alice):
    page = browse(alice).page("/results")
    assert "No steps yet." in page.text
    assert "/actions/new" in page.links
    assert "Answers are read about every 15 seconds" in page.text
    assert not [one for tag, one in page.elements if tag == "svg" and one.get("role") == "img"]


def test_a_period_without_steps_leads_to_a_longer_one(browse, running, act):
    act("done", days=40)
    page = browse(running).page("/results")
    assert "No steps in these days. Your first step was on Jan 29." in page.text
    assert f"/results?days={PERIODS[-1]}" in page.links


def test_the_default_is_the_period_of_the_api(browse, running, act):
    act("done")
    page = browse(running).page("/results")
    assert f"/results.csv?days={DEFAULT_PERIOD}" in page.links


def test_it_is_for_users_only(browse):
    assert browse().get("/results").location == "/login?next=/results"


@pytest.fixture
def readings(app, running, clock, act):
    """People who were followed ten days ago, and what readings found since."""

    def add(back=0, no=0, unsure=0, hashtag="coffee"):
        act(*["done"] * (back + no + unsure), days=10, hashtag=hashtag)
        with app.app_context(), tenant(running.id) as session:
            at = clock.moment - timedelta(days=10)
            rows = session.scalars(select(ActionTarget).where(ActionTarget.person_id.is_(None))).all()
            for number, row in enumerate(rows):
                person = Person(user_id=running.id, instagram_id=new_id()[:30], username=row.person, seen_at=at)
                session.add(person)
                session.flush()
                row.person_id, row.account_id = person.id, "4711"
                relation = Relation(user_id=running.id, account_id="4711", person_id=person.id, followed_at=at)
                relation.followed_us_before = False
                if number < back:
                    relation.back_at = at + timedelta(days=2)
                elif number < back + no:
                    relation.no_until = at + timedelta(days=9)
                session.add(relation)
            session.commit()

    return add


def test_it_tells_who_followed_back_with_what_is_not_known(browse, running, readings):
    readings(back=10, no=40, unsure=4)
    readings(back=2, no=3, hashtag="tea")
    shown = browse(running).page("/results?days=30").text
    assert "12 of 55" in shown
    assert "10 of 50 · 4 unknown" in shown
    assert "20% 10–39%" in shown
    assert "tea 2 of 5 too few" in shown


def test_shares_are_told_next_to_those_of_the_days_before(browse, running, readings, act):
    readings(back=10, no=40)
    act("done", days=1)
    text = browse(running).page("/results?days=8").text
    assert "Compared with the 8 days before" in text
    assert "Followed back 10 of 50, now 0 of 0 · too few to compare 20% 11–33% too few" in text


def test_an_early_period_tells_of_open_ones_and_no_share(browse, running, act):
    act("done", "done", days=1)
    assert "0 of 0 · 2 still open" in browse(running).page("/results?days=7").text


def test_followers_are_drawn_from_two_days_on(app, browse, running, act, clock):
    act("done", days=1)

    def count(days, followers):
        with app.app_context(), tenant(running.id) as session:
            account = session.scalars(select(InstagramCredentials)).one()
            account.instagram_id = "4711"
            on = (clock.moment - timedelta(days=days)).date()
            session.add(AccountDay(user_id=running.id, account_id="4711", day=on, followers=followers))
            session.commit()

    count(3, 2300)
    assert "Followers" not in browse(running).page("/results?days=7").text
    count(1, 2290)
    shown = browse(running).page("/results?days=7").text
    assert "Followers lost 10" in shown
    assert "From your own count, whatever the cause" in shown
    assert "Day Followers Mar 9 2,290 Mar 7 2,300" in shown


def test_it_tells_who_answered(app, browse, running, act, clock):
    act("done", "done", days=20, kind="message")
    with app.app_context(), tenant(running.id) as session:
        first, second = session.scalars(select(ActionTarget)).all()
        first.recipient, second.recipient = "1", "2"
        first.purpose = second.purpose = "hello"
        first.account_id = second.account_id = session.scalars(select(InstagramCredentials.instagram_id)).one()
        at = clock.moment - timedelta(days=18)
        person = {"user_id": running.id, "instagram_id": "1", "username": "ann", "written_at": at}
        session.add(Contact(**person, answered_at=at))
        session.execute(update(BotStatus).values(replies_read_at=clock.moment))
        session.commit()
    shown = browse(running).page("/results?days=30").text
    assert "Answered 1 of 2" in shown
    assert "Answered your message 1 of 2" in shown
    assert "Asked you to stop 0 of 2" in shown


def test_it_tells_which_variant_was_answered_and_from_when_they_are_compared(app, browse, running, act, clock):
    listed = SendMessages(usernames=[f"person{number}" for number in range(5)], message="{Hi|Hello} {first_name|there}")
    with app.app_context():
        send_messages(running.id, listed, recipients_of(listed))
        at = clock.moment - timedelta(days=20)
        with tenant(running.id) as session:
            account_id = session.scalars(select(InstagramCredentials.instagram_id)).one()
            for number, row in enumerate(session.scalars(select(ActionTarget)).all()):
                row.status, row.claimed_at, row.recipient = TargetStatus.DONE, at, str(number)
                row.purpose, row.account_id = "first", account_id
                written = {"text": "", "digest": "", "token": "", "created_at": at, "variant": "12"[number % 2]}
                session.add(Message(user_id=running.id, target_id=row.id, **written))
            session.execute(update(BotStatus).values(replies_read_at=clock.moment))
            session.commit()
    page = browse(running).page("/results?days=30")
    assert "{Hi|Hello} {first_name|there} Variant Bar Answered Hi 0 of 3 too few Hello 0 of 2 too few" in page.text
    assert "people a side on" in page.text
    assert "/results.csv?by=variant&days=30" in page.links
