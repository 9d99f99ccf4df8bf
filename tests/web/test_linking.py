"""The pages of a link without a password, of the export, and of the phone that an account is on."""

import io
import json

import pytest

from bot.linking import outcomes
from bot.phones.hardware import hardware_of
from bot.phones.places import Place
from bot.settings.preferences import Settings, change_settings
from tests.structure.source import ROOT
from tests.web.browser import shown
from tests.web.test_accounts import LINK, NAMES, PROXY, sign_in
from web import link_words

COOKIE = "41%3AAbCdEfGhIjKlMnOp%3A12%3AAYcanary"


def adopted(user):
    """A worker for whom Instagram has shown the account of the session."""

    def answer(taken):
        assert json.loads(taken.instagram_session)["authorization_data"]["sessionid"] == COOKIE
        outcomes.linked(user.id, taken, session_data="{}", instagram_id="1", username="alice.photo")

    return answer


def file_of(text):
    return (io.BytesIO(text if isinstance(text, bytes) else text.encode()), "settings.json")


def test_the_place_of_a_new_account_is_said_and_can_be_chosen(app, browse, worker, alice):
    browser = browse(alice)
    assert "Default: United States" in browser.page("/settings/connection/link").text
    with app.app_context():
        change_settings(alice.id, Settings(timezone="Europe/Berlin"))
    assert "Default: Germany" in browser.page("/settings/connection/link").text

    def chosen_as_typed(taken):
        assert taken.place == Place("AT", "de", "Europe/Vienna")
        assert taken.chosen.hardware == hardware_of("pixel_6")
        sign_in(alice)(taken)

    with worker(alice, chosen_as_typed):
        browser.sent(LINK, "link", NAMES | {"country": "AT", "language": "de", "phone": "pixel_6"})


def test_a_place_that_does_not_fit_is_told_at_its_field(browse, alice):
    response = browse(alice).send(LINK, "link", NAMES | {"country": "AT", "timezone": "Europe/Paris"})
    page = shown(response, 422)
    assert "This time zone is not one of Austria." in page.text
    assert page.element("link-timezone")["aria-invalid"] == "true"
    assert page.element("link-timezone")["value"] == "Europe/Paris"


@pytest.mark.parametrize("path", ["/settings/connection", "/settings/connection/proxy"])
def test_a_proxy_in_another_country_is_warned_of(app, browse, linked, path):
    with app.app_context():
        change_settings(linked.id, Settings(proxy=PROXY, proxy_country="FR"))
    assert (
        "The country of the proxy is France, and that of the account is United States."
        in browse(linked).page(path).text
    )


def test_the_country_of_the_proxy_is_saved_with_it(browse, linked):
    page = browse(linked).sent("/settings/connection/proxy", "form-proxy", {"proxy": PROXY, "proxy_country": "US"})
    assert "port 8080, with a username, in United States." in page.text
    assert not page.has("elsewhere")


def test_the_page_and_the_readme_say_what_was_verified(browse, alice):
    assert link_words.VERIFIED in browse(alice).page("/settings/connection/link").text
    assert link_words.VERIFIED in " ".join((ROOT / "README.md").read_text().split())


@pytest.mark.parametrize(
    "sent",
    [
        lambda: {"session": COOKIE},
        lambda: {"session": "", "file": file_of(f"\ufeffsessionid={COOKIE}")},
        lambda: {
            "file": file_of(json.dumps({"authorization_data": {"ds_user_id": 41, "sessionid": COOKIE}}, indent=4))
        },
    ],
    ids=["pasted", "a file of a cookie", "a file of settings"],
)
def test_a_session_is_imported_without_a_password(browse, worker, alice, sent):
    with worker(alice, adopted(alice)):
        page = browse(alice).sent("/settings/connection/import", "import", sent())
    assert "The session works: your Instagram account is connected." in page.text
    assert "@alice.photo" in page.text


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        (lambda: {"session": "hello"}, "session", "neither the JSON that instagrapi writes nor a sessionid"),
        (lambda: {}, "session", "Fill this in."),
        (lambda: {"session": COOKIE, "file": file_of(COOKIE)}, "file", "not both"),
        (lambda: {"file": file_of("x" * 70_000)}, "file", "This file is larger than 64 KB."),
        (lambda: {"file": file_of(b"\xff\xfe\x00")}, "file", "characters that are not text"),
        (lambda: {"file": file_of("hello")}, "file", "neither the JSON that instagrapi writes nor a sessionid"),
        (lambda: {"file": file_of("{")}, "file", "This is not JSON."),
        (lambda: {"file": file_of("")}, "file", "This file is empty."),
        (lambda: {"file": file_of(" \n")}, "file", "This file is empty."),
    ],
    ids=["no session", "nothing", "both", "too large", "no text", "no session in a file", "not JSON", "empty", "blank"],
)
def test_what_is_no_session_is_told_at_its_field_and_not_filled_in_again(browse, alice, sent, field, said):
    response = browse(alice).send("/settings/connection/import", "import", sent())
    page = shown(response, 422)
    assert said in page.text
    assert page.element(f"import-{field}")["aria-invalid"] == "true"
    assert COOKIE not in response.text


def test_the_export_of_a_session_asks_first_and_is_a_download(browse, linked, clock):
    browser = browse(linked)
    assert "/settings/connection/export" in browser.page("/settings/connection").links
    response = browser.send("/settings/connection/export", "export-session")
    assert response.headers["Content-Disposition"].startswith("attachment; filename=instagram_insta.name_")
    assert response.headers["Cache-Control"] == "no-store"
    clock.advance(minutes=11)
    asked = browser.get("/settings/connection/export")
    assert (asked.status_code, asked.location) == (303, "/profile/confirm?next=/settings/connection/export")


def test_an_export_without_a_session_leads_to_the_linking(browse, alice):
    page = browse(alice).page("/settings/connection/export")
    assert "There is no session to export." in page.text
    assert "export-session" not in page.forms


def test_an_export_too_many_is_told_on_its_page(browse, linked):
    browser = browse(linked)
    for _ in range(3):
        assert browser.send("/settings/connection/export", "export-session").status_code == 200
    page = shown(browser.send("/settings/connection/export", "export-session"), 429)
    assert "Try again in" in page.text
