"""Each kind of action in a browser: the form, the look at whom it would find, the progress, what arrived."""

from collections import Counter
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
    return owner.comes(visit(owner.installation), "/actions/new")


def place(visitor: Visitor, title: str, end: str = "Done") -> None:
    """Starts the action and watches it come to its end on its page."""
    visitor.start_action(title)
    visitor.page.evaluate("window.opened = 'before the first step'")
    visitor.sees_end(end)
    assert visitor.page.evaluate("window.opened") == "before the first step"


def look(visitor: Visitor, owner: Owner, kind: str) -> dict[str, str]:
    """Who is shown as a match, or why not. Nothing arrives meanwhile."""
    before = owner.arrived(kind)
    visitor.preview_matches()
    assert owner.arrived(kind) == before
    return visitor.matches()


def done(visitor: Visitor, word: str) -> list[str]:
    """Those who are done, on the page of the action."""
    return [name for name, _ in visitor.crowd(word)]


def skipped(visitor: Visitor) -> dict[str, str]:
    """Why each was skipped, on the page of the action."""
    return dict(visitor.crowd("Skipped"))


def counted(visitor: Visitor) -> dict[str, int]:
    """How many were skipped, by reason."""
    reasons = visitor.region("Skipped")
    names, counts = reasons.locator("dt").all_inner_texts(), reasons.locator("dd").all_inner_texts()
    return dict(zip(names, map(int, counts), strict=True))


def test_followers_of_an_account_are_followed_but_for_those_whom_filters_leave_out(owner: Owner, olga: Visitor) -> None:
    account = population.people(lambda person: population.public(person) and 50 < person.followers < 150, 1)[0]
    olga.chooses("Follow followers")
    olga.page.get_by_role("textbox", name="Account").fill(f"@{account.username}")
    olga.fill("People", "3")
    olga.tick("Only for this action")
    olga.fill("Followers, at least", str(FEW))
    seen = look(olga, owner, "follow")
    accepted = [name for name, result in seen.items() if result == "Match"]
    refused = {name: result for name, result in seen.items() if result != "Match"}
    assert accepted
    assert "Has too few followers" in refused.values()

    place(olga, f"Follow 3 followers of @{account.username}")
    followed = done(olga, "Followed")
    assert set(followed) >= set(accepted[:3])
    assert [f"@{name}" for name in reversed(owner.arrived("follow")[-3:])] == followed
    assert skipped(olga).items() >= refused.items()
    assert counted(olga) == Counter(skipped(olga).values())
    for name in followed:
        person = population.world().people.named(name.removeprefix("@"))
        assert person
        assert population.world().people.follows(person, account)
        assert person.followers >= FEW


def test_the_most_popular_posts_of_a_hashtag_are_liked(owner: Owner, olga: Visitor) -> None:
    olga.chooses("Like posts")
    olga.fill("Hashtag", "#Coffee")
    olga.page.get_by_label("Which posts").select_option("The most popular")
    olga.fill("Posts", "2")
    assert "Match" in look(olga, owner, "like").values()
    olga.start_action("Like 2 top posts from #coffee")
    expect(olga.region("Setup")).to_contain_text("Ended", timeout=ACTION_PATIENCE)
    expect(olga.region("Setup").get_by_text("Edit schedule")).to_have_count(0)
    liked = [population.post(post_id) for post_id in owner.arrived("like")]
    assert len(liked) == 2
    assert sorted(done(olga, "Liked")) == sorted(f"@{post.owner.username}" for post in liked)
    top, _ = population.world().posts.under_hashtag("coffee", "top", 0)
    assert {post.id for post in liked} <= {post.id for post in top}


def test_the_stories_of_people_who_are_named_are_watched(owner: Owner, olga: Visitor) -> None:
    showing = [person.username for person in population.people(population.shows_story, 2)]
    nothing, nobody = population.people(population.shows_nothing, 1)[0].username, "nobody_of_this_name"
    olga.chooses("Watch stories")
    olga.tick("People you name")
    olga.fill("Usernames", "\n".join([*showing, f"@{nothing}", nobody]))
    seen = look(olga, owner, "story_seen")
    assert seen == {f"@{name}": "Match" for name in showing} | {
        f"@{nothing}": "Has no story now",
        f"@{nobody}": "Does not exist on Instagram",
    }
    place(olga, "Watch the stories of 4 people", "Partly done")
    assert sorted(done(olga, "Watched")) == sorted(f"@{name}" for name in showing)
    assert skipped(olga) == {name: result for name, result in seen.items() if result != "Match"}
    assert counted(olga) == {"Has no story now": 1, "Does not exist on Instagram": 1}
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
    olga.chooses("Unfollow")
    olga.fill("People", "10")
    olga.tick("Keep people who follow back")
    olga.fill("Keep these, too (optional)", f"@{kept.upper()}")
    assert look(olga, owner, "unfollow")[f"@{friend}"] == "Follows you back"
    place(olga, "Unfollow 10 people", "Partly done")
    gone = {late, *already}
    assert set(owner.arrived("unfollow")) == gone
    assert sorted(done(olga, "Unfollowed")) == sorted(f"@{name}" for name in gone)
    assert skipped(olga) == {f"@{friend}": "Follows you back"}


def test_an_action_that_finds_nobody_ends_with_the_reason(olga: Visitor) -> None:
    olga.fill_action("nobodyhere", 2)
    with olga.refused(404):
        olga.press("Preview matches")
        olga.sees(olga.page.locator("#compose").get_by_text("Instagram shows no posts under #nobodyhere."))
    place(olga, "Follow 2 people from #nobodyhere", "Failed")
    olga.sees(olga.page.locator("#now").get_by_text("Instagram shows no posts under #nobodyhere."))
    olga.sees(olga.page.get_by_text("No one was looked at."))
