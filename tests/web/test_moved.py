from uuid import UUID

import pytest

from tests.web.browser import shown
from web.moved import FORMS, PAGES


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, new in PAGES.items() if "<" not in old])
def test_an_old_address_leads_to_the_page_of_today(browse, alice, ada, old, new):
    response = browse(ada if old.startswith("/admin/") else alice).get(f"{old}?a=1")
    place, _, part = new.partition("#")
    place += "&a=1" if "?" in place else "?a=1"
    assert (response.status_code, response.location) == (302, f"{place}{'#' + part if part else ''}")


@pytest.mark.parametrize(
    ("query", "place"),
    [("kind=like-hashtag", "/actions/new?what=like-hashtag"), ("kind=none", "/settings/connection?kind=none")],
)
def test_the_old_page_of_new_actions_leads_to_the_kind_that_it_names(browse, alice, query, place):
    assert browse(alice).get(f"/automation?{query}").location == place


def test_an_old_address_asks_whoever_is_not_signed_in_to_sign_in(browse):
    assert browse().get("/automation/bot").location.startswith("/login")


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, new in FORMS.items() if "<" not in old])
def test_a_form_of_an_old_page_does_nothing_and_names_the_new_one(browse, linked, ada, old, new):
    browser = browse(ada if old.startswith("/admin/") else linked)
    form = browser.page("/").forms["bot-switch"]
    form.action = old
    refused = shown(browser.post(form), 409)
    assert f"Open {new} and send the form there." in refused.text
    assert browser.page("/").forms["bot-switch"].action == "/bot/start"


@pytest.mark.parametrize("old", ["/admin/users", "/admin/lanes"])
def test_an_old_address_of_the_administration_is_for_admins(browse, alice, old):
    browse(alice).page(old, 403)


@pytest.mark.parametrize("old", ["/automation/like-hashtag", f"/automation/like-hashtag/preview/{UUID(int=1)}"])
def test_a_form_of_an_old_kind_of_action_names_that_kind(browse, linked, old):
    browser = browse(linked)
    form = browser.page("/").forms["bot-switch"]
    form.action = old
    assert "Open /actions/new?what=like-hashtag and" in shown(browser.post(form), 409).text
