"""Each kind of action in a browser: the form, the look at whom it would find, the progress, what arrived."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from e2e import population
from e2e.bots import Owner, follows_were
from e2e.conftest import Visit
from e2e.installation import SQLITE, Installations
from e2e.visitor import ACTION_PATIENCE, Visitor

pytestmark = pytest.mark.xdist_group("e2e-placing")

FEW = 150


@pytest.fixture(scope="module")
def owner(installations: Installations) -> Owner:
    return Owner.of_new_bot(installations.standing(SQLITE), "olga")


@pytest.fixture
def olga(owner: Owner, visit: Visit) -> Visitor:
    return owner.comes(visit(owner.installation), "/automation")


def place(visitor: Visitor, title: str, end: str = "Done") -> None:
    """Presses Start, watches the action come to its end on the page that is open, and opens it."""
    visitor.press("Start")
    visitor.is_told(f"Accepted: {title}.")
    visitor.page.evaluate("window.opened = 'before the first step'")
    item = visitor.region("Actions").get_by_role("listitem").filter(has_text=title)
    expect(item).to_contain_text(re.compile("Done|Partly done|Failed"), timeout=ACTION_PATIENCE)
    expect(item).to_contain_text(end)
    assert visitor.page.evaluate("window.opened") == "before the first step"
    item.get_by_role("link", name=title, exact=True).click()
    visitor.sees(visitor.heading(title))


def look(visitor: Visitor, owner: Owner, kind: str) -> list[list[str]]:
    """What the dry run shows, during which nothing arrives."""
    before = owner.arrived(kind)
    visitor.press("Show whom it would find")
    visitor.sees(visitor.region("Whom it would find").get_by_text("Nothing was done."))
    assert owner.arrived(kind) == before
    return visitor.rows("Whom it would find")


def done(rows: list[list[str]]) -> list[str]:
    return [name for name, result, *_ in rows if result == "Done"]


def skipped(rows: list[list[str]]) -> dict[str, str]:
    """Why each was left out."""
    return {name: why for name, result, why, *_ in rows if result == "Left out"}


def counted(reasons: dict[str, str]) -> list[list[str]]:
    """The table of the reasons, as it has to be."""
    counts = {why: list(reasons.values()).count(why) for why in reasons.values()}
    return [[why, str(count)] for why, count in sorted(counts.items(), key=lambda item: -item[1])]


def test_followers_of_an_account_are_followed_but_for_those_whom_filters_leave_out(owner: Owner, olga: Visitor) -> None:
    account = population.people(lambda person: population.public(person) and 50 < person.followers < 150, 1)[0]
    olga.link("Follow followers").click()
    olga.fill("Whose followers", f"@{account.username}")
    olga.fill("How many people", "3")
    olga.unfold("Whom to leave out")
    olga.tick("Differently for this action")
    olga.fill("Followers, at least", str(FEW))
    seen = look(olga, owner, "follow")
    accepted = [name for name, result, _ in seen if result == "Accepted"]
    refused = {name: why for name, result, why in seen if result == "Left out"}
    assert accepted
    assert "Has too few followers" in refused.values()

    place(olga, f"Follow 3 followers of @{account.username}")
    rows = olga.rows("People")
    assert set(done(rows)) >= set(accepted[:3])
    assert [f"@{name}" for name in reversed(owner.arrived("follow")[-3:])] == done(rows)
    assert skipped(rows).items() >= refused.items()
    assert sorted(olga.rows("Left out")) == sorted(counted(skipped(rows)))
    for name in done(rows):
        person = population.world().people.named(name.removeprefix("@"))
        assert person
        assert population.world().people.follows(person, account)
        assert person.followers >= FEW


def test_the_most_popular_posts_of_a_hashtag_are_liked(owner: Owner, olga: Visitor) -> None:
    olga.link("Like posts").click()
    olga.fill("Hashtag", "#Coffee")
    olga.page.get_by_label("Which posts").select_option("The most popular")
    olga.fill("How many posts", "2")
    assert any(result == "Accepted" for _, result, _ in look(olga, owner, "like"))
    olga.press("Start")
    item = olga.region("Actions").get_by_role("listitem").filter(has_text="Like 2 top posts from #coffee")
    item.get_by_role("link").first.click()
    expect(olga.region("When")).to_contain_text("Ended", timeout=ACTION_PATIENCE)
    expect(olga.region("When").get_by_text("Change")).to_have_count(0)
    liked = [population.post(post_id) for post_id in owner.arrived("like")]
    assert len(liked) == 2
    shown = [name.split()[0] for name in done(olga.rows("Posts"))]
    assert sorted(shown) == sorted(f"@{post.owner.username}" for post in liked)
    top, _ = population.world().posts.under_hashtag("coffee", "top", 0)
    assert {post.id for post in liked} <= {post.id for post in top}


def test_the_stories_of_people_who_are_named_are_watched(owner: Owner, olga: Visitor) -> None:
    showing = [person.username for person in population.people(population.shows_story, 2)]
    nothing, nobody = population.people(population.shows_nothing, 1)[0].username, "nobody_of_this_name"
    olga.link("Watch stories").click()
    olga.tick("Of people you name")
    olga.fill("Usernames", "\n".join([*showing, f"@{nothing}", nobody]))
    seen = {name: (result, why) for name, result, why in look(olga, owner, "story_seen")}
    assert seen == {f"@{name}": ("Accepted", "") for name in showing} | {
        f"@{nothing}": ("Left out", "Has no story now"),
        f"@{nobody}": ("Left out", "Is not known to Instagram"),
    }
    place(olga, "Watch the stories of 4 people", "Partly done")
    rows = olga.rows("People")
    assert sorted(done(rows)) == sorted(f"@{name}" for name in showing)
    assert skipped(rows) == {name: why for name, (result, why) in seen.items() if result == "Left out"}
    assert sorted(olga.rows("Left out")) == [["Has no story now", "1"], ["Is not known to Instagram", "1"]]
    assert {population.owner_of_picture(picture) for picture in owner.arrived("story_seen")} == set(showing)


@pytest.fixture
def followed(owner: Owner) -> Callable[[int, bool], list[str]]:
    """Lets the bot follow people who follow back, or do not; their names."""

    def follow(amount: int, back: bool) -> list[str]:
        owner.installation.sandbox.post("/scripts", username="*", follow_back=back)
        before = len(owner.arrived("follow"))
        owner.api.wait_for(owner.api.place("travel", amount), status="succeeded")
        return owner.arrived("follow")[before:]

    return follow


def test_people_followed_long_ago_are_unfollowed_but_for_those_to_be_kept(
    owner: Owner, olga: Visitor, followed: Callable[[int, bool], list[str]]
) -> None:
    friend, *others = [*followed(1, True), *followed(2, False)]
    kept, late = others[0], others[1]
    follows_were(owner.installation, owner.login.id, days=8)
    already = [name for name in owner.arrived("follow") if name not in (friend, kept, late)]
    olga.link("Unfollow").click()
    olga.fill("How many people", "10")
    olga.tick("Keep those who follow back")
    olga.fill("Keep these as well (optional)", f"@{kept.upper()}")
    assert [f"@{friend}", "Left out", "Follows you back"] in look(olga, owner, "unfollow")
    place(olga, "Unfollow 10 people", "Partly done")
    rows = olga.rows("People")
    gone = {late, *already}
    assert set(owner.arrived("unfollow")) == gone
    assert sorted(done(rows)) == sorted(f"@{name}" for name in gone)
    assert skipped(rows) == {f"@{friend}": "Follows you back"}


def test_an_action_that_finds_nobody_ends_with_the_reason(olga: Visitor) -> None:
    olga.fill("Hashtag", "nobodyhere")
    olga.fill("How many people", "2")
    with olga.refused(404):
        olga.press("Show whom it would find")
        olga.sees(olga.page.locator("#follow-hashtag").get_by_text("Instagram shows no posts under #nobodyhere."))
    place(olga, "Follow 2 people from #nobodyhere", "Failed")
    olga.sees(olga.region("Progress").get_by_text("Instagram shows no posts under #nobodyhere."))
    olga.sees(olga.page.get_by_text("Nobody was looked at."))
