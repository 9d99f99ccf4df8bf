"""The composer in the pages: its forms, what fills them, and what places an action."""

import uuid

import pytest

from bot.actions.control import list_actions
from bot.actions.placing import MAX_OPEN, FollowHashtag, follow_hashtag
from bot.automation import lifecycle
from bot.settings.preferences import Settings, change_settings
from tests.web import situations
from tests.web.browser import shown
from web.composer.kinds import KINDS

ACTION_KINDS = [kind for kind in KINDS if kind != "send-messages"]

EVERY_KIND = {
    "follow-hashtag": ({"hashtag": "#Coffee", "amount": "5"}, "Follow 5 people from #coffee"),
    "follow-followers": ({"account": "@Some.Body", "amount": "1"}, "Follow 1 follower of @some.body"),
    "like-hashtag": ({"hashtag": "tea", "order": "top", "amount": "2"}, "Like 2 top posts from #tea"),
    "view-stories": ({"amount": "3"}, "Watch the stories of 3 people you follow"),
    "unfollow": ({"amount": "4", "older_than_days": "30", "keep": "one, @Two\nthree"}, "Unfollow 4 people"),
}
HASHTAG = EVERY_KIND["follow-hashtag"][0]
TITLES_BY_TAB = [
    ("follow-hashtag", "recent", "Follow 5 people from #coffee"),
    ("follow-hashtag", "top", "Follow 5 people from the top posts of #coffee"),
    ("follow-hashtag", "clips", "Follow 5 people from the reels of #coffee"),
    ("like-hashtag", "recent", "Like 2 recent posts from #tea"),
    ("like-hashtag", "clips", "Like 2 reels from #tea"),
]


def actions_of(app, user):
    with app.app_context():
        return [progress.action for progress in list_actions(user.id, 100, None).items]


def address(kind):
    return f"/actions/new?what={kind}"


def send(browser, kind, values=None, to="/actions", **options):
    """Fill the form in and press the button that sends it there."""
    form = shown(browser.get(address(kind))).forms["compose"]
    form.action = to
    return browser.post(form, EVERY_KIND[kind][0] | (values or {}), **options)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_kind_is_placed_and_leads_to_its_page(app, browse, running, kind):
    browser = browse(running)
    response = send(browser, kind)
    (action,) = actions_of(app, running)
    assert action.kind == kind
    assert (response.status_code, response.location) == (303, f"/actions/{action.id}")
    assert f"Action added: {EVERY_KIND[kind][1]}." in browser.page(response.location).text


@pytest.mark.parametrize(("kind", "tab", "title"), TITLES_BY_TAB)
def test_the_title_says_which_posts_of_a_hashtag_are_meant(browse, running, kind, tab, title):
    browser = browse(running)
    response = send(browser, kind, {"order": tab})
    assert f"Action added: {title}." in browser.page(response.location).text


def test_each_kind_has_its_own_address(browse, running):
    browser = browse(running)
    assert {address(kind) for kind in KINDS} <= set(browser.page("/actions/new").links)
    for kind in ("like-hashtag", "unfollow", "send-messages"):
        assert browser.page(address(kind)).forms["compose"].values["what"] == [kind]
    assert browser.page(address("nothing")).forms["compose"].values["what"] == ["follow-hashtag"]


def test_a_form_of_no_known_kind_places_nothing(app, browse, running):
    assert send(browse(running), "like-hashtag", {"what": "like-hashtags"}).status_code == 422
    assert actions_of(app, running) == []


def test_what_a_kind_asks_for_comes_with_the_action(app, browse, running):
    browser = browse(running)
    send(browser, "unfollow", {"only_not_following_back": ["false", "true"]})
    (action,) = actions_of(app, running)
    assert action.params["keep"] == ["one", "three", "two"]
    assert action.params["older_than_days"] == 30
    assert action.params["only_not_following_back"] is True


