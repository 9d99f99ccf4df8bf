"""`make pictures`: every page of a bot with a past, as contact sheets to judge, and the pictures of README."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from flask import Flask
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from bot.demo.users import PAST_USER
from e2e.api import PASSWORD
from e2e.installation import Login
from e2e.visitor import Visitor
from local import browser as chromium
from local.stack import Stack
from middleware.access import Access, access_of
from tests.support.environment import config_for

ROOT = Path(__file__).resolve().parent.parent
SHEETS = ROOT / ".cache" / "pictures"
README = ROOT / "docs" / "images"
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# Width of the screen → how wide a page is on the sheet, and how many stand in a row.
WIDTHS = {1280: (420, 5), 390: (210, 10)}
HEIGHT = 860
# No page is shown longer than this many times its width.
LONGEST = 3.0
MARGIN, TITLE = 12, 22


@dataclass
class Pages:
    """The addresses of pages, by who may see them: those without parameters, and one of each kind that is linked."""

    app: Flask
    _linked: dict[str, str] = field(default_factory=dict)

    def plain(self, role: str) -> list[str]:
        """Return the pages of that role (guest, user, admin) whose address is always the same."""
        rules = (rule for rule in self.app.url_map.iter_rules() if _is_page(rule) and not rule.arguments)
        return sorted(rule.rule for rule in rules if self._role(rule) == role)

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

    def linked(self, role: str) -> list[str]:
        rules = {rule.rule: rule for rule in self.app.url_map.iter_rules()}
        return [address for name, address in sorted(self._linked.items()) if self._role(rules[name]) == role]

    def _role(self, rule: Rule) -> str:
        access = access_of(self.app.view_functions[rule.endpoint]) or Access()
        if access.polled:
            return "none"
        return "guest" if access.public else "admin" if access.role else "user"


def _is_page(rule: Rule) -> bool:
    return rule.endpoint.startswith("web.") and "GET" in (rule.methods or ()) and "static" not in rule.endpoint


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m e2e.pictures", description=__doc__)
    parser.add_argument("--past", type=int, default=60, metavar="DAYS", help="days that the bot has lived (60)")
    parser.add_argument("--write", action="store_true", help="renew the pictures of README")
    options = parser.parse_args()
    SHEETS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stack = Stack.private(Path(folder) / "instance", lively=True, past=options.past)
        stack.start()
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.launch_arguments())
        try:
            _take(stack, browser, write=options.write)
        finally:
            browser.close()
            stack.stop()
    return 0


def _take(stack: Stack, browser: Browser, *, write: bool) -> None:
    from wsgi import create_app

    with tempfile.TemporaryDirectory() as folder:
        config = config_for(Path(folder), f"sqlite:///{folder}/none.db", "redis://127.0.0.1:1/0")
        pages = Pages(create_app(config))
    admin = _admin(stack, browser)
    for width in WIDTHS:
        for scheme in SCHEMES:
            taken = list(_all(stack, browser, pages, admin, width, scheme))
            path = SHEETS / f"contact-{width}-{scheme}.png"
            _sheet(taken, width).save(path)
            print(f"{path}: {len(taken)} pages", flush=True)
            if write and width == max(WIDTHS):
                _write_readme(stack, browser, scheme)


def _admin(stack: Stack, browser: Browser) -> Login:
    """Return the administrator, with a password of their own."""
    username, first = stack.admin or ("", "")
    with browser.new_context() as context:
        visitor = Visitor(context, stack.address)
        visitor.sign_in(Login("", username, first))
        visitor.change_password(first, PASSWORD)
    return Login("", username, PASSWORD)


def _all(
    stack: Stack, browser: Browser, pages: Pages, admin: Login, width: int, scheme: Scheme
) -> Iterator[tuple[str, Image.Image]]:
    for role in ("guest", "user", "admin"):
        with _context(browser, width, scheme) as context:
            visitor = Visitor(context, stack.address)
            if role == "user":
                _be_demo_user(visitor)
            elif role == "admin":
                visitor.sign_in(admin)
                visitor.page.wait_for_url(lambda address: "/login" not in address)
            for path in pages.plain(role):
                yield from _picture(visitor, pages, path)
            for path in pages.linked(role):
                yield from _picture(visitor, pages, path)


def _context(browser: Browser, width: int, scheme: Scheme) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
    )


def _be_demo_user(visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.page.locator(f"form#{PAST_USER} button").click()
    visitor.page.wait_for_url(lambda address: "/login" not in address)


def _picture(visitor: Visitor, pages: Pages, path: str) -> Iterator[tuple[str, Image.Image]]:
    """Yield the picture of a page. Files, and addresses that lead elsewhere, are none."""
    path = urlsplit(path)._replace(scheme="", netloc="", fragment="").geturl()
    answer = visitor.context.request.get(visitor.address + path, max_redirects=0)
    if answer.status >= 300 or not answer.headers.get("content-type", "").startswith("text/html"):
        return
    if "<html" not in answer.text():
        return
    visitor.open(path)
    visitor.page.wait_for_load_state("networkidle")
    pages.note(_links(visitor.page))
    image = Image.open(BytesIO(visitor.page.screenshot(full_page=True))).convert("RGB")
    yield path, image


def _links(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    return found


def _sheet(taken: list[tuple[str, Image.Image]], width: int) -> Image.Image:
    """Return the pages in rows, each with its address above it. Long ones are cut."""
    shown, columns = WIDTHS[width]
    high = int(shown * (LONGEST if width > 600 else LONGEST * 1.3)) + TITLE
    rows = ceil(len(taken) / columns)
    size = (columns * (shown + MARGIN) + MARGIN, rows * (high + MARGIN) + MARGIN)
    sheet = Image.new("RGB", size, "#777777")
    draw = ImageDraw.Draw(sheet)
    for number, (path, image) in enumerate(taken):
        left = MARGIN + number % columns * (shown + MARGIN)
        top = MARGIN + number // columns * (high + MARGIN)
        draw.text((left, top + 4), path[: shown // 7], fill="white")
        part = image.resize((shown, round(image.height * shown / image.width)), Image.Resampling.LANCZOS)
        sheet.paste(part.crop((0, 0, shown, min(part.height, high - TITLE))), (left, top + TITLE))
    return sheet


def _write_readme(stack: Stack, browser: Browser, scheme: Scheme) -> None:
    """Write Home of the bot with a past, as much of it as a screen shows."""
    with _context(browser, max(WIDTHS), scheme) as context:
        visitor = Visitor(context, stack.address)
        _be_demo_user(visitor)
        visitor.page.wait_for_load_state("networkidle")
        path = README / f"home-{scheme}.png"
        shot = Image.open(BytesIO(visitor.page.screenshot())).convert("RGB")
        # A fourth of the size, and no eye sees it: pages have few colors.
        shot.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        print(path, flush=True)


if __name__ == "__main__":
    sys.exit(main())
