"""`make pictures`: every page of a bot with a past, as contact sheets to judge, and the pictures of README."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bot.demo.users import PAST_USER
from e2e.addresses import Pages, app_in, is_page, links_of, path_of
from e2e.api import PASSWORD
from e2e.installation import Login
from e2e.visitor import Visitor
from local import browser as chromium
from local.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
SHEETS = ROOT / ".cache" / "pictures"
README = ROOT / "docs" / "images"
Scheme = Literal["light", "dark"]
Shot = tuple[str, Image.Image]
"""A page's address and its picture."""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# Width of the screen → how wide a page is on the sheet, and how many stand in a row.
WIDTHS = {1280: (420, 5), 390: (210, 10)}
HEIGHT = 860
# Pixels of a sheet. A longer page is cut.
MOST_HIGH = 1_800
MARGIN, TITLE = 12, 22


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
    with tempfile.TemporaryDirectory() as folder:
        pages = Pages(app_in(Path(folder)))
    for old in SHEETS.glob("contact-*.png"):
        old.unlink()
    for scheme in SCHEMES if write else ():
        _write_readme(stack, browser, scheme)
    admin = _admin(stack, browser)
    for width in WIDTHS:
        for scheme in SCHEMES:
            taken = list(_all(stack, browser, pages, admin, width, scheme))
            for number, sheet in enumerate(_sheets(taken, width), 1):
                sheet.save(SHEETS / f"contact-{width}-{scheme}-{number}.png")
            print(f"{SHEETS}: {len(taken)} pages at {width}, {scheme}", flush=True)


def _admin(stack: Stack, browser: Browser) -> Login:
    """Return the administrator, with a password of their own."""
    username, first = stack.admin or ("", "")
    with browser.new_context() as context:
        visitor = Visitor(context, stack.address)
        visitor.sign_in(Login("", username, first))
        visitor.change_password(first, PASSWORD)
    return Login("", username, PASSWORD)


def _all(stack: Stack, browser: Browser, pages: Pages, admin: Login, width: int, scheme: Scheme) -> Iterator[Shot]:
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


def _picture(visitor: Visitor, pages: Pages, path: str) -> Iterator[Shot]:
    """Yield the picture of a page. Files, and addresses that lead elsewhere, are none."""
    path = path_of(path)
    if not is_page(visitor, path):
        return
    visitor.open(path)
    visitor.page.wait_for_load_state("networkidle")
    pages.note(links_of(visitor))
    image = Image.open(BytesIO(visitor.page.screenshot(full_page=True))).convert("RGB")
    yield path, image


def _sheets(taken: list[Shot], width: int) -> Iterator[Image.Image]:
    """Yield sheets with the pages in columns, each with its address above it. Long pages are cut."""
    shown, columns = WIDTHS[width]
    for sheet in _filled(taken, width):
        high = max(bottom for _, _, bottom in sheet)
        image = Image.new("RGB", (columns * (shown + MARGIN) + MARGIN, high + MARGIN), "#777777")
        draw = ImageDraw.Draw(image)
        for (path, part), left, bottom in sheet:
            draw.text((left, bottom - part.height - TITLE + 4), path[: shown // 7], fill="white")
            image.paste(part, (left, bottom - part.height))
        yield image


def _filled(taken: list[Shot], width: int) -> Iterator[list[tuple[Shot, int, int]]]:
    """Yield what stands on each sheet, with its left and bottom edge. A page goes into the shortest column."""
    shown, columns = WIDTHS[width]
    heights, sheet = [MARGIN] * columns, list[tuple[Shot, int, int]]()
    for path, image in taken:
        part = image.resize((shown, round(image.height * shown / image.width)), Image.Resampling.LANCZOS)
        part = part.crop((0, 0, shown, min(part.height, MOST_HIGH - 2 * MARGIN - TITLE)))
        column = heights.index(min(heights))
        if heights[column] + TITLE + part.height > MOST_HIGH - MARGIN:
            yield sheet
            heights, sheet, column = [MARGIN] * columns, [], 0
        bottom = heights[column] + TITLE + part.height
        sheet.append(((path, part), MARGIN + column * (shown + MARGIN), bottom))
        heights[column] = bottom + MARGIN
    if sheet:
        yield sheet


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
