"""The product by keyboard alone, with the focus to be seen at every stop."""

from playwright.sync_api import Locator, expect

from e2e.conftest import Visit
from e2e.installation import Installation
from e2e.visitor import Visitor

MAX_STOPS = 40
# Past the last stop the focus is on nothing, and then on the first.
SHOWS_FOCUS = """() => {
  const focused = document.activeElement;
  const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(focused);
  const outlined = outlineStyle !== "none" && outlineWidth !== "0px";
  return focused === document.body || outlined || boxShadow !== "none";
}"""


def test_a_person_signs_in_starts_the_bot_and_places_an_action_by_keyboard_alone(
    installation: Installation, visit: Visit
) -> None:
    login = installation.member("kim")
    installation.sign_in(login).link(installation.plain_account())
    kim = visit(installation)
    kim.open("/login")
    write(kim, "Username", login.username)
    write(kim, "Password", login.password)
    kim.page.keyboard.press("Enter")
    go_to(kim, kim.page.get_by_role("banner").get_by_role("link", name="New action"))
    kim.page.keyboard.press("Enter")
    kim.is_at("/actions/new")
    go_to(kim, kim.button("Turn on the bot"))
    kim.page.keyboard.press("Enter")
    kim.is_told("Your bot is on.")
    expect(kim.switch).to_be_checked()
    expect(kim.heading("New action")).to_be_focused()
    write(kim, "Hashtag", "sunrise")
    kim.page.keyboard.press("Enter")
    kim.is_told("Action added: Follow 5 people from #sunrise.")
    go_to(kim, kim.switch)
    kim.page.keyboard.press("Space")
    kim.is_told("Your bot is off.")


def test_the_first_stop_of_a_page_leads_past_its_head(installation: Installation, visit: Visit) -> None:
    guest = visit(installation)
    guest.open("/login?next=/actions/log")
    skip = guest.link("Skip to the content")
    go_to(guest, skip)
    expect(skip).to_be_in_viewport()
    guest.page.keyboard.press("Enter")
    expect(guest.page.get_by_role("main")).to_be_focused()


def test_the_menu_of_the_account_opens_and_closes(installation: Installation, visit: Visit) -> None:
    login = installation.member("mia")
    mia = visit(installation)
    mia.sign_in(login)
    opener = mia.page.get_by_role("banner").get_by_role("button", name=login.username)
    go_to(mia, opener)
    mia.page.keyboard.press("Enter")
    mia.sees(mia.button("Sign out"))
    mia.page.keyboard.press("Escape")
    expect(mia.button("Sign out")).to_be_hidden()
    expect(opener).to_be_focused()


def go_to(visitor: Visitor, goal: Locator) -> None:
    """Tab by tab from where the focus is; what has it shows so on the way."""
    goal.wait_for()
    for _ in range(MAX_STOPS):
        if goal.evaluate("element => element === document.activeElement"):
            return
        visitor.page.keyboard.press("Tab")
        assert visitor.page.evaluate(SHOWS_FOCUS), visitor.page.evaluate("document.activeElement.outerHTML")
    raise AssertionError(f"{MAX_STOPS} stops, and none is {goal}")


def write(visitor: Visitor, label: str, text: str) -> None:
    go_to(visitor, visitor.page.get_by_label(label, exact=True))
    visitor.page.keyboard.press("ControlOrMeta+A")
    visitor.page.keyboard.type(text)
