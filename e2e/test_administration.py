"""An administrator looks after a user, stops every bot, and lets them go on; the user sees each of it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from e2e.bots import Owner
from e2e.conftest import Visit
from e2e.installation import SQLITE, Installations
from e2e.visitor import Visitor

pytestmark = pytest.mark.xdist_group("e2e-pages")


@pytest.fixture
def owner(installations: Installations) -> Iterator[Owner]:
    owner = Owner.of_new_bot(installations.standing(SQLITE), "ines")
    yield owner
    # Others live in the same installation.
    owner.installation.admin.call("DELETE", "/admin/kill-switch")


@pytest.fixture
def admin(owner: Owner, visit: Visit) -> Visitor:
    admin = visit(owner.installation)
    admin.sign_in(owner.installation.admin_login)
    admin.link("Admin").click()
    admin.sees(admin.heading("Fleet"))
    return admin


def find(admin: Visitor, owner: Owner) -> None:
    """The page of the user, by way of the search."""
    admin.link("People").click()
    admin.fill("Name or e-mail", owner.login.username.upper())
    admin.page.keyboard.press("Enter")
    admin.link(owner.login.username).click()
    admin.sees(admin.heading(owner.login.username))


def test_a_user_is_disabled_enabled_and_erased(owner: Owner, admin: Visitor, visit: Visit) -> None:
    name = owner.login.username
    user = owner.comes(visit(owner.installation), "/")
    find(admin, owner)
    admin.link(f"Disable {name}").click()
    admin.press(f"Disable {name}")
    admin.is_told(f"{name} is disabled")
    user.open("/")
    user.sees(user.heading("Sign in"))
    admin.press(f"Enable {name}")
    admin.is_told(f"{name} may sign in again.")
    owner.comes(user, "/")
    expect(user.region("Bot")).to_contain_text("Your bot is off")
    admin.link(f"Erase {name}").click()
    admin.fill(f"To go on, type the username {name}", "somebody else")
    with admin.refused(422):
        admin.press(f"Erase {name}")
        admin.sees(admin.page.get_by_role("alert"))
    admin.fill(f"To go on, type the username {name}", name)
    admin.press(f"Erase {name}")
    admin.is_told(f"{name} is erased.")
    user.open("/")
    user.sees(user.heading("Sign in"))
    admin.link("Audit").click()
    admin.sees(admin.page.get_by_role("row").filter(has_text="User erased").filter(has_text=owner.login.id))
    assert owner.installation.api.call("GET", "/auth/me").status_code == 401


def test_every_bot_is_stopped_and_each_user_reads_why(owner: Owner, admin: Visitor, visit: Visit) -> None:
    user = owner.comes(visit(owner.installation), "/")
    admin.link("Turn off all bots").click()
    admin.fill("Reason", "We look into what Instagram changed.")
    admin.press("Turn off all bots")
    admin.is_told("All bots are off.")
    action_id = owner.api.place("coffee", 2)
    user.open("/")
    expect(user.region("All bots are off")).to_contain_text("We look into what Instagram changed.")
    assert owner.api.action(action_id)["done"] == 0
    admin.page.get_by_role("main").get_by_role("link", name="Turn on all bots").click()
    admin.press("Turn on all bots")
    admin.is_told("The bots that were on resume within a minute.")
    owner.api.wait_for(action_id, status="succeeded")
    assert len(owner.arrived("follow")) == 2


def test_a_blocked_bot_is_found_in_one_look_and_its_user_reminded(owner: Owner, admin: Visitor) -> None:
    name = owner.login.username
    owner.api.post("/bot/alert-channels", url="http://127.0.0.1/hook")
    owner.installation.sandbox.end_sessions(owner.account)
    owner.api.place("coffee", 2)
    needs = admin.region(re.compile("attention$"))
    expect(needs).to_contain_text(f"{name} must sign in to Instagram again")
    admin.press(f"Remind {name}")
    admin.is_told(f"{name} is reminded by webhook.")
    expect(needs).to_contain_text("Reminded")


def test_a_user_takes_everything_along_and_goes(owner: Owner, visit: Visit) -> None:
    user = owner.comes(visit(owner.installation), "/settings")
    user.link("Your data").click()
    with user.page.expect_download() as started:
        user.link("Download my data").click()
    assert started.value.suggested_filename.startswith(f"troupe_{owner.login.username}_")
    user.link("Erase everything of mine").click()
    user.fill(f"Type your username, {owner.login.username}, to go on", owner.login.username)
    user.press("Erase everything")
    user.is_told("Everything of yours is erased.")
    user.sees(user.heading("Sign in"))
