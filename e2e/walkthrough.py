"""A walkthrough of pages: each is checked for accessibility, in light and dark, on a large screen and on a phone."""

from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

from e2e.visitor import Visitor

PHONE = ViewportSize(width=390, height=844)
WIDTHS = (320, 390, 768, 960, 1280, 1600, 1920)
EVERYTHING = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
# axe does not look for it any more, but a label or a link to such an id may lead to the wrong one.
TWICE = "[...document.querySelectorAll('[id]')].map(one => one.id).filter((id, at, all) => all.indexOf(id) < at)"
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


class Walkthrough:
    """Looks at pages on the way and collects what is wrong with them."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.findings: list[str] = []

    def see(self, *paths: str) -> None:
        for path in paths:
            self.visitor.open(path)
            self.stop()

    def see_refusal(self, path: str, status: int) -> None:
        with self.visitor.refused(status):
            assert self.visitor.open(path) == status
        self.stop()

    def stop(self) -> None:
        """Looks at the page as it is now."""
        page = self.visitor.page
        self.visitor.sees(page.get_by_role("heading", level=1))
        self.findings += [f"{page.title()} ({page.url}): {finding}" for finding in look_at(page)]


def look_at(page: Page) -> list[str]:
    """What is wrong with the page as it stands, a line for each finding."""
    screen = page.viewport_size
    assert screen
    # Colours depend on the scheme and what there is to be seen on the size, neither on the other.
    findings = _barriers(page, "light")
    findings += [f"the id {found} is there twice" for found in page.evaluate(TWICE)]
    page.set_viewport_size(PHONE)
    findings += _barriers(page, "dark")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": screen["height"]})
        if page.evaluate(TOO_WIDE):
            findings.append(f"scrolls sideways at {width} px")
    page.set_viewport_size(screen)
    return findings


def _barriers(page: Page, scheme: Literal["light", "dark"]) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    # Its script is large: once a page is enough.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate(EVERYTHING)
    width = page.viewport_size["width"]
    return [
        f"{scheme} at {width} px: {violation['id']} at {' '.join(map(str, node['target']))}: {node['html']}"
        for violation in violations
        for node in violation["nodes"]
    ]
