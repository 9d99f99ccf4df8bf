"""A plan from its form to what arrived: several sources, and a branch that people take both ways."""

from typing import Any

import pytest
from playwright.sync_api import expect

from e2e import population
from e2e.api import POLL_INTERVAL
from e2e.bots import Owner, waits_are_over
from e2e.conftest import Visit
from e2e.installation import SQLITE, Installations
from e2e.visitor import ACTION_PATIENCE, Visitor
from local.processes import wait_until
from sandbox.people import Person

pytestmark = pytest.mark.xdist_group("e2e-placing")


@pytest.fixture(scope="module")
def owner(installations: Installations) -> Owner:
    return Owner.of_new_bot(installations.standing(SQLITE), "pia")


@pytest.fixture
def pia(owner: Owner, visit: Visit) -> Visitor:
    pia = owner.comes(visit(owner.installation), "/actions/new?what=plan")
    pia.page.locator("[name=plan][value=custom]").check()
    return pia


def choose(visitor: Visitor, number: int, **fields: str) -> None:
    """Fills fields of a row of the plan's steps: `do`, `when`, `otherwise`, `days`."""
    row = visitor.page.locator("#compose-plan .row").nth(number)
    names = {"when": "if", "otherwise": "not"}
    for name, value in fields.items():
        field = row.locator(f"[name$='.{names.get(name, name)}']")
        field.fill(value) if name == "days" else field.select_option(value)


def steps_of(owner: Owner) -> list[dict[str, Any]]:
    """The steps of the newest action, with the numbers of people at each."""
    steps: list[dict[str, Any]] = owner.api.get(f"/bot/actions/{owner.newest_action()}/steps")["steps"]
    return steps


def has_posts(person: Person) -> bool:
    return population.public(person) and person.posts > 3


def test_people_of_two_hashtags_and_of_an_account_are_followed_and_their_posts_liked(
    owner: Owner, pia: Visitor
) -> None:
    account = population.people(lambda person: population.public(person) and 50 < person.followers < 150, 1)[0]
    pia.page.locator("#compose-source-hashtag-tags").fill("coffee\n#tea")
    pia.page.locator("[name='from.followers'][type=checkbox]").check()
    pia.page.locator("#compose-source-followers-of").fill(f"@{account.username}")
    pia.fill("People", "3")
    choose(pia, 0, do="follow")
    choose(pia, 1, do="like")
    origin = f"followers of @{account.username}, #coffee and 1 more"
    whole = f"Follow 3 people from {origin}, then like their last post."
    pia.sees(pia.region("Estimate").get_by_text(whole))
    pia.start_action(f"Follow, then like: 3 people from {origin}")
    pia.sees_end("Done")
    steps = pia.region("Steps")
    expect(steps).to_contain_text(whole)
    expect(steps.get_by_role("listitem").nth(0)).to_contain_text("3 done")
    followed, liked = owner.arrived("follow"), owner.arrived("like")
    assert len(followed) == 3
    assert len(liked) == steps_of(owner)[1]["done"]
    assert {population.post(one).owner.username for one in liked} <= set(followed)


def test_whoever_accepts_is_liked_and_whoever_does_not_is_unfollowed(owner: Owner, pia: Visitor) -> None:
    open_one = population.people(has_posts, 1)[0].username
    closed_one = population.people(lambda person: person.is_private, 1)[0].username
    owner.installation.sandbox.post("/scripts", username=closed_one, accept=False)
    before = len(owner.arrived("like"))
    pia.page.locator("[name='from.hashtag'][type=checkbox]").uncheck()
    pia.page.locator("[name='from.people'][type=checkbox]").check()
    pia.page.locator("#compose-source-people-usernames").fill(f"{open_one}\n{closed_one}")
    pia.fill("People", "2")
    pia.tick("Only for this action")
    pia.page.get_by_label("Skip private accounts").uncheck()
    choose(pia, 0, do="follow")
    choose(pia, 1, do="like", when="accepted", days="2", otherwise="unfollow")
    pia.sees(pia.region("Estimate").get_by_text("if they accept your request within 2 days (if not, unfollow them)"))
    pia.start_action("Follow, then like: 2 people from your list")
    expect(pia.region("Steps")).to_contain_text("1 waits for them to accept", timeout=ACTION_PATIENCE)
    owner.api.wait_for(owner.newest_action(), done=2)
    assert wait_until(lambda: steps_of(owner)[1]["done"] == 1, ACTION_PATIENCE / 1000, every=POLL_INTERVAL), (
        steps_of(owner),
        owner.api.get("/bot/status")["verdict"],
    )
    assert [population.post(one).owner.username for one in owner.arrived("like")[before:]] == [open_one]
    assert owner.arrived("unfollow") == []

    waits_are_over(owner.installation, owner.login.id)
    # The bot looks again, and asks Instagram once more before it counts as not accepted.
    for verb in ("pause", "resume"):
        owner.api.post(f"/bot/actions/{owner.newest_action()}/{verb}")
    pia.sees_end("Done")
    assert owner.arrived("unfollow") == [closed_one]
    expect(pia.region("Steps")).to_contain_text("If not:")
    assert [(step["done"], step["skipped"]) for step in steps_of(owner)] == [(2, 0), (1, 1), (1, 0)]
