"""From the first sign-in of the first administrator to the first follows of a user, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from e2e.api import PASSWORD
from e2e.conftest import Visit
from e2e.installation import Installation, Login
from e2e.visitor import ACTION_PATIENCE, PASSWORD_PAGE, Visitor

KINDS = ["sqlite", "postgresql"]
PAGES = ["/", "/settings/connection", "/actions/new", "/actions/log"]
TITLE = "Follow 5 people from #coffee"


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_new_machine_people_come_from_the_printed_password_to_their_first_follows(
    new_installation: Installation, visit: Visit
) -> None:
    admin = visit(new_installation)
    new_installation.admin_login = take_possession(admin, new_installation)
    login = create_user(admin, "bea")
    admin.sign_out(new_installation.admin_login.username)
    use_the_bot(visit(new_installation), new_installation, login, new_installation.sandbox.account("two_factor"))


def test_a_user_whose_account_wants_a_mailed_code_comes_to_the_first_follows(
    installation: Installation, visit: Visit
) -> None:
    use_the_bot(
        visit(installation),
        installation,
        installation.newcomer("cara"),
        installation.sandbox.account("challenge_email"),
    )


def take_possession(admin: Visitor, installation: Installation) -> Login:
    """The administrator signs in with the password that the start printed, and gets no further without another."""
    username, first = installation.stack.admin or ("", "")
    admin.open("/")
    admin.sees(admin.heading("Sign in"))
    admin.sign_in(Login("", username, first))
    admin.is_at(PASSWORD_PAGE)
    for path in [*PAGES, "/admin/people"]:
        admin.open(path)
        admin.is_at(PASSWORD_PAGE)
    admin.change_password(first, PASSWORD)
    return Login("", username, PASSWORD)


def create_user(admin: Visitor, username: str) -> Login:
    """On the page of the users, where the first password is shown once."""
    admin.open("/admin/people")
    admin.fill("Username", username)
    admin.press("Add user")
    shown = admin.region(f"{username} is added")
    password = shown.get_by_role("code").inner_text()
    admin.open("/admin/people")
    admin.sees(admin.page.get_by_role("link", name=username, exact=True))
    expect(shown).to_be_hidden()
    assert password not in admin.page.content()
    return Login("", username, password)


def use_the_bot(visitor: Visitor, installation: Installation, login: Login, account: dict[str, str]) -> None:
    """All that a new user does, and what the sandbox says has arrived."""
    visitor.sign_in(login)
    for path in PAGES:
        visitor.open(path)
        visitor.is_at(PASSWORD_PAGE)
    visitor.change_password(login.password, PASSWORD)
    visitor.open("/settings/connection")
    visitor.link_account(account)
    visitor.press("Test connection")
    visitor.is_told("Your Instagram session works.")
    visitor.start_bot()
    visitor.place("coffee", 5)
    watch_progress(visitor)
    arrived = installation.sandbox.targets(account["username"], "follow")
    assert len(arrived) == 5
    see_what_was_done(visitor, arrived)


def watch_progress(visitor: Visitor) -> None:
    """The bar moves on the page that is open, up to the end of the action."""
    visitor.open("/actions")
    visitor.page.evaluate("window.opened = 'before the action'")
    bar = visitor.action(TITLE).get_by_role("progressbar")
    expect(bar).to_have_attribute("value", re.compile("[1-4]"), timeout=ACTION_PATIENCE)
    expect(visitor.action(TITLE)).to_have_count(0, timeout=ACTION_PATIENCE)
    assert visitor.page.evaluate("window.opened") == "before the action"
    visitor.link("Done 1").click()
    expect(visitor.action(TITLE)).to_contain_text("5 of 5 followed")
    expect(visitor.action(TITLE).get_by_text("Done", exact=True)).to_be_visible()


def see_what_was_done(visitor: Visitor, arrived: list[str]) -> None:
    """The action's page and the log name those whose follows arrived, and nobody else."""
    visitor.link(TITLE).click()
    visitor.sees(visitor.heading(TITLE))
    done = visitor.region("People").get_by_role("listitem").get_by_role("link").all_inner_texts()
    assert sorted(done) == sorted(f"@{name}" for name in arrived)
    visitor.open("/actions/log?action=follow")
    entry = visitor.page.get_by_role("listitem").filter(has_text="Followed 5 people from #coffee")
    expect(entry).to_contain_text(", ".join(f"@{name}" for name in reversed(arrived)))
    expect(visitor.page.get_by_text("Could not follow")).to_have_count(0)
