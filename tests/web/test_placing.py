from functools import partial

import pytest

from bot.actions.control import list_actions
from bot.core.errors import BotException
from bot.linking import outcomes, requests
from bot.linking.claimed import claim
from bot.settings.preferences import Settings, change_settings
from bot.storage.tenancy import tenant
from tests.web.browser import HTMX, shown
from web.automation import ACTION_KINDS

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
FOUND = [
    {"target": "first", "person": "first", "accepted": True, "reason": None, "message": None},
    {"target": "second", "person": "second", "accepted": False, "reason": "private", "message": "…"},
    {"target": "third", "person": "third", "accepted": None, "reason": None, "message": None},
]


def actions_of(app, user):
    with app.app_context():
        return [progress.action for progress in list_actions(user.id, 100, None).items]


def send(browser, kind, values=None):
    return browser.send(f"/automation?kind={kind}", kind, EVERY_KIND[kind][0] | (values or {}))


def look(user, candidates=FOUND):
    return lambda taken: outcomes.previewed(user.id, taken, candidates)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_kind_is_placed_and_listed(app, browse, running, kind):
    browser = browse(running)
    response = send(browser, kind)
    assert (response.status_code, response.location) == (303, f"/automation?kind={kind}")
    page, title = browser.page(response.location), EVERY_KIND[kind][1]
    assert f"Accepted: {title}." in page.text
    (action,) = actions_of(app, running)
    assert action.kind == kind
    assert page.has(f"action-{action.id}")


@pytest.mark.parametrize(("kind", "tab", "title"), TITLES_BY_TAB)
def test_the_title_says_which_posts_of_a_hashtag_are_meant(browse, running, kind, tab, title):
    browser = browse(running)
    response = send(browser, kind, {"order": tab})
    assert f"Accepted: {title}." in browser.page(response.location).text


def test_one_form_is_shown_at_a_time(browse, running):
    browser = browse(running)
    assert {f"/automation?kind={kind}#new-action" for kind in ACTION_KINDS} <= set(browser.page("/automation").links)
    for kind in ("like-hashtag", "unfollow"):
        assert set(browser.page(f"/automation?kind={kind}").forms) & set(ACTION_KINDS) == {kind}
    assert "follow-hashtag" in browser.page("/automation?kind=nothing").forms


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
    assert page.element("view-stories-usernames")["aria-invalid"] == "true"
    assert "#view-stories-usernames" in page.links


def test_filters_are_those_of_the_settings_where_nothing_else_is_chosen(app, browse, running):
    with app.app_context():
        change_settings(running.id, Settings(filters={"followers_min": 7}))
    browser = browse(running)
    page = browser.page("/automation")
    assert "fewer than 7 followers, private accounts, people handled before" in page.text
    send(browser, "follow-hashtag", {"filters.followers_min": "99"})
    assert actions_of(app, running)[0].params["filters"]["followers_min"] == 7


@pytest.mark.parametrize("kind", ACTION_KINDS)
def test_filters_that_only_actions_to_follow_go_by_are_not_offered_for_others(browse, running, kind):
    page = browse(running).page(f"/automation?kind={kind}")
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
    page = browser.page("/automation")
    assert "Planned for Mar 11, 9:00" in page.text
    assert "repeats every 2 days at 09:30" in page.text


def test_a_form_that_is_sent_twice_is_one_action(app, browse, running):
    browser = browse(running)
    form = browser.page("/automation").forms["follow-hashtag"]
    for _ in range(2):
        assert browser.post(form, HASHTAG).status_code == 303
    assert len(actions_of(app, running)) == 1


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
        assert page.element(f"follow-hashtag-{name}")["aria-invalid"] == "true"
        assert f"#follow-hashtag-{name}" in page.links
    assert page.element("follow-hashtag-hashtag")["value"] == "two words"
    form = page.forms["follow-hashtag"].values
    assert form["filters.followers_min"] == ["9"]
    assert form["filters.skip_private"] == ["false"]
    assert form["whom"] == ["here"]
    assert actions_of(app, running) == []


@pytest.mark.parametrize("pair", ["followers", "following", "ratio"])
def test_a_smallest_above_its_largest_is_told_at_it(browse, running, pair):
    values = {"whom": "here", f"filters.{pair}_min": "9", f"filters.{pair}_max": "8"}
    page = shown(send(browse(running), "follow-hashtag", values), 422)
    assert "The smallest is above the largest." in page.text
    assert page.element(f"follow-hashtag-filters-{pair}_min")["aria-invalid"] == "true"


def test_a_name_in_a_list_that_is_none_is_told_by_its_place(browse, running):
    page = shown(send(browse(running), "unfollow", {"keep": "one, two, thr€e"}), 422)
    assert "Number 3 is not right." in page.text
    assert page.element("unfollow-keep")["aria-invalid"] == "true"


@pytest.mark.parametrize(("kind", "hint"), [("follow-hashtag", 10), ("like-hashtag", 20), ("view-stories", 30)])
def test_the_form_says_how_much_may_be_placed(browse, running, kind, hint):
    text = browse(running).page(f"/automation?kind={kind}").text
    assert f"At most 200 an action. Your limit is {hint} a day." in text


