"""Links of templates lead somewhere: no address and no name of a view is left over from a page that moved."""

import re
from functools import cache

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from tests.structure.source import ROOT
from web.assets import blueprint

TEMPLATES = sorted((ROOT / "web" / "templates").rglob("*.html"))
_VIEW = re.compile(r"""url_for\(\s*["'](web\.[\w.]+)["']""")
_ADDRESS = re.compile(r"""(?:href|action|hx-get|hx-post)="(/[^"{#?]*)[#?"]""")
# Pages of the API are no pages of web/.
_ELSEWHERE = ("/api/",)


@cache
def pages() -> Flask:
    app = Flask("pages")
    app.register_blueprint(blueprint)
    return app


def leads_somewhere(address: str) -> bool:
    found = pages().url_map.bind("localhost")
    for method in ("GET", "POST"):
        try:
            found.match(address, method)
        except (NotFound, MethodNotAllowed):
            continue
        except RequestRedirect:
            return True
        return True
    return False


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_each_link_of_a_template_leads_to_a_page(template):
    text = template.read_text()
    views = {name for name in _VIEW.findall(text) if name not in pages().view_functions}
    addresses = {one for one in _ADDRESS.findall(text) if not one.startswith(_ELSEWHERE) and not leads_somewhere(one)}
    assert (views, addresses) == (set(), set())


def test_a_link_to_nowhere_is_found():
    assert not leads_somewhere("/overview")
    assert leads_somewhere("/actions")
