"""The composer of plans: what it offers, what it sends, what it says of mistakes, and what it is filled from."""

import pytest
from pydantic import TypeAdapter

from bot.actions.control import list_actions
from bot.plans.placing import NewPlan, place
from bot.plans.sources import SOURCES
from bot.plans.steps import AnyStep
from bot.settings.preferences import OwnLimit, change_limits
from tests.web.browser import HTMX, shown
from web.composer import plan_sources, plan_steps

ADDRESS = "/actions/new?what=plan"
TAGS = {"source.hashtag.tags": "coffee\n#Tea", "amount": "20"}
BACK = (
    "Follow 20 people from #coffee, #tea, then like their last post if they follow back within 7 days "
    "(if not, unfollow them)."
)


def actions_of(app, user):
    with app.app_context():
        return [progress.action for progress in list_actions(user.id, 100, None).items]


def send(browser, values=None, to="/actions", **options):
    form = shown(browser.get(ADDRESS)).forms["compose"]
    form.action = to
    return browser.post(form, TAGS | (values or {}), **options)


def estimated(browser, values=None):
    return shown(send(browser, values, "/actions/new/estimate", headers=HTMX)).element_text("estimate")


def custom(*rows):
    named = {f"rows.{number}.{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    return {"plan": "custom"} | named


def test_every_source_is_offered_with_its_fields(browse, running):
    page = browse(running).page(ADDRESS)
    for kind, source in SOURCES.items():
        page.element(f"compose-from.{kind}")
        for name in source.model_fields:
            if name != "kind":
                page.element(f"compose-source-{kind}-{name}")
    assert page.forms["compose"].values["from.hashtag"][-1] == "true"


def test_the_first_ready_plan_is_placed_and_read_back(app, browse, running):
    browser = browse(running)
    assert BACK in estimated(browser)
    response = send(browser)
    (action,) = actions_of(app, running)
    assert response.location == f"/actions/{action.id}"
    assert action.params["source"] == [{"kind": "hashtag", "tags": ["coffee", "tea"], "tab": "recent"}]
    assert [step["do"] for step in action.params["steps"]] == ["follow", "like"]
    assert action.params["steps"][1]["otherwise"][0]["do"] == "unfollow"


READ = {
    "back": ({"back.days": "3", "back.posts": "2"}, "then like their last 2 posts if they follow back within 3 days"),
    "write": (
        {"write.text": "Hi {username}", "write.reminder": "Hello {username}", "write.days": "4"},
        "Send a message to 20 people from #coffee, #tea, then like their last post if they answer within 4 days "
        "(if not, send them a message).",
    ),
    "interest": (
        {"interest.share": "30"},
        "then like their last 2 posts for 30% of them after 1 day, then follow them after 2 days.",
    ),
}


@pytest.mark.parametrize("plan", [one.key for one in plan_steps.READY])
def test_each_ready_plan_takes_other_numbers_and_fills_the_form_again(app, browse, running, plan):
    numbers, said = READ[plan]
    browser = browse(running)
    assert said in estimated(browser, numbers | {"plan": plan})
    assert send(browser, numbers | {"plan": plan}).status_code == 303
    (action,) = actions_of(app, running)
    filled = browser.page(f"/actions/new?duplicate={action.id}").forms["compose"].values
    assert filled["plan"] == [plan]
    assert {name: filled[name][-1] for name in numbers} == numbers
    assert filled["source.hashtag.tags"][-1].split() == ["coffee", "tea"]


ROWS = custom(
    {"do": "follow"},
    {"do": "message", "text": "Hi {username}!", "days": "5", "if": "follows_back", "not": "unfollow"},
    {"do": "like", "posts": "3", "days": "2"},
    {"do": "story", "if": "answered", "days": "4"},
)


def test_a_plan_of_rows_is_placed_and_fills_the_form_again(app, browse, running):
    sources = {"from.followers": "true", "source.followers.of": "@Ann, ben", "from.own_followers": "true"}
    browser = browse(running)
    response = send(browser, ROWS | sources)
    (action,) = actions_of(app, running)
    assert "then send them a message if they follow back within 5 days (if not, unfollow them), " in (
        browser.page(response.location + "").text + estimated(browser, ROWS | sources)
    )
    assert [one["kind"] for one in action.params["source"]] == ["followers", "hashtag", "own_followers"]
    filled = browser.page(f"/actions/new?repeat={action.id}").forms["compose"].values
    assert {name: filled[name][-1] for name in ROWS} == ROWS
    assert filled["source.followers.of"][-1].split() == ["ann", "ben"]
    assert [filled[f"from.{kind}"][-1] for kind in ("followers", "own_followers", "likers")] == [
        "true",
        "true",
        "false",
    ]


HELLO = {"do": "message", "text": "Hello"}
FOLLOW = {"do": "follow"}
MISTAKES = [
    ({"from.hashtag": "false"}, "sources"),
    ({"source.hashtag.tags": ""}, "source-hashtag-tags"),
    ({"source.hashtag.tags": "coffee\n#"}, "source-hashtag-tags"),
    ({"from.people": "true", "source.people.usernames": ""}, "source-people-usernames"),
    ({"from.likers": "true", "source.likers.posts": "no link"}, "source-likers-posts"),
    ({"back.days": "soon"}, "back-days"),
    ({"back.posts": "9"}, "back-posts"),
    ({"plan": "interest", "interest.share": "0"}, "interest-share"),
    ({"plan": "write", "write.reminder": "Hi {username}"}, "write-text"),
    ({"plan": "write", "write.text": "Hi {", "write.reminder": "Hi"}, "write-text"),
    ({"plan": "write", "write.text": "Hi {username}", "write.reminder": "Hi"}, "write-reminder"),
    (
        {"plan": "write", "write.text": "Hi {username}", "write.reminder": "Hi {username}", "write.days": "0"},
        "write-days",
    ),
    (custom(), "rows-0-do"),
    (custom(FOLLOW, {"do": "like", "posts": "4"}), "rows-1-posts"),
    (custom(FOLLOW, {"do": "story", "if": "follows_back"}), "rows-1-days"),
    (custom(FOLLOW, {"do": "story", "if": "follows_back", "days": "61"}), "rows-1-days"),
    (custom(FOLLOW, {"do": "story", "if": "answered", "days": "3"}), "rows-1-if"),
    (custom(FOLLOW, {"do": "message", "text": " "}), "rows-1-text"),
    (custom(FOLLOW, HELLO), "rows-1-text"),
    (custom(HELLO | {"text": "{username}"}, HELLO | {"again": "true", "days": "3"}), "rows-1-text"),
    (custom(HELLO | {"text": "{username}"}, HELLO | {"days": "3"}), "plan"),
    (custom(FOLLOW, {"do": "story", "if": "follows_back", "days": "0"}), "rows-1-days"),
    (custom({"do": "unfollow"}), "rows-0-do"),
    (custom(HELLO | {"text": "{username}"}, {"do": "story", "if": "answered", "days": "30"}), "plan"),
    ({"amount": "0"}, "amount"),
    ({"repeat.every_days": "x"}, "repeat-every_days"),
]


@pytest.mark.parametrize(("values", "field"), MISTAKES, ids=[f"{n}-{field}" for n, (_, field) in enumerate(MISTAKES)])
def test_a_mistake_is_told_at_its_field_and_nothing_is_lost(app, browse, running, values, field):
    response = send(browse(running), values)
    page = shown(response, 422)
    told = page.element(f"compose-{field}")
    assert told.get("aria-invalid") == "true" or told["aria-describedby"] == f"compose-{field}-problem"
    assert f"#compose-{field}" in page.links
    assert page.text.count(page.element_text(f"compose-{field}-problem")) <= 2, "once in the summary, once at the field"
    kept = page.forms["compose"].values
    assert {name: kept[name][-1].strip() for name in values} == {name: value.strip() for name, value in values.items()}
    assert actions_of(app, running) == []


def test_filters_a_name_and_a_start_come_with_the_plan(app, browse, running):
    more = {"whom": "here", "filters.followers_min": "10", "name": "Beans", "start_at": "2026-03-11T09:00"}
    assert send(browse(running), more).status_code == 303
    (action,) = actions_of(app, running)
    assert (action.name, action.params["filters"]["followers_min"], action.total) == ("Beans", 10, 20)
    assert action.start_at.strftime("%d %H:%M") == "11 09:00"


def test_the_same_form_places_one_plan(app, browse, running):
    browser = browse(running)
    form = browser.page(ADDRESS).forms["compose"]
    assert [browser.post(form, TAGS).status_code for _ in range(2)] == [303, 303]
    assert len(actions_of(app, running)) == 1


def test_each_text_has_a_counter(browse, running):
    page = shown(
        send(browse(running), {"plan": "write", "write.text": "Hi {a|b}"}, "/actions/new/estimate", headers=HTMX)
    )
    assert "2 variants" in page.element_text("compose-write-text-counter")
    assert "At most 1,000 characters." in page.element_text("compose-write-reminder-counter")


def test_the_estimate_tells_the_end_of_the_whole_plan(browse, running):
    text = estimated(browse(running))
    assert "days, ends" in text
    assert "unfollow" in text


def test_a_limit_of_zero_and_a_slower_step_are_told(app, browse, running):
    typed = {"plan": "custom", "amount": "12", "rows.0.do": "follow", "rows.1.do": "message", "rows.1.text": "Hi {a|b}"}
    with app.app_context():
        change_limits(running.id, {"follow": OwnLimit(per_day=6), "message": OwnLimit(per_day=2)})
    assert "6 follows a day, but 2 messages: the last message would go on day 6." in estimated(browse(running), typed)
    with app.app_context():
        change_limits(running.id, {"message": OwnLimit(per_day=0)})
    text = estimated(browse(running), typed)
    assert "It would not end" in text
    assert "Your limit is 0 messages a day, so those steps never come." in text


LIKE = {"do": "like", "posts": 1}
OUTSIDE = [
    ([FOLLOW, *[{"do": "story", "after": "1d"}] * 4], "It has more than 4 steps in a row."),
    (
        [FOLLOW, LIKE | {"when": "follows_back", "within": "2d", "otherwise": [{"do": "story"}]}],
        "It has a branch with steps other than one unfollow.",
    ),
    ([FOLLOW, LIKE | {"after": "30m"}], "It has a source, a wait or a condition that the form does not have."),
]


@pytest.mark.parametrize(("steps", "why"), OUTSIDE, ids=[why for _, why in OUTSIDE])
def test_a_plan_that_does_not_fit_is_shown_as_a_request(app, browse, running, steps, why):
    body = {"source": [{"kind": "hashtag", "tags": ["coffee"]}], "steps": steps, "amount": 3}
    with app.app_context():
        placed = place(running.id, NewPlan.model_validate(body)).action.id
    page = browse(running).page(f"/actions/new?duplicate={placed}")
    assert f"This plan cannot be edited here. {why}" in page.text
    assert '"amount": 3' in page.text
    assert "compose" not in page.forms


HI = {"do": "message", "text": "{username}"}


def stored(*steps):
    """Steps with all their fields, as an action has them."""
    return TypeAdapter(list[AnyStep]).dump_python(TypeAdapter(list[AnyStep]).validate_python(steps), mode="json")


@pytest.mark.parametrize("change", [{"after": "36h"}, {"share": 0.5}, {"when": "answered_positive"}, {"posts": None}])
def test_no_row_is_filled_with_less_than_a_step_says(change):
    assert plan_steps.fill(stored(HI, LIKE)) is not None
    assert plan_steps.fill(stored(HI, LIKE | change)) is None


def test_a_source_that_comes_twice_fits_no_form():
    one = {"kind": "hashtag", "tags": ["tea"]}
    assert plan_sources.fill([one]) is not None
    assert plan_sources.fill([one | {"tab": "top"}, one]) is None