def test_no_action_is_offered_or_taken_before_the_session_is_valid(browse, alice):
    browser = browse(alice)
    page = browser.page("/automation")
    assert not set(page.forms) & set(ACTION_KINDS)
    form = page.forms["link"]
    form.action, form.values = "/automation/follow-hashtag", {"csrf_token": form.values["csrf_token"]}
    assert "/help/errors/E-AUTH-E-0003" in shown(browser.post(form, HASHTAG), 409).links


def test_a_dry_run_shows_whom_it_would_find_and_places_nothing(app, browse, worker, running):
    with worker(running, look(running)):
        response = send(browse(running), "follow-hashtag", {"dry_run": "true", "amount": "7"})
    page = shown(response)
    assert "1 of the first 2 would be accepted. Nothing was done." in page.text
    assert "@first Accepted @second Left out Has a private account" in page.text
    assert "1 more, looked up when their turn comes @third" in page.text
    assert page.forms["follow-hashtag"].values["amount"] == ["7"]
    assert page.forms["follow-hashtag"].values["hashtag"] == ["#Coffee"]
    assert actions_of(app, running) == []


def test_a_dry_run_that_finds_nobody_says_so(browse, worker, running):
    with worker(running, look(running, [])):
        page = shown(send(browse(running), "unfollow", {"dry_run": "true"}))
    assert "Nobody whom this bot followed fits." in page.text


def test_a_dry_run_that_takes_long_is_waited_for_with_the_form(monkeypatch, app, browse, worker, running):
    monkeypatch.setattr("bot.actions.placing.preview", partial(requests.preview, wait=0))
    browser = browse(running)
    page = shown(send(browser, "like-hashtag", {"dry_run": "true"}), 202)
    form = page.forms["look"]
    assert page.element("look")["hx-post"] == form.action
    assert "Waiting for Instagram" in shown(browser.post(form, headers=HTMX), 202).text
    with worker(running, look(running)):
        pass
    page = shown(browser.post(form))
    assert "@first" in page.text
    assert page.forms["like-hashtag"].values["hashtag"] == ["tea"]
    assert page.forms["like-hashtag"].values["order"] == ["top"]
    assert actions_of(app, running) == []


def test_a_dry_run_that_instagram_refuses_says_why(browse, worker, running):
    def refuse(taken):
        with tenant(running.id):
            outcomes.failed(running.id, taken, BotException("INSTAGRAM_PLEASE_WAIT"))

    with worker(running, refuse):
        response = send(browse(running), "follow-hashtag", {"dry_run": "true"})
    page = shown(response, 409)
    assert "Instagram asks to wait" in page.text
    assert page.forms["follow-hashtag"].values["hashtag"] == ["#Coffee"]


def test_a_stranger_waits_for_no_dry_run_of_mine(monkeypatch, app, browse, bob, running):
    monkeypatch.setattr("bot.actions.placing.preview", partial(requests.preview, wait=0))
    form = shown(send(browse(running), "follow-hashtag", {"dry_run": "true"}), 202).forms["look"]
    browser = browse(bob)
    form.values["csrf_token"] = browser.page("/automation").forms["link"].values["csrf_token"]
    assert browser.post(form).status_code == 404


MISSING = [
    ("follow-followers", "account", "INSTAGRAM_PERSON_NOT_FOUND", "There is no Instagram account @some.body."),
    ("follow-followers", "account", "INSTAGRAM_PERSON_PRIVATE", "The account @some.body is private"),
    ("follow-hashtag", "hashtag", "HASHTAG_EMPTY", "Instagram shows no posts under #coffee."),
    ("like-hashtag", "hashtag", "HASHTAG_EMPTY", "Instagram shows no posts under #tea."),
]


@pytest.mark.parametrize(("kind", "field", "name", "message"), MISSING)
def test_a_source_that_is_not_there_is_told_at_its_field_and_the_form_stays(
    browse, worker, running, kind, field, name, message
):
    def refuses(_taken):
        raise BotException(name)

    with worker(running, refuses):
        response = send(browse(running), kind, {"dry_run": "true", "amount": "7"})
    page = shown(response, BotException(name).status)
    assert page.element(f"{kind}-{field}")["aria-invalid"] == "true"
    assert message in page.text
    assert page.forms[kind].values["amount"] == ["7"]
    assert page.element(f"{kind}-{field}")["value"] == EVERY_KIND[kind][0][field]


def test_a_dry_run_that_took_long_keeps_the_form_as_well(app, browse, monkeypatch, running):
    monkeypatch.setattr(requests, "wait_for", lambda user_id, asked, _seconds: requests.get_request(user_id, asked))
    browser = browse(running)
    waiting = shown(send(browser, "follow-followers", {"dry_run": "true", "amount": "7"}), 202)
    form = next(form for form in waiting.forms.values() if "/preview/" in form.action)
    with app.app_context():
        taken = claim(running.id, form.action.rsplit("/", 1)[1])
        outcomes.failed(running.id, taken, BotException("INSTAGRAM_PERSON_NOT_FOUND"))
    page = shown(browser.post(form), 404)
    assert page.element("follow-followers-account")["aria-invalid"] == "true"
    assert page.forms["follow-followers"].values["amount"] == ["7"]
