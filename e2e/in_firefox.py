"""`make firefox`: the first run in Debian's Firefox, from the printed address to the first effect, with its pages."""

import sys
import tempfile
import time
from pathlib import Path

from bot.demo.users import DEMO_USER
from e2e import firefox
from e2e.firefox import Firefox, FirefoxUnavailable
from local.processes import wait_until
from local.stack import Stack
from tests.support.sandbox_process import SandboxControl

FOLDER = Path(__file__).resolve().parent.parent / ".cache" / "firefox"
ACCOUNT = "plain_01"
WIDTHS = (1280, 390)
FIRST_EFFECT_SECONDS = 60.0


def main() -> int:
    """Return 0 if the first effect arrived and no page was wider than the screen."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        firefox.find()
        with tempfile.TemporaryDirectory() as folder:
            stack = Stack.private(Path(folder) / "instance", lively=True)
            stack.start()
            try:
                return _run(stack)
            finally:
                stack.stop()
    except FirefoxUnavailable as problem:
        print(f"firefox: {problem}", file=sys.stderr)
        return 1


def _run(stack: Stack) -> int:
    began, wide = time.monotonic(), list[str]()
    with firefox.running(firefox.LIGHT) as light:
        wide += _first_run(light, stack)
        arrived = wait_until(lambda: bool(_effects(stack)), FIRST_EFFECT_SECONDS)
        seconds = time.monotonic() - began
        print(f"{len(_effects(stack))} follows reached the sandbox after {seconds:.0f} s", flush=True)
    with firefox.running(firefox.DARK) as dark:
        dark.open(stack.address + "/login")
        wide += _pictures(dark, "login-dark")
        dark.click(f"form#{DEMO_USER} button")
        dark.wait_for("document.querySelector('#bot')")
        wide += _pictures(dark, "home-dark")
    for page in wide:
        print(f"scrolls sideways: {page}")
    print(f"pictures: {FOLDER}")
    return 0 if arrived and not wide else 1


def _effects(stack: Stack) -> list[str]:
    return SandboxControl(stack.sandbox_address).targets(ACCOUNT, "follow")


def _first_run(browser: Firefox, stack: Stack) -> list[str]:
    """Take the steps of the first run with the mouse. Return pages that are too wide."""
    browser.open(stack.address)
    wide = _pictures(browser, "1-login")
    browser.click(f"form#{DEMO_USER} button")
    browser.wait_for("document.querySelector('#first-account')")
    wide += _pictures(browser, "2-connect")
    browser.click("#first-account")
    browser.wait_for("document.querySelector('#first-start')")
    wide += _pictures(browser, "3-pace")
    browser.click("#first-start")
    browser.wait_for("document.querySelector('a.choice[href*=follow-hashtag]')")
    wide += _pictures(browser, "4-action")
    browser.click("a.choice[href*=follow-hashtag]")
    browser.wait_for("document.querySelector('#start-action')")
    wide += _pictures(browser, "5-new-action")
    browser.click("#start-action")
    browser.wait_for("/actions\\/[0-9a-f-]{36}/.test(location.pathname)")
    return wide + _pictures(browser, "6-started")


def _pictures(browser: Firefox, name: str) -> list[str]:
    """Take the page at every width. Return its names where it scrolls sideways."""
    wide = []
    for width in reversed(WIDTHS):
        browser.resize(width, 860)
        if browser.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(f"{name} at {width}")
        (FOLDER / f"{name}-{width}.png").write_bytes(browser.picture())
    return wide


if __name__ == "__main__":
    sys.exit(main())