@pytest.mark.parametrize(
    ("whose", "total", "usernames"), [("followed", 3, None), ("listed", 2, ["one", "two"]), (None, 2, ["one", "two"])]
)
def test_stories_are_those_of_people_followed_or_of_a_list(app, browse, running, whose, total, usernames):
    send(browse(running), "view-stories", {"usernames": "one\n@two", "whose": whose or "", "amount": "3"})
    (action,) = actions_of(app, running)
    assert (action.total, action.params["usernames"]) == (total, usernames)


def test_an_empty_list_is_told_at_its_field(browse, running):
    page = shown(send(browse(running), "view-stories", {"usernames": "", "whose": "listed"}), 422)
    assert page.element("compose-usernames")["aria-invalid"] == "true"
    assert "#compose-usernames" in page.links


def test_filters_are_those_of_the_settings_where_nothing_else_is_chosen(app, browse, running):
    with app.app_context():
        change_settings(running.id, Settings(filters={"followers_min": 7}))
    browser = browse(running)
    page = browser.page("/actions/new")
    assert "fewer than 7 followers, private accounts, people handled before" in page.text
    send(browser, "follow-hashtag", {"filters.followers_min": "99"})
    assert actions_of(app, running)[0].params["filters"]["followers_min"] == 7


@pytest.mark.parametrize("kind", ACTION_KINDS)
def test_filters_that_only_actions_to_follow_go_by_are_not_offered_for_others(browse, running, kind):
    page = browse(running).page(address(kind))
    offered = [attributes.get("name") for _, attributes in page.elements]
    for name in ("filters.skip_followed_before", "filters.skip_my_followers"):
        assert (name in offered) is kind.startswith("follow-")
    assert ("people handled before" in page.text) is kind.startswith("follow-")


def test_filters_of_its_own_come_with_the_action(app, browse, running):
    values = {
        "whom": "here",
        "filters.followers_min": "10",
        "filters.ratio_max": "1.5",
        "filters.business": "skip",
        "filters.bio_must": "coffee, flat white",
        "filters.skip_private": ["false"],
        "filters.scripts": ["latin", "greek"],
    }
    send(browse(running), "follow-hashtag", values)
    filters = actions_of(app, running)[0].params["filters"]
    assert (filters["followers_min"], filters["ratio_max"], filters["skip_private"]) == (10, 1.5, False)
    assert (filters["business"], filters["scripts"]) == ("skip", ["latin", "greek"])
    assert filters["bio_must"] == ["coffee", "flat white"]


@pytest.mark.parametrize(("zone", "utc"), [("UTC", "09:00"), ("Asia/Kolkata", "03:30")])
def test_it_starts_later_in_the_users_time_and_repeats(app, browse, running, zone, utc):
    with app.app_context():
        change_settings(running.id, Settings(timezone=zone))
    browser = browse(running)
    values = {"start_at": "2026-03-11T09:00", "repeat.every_days": "2", "repeat.at": "09:30"}
    send(browser, "follow-hashtag", values)
    (action,) = actions_of(app, running)
    assert action.start_at.strftime("%d %H:%M") == f"11 {utc}"
    assert action.repeat == {"every_days": 2, "at": "09:30"}


def test_a_form_that_is_sent_twice_is_one_action(app, browse, running):
    browser = browse(running)
    form = browser.page("/actions/new").forms["compose"]
    for _ in range(2):
        assert browser.post(form, HASHTAG).status_code == 303
    assert len(actions_of(app, running)) == 1


def test_a_form_that_was_sent_and_then_changed_asks_and_is_a_new_one_the_next_time(app, browse, running):
    browser = browse(running)
    form = browser.page("/actions/new").forms["compose"]
    assert browser.post(form, HASHTAG).status_code == 303
    page = shown(browser.post(form, HASHTAG | {"hashtag": "tea"}), 409)
    assert "This form was sent before, with something else in it." in page.text
    assert browser.post(page.forms["compose"]).status_code == 303
    assert len(actions_of(app, running)) == 2


