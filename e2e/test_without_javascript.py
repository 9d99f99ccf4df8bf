"""The pages as real forms: a browser that runs no scripts comes up to a running bot, acts, writes and sets."""

import re

import pytest
from playwright.sync_api import expect

from e2e import population
from e2e.api import PASSWORD
from e2e.bots import Owner
from e2e.conftest import Visit
from e2e.installation import Installation
from e2e.visitor import Visitor


# Each installation has one account of a kind that asks for a code, and an account is one user's.
@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_browser_without_javascript_comes_from_sign_in_to_a_running_bot(
    installation: Installation, visit: Visit
) -> None:
    newcomer = installation.newcomer("nora")
    nora = visit(installation, java_script=False)
    nora.sign_in(newcomer)
    nora.change_password(newcomer.password, PASSWORD)
    nora.page.get_by_role("banner").get_by_role("link", name="New action").click()
    nora.link("Connect account").click()
    nora.link_account(installation.sandbox.account("challenge_email"))
    nora.press("Test connection")
    nora.is_told("Your Instagram session works.")
    nora.start_bot()
    nora.place("tea", 2)
    nora.open("/actions")
    expect(nora.action("Follow 2 people from #tea")).to_be_visible()
    nora.switch.click()
    nora.is_told("Your bot is off.")
    nora.sign_out(newcomer.username)


def test_a_browser_without_javascript_places_an_action_writes_and_sets(
    installation: Installation, visit: Visit
) -> None:
    owner = Owner.of_new_bot(installation, "noel")
    noel = owner.comes(visit(installation, java_script=False), "/actions/new")
    watch_stories(noel)
    plan(noel, owner)
    write(noel, owner, population.people(population.public, 1)[0].username)
    noel.link("Settings").click()
    noel.link("Lists").click()
    noel.fill("Usernames", "best.friend\nmy_sister")
    noel.press("Import")
    noel.is_told("2 people added.")
    assert owner.api.get("/bot/settings")["keep"] == ["best.friend", "my_sister"]


def watch_stories(noel: Visitor) -> None:
    """Looks who matches and starts the action from one form, whose second part no script shows or hides."""
    shown = population.people(population.shows_story, 1)[0].username
    noel.chooses("Watch stories")
    noel.tick("People you name")
    noel.fill("Usernames", shown)
    noel.press("Update estimate")
    noel.sees(noel.region("Estimate").get_by_text("Watch the stories of 1 person"))
    noel.preview_matches()
    assert noel.matches() == {f"@{shown}": "Match"}
    noel.start_action("Watch the stories of 1 person")


def plan(noel: Visitor, owner: Owner) -> None:
    """Starts a plan of two steps, whose rows are all there, as no script hides those that are not chosen."""
    noel.open("/actions/new?what=plan")
    noel.page.locator("#compose-source-hashtag-tags").fill("coffee")
    noel.fill("People", "1")
    noel.page.locator("[name=plan][value=custom]").check()
    noel.page.get_by_label("Step 1", exact=True).select_option("Follow")
    noel.page.get_by_label("Step 2, then", exact=True).select_option("Watch their story")
    noel.press("Update estimate")
    sentence = "Follow 1 person from #coffee, then watch their story."
    noel.sees(noel.region("Estimate").get_by_text(sentence))
    expect(noel.page.get_by_label("Step 2, then", exact=True)).to_have_value("story")
    noel.press("Start action")
    noel.is_told(re.compile("Action added: Follow, then watch"))
    owner.api.wait_for(owner.newest_action(), done=1)
    assert len(owner.arrived("follow")) == 1


def write(noel: Visitor, owner: Owner, username: str) -> None:
    noel.open("/actions/new")
    noel.chooses("Send messages")
    noel.fill("People", username)
    noel.press("Check the list")
    noel.sees(noel.region("1 gets it"))
    noel.fill("Message", "Hello")
    noel.press(re.compile("^Username"))
    expect(noel.page.get_by_label("Message", exact=True)).to_have_value("Hello {username}")
    noel.press("Preview messages")
    noel.sees(noel.region("Preview").get_by_text(f"Hello {username}"))
    noel.start_action("Send a message to 1 person")
    owner.api.wait_for(owner.newest_action(), status="succeeded")
    noel.open(f"/actions/{owner.newest_action()}")
    expect(noel.in_table("People", f"@{username}")).to_contain_text("Hello")
    assert owner.arrived("message") == [username]
