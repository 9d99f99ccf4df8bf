import pytest

from middleware.access import access_of
from tests.web.browser import shown


def test_the_old_index_leads_to_the_help(browse):
    response = browse().get("/help/errors")
    assert (response.status_code, response.location) == (302, "/help")


@pytest.mark.parametrize("code", ["INSTAGRAM_LOGGED_OUT", "e-auth-e-0018", "E-AUTH-E-0018"])
def test_a_code_is_found_by_its_name_and_in_any_case(browse, code):
    response = browse().get(f"/help/errors/{code}")
    assert response.location == "/help/instagram-signed-the-bot-out?code=E-AUTH-E-0018"


def test_it_says_who_must_act(browse):
    assert "Who acts You" in browse().page("/help/instagram-signed-the-bot-out").text
    waits = browse().page("/help/instagram-asks-to-wait").text
    assert "No one. It passes by itself. Trying again later can help." in waits


@pytest.mark.parametrize("code", ["E-AUTH-E-9999", "nonsense", "%00", "<script>", "x" * 2000])
def test_an_unknown_code_is_not_found(browse, code):
    assert "/help/errors/E-API-E-0005" in browse().page(f"/help/errors/{code}", 404).links


def test_a_parameter_of_the_address_that_comes_twice_is_refused_on_every_page(app, browse, ada):
    browser, nobody = browse(ada), browse()
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if rule.endpoint.startswith("web.") and "GET" in rule.methods and not access.demo:
            path = rule.build(dict.fromkeys(rule.arguments, "11111111-1111-4111-8111-111111111111"))[1]
            page = shown((nobody if access.public else browser).get(f"{path}?cursor=a&next=/&cursor=b"), 422)
            assert "cursor : This is given twice." in page.text, path
            assert "/help/errors/E-API-E-0001" in page.links
    strange = nobody.page("/login?<b>x=1&<b>x=1", 422)
    assert "? : This is given twice." in strange.text


def test_the_error_page_says_code_remedy_and_request(browse):
    response = browse().get("/nowhere")
    page = shown(response, 404)
    assert "Check the address." in page.text
    assert response.headers["X-Request-ID"] in page.text


def test_what_nobody_foresaw_has_a_page_with_its_code_and_nothing_else(monkeypatch, browse, alice):
    def fail(*_: object) -> None:
        raise RuntimeError("a secret in the clear")

    monkeypatch.setattr("web.panel.bot_report", fail)
    response = browse(alice).get("/")
    page = shown(response, 500)
    code = next(link for link in page.links if "/E-API-C-" in link)
    assert "a secret" not in response.text
    assert "It was logged." in page.text
    known = browse().page(browse().get(code).location)
    assert f"Your code: {code.rpartition('/')[2]}" in known.text
    assert "your admin" in known.text.lower()
    assert "RuntimeError" not in known.text


def test_a_form_is_not_shown_again_after_what_nobody_foresaw(monkeypatch, browse, linked):
    def fail(*_: object) -> None:
        raise RuntimeError

    browser = browse(linked)
    form = browser.page("/settings/connection").forms["bot-switch"]
    monkeypatch.setattr("web.bots.lifecycle.start", fail)
    assert not shown(browser.post(form), 500).has("account")


def test_a_page_that_refuses_as_well_does_not_hide_the_first_failure(browse, alice):
    browser = browse(alice)
    form = browser.page("/settings/connection/link").forms["link"]
    form.action = "/settings/connection/link?cursor=nonsense"
    assert "/help/errors/E-API-E-0001" in shown(browser.post(form), 422).links


def test_another_method_is_told(browse, alice):
    assert "/help/errors/E-API-E-0006" in browse(alice).page("/automation/start", 405).links
