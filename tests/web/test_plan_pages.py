"""The page of an action that is a plan: its steps, the people at each, and what they wait for."""

from datetime import timedelta

from bot.plans.placing import NewPlan, place
from bot.settings.preferences import OwnLimit, change_limits
from tests.web.test_actions import add_target

ONLY_TAGS = {"source": [{"kind": "hashtag", "tags": ["coffee", "tea"]}]}
BRANCHED = [
    {"do": "follow"},
    {"do": "message", "text": "Hi {first_name|there}!", "when": "follows_back", "within": "7d"},
]
UNFOLLOW = {"otherwise": [{"do": "unfollow"}]}


def place_plan(app, user, *steps):
    asked = {"source": [{"kind": "followers", "of": ["ann"]}], "steps": steps, "amount": 5}
    with app.app_context():
        return place(user.id, NewPlan.model_validate(asked)).action.id


def test_a_plan_says_its_steps_and_how_many_people_are_at_each(app, browse, clock, running):
    placed = place_plan(app, running, BRANCHED[0], BRANCHED[1] | UNFOLLOW)
    until = clock.moment + timedelta(days=4)
    add_target(app, running, placed, "ben", "done", node=0)
    add_target(app, running, placed, "cleo", "done", node=0)
    add_target(app, running, placed, "dora", "skipped", node=0, reason="private")
    add_target(app, running, placed, "ben", "pending", node=1, step_kind="message", due_at=until, awaits="follows_back")
    add_target(app, running, placed, "cleo", "skipped", node=1, step_kind="message", reason="did_not_happen")
    add_target(app, running, placed, "cleo", "failed", node=2, step_kind="unfollow", error_code="E-IG-E-0001")
    browser = browse(running)
    page = browser.page(f"/actions/{placed}")
    assert "Follow, then message: 5 people from followers of @ann" in page.text
    said = page.element_text("plan-steps")
    assert "1. Follow them 2 done 1 skipped: has a private account 1" in said
    assert "2. Send them a message if they follow back within 7 days 1 waits for them to follow back until" in said
    assert "Hi {first_name|there}! If not: Unfollow 3. Unfollow them 1 failed" in said
    waiting = browser.page(f"/actions/{placed}?status=pending").element_text("people")
    assert "@ben Step 2: send them a message if they follow back within 7 days Waits until" in waiting
    assert "for @ben to follow back." in waiting
    assert "plan-steps" in browser.get(f"/actions/{placed}/now").text


def test_a_plan_in_a_row_is_one_sentence(app, browse, running):
    placed = place_plan(app, running, *BRANCHED)
    page = browse(running).page(f"/actions/{placed}")
    said = "then send them a message if they follow back within 7 days."
    assert f"Follow 5 people from followers of @ann, {said}" in page.element_text("plan-steps")


def test_a_step_with_a_limit_of_zero_and_the_end_of_the_plan_are_told(app, browse, running):
    placed = place_plan(app, running, *BRANCHED)
    assert "ends Mar 17 , in 7 days" in browse(running).page(f"/actions/{placed}").element_text("action")
    with app.app_context():
        change_limits(running.id, {"message": OwnLimit(per_day=0)})
    page = browse(running).page(f"/actions/{placed}")
    assert "Your limit is 0 messages a day, so those steps never come." in page.element_text("plan-steps")


def test_a_message_of_a_plan_in_doubt_is_decided_on_its_page(app, browse, running):
    placed = place_plan(app, running, *BRANCHED)
    add_target(app, running, placed, "ben", "unknown", node=1, step_kind="message")
    page = browse(running).page(f"/actions/{placed}?status=unknown")
    assert "1 message may or may not have arrived." in page.text
    assert "Mark as sent" in page.text


def test_an_action_with_several_sources_names_them_and_fills_the_form_of_plans(app, browse, running):
    sources = [{"kind": "hashtag", "tags": ["coffee", "tea"]}, {"kind": "followers", "of": ["ann"]}]
    asked = NewPlan.model_validate({"source": sources, "steps": [{"do": "like"}], "amount": 5} | ONLY_TAGS)
    followed = NewPlan.model_validate({"source": sources, "steps": [{"do": "follow"}], "amount": 5})
    with app.app_context():
        liked, placed = (place(running.id, one).action.id for one in (asked, followed))
    browser = browse(running)
    page = browser.page(f"/actions/{placed}")
    assert "Follow 5 people from #coffee, #tea and 1 more" in page.text
    assert "Comes from #coffee, #tea, followers of @ann" in page.text
    assert "Like 5 posts from #coffee, #tea" in browser.page(f"/actions/{liked}").text
    assert "Follow 5 people from #coffee, #tea and 1 more" in browser.page("/actions?q=coffee").text
    assert browser.page(f"/actions/new?duplicate={placed}").forms["compose"].values["plan"] == ["custom"]