def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(app, browse, running):
    values = {
        "hashtag": "two words",
        "amount": "many",
        "start_at": "tomorrow",
        "repeat.at": "09:30",
        "whom": "here",
        "filters.followers_min": "9",
        "filters.following_max": "-1",
        "filters.bio_must": f"fine, {'x' * 61}",
        "filters.skip_private": ["false"],
    }
    page = shown(send(browse(running), "follow-hashtag", values), 422)
    for name in ("hashtag", "amount", "start_at", "repeat-every_days", "filters-following_max", "filters-bio_must"):
        assert page.element(f"compose-{name}")["aria-invalid"] == "true"
        assert f"#compose-{name}" in page.links
    assert page.element("compose-hashtag")["value"] == "two words"
    form = page.forms["compose"].values
    assert form["filters.followers_min"] == ["9"]
    assert form["filters.skip_private"] == ["false"]
    assert form["whom"] == ["here"]
    assert actions_of(app, running) == []


@pytest.mark.parametrize("pair", ["followers", "following", "ratio"])
def test_a_smallest_above_its_largest_is_told_at_it(browse, running, pair):
    values = {"whom": "here", f"filters.{pair}_min": "9", f"filters.{pair}_max": "8"}
    page = shown(send(browse(running), "follow-hashtag", values), 422)
    assert "The smallest is above the largest." in page.text
    assert page.element(f"compose-filters-{pair}_min")["aria-invalid"] == "true"


def test_a_name_in_a_list_that_is_none_is_told_by_its_place(browse, running):
    page = shown(send(browse(running), "unfollow", {"keep": "one, two, thr€e"}), 422)
    assert "Number 3 is not right." in page.text
    assert page.element("compose-keep")["aria-invalid"] == "true"


@pytest.mark.parametrize(("kind", "limit"), [("follow-hashtag", "10 follows"), ("like-hashtag", "20 likes")])
def test_the_form_says_how_much_may_be_placed(browse, running, kind, limit):
    text = browse(running).page(address(kind)).text
    assert "Up to 200." in text
    assert f"At most {limit} a day (warm-up)." in text


def test_an_address_fills_the_form(browse, running):
    values = browse(running).page(f"{address('like-hashtag')}&hashtag=tea&order=clips&amount=9").forms["compose"].values
    assert (values["hashtag"], values["order"], values["amount"]) == (["tea"], ["clips"], ["9"])


NOT_LINKED = ("No Instagram account is connected.", "/settings/connection")
OBSTACLES = [
    (situations.unlinked, *NOT_LINKED),
    (situations.waiting_for("two_factor"), "Instagram wants to know that it is you.", "/settings/connection"),
    (situations.ended_by("INSTAGRAM_LOGGED_OUT"), "Your Instagram account is disconnected.", "/settings/connection"),
    (situations.own_limit(0), "Your limit is 0 follows a day.", "/settings/limits"),
]


@pytest.mark.parametrize(("bring", "said", "href"), OBSTACLES)
@pytest.mark.usefixtures("placed")
def test_what_would_refuse_the_action_is_said_before_with_one_button(app, browse, clock, running, bring, said, href):
    with app.app_context():
        bring(running.id, clock.moment)
    page = browse(running).page("/actions/new")
    assert said in page.text
    assert page.has("obstacle")
    assert href in page.links
    assert not page.has("start-action")


def test_a_ceiling_of_zero_is_said_to_be_the_admins(app, browse, clock, running):
    with app.app_context():
        situations.admin_allows_no_follows(running.id, clock.moment)
    page = browse(running).page("/actions/new")
    assert "Your admin allows no follows." in page.text
    assert not page.has("start-action")
    assert browse(running).page(address("like-hashtag")).has("start-action")


