"""An administrator looks after a user, stops every bot, and lets them go on; the user sees each of it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from e2e.bots import REPLY_PATIENCE, Owner
from e2e.conftest import Visit
from e2e.installation import SQLITE, Installations
from e2e.visitor import FIRST_RUN, Visitor
from tests.support.lanes import eventually
from tests.support.listener import Listener
from web.assets import ADMIN_PAGES

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


def test_every_bot_is_stopped_and_everybody_reads_why_on_every_page(owner: Owner, admin: Visitor, visit: Visit) -> None:
    user, newcomer = owner.comes(visit(owner.installation), "/"), visit(owner.installation)
    newcomer.sign_in(owner.installation.member())
    newcomer.sees(newcomer.heading(FIRST_RUN))
    admin.link("Turn off all bots").click()
    admin.fill("Reason", "We look into what Instagram changed.")
    admin.press("Turn off all bots")
    admin.is_told("All bots are off.")
    action_id = owner.api.place("coffee", 2)
    for visitor, pages in everybody(user, newcomer, admin, action_id):
        for path in pages:
            visitor.open(path)
            expect(visitor.region("All bots are off")).to_contain_text("We look into what Instagram changed.")
    expect(newcomer.region("All bots are off")).to_contain_text("Yours resumes automatically")
    assert owner.api.action(action_id)["done"] == 0
    admin.region("All bots are off").get_by_role("link", name="Turn them on").click()
    admin.page.get_by_role("main").get_by_role("link", name="Turn on all bots").click()
    admin.press("Turn on all bots")
    admin.is_told("The bots that were on resume within a minute.")
    for visitor, pages in everybody(user, newcomer, admin, action_id):
        for path in pages:
            visitor.open(path)
            visitor.sees(visitor.page.get_by_role("heading", level=1))
            expect(visitor.region("All bots are off")).to_have_count(0)
    owner.api.wait_for(action_id, status="succeeded")
    assert len(owner.arrived("follow")) == 2


def everybody(
    user: Visitor, newcomer: Visitor, admin: Visitor, action_id: str
) -> list[tuple[Visitor, tuple[str, ...]]]:
    """Who is signed in, and the pages that each of them looks at."""
    own = (
        "/",
        "/actions",
        f"/actions/{action_id}",
        "/actions/new",
        "/inbox",
        "/results",
        "/settings/schedule",
        "/help",
    )
    return [
        (user, own),
        (newcomer, ("/", "/settings/connection", "/settings/security")),
        (admin, ("/", *(href for _, href, _ in ADMIN_PAGES))),
    ]


def test_a_blocked_bot_is_found_in_one_look_and_its_user_reminded(
    owner: Owner, admin: Visitor, visit: Visit, listener: Listener
) -> None:
    name = owner.login.username
    owner.api.post("/bot/alert-channels", url=f"http://127.0.0.1:{listener.port}/hook")
    owner.installation.sandbox.end_sessions(owner.account)
    owner.api.place("coffee", 2)
    needy = admin.region(re.compile("attention$")).locator(".line").filter(has_text=owner.account)
    expect(needy).to_contain_text(f"{name} must sign in to Instagram again")
    expect(needy).to_be_in_viewport()
    earlier = earlier_look(visit, owner)
    admin.press(f"Remind {name}")
    admin.is_told(f"{name} is reminded by webhook.")
    expect(needy).to_contain_text("Reminded")
    expect(admin.button(f"Remind {name}")).to_have_count(0)
    eventually(lambda: b"reminder" in listener.received, REPLY_PATIENCE)
    with earlier.refused(409):
        earlier.press(f"Remind {name}")
        expect(earlier.page.get_by_role("alert")).to_contain_text("already reminded in the last 24 hours")
    admin.open(f"/admin/audit?event=bot_reminded&whom={owner.login.id}")
    expect(admin.page.get_by_role("row").filter(has_text="User reminded of a bot")).to_have_count(1)
    user = owner.comes(visit(owner.installation), "/")
    expect(user.region("Needs you")).to_contain_text("Instagram has ended the session.")


def earlier_look(visit: Visit, owner: Owner) -> Visitor:
    """The admin at a second browser, whose page of before stays as it is: it has no script that asks again."""
    second = visit(owner.installation, java_script=False)
    second.sign_in(owner.installation.admin_login)
    second.open("/admin")
    second.sees(second.button(f"Remind {owner.login.username}"))
    return second


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
