"""A walkthrough of pages: each is checked for accessibility, in light and dark, on a large screen and on a phone."""

from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

from e2e.addresses import Pages, is_page, links_of, path_of
from e2e.visitor import Visitor

PHONE = ViewportSize(width=390, height=844)
# The narrowest comes last: text of twice the size is tried there.
WIDTHS = (1920, 1600, 1280, 960, 768, 390, 320)
EVERYTHING = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
# axe does not look for it any more, but a label or a link to such an id may lead to the wrong one.
TWICE = "[...document.querySelectorAll('[id]')].map(one => one.id).filter((id, at, all) => all.indexOf(id) < at)"
SHOWN = "[innerWidth, document.documentElement.scrollWidth > document.documentElement.clientWidth]"
# What a browser does whose owner has chosen larger text. All lengths of the style sheet grow with it.
TEXT_SIZE = "size => { document.documentElement.style.fontSize = size }"
# The page of the API has hundreds of articles, for which axe takes sixteen seconds. It looks at each kind of element
# once there: one article for each that has an element with a name, classes, attributes, parent or lack of text that
# those before it do not have.
MANY = 50
LEAVE_EACH_KIND = """
(many) => {
  const articles = document.querySelectorAll("main article");
  if (articles.length < many) return;
  const names = (one) => [one.tagName, ...[...one.classList].sort(), ...one.getAttributeNames().sort()].join(" ");
  const kind = (one) => `${names(one.parentElement)} > ${names(one)} ${one.textContent.trim() ? "" : "empty"}`;
  const seen = new Set();
  for (const article of articles) {
    const kinds = [article, ...article.querySelectorAll("*")].map(kind);
    if (kinds.every((one) => seen.has(one))) article.remove();
    kinds.forEach((one) => seen.add(one));
  }
}
"""


class Walkthrough:
    """Looks at pages on the way and collects what is wrong with them."""

    def __init__(self, visitor: Visitor, pages: Pages) -> None:
        self.visitor = visitor
        self.pages = pages
        self.findings: list[str] = []
        self._seen: set[str] = set()

    def see(self, *paths: str) -> None:
        for path in paths:
            self._seen.add(path)
            self.visitor.open(path)
            self.stop()

    def see_all(self, role: str, *blueprints: str) -> None:
        """Sees every page of a role, and one of each kind that these link to; or those of some nouns alone."""
        for path in self.pages.plain(role, *blueprints):
            self._see_page(path)
        for address in self.pages.linked(role, *blueprints):
            self._see_page(path_of(address))

    def _see_page(self, path: str) -> None:
        if path not in self._seen and is_page(self.visitor, path):
            self.see(path)

    def see_refusal(self, path: str, status: int) -> None:
        with self.visitor.refused(status):
            assert self.visitor.open(path) == status
        self.stop()

    def stop(self) -> None:
        """Looks at the page as it is now."""
        page = self.visitor.page
        self.visitor.sees(page.get_by_role("heading", level=1))
        self.pages.note(links_of(self.visitor))
        self.findings += [f"{page.title()} ({page.url}): {finding}" for finding in look_at(page)]


def look_at(page: Page) -> list[str]:
    """What is wrong with the page as it stands, a line for each finding."""
    screen = page.viewport_size
    assert screen
    # It stays open: at its end the page would get the size of the window.
    sizes = page.context.new_cdp_session(page)

    def resize(size: ViewportSize) -> None:
        # Without its window, which Chromium would paint again, in three times the time.
        sizes.send("Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1, "mobile": False})

    findings = [f"the id {found} is there twice" for found in page.evaluate(TWICE)]
    findings += _too_wide(page, screen["width"])
    for width in WIDTHS:
        if width not in (screen["width"], PHONE["width"]):
            resize({"width": width, "height": screen["height"]})
            findings += _too_wide(page, width)
    page.evaluate(TEXT_SIZE, "200%")
    findings += _too_wide(page, WIDTHS[-1], " with text of twice the size")
    page.evaluate(TEXT_SIZE, "")
    resize(PHONE)
    findings += _too_wide(page, PHONE["width"])
    page.evaluate(LEAVE_EACH_KIND, MANY)
    # Colours depend on the scheme and what there is to be seen on the size, neither on the other.
    findings += _barriers(page, "dark", PHONE["width"])
    resize(screen)
    findings += _barriers(page, "light", screen["width"])
    return findings


def _too_wide(page: Page, width: int, how: str = "") -> list[str]:
    shown, too_wide = page.evaluate(SHOWN)
    assert shown == width
    return [f"scrolls sideways at {width} px{how}"] if too_wide else []


def _barriers(page: Page, scheme: Literal["light", "dark"], width: int) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    # Its script is large: once a page is enough.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate(EVERYTHING)
    return [
        f"{scheme} at {width} px: {violation['id']} at {' '.join(map(str, node['target']))}: {node['html']}"
        for violation in violations
        for node in violation["nodes"]
    ]
