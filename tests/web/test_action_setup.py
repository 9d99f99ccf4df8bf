"""The setup of an action on its page: what was asked for, its schedule and its name."""

from bot.actions.filters import Filters
from bot.actions.placing import FollowFollowers, follow_followers
from tests.web.browser import shown
from tests.web.test_actions import actions_of, set_action


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
    assert f"Skips {said}" in page.text


def test_it_is_named_and_called_by_what_it_does_again(app, browse, placed, running):
    browser = browse(running)
    page = browser.sent(f"/actions/{placed}", "name", {"name": "Spring"})
    assert "Renamed: Spring." in page.text
    assert "Does Follow 5 people from #coffee" in page.text
    page = browser.sent(f"/actions/{placed}", "name", {"name": ""})
    assert "Renamed: Follow 5 people from #coffee." in page.text
    page = shown(browser.send(f"/actions/{placed}", "name", {"name": "x" * 500}), 422)
    assert page.element("name-name")["aria-invalid"] == "true"
    assert actions_of(app, running)[0].action.name is None


def test_its_schedule_is_changed(browse, placed, running):
    values = {"start_at": "2026-03-11T09:00", "repeat.every_days": "2", "repeat.at": "09:30"}
    page = browse(running).sent(f"/actions/{placed}", "plan", values)
    assert "Schedule changed: Follow 5 people from #coffee." in page.text
    assert "Scheduled 0 of 5 followed · Starts Mar 11, 9:00" in page.text
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


def test_a_schedule_that_cannot_be_is_told_at_its_field(browse, placed, running):
    values = {"start_at": "soon", "repeat.every_days": "0"}
    page = shown(browse(running).send(f"/actions/{placed}", "plan", values), 422)
    for name in ("start_at", "repeat-every_days"):
        assert page.element(f"plan-{name}")["aria-invalid"] == "true"
        assert f"#plan-{name}" in page.links
    assert page.element("plan-start_at")["value"] == "soon"


def test_when_an_action_ends_its_setup_follows(app, browse, clock, placed, running):
    browser, part = browse(running), f"/actions/{placed}/now"
    assert "plan" not in shown(browser.get(part)).forms
    assert not shown(browser.get(part)).has("setup")
    set_action(app, running, status="succeeded", finished_at=clock.moment)
    ended = shown(browser.get(part))
    assert ended.element("setup")["hx-swap-oob"] == "true"
    assert "plan" not in ended.forms
    assert "hx-get" not in ended.element("action")
    assert "hx-swap-oob" not in browser.get(f"/actions/{placed}").text
