"""A plan in words."""

import pytest

from bot.plans import words
from bot.plans.aliases import plan_of
from bot.plans.placing import NewPlan

TAGS = {"kind": "hashtag", "tags": ["coffee"]}
FOLLOW = {"do": "follow"}
BACK = {"when": "follows_back", "within": "7d"}
HELLO = {"do": "message", "text": "Hello {username}"}
CASES = [
    ([FOLLOW], "Follow 50 people from #coffee", "Follow 50 people from #coffee."),
    ([{"do": "like"}], "Like 50 posts from #coffee", "Like 50 posts from #coffee."),
    (
        [{"do": "like", "posts": 2}],
        "Like the last 2 posts of 50 people from #coffee",
        "Like the last 2 posts of 50 people from #coffee.",
    ),
    (
        [FOLLOW, {"do": "like", "posts": 2, "after": "1d"}, HELLO | BACK],
        "Follow, like, then message: 50 people from #coffee",
        "Follow 50 people from #coffee, then like their last 2 posts after 1 day, "
        "then send them a message if they follow back within 7 days.",
    ),
    (
        [FOLLOW, {"do": "like", "posts": 1, **BACK, "otherwise": [{"do": "unfollow"}]}],
        "Follow, then like: 50 people from #coffee",
        "Follow 50 people from #coffee, then like their last post if they follow back within 7 days "
        "(if not, unfollow them).",
    ),
    (
        [{"do": "story"}, {"do": "story", "after": "12h", "share": 0.5}, FOLLOW | BACK, HELLO | {"after": "90m"}],
        "Watch stories, follow, then message: 50 people from #coffee",
        "Watch the stories of 50 people from #coffee, then watch their story for 50% of them after 12 hours, "
        "then follow them if they follow back within 7 days (if not, stop), then send them a message after 90 minutes.",
    ),
    ([{"do": "like"}, FOLLOW], "Like, then follow: 50 posts from #coffee", None),
]


def plan(*steps, amount=50):
    return NewPlan.model_validate({"source": [TAGS], "steps": steps, "amount": amount}).plan


@pytest.mark.parametrize(("steps", "title", "sentence"), CASES, ids=[title for _, title, _ in CASES])
def test_it_has_a_title_and_a_sentence(steps, title, sentence):
    assert words.title(plan(*steps), 50) == title
    assert sentence is None or words.sentence(plan(*steps), 50) == sentence


def test_one_person_is_one():
    assert words.title(plan(FOLLOW), 1) == "Follow 1 person from #coffee"


@pytest.mark.parametrize("fact", words.AWAITED)
def test_each_fact_has_words(fact):
    said = words.sentence(plan(FOLLOW, HELLO, {"do": "story", "when": fact, "within": "3d"}), 2)
    assert "then watch their story if they " in said
    assert said.endswith(" within 3 days.")


def test_a_branch_comes_right_after_the_step_that_it_replaces():
    branch = [{"do": "story"}, {"do": "unfollow", "after": "1d"}]
    found = words.lines(plan(FOLLOW, {"do": "like", "posts": 1, **BACK, "otherwise": branch}, HELLO | {"after": "2d"}))
    assert [(one.number, one.depth, one.instead_of, one.text) for one in found] == [
        (1, 0, None, "Follow them"),
        (2, 0, None, "Like their last post if they follow back within 7 days"),
        (3, 1, 2, "Watch their story"),
        (4, 1, None, "Unfollow them after 1 day"),
        (5, 0, None, "Send them a message after 2 days"),
    ]
    assert sorted(one.node.index for one in found) == [0, 1, 2, 3, 4]


def test_an_action_of_another_kind_is_a_plan_of_one_step():
    writing = plan_of("send-messages", {"message": "Hello"})
    assert words.sentence(writing, 3) == "Send a message to 3 people."
