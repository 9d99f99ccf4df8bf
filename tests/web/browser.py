"""A browser without scripts: reads a page, fills its forms in as a person would, and sends them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from middleware.access import Access, access_of
from tests.support.people import Somebody

_TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/automation"}
_VOID = {"br", "hr", "img", "input", "link", "meta"}
Attributes = dict[str, str | None]


@dataclass
class Form:
    """A form as it was served: where it goes and what it sends when nobody types anything."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """What a page holds: every element with its attributes, the forms by their id, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.forms: dict[str, Form] = {}
        self.text = ""
        self._open: list[tuple[str, str]] = []
        self._texts: dict[str, str] = {}
        self._form: Form | None = None
        self._select: str | None = None
        self._lines: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag not in _VOID:
            self._open.append((tag, attributes.get("id") or ""))
        self.elements.append((tag, attributes))
        if tag == "form":
            self._form = Form(attributes.get("action") or "", attributes.get("method") or "get")
            self.forms[attributes.get("id") or f"form-{len(self.forms)}"] = self._form
        elif tag == "select":
            self._select = attributes.get("name")
        elif tag == "textarea":
            self._lines = attributes.get("name")
        elif tag in ("input", "option"):
            self._take_value(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._lines = None

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split()) + " " if data.strip() else ""
        self.text += words
        for _, element_id in self._open:
            if element_id:
                self._texts[element_id] = self._texts.get(element_id, "") + words
        if self._form and self._lines:
            # A browser leaves out the first line end.
            self._form.values[self._lines] = [data.removeprefix("\n")]

    def _take_value(self, tag: str, attributes: Attributes) -> None:
        name = self._select if tag == "option" else attributes.get("name")
        if self._form is None or name is None:
            return
        held = self._form.values.setdefault(name, [])
        if tag == "option" and held and "selected" not in attributes:
            return
        if attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes:
            return
        value = attributes.get("value") or ""
        self._form.values[name] = [value] if tag == "option" else [*held, value]

    def element(self, element_id: str) -> Attributes:
        """The attributes of the element with this id."""
        return next(attributes for _, attributes in self.elements if attributes.get("id") == element_id)

    def element_text(self, element_id: str) -> str:
        """The text in the element with that id."""
        return self._texts.get(element_id, "")

    def has(self, element_id: str) -> bool:
        return any(attributes.get("id") == element_id for _, attributes in self.elements)

    @property
    def dead_ends(self) -> list[str]:
        """Links to a part of the page that is not there, such as those of a failure to the field it is about."""
        inside = (link.removeprefix("#") for link in self.links if link.startswith("#"))
        return [part for part in inside if not self.has(part)]

    @property
    def tells_why(self) -> bool:
        """Whether the page of a refusal says what is wrong: at a field, as a question, or with the code in Details."""
        refused = any(attributes.get("aria-invalid") == "true" for _, attributes in self.elements)
        return refused or self.has("question") or "Details" in self.text

    @property
    def links(self) -> list[str]:
        return [attributes.get("href") or "" for tag, attributes in self.elements if tag == "a"]


class Browser:
    """Looks at pages as somebody, or as nobody; it follows no redirect by itself."""

    def __init__(self, app: Flask, somebody: Somebody | None = None) -> None:
        self.client = app.test_client()
        if somebody:
            self.client.set_cookie("troupe_session", somebody.token)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def page(self, path: str, status: int = 200) -> Page:
        """The page at that path, which has to answer with that status."""
        return shown(self.get(path), status)

    def send(self, path: str, form: str, values: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Sends a form of the page at that path, with these fields filled in."""
        return self.post(shown(self.get(path)).forms[form], values, **options)

    def post(self, form: Form, values: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.client.open(form.action, method=form.method.upper(), data=form.values | (values or {}), **options)

    def sent(self, path: str, form: str, values: dict[str, Any] | None = None) -> Page:
        """The page that a form leads to: it has to be accepted and to redirect."""
        response = self.send(path, form, values)
        assert response.status_code == 303, shown(response, response.status_code).text
        return self.page(response.location)


def holds(whole: TestResponse, part: TestResponse) -> bool:
    """Whether a page holds a part as it is fetched alone; each rendering of a form has a token of its own."""
    page, fetched = ("".join(_TOKEN.sub("", response.text).split()) for response in (whole, part))
    return bool(fetched) and fetched in page


def pages_of_users(app: Flask) -> Iterator[tuple[str, Access]]:
    """The address of every page behind a sign-in, with ids of nothing, and who may see it.

    Without pages of the demo, which has another name than the tests ask for.
    """
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if not rule.endpoint.startswith("web.") or "GET" not in (rule.methods or ()):
            continue
        assert access, rule.endpoint
        if not (access.public or access.demo):
            yield rule.build(dict.fromkeys(rule.arguments, "11111111-1111-4111-8111-111111111111"))[1], access


def shown(response: TestResponse, status: int = 200) -> Page:
    """The page of an answer, which has to have that status."""
    page = Page(response.get_data(as_text=True))
    assert response.status_code == status, page.text
    # What no form has can only come by an address, or from a program.
    dead_ends = [part for part in page.dead_ends if response.request.method == "POST" and not part.endswith("-?")]
    assert not dead_ends, dead_ends
    assert status != 422 or page.tells_why, page.text
    return page
