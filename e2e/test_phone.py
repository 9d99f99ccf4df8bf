"""On a phone: an action from the tab to its end, settings changed and undone, and the switch in the strip."""

import pytest
from playwright.sync_api import Locator, expect

from e2e.bots import Owner
from e2e.conftest import Visit
from e2e.installation import SQLITE, Installations
from e2e.visitor import Visitor
from e2e.walkthrough import PHONE

pytestmark = pytest.mark.xdist_group("e2e-pages")


@pytest.fixture
def owner(installations: Installations) -> Owner:
    return Owner.of_new_bot(installations.standing(SQLITE), "pia")


@pytest.fixture
def pia(owner: Owner, visit: Visit) -> Visitor:
    visitor = visit(owner.installation)
    visitor.page.set_viewport_size(PHONE)
    return owner.comes(visitor, "/")


def tabs(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("navigation", name="Main, phone")


def test_an_action_goes_from_the_tab_to_its_end(owner: Owner, pia: Visitor) -> None:
    tabs(pia).get_by_role("link", name="New action").click()
    pia.fill_action("coffee", 2)
    pia.start_action("Follow 2 people from #coffee")
    pia.sees_end()
    assert len(owner.arrived("follow")) == 2
    tabs(pia).get_by_role("link", name="Actions").click()
    pia.page.get_by_role("navigation", name="Lists").get_by_role("link", name="Done").click()
    pia.sees(pia.action("Follow 2 people from #coffee"))


def test_settings_are_changed_and_undone(pia: Visitor) -> None:
    tabs(pia).get_by_role("button", name="More").click()
    pia.page.locator("#more").get_by_role("link", name="Settings").click()
    pia.page.get_by_role("navigation", name="Settings").get_by_role("link", name="Limits & pace").click()
    pia.fill("Follows, your limit a day", "3")
    pia.press("Save limits and pace")
    pia.is_told("Limits and pace saved.")
    pia.press("Undo")
    pia.is_told("Undone. The earlier values are back.")
    expect(pia.page.get_by_label("Follows, your limit a day", exact=True)).not_to_have_value("3")


def test_the_switch_stands_in_the_strip_of_every_page(pia: Visitor) -> None:
    for path in ("/", "/inbox", "/settings/limits"):
        pia.open(path)
        expect(pia.switch).to_be_in_viewport()
        expect(pia.switch).to_be_checked()
    pia.switch.click()
    pia.is_told("Your bot is off.")
    expect(pia.switch).not_to_be_checked()
