import pytest
from sqlalchemy import update

from bot import bots
from bot.actions import FollowHashtag, cancel, follow_hashtag, list_actions
from bot.errors import BotException
from bot.models import Action, ActionTarget
from bot.pushback import apply
from bot.runtime import now
from bot.scope import tenant
from tests.support.people import give_valid_session
from tests.web.browser import holds, shown
from web.automation import MOST_ACTIONS

ORDER = {"hashtag": "#Coffee", "amount": "5"}


def actions_of(app, user):
    with app.app_context():
        return list_actions(user.id, 100, None).items


def add_target(app, user, action_id, name, status, **values):
    with app.app_context(), tenant(user.id) as session:
        target = ActionTarget(
            user_id=user.id,
            action_id=action_id,
            step_kind="follow",
            position=1,
            target=name,
            instagram_id="1",
            status=status,
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


def test_an_order_is_accepted_and_listed(app, browse, running):
    page = browse(running).sent("/automation", "follow", ORDER)
    assert "Accepted: Follow 5 people from #coffee." in page.text
    (progress,) = actions_of(app, running)
    assert page.has(f"action-{progress.action.id}")
    assert "0 followed · 5 to go" in page.text
    assert progress.action.params["filters"] == {"followers_min": None, "followers_max": None, "skip_private": True}


def test_filters_come_with_the_order(app, browse, running):
    filters = {"filters.followers_min": "10", "filters.followers_max": "", "filters.skip_private": ["false"]}
    browse(running).sent("/automation", "follow", ORDER | filters)
    (progress,) = actions_of(app, running)
    assert progress.action.params["filters"] == {"followers_min": 10, "followers_max": None, "skip_private": False}


def test_a_form_that_is_sent_twice_is_one_order(app, browse, running):
    browser = browse(running)
    form = browser.page("/automation").forms["follow"]
    for _ in range(2):
        assert browser.post(form, ORDER).status_code == 303
    assert len(actions_of(app, running)) == 1


def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(app, browse, running):
    values = {
        "hashtag": "two words",
        "amount": "many",
        "filters.followers_min": "9",
        "filters.followers_max": "-1",
        "filters.skip_private": ["false"],
    }
    page = shown(browse(running).send("/automation", "follow", values), 422)
    for name in ("hashtag", "amount", "filters-followers_max"):
        assert page.element(f"follow-{name}")["aria-invalid"] == "true"
        assert f"#follow-{name}" in page.links
    assert page.element("follow-hashtag")["value"] == "two words"
    assert page.element("follow-filters-followers_min")["value"] == "9"
    assert page.forms["follow"].values["filters.skip_private"] == ["false"]
    assert actions_of(app, running) == []


def test_a_rule_about_two_fields_is_told_at_one(browse, running):
    values = ORDER | {"filters.followers_min": "9", "filters.followers_max": "8"}
    page = shown(browse(running).send("/automation", "follow", values), 422)
    assert "above the largest" in page.text
    assert page.element("follow-filters-followers_min")["aria-invalid"] == "true"


def test_no_order_is_offered_or_taken_before_the_session_is_valid(browse, alice):
    browser = browse(alice)
    page = browser.page("/automation")
    assert "follow" not in page.forms
    form = page.forms["link"]
    form.action, form.values = "/automation/follow-hashtag", {"csrf_token": form.values["csrf_token"]}
    assert "/help/errors/E-AUTH-E-0003" in shown(browser.post(form, ORDER), 409).links


def test_it_is_paused_resumed_and_cancelled(app, browse, ordered, running):
    browser = browse(running)
    page = browser.sent("/automation", f"form-toggle-{ordered}")
    assert page.forms[f"form-toggle-{ordered}"].action == f"/actions/{ordered}/resume"
    page = browser.sent(f"/actions/{ordered}", f"form-toggle-{ordered}")
    assert "Resumed: Follow 5 people from #coffee." in page.text
    assert "Cancel this action?" in browser.page(f"/actions/{ordered}/cancel").text
    page = browser.sent(f"/actions/{ordered}/cancel", "cancel")
    assert "Cancelled" in page.text
    assert f"form-toggle-{ordered}" not in page.forms


def test_what_has_ended_is_cancelled_no_more(browse, ordered, running):
    browser = browse(running)
    form = browser.page(f"/actions/{ordered}/cancel").forms["cancel"]
    assert browser.post(form).status_code == 303
    page = shown(browser.post(form), 409)
    assert "/help/errors/E-BOT-E-0009" in page.links
    assert page.has("progress-title")


def test_it_shows_each_person_with_the_result_and_the_reason(app, browse, ordered, running):
    add_target(app, running, ordered, "first", "done")
    add_target(app, running, ordered, "second", "skipped", reason="too_few_followers")
    add_target(app, running, ordered, "third", "failed", error_code="E-BOT-E-0005")
    page = browse(running).page(f"/actions/{ordered}")
    assert "1 followed · 1 skipped · 1 failed · 3 to go" in page.text
    assert "@second Skipped Too few followers" in page.text
    assert "/help/errors/E-BOT-E-0005" in page.links
    assert ("progress", {"aria-label": "Follow 5 people from #coffee", "value": "1", "max": "5"}) in page.elements


@pytest.mark.parametrize("part", ["", "/now", "/cancel"])
def test_a_stranger_finds_nothing(browse, ordered, bob, part):
    page = browse(bob).page(f"/actions/{ordered}{part}", 404)
    assert "coffee" not in page.text


def test_a_strangers_buttons_do_nothing(app, browse, ordered, running, bob):
    with app.app_context():
        give_valid_session(bob.id)
        bots.start(bob.id)
    browser = browse(bob)
    form = browser.page("/automation").forms["form-bot-primary"]
    for verb in ("pause", "resume", "cancel"):
        form.action = f"/actions/{ordered}/{verb}"
        assert browser.post(form).status_code == 404
    assert actions_of(app, running)[0].action.status == "queued"


@pytest.mark.parametrize(("page", "part"), [("/automation", "/automation/actions"), ("/actions/{}", "/actions/{}/now")])
def test_what_is_fetched_is_what_the_page_holds(browse, ordered, running, page, part):
    browser = browse(running)
    fetched = browser.get(part.format(ordered))
    assert holds(browser.get(page.format(ordered)), fetched)
    assert shown(fetched).elements[0][1]["hx-get"] == part.format(ordered)


def test_the_end_of_an_order_is_told_once(app, browse, clock, ordered, running):
    browser = browse(running)
    assert browser.page("/automation").element("news")["role"] == "status"
    assert "Finished: Follow" not in browser.page("/automation").text
    add_target(app, running, ordered, "first", "done")
    set_action(app, running, status="succeeded", finished_at=clock.moment)
    page = browser.page("/automation")
    assert "Finished: Follow 5 people from #coffee. 1 followed · 4 not done." in page.text
    assert "hx-trigger" not in page.element("actions")


@pytest.mark.parametrize("path", ["/", "/automation", "/actions/{}"])
def test_an_order_that_has_ended_says_why_and_what_was_not_done(app, browse, clock, ordered, running, path):
    error = BotException("CANDIDATES_EXHAUSTED")
    set_action(app, running, status="succeeded", finished_at=clock.moment, error_code=error.code)
    page = browse(running).page(path.format(ordered))
    assert "0 followed · 5 not done" in page.text
    assert f"{error.message} What to do {error.code}" in page.text
    assert "problem" not in {attributes.get("class") for _, attributes in page.elements}


def test_what_nobody_foresaw_has_words_as_well(app, browse, ordered, running):
    set_action(app, running, error_code="E-FLW-C-A1B2")
    page = browse(running).page(f"/actions/{ordered}")
    assert f"Last error: {BotException('INTERNAL').message} What to do E-FLW-C-A1B2" in page.text


def test_people_of_whom_nothing_is_known_yet_are_listed_and_counted(app, browse, ordered, running):
    add_target(app, running, ordered, "first", "unknown", error_code="E-NET-W-0001")
    page = browse(running).page(f"/actions/{ordered}")
    assert "0 followed · 1 not known yet · 4 to go" in page.text
    assert "@first Not known yet Instagram did not answer in time. E-NET-W-0001" in page.text


@pytest.mark.parametrize("path", ["/", "/automation", "/actions/{}"])
def test_an_open_order_says_whether_it_runs_waits_or_is_on_hold(app, browse, ordered, running, path):
    browser, path = browse(running), path.format(ordered)
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


def test_the_form_says_how_much_may_be_ordered(browse, running):
    assert "At most 200 an order. Your limit is 10 a day." in browse(running).page("/automation").text


def test_nothing_ordered_yet_says_what_will_be_here(browse, running):
    assert "No actions yet" in browse(running).page("/automation").text


def test_older_orders_are_on_the_next_page(app, browse, clock, running):
    with app.app_context():
        for number in range(MOST_ACTIONS + 1):
            clock.advance(seconds=1)
            order = follow_hashtag(running.id, FollowHashtag(hashtag=f"tag{number}", amount=1))
            cancel(running.id, order.action.id)
    browser = browse(running)
    older = next(link for link in browser.page("/automation").links if "cursor=" in link)
    page = browser.page(older)
    assert "#tag0" in page.text
    assert f"#tag{MOST_ACTIONS}" not in page.text
