"""The addresses of pages, by who may see them, as the product declares them."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from e2e.visitor import Visitor
from middleware.access import Access, access_of
from tests.support.environment import config_for


def app_in(folder: Path) -> Flask:
    """Return an application to read addresses from. It keeps its files in that folder, and has no database."""
    from wsgi import create_app

    return create_app(config_for(folder, f"sqlite:///{folder}/none.db", "redis://127.0.0.1:1/0"))


@dataclass
class Pages:
    """The addresses of pages: those without parameters, and one of each kind that is linked."""

    app: Flask
    _linked: dict[str, str] = field(default_factory=dict)

    def plain(self, role: str, *blueprints: str) -> list[str]:
        """Return the pages of that role (guest, user, admin) whose address never changes, all or of some nouns."""
        rules = (rule for rule in self.app.url_map.iter_rules() if _is_page(rule) and not rule.arguments)
        return sorted(rule.rule for rule in rules if self._role(rule) == role and _is_of(rule, blueprints))

    def note(self, addresses: list[str]) -> None:
        """Keep the first address of each kind that has parameters."""
        adapter = self.app.url_map.bind("127.0.0.1")
        for address in addresses:
            try:
                rule, _ = adapter.match(urlsplit(address).path, return_rule=True)
            except HTTPException:
                continue
            if _is_page(rule) and rule.arguments:
                self._linked.setdefault(rule.rule, address)

    def linked(self, role: str, *blueprints: str) -> list[str]:
        rules = {rule.rule: rule for rule in self.app.url_map.iter_rules()}
        return [
            address
            for name, address in sorted(self._linked.items())
            if self._role(rules[name]) == role and _is_of(rules[name], blueprints)
        ]

    def _role(self, rule: Rule) -> str:
        access = access_of(self.app.view_functions[rule.endpoint]) or Access()
        if access.polled or access.demo:
            return "none"
        return "guest" if access.public else "admin" if access.role else "user"


def links_of(visitor: Visitor) -> list[str]:
    """Return what the page of the visitor links to."""
    found: list[str] = visitor.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    return found


def is_page(visitor: Visitor, path: str) -> bool:
    """Return whether a page is there. Files, parts of pages and addresses that lead elsewhere are none."""
    answer = visitor.context.request.get(visitor.address + path, max_redirects=0)
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return answer.status < 300 and is_html and "<html" in answer.text()


def path_of(address: str) -> str:
    """Return the address within the site, without a fragment."""
    return urlsplit(address)._replace(scheme="", netloc="", fragment="").geturl()


def _is_page(rule: Rule) -> bool:
    return rule.endpoint.startswith("web.") and "GET" in (rule.methods or ()) and "static" not in rule.endpoint


def _is_of(rule: Rule, blueprints: tuple[str, ...]) -> bool:
    return not blueprints or rule.endpoint.split(".")[1] in blueprints
