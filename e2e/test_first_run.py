"""The first run: from the printed address to the first effect, with every click, submit and filled field counted."""

from playwright.sync_api import expect

from e2e.conftest import Visit
from e2e.installation import Installation
from e2e.visitor import ACTION_PATIENCE, Visitor
from local.processes import wait_until

AT_MOST = 12
ACCOUNT = "two_factor_many"


class Counted:
    """The hands of a visitor. `done` is every click, submit and filled field."""

    def __init__(self, visitor: Visitor) -> None:
        self.page = visitor.page
        self.done: list[str] = []

    def press(self, name: str) -> None:
        self.done.append(f"press {name}")
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.done.append(f"follow {name}")
        self.page.get_by_role("main").get_by_role("link", name=name).click()

    def unfold(self, name: str) -> None:
        self.done.append(f"unfold {name}")
        self.page.locator("summary").filter(has_text=name).click()

    def choose(self, value: str) -> None:
        self.done.append(f"choose {value}")
        self.page.locator(f"input[type=radio][value={value}]").check()

    def fill(self, label: str, text: str) -> None:
        self.done.append(f"fill {label}")
        self.page.get_by_label(label, exact=True).fill(text)


def test_from_the_printed_address_to_the_first_effect_in_twelve_interactions(
    installation: Installation, visit: Visit
) -> None:
    visitor = visit(installation)
    hands, page = Counted(visitor), visitor.page
    visitor.open("/")
    hands.press("Try it as a demo user")
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    expect(page.get_by_label("Your time zone")).to_have_value(zone)
    # An account that makes it as long as it gets: it is folded away, and asks for a code.
    hands.unfold("more, by what goes wrong")
    hands.choose(ACCOUNT)
    hands.press("Connect account")
    code = page.locator("button[data-copy]")
    visitor.sees(code)
    hands.fill("Code", code.get_attribute("data-copy") or "")
    hands.press("Confirm code")
    hands.press("Turn on my bot")
    visitor.is_told("Your bot is on.")
    hands.follow("Follow people")
    hands.press("Start action")
    assert wait_until(lambda: bool(installation.sandbox.targets(ACCOUNT, "follow")), ACTION_PATIENCE / 1000)
    assert len(hands.done) <= AT_MOST, hands.done