def test_as_many_open_actions_as_may_be_are_said_before(app, browse, running):
    with app.app_context():
        for _ in range(MAX_OPEN - 1):
            follow_hashtag(running.id, FollowHashtag(hashtag="coffee", amount=1))
    browser = browse(running)
    assert browser.page("/actions/new").has("start-action")
    send(browser, "follow-hashtag")
    page = browser.page("/actions/new")
    assert f"You have {MAX_OPEN} open actions" in page.text
    assert not page.has("start-action")


def test_a_bot_that_is_off_is_turned_on_from_the_form_and_nothing_typed_is_lost(app, browse, running):
    with app.app_context():
        lifecycle.stop(running.id)
    browser = browse(running)
    page = browser.page(address("like-hashtag"))
    assert "Your bot is off." in page.text
    assert page.element("turn-on")["form"] == "compose"
    form = page.forms["compose"]
    form.action = str(page.element("turn-on")["formaction"])
    page = shown(browser.post(form, {"hashtag": "tea", "amount": "17"}))
    assert "Your bot is on." in page.text
    assert (page.forms["compose"].values["hashtag"], page.forms["compose"].values["amount"]) == (["tea"], ["17"])
    assert page.has("start-action")
    assert actions_of(app, running) == []


def test_no_action_is_taken_before_the_session_is_valid(browse, alice):
    assert "/help/errors/E-AUTH-E-0003" in shown(send(browse(alice), "follow-hashtag"), 409).links


DRAFTS = [
    ("follow-hashtag", {"hashtag": "coffee", "order": "top", "amount": "7"}),
    ("follow-followers", {"account": "some.body", "amount": "3", "whom": "here", "filters.followers_min": "12"}),
    ("like-hashtag", {"hashtag": "tea", "amount": "2", "repeat.every_days": "2", "start_at": "2026-03-11T09:00"}),
    ("view-stories", {"whose": "listed", "usernames": "one, two"}),
    ("view-stories", {"whose": "followed", "amount": "3"}),
    ("unfollow", {"amount": "4", "older_than_days": "30", "keep": "one, two", "only_not_following_back": "true"}),
]


@pytest.mark.parametrize(("kind", "typed"), DRAFTS)
@pytest.mark.parametrize("how", ["repeat", "duplicate"])
def test_an_own_action_fills_the_form_with_what_it_was_placed_with(app, browse, running, kind, typed, how):
    browser = browse(running)
    form = browser.page(address(kind)).forms["compose"]
    assert browser.post(form, typed).status_code == 303
    (action,) = actions_of(app, running)
    again = browser.page(f"/actions/new?{how}={action.id}").forms["compose"]
    plan = ("repeat.every_days", "start_at")
    expected = {name: [value] for name, value in typed.items() if how == "duplicate" or name not in plan}
    if "only_not_following_back" in typed:
        expected["only_not_following_back"] = ["false", "true"]
    assert {name: again.values[name] for name in expected} == expected
    assert again.values["what"] == [kind]
    assert how == "duplicate" or again.values["start_at"] == [""]
    assert browser.post(again).status_code == 303
    copy, original = actions_of(app, running)
    assert (copy.kind, copy.params, copy.total) == (original.kind, original.params, original.total)


def test_filters_that_are_the_defaults_stay_with_the_defaults(app, browse, running):
    browser = browse(running)
    send(browser, "follow-hashtag")
    (action,) = actions_of(app, running)
    repeat = f"/actions/new?repeat={action.id}"
    assert browser.page(repeat).forms["compose"].values["whom"] == ["settings"]
    with app.app_context():
        change_settings(running.id, Settings(filters={"followers_min": 7}))
    values = browser.page(repeat).forms["compose"].values
    assert (values["whom"], values["filters.followers_min"]) == (["here"], [""])


def test_another_users_action_fills_nothing(app, browse, bob, running):
    send(browse(running), "follow-hashtag")
    (action,) = actions_of(app, running)
    for unknown in (action.id, uuid.uuid4(), "1"):
        assert browse(bob).get(f"/actions/new?repeat={unknown}").status_code == 404
