import io
from zipfile import ZipFile

import pytest

from tests.api.caller import Caller, json_of, refusal
from tests.web.browser import shown

PATH = "/settings/data"


def test_the_settings_lead_to_it(browse, alice):
    assert PATH in browse(alice).page("/settings/profile").links


def test_everything_is_downloaded(browse, alice):
    browser = browse(alice)
    assert f"{PATH}/export" in browser.page(PATH).links
    response = browser.get(f"{PATH}/export")
    assert response.headers["Cache-Control"] == "no-store"
    with ZipFile(io.BytesIO(response.data)) as archive:
        assert "README.txt" in archive.namelist()


@pytest.mark.parametrize("path", [PATH, f"{PATH}/export", f"{PATH}/erase"])
def test_whoever_signed_in_long_ago_confirms_first(browse, alice, clock, path):
    clock.advance(minutes=11)
    response = browse(alice).get(path)
    assert (response.status_code, response.location) == (303, f"/profile/confirm?next={path}")


def test_erasing_asks_for_the_name_and_signs_out(browse, alice, bob):
    browser = browse(alice)
    wrong = shown(browser.send(f"{PATH}/erase", "erase", {"username": "bob"}), 422)
    assert wrong.element("erase-username")["aria-invalid"] == "true"
    assert browse(alice).page("/").text
    page = browser.sent(f"{PATH}/erase", "erase", {"username": "Alice"})
    assert "Everything of yours is erased." in page.text
    assert browse(alice).get("/").status_code == 303
    assert browse(bob).get("/").status_code == 200


def test_the_last_administrator_is_told_why_not(browse, ada):
    page = shown(browse(ada).send(f"{PATH}/erase", "erase", {"username": "ada"}), 409)
    assert "Make another user an admin first." in page.text


def test_page_and_api_count_together_and_say_when_to_come_back(app, browse, alice, clock):
    caller, browser = Caller(app, alice), browse(alice)
    api, page = f"/users/{alice.id}/export", "/settings/data/export"
    assert [answer.status_code for answer in (caller.get(api), browser.get(page), caller.get(api))] == [200] * 3
    clock.advance(minutes=5)
    answer, shown = caller.get(api), browser.get(page)
    assert refusal(answer) == (429, "TOO_MANY_ATTEMPTS")
    assert shown.status_code == 429
    assert answer.headers["Retry-After"] == shown.headers["Retry-After"] == "600"
    said = "It was downloaded several times just now. Try again in 10 minutes."
    assert json_of(answer)["message"] == said
    assert said in shown.text
