"""*Preview matches*: the only button of the composer that asks Instagram."""

from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from bot.core.errors import BotException
from bot.linking import outcomes, requests
from bot.linking.claimed import claim
from bot.storage.models import AccountRequest
from bot.storage.tenancy import tenant
from tests.web.browser import HTMX, shown
from tests.web.test_composer import EVERY_KIND, actions_of, address, send

FOUND = [
    {"target": "first", "person": "first", "accepted": True, "reason": None, "message": None},
    {"target": "second", "person": "second", "accepted": False, "reason": "private", "message": "…"},
    {"target": "third", "person": "third", "accepted": None, "reason": None, "message": None},
]
PREVIEW = "/actions/new/preview"
ESTIMATE = "/actions/new/estimate"


def preview(browser, kind, values=None, **options):
    return send(browser, kind, values, PREVIEW, **options)


def find(user, candidates=FOUND):
    return lambda taken: outcomes.previewed(user.id, taken, candidates)


def asked(app, user):
    with app.app_context(), tenant(user.id, reading=True) as session:
        return session.scalars(select(AccountRequest.kind)).all()


def test_matches_are_shown_and_nothing_is_placed(app, browse, worker, running):
    with worker(running, find(running)):
        response = preview(browse(running), "follow-hashtag", {"amount": "7"})
    page = shown(response)
    assert "1 of the first 2" in page.text
    assert "@first Match" in page.text
    assert "@second Has a private account" in page.text
    assert "1 more, checked in their turn @third" in page.text
    assert page.forms["compose"].values["amount"] == ["7"]
    assert page.forms["compose"].values["hashtag"] == ["#Coffee"]
    assert actions_of(app, running) == []


def test_only_the_button_asks_instagram(app, browse, running, worker):
    browser = browse(running)
    for kind in EVERY_KIND:
        browser.page(address(kind))
        assert send(browser, kind, None, ESTIMATE, headers=HTMX).status_code == 200
        assert send(browser, kind, None, ESTIMATE).status_code == 200
        assert send(browser, kind).status_code == 303
    assert asked(app, running) == []
    with worker(running, find(running)):
        preview(browser, "follow-hashtag")
    assert asked(app, running) == ["preview"]


@pytest.mark.parametrize(
    ("change", "old"),
    [
        ({}, False),
        ({"amount": "50", "start_at": "2026-03-12T09:00", "repeat.every_days": "2"}, False),
        ({"hashtag": "tea"}, True),
        ({"order": "top"}, True),
        ({"whom": "here", "filters.followers_min": "3"}, True),
        ({"hashtag": ""}, True),
    ],
)
def test_matches_that_were_found_for_other_fields_are_marked_as_old(browse, worker, running, change, old):
    browser = browse(running)
    with worker(running, find(running)):
        form = shown(preview(browser, "follow-hashtag")).forms["compose"]
    form.action = ESTIMATE
    told = shown(browser.post(form, change, headers=HTMX))
    assert ("These are from before your change." in told.text) is old
    assert told.element("preview-age")["hx-swap-oob"] == "true"


def test_a_reload_after_a_preview_shows_the_same_fields(browse, worker, running):
    browser = browse(running)
    typed = {"amount": "7", "order": "top", "whom": "here", "filters.followers_min": "3", "filters.scripts": ["latin"]}
    with worker(running, find(running)):
        response = preview(browser, "follow-hashtag", typed)
    where = response.headers["HX-Replace-Url"]
    assert parse_qs(urlsplit(where).query)["what"] == ["follow-hashtag"]
    before, after = (one.forms["compose"].values for one in (shown(response), browser.page(where)))
    same = ("what", "amount", "order", "whom", "filters.followers_min", "filters.scripts", "filters.skip_private")
    assert {name: after[name][-1] for name in same} == {name: before[name][-1] for name in same}
    assert after["hashtag"] == ["coffee"]


def test_an_address_never_grows_too_long(browse, worker, running):
    people = "\n".join(f"somebody.with.a.long.name{number}" for number in range(150))
    with worker(running, find(running)):
        response = preview(browse(running), "view-stories", {"usernames": people, "whose": "listed"})
    assert response.headers["HX-Replace-Url"] == address("view-stories")


def test_a_search_that_finds_no_one_says_so(browse, worker, running):
    with worker(running, find(running, [])):
        page = shown(preview(browse(running), "unfollow"))
    assert "No one that your bot followed fits." in page.text


def test_a_search_that_takes_long_is_waited_for_with_the_form(monkeypatch, app, browse, worker, running):
    monkeypatch.setattr("bot.actions.placing.preview", partial(requests.preview, wait=0))
    browser = browse(running)
    page = shown(preview(browser, "like-hashtag"), 202)
    form = page.forms["compose"]
    form.action = str(page.element("looking")["hx-post"])
    assert "Waiting for Instagram" in shown(browser.post(form, headers=HTMX), 202).text
    with worker(running, find(running)):
        pass
    page = shown(browser.post(form))
    assert "@first" in page.text
    assert page.forms["compose"].values["hashtag"] == ["tea"]
    assert page.forms["compose"].values["order"] == ["top"]
    assert actions_of(app, running) == []


def test_a_search_that_instagram_refuses_says_why(browse, worker, running):
    def refuse(taken):
        with tenant(running.id):
            outcomes.failed(running.id, taken, BotException("INSTAGRAM_PLEASE_WAIT"))

    with worker(running, refuse):
        response = preview(browse(running), "follow-hashtag")
    page = shown(response, 409)
    assert "Instagram asks to wait" in page.text
    assert page.forms["compose"].values["hashtag"] == ["#Coffee"]


def test_a_stranger_waits_for_no_search_of_mine(monkeypatch, browse, bob, running):
    monkeypatch.setattr("bot.actions.placing.preview", partial(requests.preview, wait=0))
    page = shown(preview(browse(running), "follow-hashtag"), 202)
    browser = browse(bob)
    form = browser.page("/actions/new").forms["compose"]
    form.action = str(page.element("looking")["hx-post"])
    assert browser.post(form, EVERY_KIND["follow-hashtag"][0]).status_code == 404


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
        response = preview(browse(running), kind, {"amount": "7"})
    page = shown(response, BotException(name).status)
    assert page.element(f"compose-{field}")["aria-invalid"] == "true"
    assert message in page.text
    assert page.forms["compose"].values["amount"] == ["7"]
    assert page.element(f"compose-{field}")["value"] == EVERY_KIND[kind][0][field]


def test_a_search_that_took_long_keeps_the_form_as_well(app, browse, monkeypatch, running):
    monkeypatch.setattr(requests, "wait_for", lambda user_id, asked, _seconds: requests.get_request(user_id, asked))
    browser = browse(running)
    waiting = shown(preview(browser, "follow-followers", {"amount": "7"}), 202)
    form = waiting.forms["compose"]
    form.action = str(waiting.element("looking")["hx-post"])
    with app.app_context():
        taken = claim(running.id, form.action.rsplit("/", 1)[1])
        outcomes.failed(running.id, taken, BotException("INSTAGRAM_PERSON_NOT_FOUND"))
    page = shown(browser.post(form), 404)
    assert page.element("compose-account")["aria-invalid"] == "true"
    assert page.forms["compose"].values["amount"] == ["7"]
