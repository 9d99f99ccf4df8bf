"""Whether a page can be used by everybody: in light and dark, on a large screen and on a phone."""

from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

PHONE = ViewportSize(width=390, height=844)
RUN_AXE = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def look_at(page: Page) -> list[str]:
    """What is wrong with the page as it stands, a line for each finding."""
    screen = page.viewport_size
    assert screen
    findings = [*_barriers(page, "light"), *_barriers(page, "dark")]
    page.set_viewport_size(PHONE)
    findings += _barriers(page, "light")
    if page.evaluate(TOO_WIDE):
        findings.append(f"scrolls sideways at {PHONE['width']} px")
    page.set_viewport_size(screen)
    return findings


def _barriers(page: Page, scheme: Literal["light", "dark"]) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    # Its script is large: once a page is enough.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate(RUN_AXE)
    width = page.viewport_size["width"]
    return [
        f"{scheme} at {width} px: {violation['id']} at {' '.join(map(str, node['target']))}: {node['html']}"
        for violation in violations
        for node in violation["nodes"]
    ]
