"""A field that is refused is told the same by the page and by the API: both use the reader of bot/."""

import pytest

from tests.api.caller import Caller
from tests.web.browser import shown

NAME, ADDRESS = "two words", "ä@example.org"
# What is typed; where the page takes it: address, form, field; where the API does: method, path, field.
CASES: dict[str, tuple[dict[str, object], tuple[str, str, str], tuple[str, str, str]]] = {
    "a hashtag": (
        {"hashtag": "#coffee, #tea", "amount": 3},
        ("/actions/new?what=follow-hashtag", "compose", "hashtag"),
        ("POST", "/bot/actions/follow-hashtag", "hashtag"),
    ),
    "a hashtag of posts": (
        {"hashtag": "coffee shop", "amount": 3},
        ("/actions/new?what=like-hashtag", "compose", "hashtag"),
        ("POST", "/bot/actions/like-hashtag", "hashtag"),
    ),
    "an account": (
        {"account": ".nat", "amount": 3},
        ("/actions/new?what=follow-followers", "compose", "account"),
        ("POST", "/bot/actions/follow-followers", "account"),
    ),
    "somebody to leave alone": (
        {"username": NAME},
        ("/settings/lists/do-not-contact", "add", "username"),
        ("POST", "/bot/do-not-contact", "username"),
    ),
    "a time zone": (
        {"timezone": "localtime"},
        ("/settings/schedule", "form-hours", "timezone"),
        ("PUT", "/bot/settings", "timezone"),
    ),
    "a proxy": (
        {"proxy": "10.0.0.1:80:10.0.0.2:90"},
        ("/settings/connection/proxy", "form-proxy", "proxy"),
        ("PUT", "/bot/settings", "proxy"),
    ),
    "a proxy elsewhere": (
        {"proxy": "8.8.8.8:8080:user:pass"},
        ("/settings/connection/proxy", "form-proxy", "proxy"),
        ("PUT", "/bot/settings", "proxy"),
    ),
    "a new user's address": (
        {"username": "newcomer", "email": ADDRESS},
        ("/admin/people", "user", "email"),
        ("POST", "/users", "email"),
    ),
    "a new user's name": ({"username": NAME}, ("/admin/people", "user", "username"), ("POST", "/users", "username")),
}


@pytest.mark.parametrize("case", CASES)
def test_page_and_api_say_the_same(app, browse, running, ada, case):
    typed, (page, form, place), (method, path, field) = CASES[case]
    somebody = ada if path == "/users" else running
    answer = Caller(app, somebody).call(method, path, json=typed)
    assert answer.status_code == 422
    (problem,) = [problem for problem in answer.get_json()["errors"] if problem["field"] == field]
    values = {name: str(value) for name, value in typed.items()}
    refused = shown(browse(somebody).send(page, form, values), 422)
    assert problem["message"] in refused.text
    wrong = [one for _, one in refused.elements if one.get("aria-invalid") == "true"]
    assert [one["name"] for one in wrong] == [place]


def test_an_address_at_linking_is_told_from_a_username_by_both(app, browse, alice):
    typed = {"username": "anna@example.org", "password": "pass word"}
    answer = Caller(app, alice).post("/bot/login", json=typed)
    (problem,) = answer.get_json()["errors"]
    assert problem["message"].startswith("Type the username, not the e-mail address.")
    assert problem["message"] in shown(browse(alice).send("/settings/connection/link", "link", typed), 422).text


def test_a_username_is_taken_as_a_link_on_the_page_too(app, browse, alice):
    page = browse(alice).sent(
        "/settings/lists/do-not-contact", "add", {"username": "https://www.instagram.com/Anna.B/"}
    )
    assert "@anna.b is not contacted from now on." in page.text
