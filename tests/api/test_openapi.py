import re
from html.parser import HTMLParser

import pytest

from api.openapi import _EXTENSION
from bot.core.errors import registry
from tests.api.caller import json_of, operations

# Nothing here depends on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def described(calls):
    return json_of(calls().get("/openapi.json"))


def test_it_is_openapi_3_1(described):
    assert described["openapi"].startswith("3.1")
    # Importing it takes longer than most tests.
    from openapi_spec_validator import OpenAPIV31SpecValidator

    assert [str(error) for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_every_route_of_the_api_is_described(app, described):
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api")
    }
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == routes
    assert {path for path in described["paths"] if not path.startswith("/api/")} == set()


def test_every_operation_has_words_and_a_name_of_its_own(described):
    found = operations(described)
    assert len(found) == sum(len(methods) for methods in described["paths"].values())
    assert {name for name, operation in found.items() if not operation["summary"].endswith(".")} == set()


def test_every_failure_is_a_problem_with_registered_names(described):
    for operation in operations(described).values():
        for status, response in operation["responses"].items():
            if status >= "400":
                (content_type, content), *rest = response["content"].items()
                names = content["schema"]["properties"]["error"]["enum"]
                assert (content_type, rest) == ("application/problem+json", [])
                assert {registry()[name].status for name in names} == {int(status)}


def test_every_operation_says_who_may_call_it(described):
    assert set(described["components"]["securitySchemes"]) == {"bearer", "cookie", "session_id"}
    # Public ones, that say 401 of a wrong password, or of a link that wants its user.
    public = ("login", "login_by_instagram", "initialize_password", "verify_email")
    for name, operation in operations(described).items():
        unauthorized = "401" in operation["responses"] and name not in public
        assert bool(operation["security"]) is unauthorized


def test_no_input_takes_unknown_fields(described):
    schemas = described["components"]["schemas"]
    bodies = [operation["requestBody"] for operation in operations(described).values() if "requestBody" in operation]
    found = [content["schema"] for body in bodies for content in body["content"].values()]
    references = [part["$ref"] for schema in found for part in schema.get("anyOf", [schema])]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert {reference.rpartition("/")[2] for reference in references} - closed == set()


def test_a_body_of_several_shapes_is_described_in_each(described):
    found = operations(described)
    assert set(found["send_messages"]["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    shapes = found["change_limits"]["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert [shape["$ref"].rpartition("/")[2] for shape in shapes] == ["OwnLimits", "Ceilings"]


def test_a_list_that_comes_as_a_table_too_says_so(described):
    for name in ("list_results", "show_activity"):
        assert set(operations(described)[name]["responses"]["200"]["content"]) == {"application/json", "text/csv"}


def test_the_document_does_not_depend_on_who_asked_first(app, calls):
    del app.extensions[_EXTENSION]
    first = calls().get("/openapi.json", headers={"Host": "127.0.0.1:1234"})
    assert "1234" not in first.text
    assert json_of(first) == json_of(calls().get("/openapi.json"))


class Page(HTMLParser):
    """What a page holds: ids, links, names of elements, and whether a style or a script is written into it."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.elements, self.attributes = [], set(), set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src"):
                self.links.add(value)


@pytest.fixture
def page(calls):
    return Page(calls().get("/docs").text)


def test_the_page_shows_every_operation(page, described):
    assert set(operations(described)) <= set(page.ids)


def test_the_page_stands_under_the_content_policy(page):
    assert page.elements & {"script", "style", "iframe", "object", "base"} == set()
    assert {name for name in page.attributes if name == "style" or name.startswith("on")} == set()
    assert {link for link in page.links if link.startswith(("http:", "https:", "//"))} == set()


def test_the_page_leads_to_what_is_there(calls, page):
    assert len(page.ids) == len(set(page.ids))
    assert {link for link in page.links if link.startswith("#") and link[1:] not in page.ids} == set()
    for link in page.links:
        if link.startswith("/api"):
            assert calls().get(link.removeprefix("/api")).status_code == 200


def test_the_stylesheet_is_kept_by_browsers(calls):
    response = calls().get("/docs.css")
    assert response.headers["ETag"]
    assert "no-store" not in response.headers["Cache-Control"]
