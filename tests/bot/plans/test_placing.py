"""Actions with several sources: what is accepted, what is refused, and whose turn it is."""

from types import SimpleNamespace

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot.actions import control, searches
from bot.actions.candidates import add_candidates
from bot.actions.search import ActionSearch
from bot.actions.targets import Candidate, Work
from bot.contacts.forgetting import forget_person
from bot.contacts.people import FORGOTTEN, people_by_name
from bot.core.errors import BotException
from bot.messages.drafts import draft
from bot.plans.aliases import plan_of
from bot.plans.placing import NewPlan, place
from bot.plans.sources import SOURCES
from bot.plans.steps import STEPS
from bot.results.sources import source_of
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.models import ActionSource, Activity, Contact
from bot.storage.tenancy import tenant
from tests.bot.driving import do_step, id_of, work_of

TAGS = {"kind": "hashtag", "tags": ["#Coffee", "espresso"]}
ROASTER = {"kind": "followers", "of": ["@Roaster"]}
NAMED = {"kind": "people", "usernames": ["ann", "ben"]}
EXAMPLES = {
    "hashtag": TAGS,
    "followers": ROASTER,
    "following": {"kind": "following", "of": ["roaster"]},
    "likers": {"kind": "likers", "posts": ["https://www.instagram.com/p/B1LbfVPlwIA/"]},
    "likers_of_accounts": {"kind": "likers_of_accounts", "of": ["roaster"], "last": 2},
    "likers_of_hashtags": {"kind": "likers_of_hashtags", "tags": ["coffee"]},
    "commenters": {"kind": "commenters", "posts": ["B1LbfVPlwIA"]},
    "answered": {"kind": "answered"},
    "own_followers": {"kind": "own_followers"},
    "own_following": {"kind": "own_following"},
    "own_likers": {"kind": "own_likers"},
    "own_commenters": {"kind": "own_commenters"},
    "people": NAMED,
    "followed_by_bot": {"kind": "followed_by_bot", "older_than_days": 3},
}


def plan(*sources, do="follow", amount=5, **more):
    step = {"do": do, "text": "Hello"} if do == "message" else {"do": do}
    return NewPlan.model_validate({"source": sources, "steps": [step], "amount": amount, **more})


def find(user, work, *names, cursor=None):
    people = [Candidate(name, name, id_of(name)) for name in names]
    label = plan_of(work.kind, work.params).parts[work.source].label
    add_candidates(user.id, work, people, cursor, skip_if_handled=False, label=label)


def sources(user):
    with tenant(user.id, reading=True) as session:
        rows = session.query(ActionSource).order_by(ActionSource.number)
        return [(row.label, row.asked, row.found, row.kept, row.ended) for row in rows]


def warnings(user):
    with tenant(user.id, reading=True) as session:
        rows = session.scalars(select(Activity).where(Activity.status == "warned"))
        return sorted((row.target, row.error_code) for row in rows)


def test_each_source_has_an_example_here():
    assert set(EXAMPLES) == set(SOURCES)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_source_is_stored_and_read_again_as_it_was_said(ready, kind):
    asked = plan(EXAMPLES[kind], do="unfollow" if kind == "followed_by_bot" else "follow")
    action = place(ready.id, asked).action
    known = plan_of(action.kind, control.get_action(ready.id, action.id).action.params)
    assert (known.sources, known.steps) == (asked.source, asked.steps)
    assert action.params["subject"] == known.subject == ", ".join(part.label for part in known.parts)


@pytest.mark.parametrize("do", sorted(kind for kind, step in STEPS.items() if step.in_plans))
def test_each_step_is_stored_and_read_again(ready, do):
    asked = plan(TAGS if do == "like" else NAMED, do=do)
    action = place(ready.id, asked).action
    assert plan_of(action.kind, action.params).steps == asked.steps
    assert work_of(ready).step_kind == do
    assert [one.action.id for one in control.list_actions(ready.id, 9, None, ActionSearch(kind=do)).items] == [
        action.id
    ]


HELLO, ANSWERED = {"do": "message", "text": "Hello"}, {"do": "story", "when": "answered"}
MORE = HELLO | {"again": True}


def branches(depth):
    """A step with this many branches within one another, each with the next."""
    below = branches(depth - 1) if depth > 1 else [{"do": "unfollow"}]
    return [{"do": "story", "when": "follows_back", "within": "1d", "otherwise": below}]


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ({"source": []}, "at least 1 item"),
        ({"source": [{"kind": "news"}]}, "does not match any of the expected tags"),
        ({"source": [{"kind": "people", "usernames": []}]}, "at least one person"),
        (
            {"source": [{"kind": "hashtag", "tags": [f"{name}{n}" for n in range(20)]} for name in "abc"]},
            "40 hashtags, accounts and posts",
        ),
        ({"steps": [{"do": "reply"}]}, "does not match any of the expected tags"),
        ({"steps": [{"do": "message", "text": "{oops}"}]}, "oops"),
        ({"steps": [{"do": "follow"}, {"do": "story", "when": "answered"}]}, "only after a message"),
        ({"steps": [{"do": "follow"}, {"do": "story", "when": "answered_positive"}]}, "only after a message"),
        (
            {"steps": [{"do": "follow"}, {"do": "story", "when": "follows_back", "otherwise": [ANSWERED]}]},
            "only after a message",
        ),
        ({"steps": [{"do": "follow"}, HELLO | {"share": 0.5}, ANSWERED]}, "only after a message to everyone"),
        ({"steps": [HELLO, {"do": "like", "posts": 1, "after": "10d"}, ANSWERED]}, "13 days at most"),
        (
            {"steps": [HELLO, {"do": "story", "when": "follows_back", "within": "9d", "otherwise": [ANSWERED]}]},
            "13 days at most",
        ),
        ({"steps": [HELLO, HELLO | {"after": "9d"}]}, "only with `again`"),
        ({"steps": [HELLO, MORE | {"after": "71h"}]}, "comes 3 days after"),
        ({"steps": [HELLO, {"do": "story", "after": "2d"}, MORE | {"after": "23h"}]}, "comes 3 days after"),
        ({"steps": [HELLO, ANSWERED | {"within": "2d", "otherwise": [MORE]}]}, "comes 3 days after"),
        ({"steps": [HELLO | {"share": 1}, *[MORE | {"after": "3d"}] * 2]}, "gets 2 messages at most"),
        (
            {"steps": [HELLO, MORE | {"when": "answered"}, MORE | {"after": "3d"}, MORE | {"after": "3d"}]},
            "gets 2 messages at most",
        ),
        ({"steps": [{"do": "story"}, {"do": "follow", "when": "accepted"}]}, "only after a follow"),
        ({"steps": [{"do": "story"}, {"do": "unfollow"}]}, "only people that the plan follows"),
        ({"steps": [{"do": "follow"}, {"do": "story", "when": "follows_back", "after": "8d"}]}, "at least `after`"),
        ({"steps": [{"do": "follow"}, {"do": "story", "when": "follows_back", "within": "0d"}]}, "longer than 0"),
        ({"steps": [{"do": "follow"}, *branches(4)]}, "3 branches within one another"),
        ({"steps": [HELLO, ANSWERED | {"within": "14d"}]}, "13 days at most"),
        ({"steps": [{"do": "follow"}] * 9}, "at most 8 items"),
        ({"steps": [{"do": "follow", "after": "1d"}]}, "first step waits for nothing"),
        ({"steps": [{"do": "follow"}, {"do": "story", "otherwise": [{"do": "unfollow"}]}]}, "nothing to do otherwise"),
        ({"steps": [{"do": "follow"}, {"do": "like"}]}, "how many posts of the person"),
        ({"steps": [{"do": "follow"}, {"do": "story", "after": "61d"}]}, "60 days at most"),
        ({"steps": [{"do": "follow"}, {"do": "story", "after": "40d"}, {"do": "unfollow", "after": "40d"}]}, "60 days"),
        ({"steps": [{"do": "follow"}, {"do": "story", "when": "likes_us"}]}, "follows_back"),
        ({"steps": [{"do": "follow"}, {"do": "story", "share": 0}]}, "greater than 0"),
        ({"steps": [{"do": "unfollow"}]}, "unfollow takes people from followed_by_bot and people alone"),
        ({"source": [ROASTER], "steps": [{"do": "like"}]}, "followers has no posts to like"),
        ({"amount": 201}, "less than or equal to 200"),
    ],
)
def test_what_no_bot_can_do_is_refused(refused, why):
    with pytest.raises(ValidationError, match=why):
        NewPlan.model_validate({"source": [TAGS], "steps": [{"do": "follow"}], "amount": 5, **refused})


@pytest.mark.parametrize(
    "steps",
    [
        [HELLO, MORE | {"after": "3d"}],
        [HELLO, {"do": "story", "after": "2d"}, MORE | {"after": "1d"}],
        [HELLO, ANSWERED | {"within": "3d", "otherwise": [MORE]}],
        [HELLO, HELLO | {"when": "answered", "within": "1d"}, MORE | {"after": "3d"}],
    ],
)
def test_a_person_who_does_not_answer_gets_a_second_message_days_later(steps):
    assert NewPlan.model_validate({"source": [TAGS], "steps": steps, "amount": 5})


def test_three_branches_within_one_another_are_a_plan():
    told = {"source": [TAGS], "steps": [{"do": "follow"}, *branches(3)], "amount": 5}
    assert [node.path for node in NewPlan.model_validate(told).plan.nodes] == [
        "steps.0",
        "steps.1",
        "steps.1.otherwise.0",
        "steps.1.otherwise.0.otherwise.0",
        "steps.1.otherwise.0.otherwise.0.otherwise.0",
    ]


def test_a_source_that_comes_twice_is_searched_once():
    tops = TAGS | {"tags": ["coffee", "#COFFEE"], "tab": "top"}
    parts = plan(TAGS, TAGS, tops, ROASTER, ROASTER | {"of": ["other", "roaster"]}).plan.parts
    assert [(part.number, part.label) for part in parts] == [
        (0, "#coffee"),
        (1, "#espresso"),
        (2, "#coffee"),
        (3, "followers of @roaster"),
        (4, "followers of @other"),
    ]


def test_no_more_people_are_counted_than_are_named():
    assert (plan(NAMED, amount=50).total, plan(NAMED, TAGS, amount=50).total, plan(NAMED, amount=1).total) == (2, 50, 1)


def test_parts_take_turns_and_each_goes_on_where_it_was(ready):
    action = place(ready.id, plan(TAGS, ROASTER)).action
    asked = []
    for cursor in ("one", "two", "three"):
        work = work_of(ready)
        asked.append((work.source, work.cursor))
        find(ready, work, cursor=cursor)
    for _ in range(2):
        work = work_of(ready)
        asked.append((work.source, work.cursor))
        find(ready, work)
    assert asked == [(0, None), (1, None), (2, None), (0, "one"), (1, "two")]
    work = work_of(ready)
    assert (work.source, work.cursor, work.searched) == (2, "three", False)
    find(ready, work, "ann", "ann", "ben")
    assert sources(ready)[2] == ("followers of @roaster", 2, 3, 2, "searched")
    assert control.get_action(ready.id, action.id).action.searched
    with tenant(ready.id, reading=True) as session:
        assert searches.next_part(session, action.id, 3) == (3, None)


def test_a_person_that_two_parts_have_is_one_target_of_the_first(ready, clock):
    action = place(ready.id, plan(TAGS, amount=1)).action
    work = work_of(ready)
    find(ready, work, "ann")
    find(ready, next_part(ready, work), "ann", "ben")
    targets = control.list_targets(ready.id, action.id, 9, None, "pending").items
    assert [(one.target, one.source) for one in sorted(targets, key=lambda one: one.position)] == [
        ("ann", 0),
        ("ben", 1),
    ]
    do_step(ready, clock)
    assert control.get_action(ready.id, action.id).action.status == "succeeded"


def next_part(user, work):
    """The work of a search that has come to the second part."""
    with tenant(user.id, reading=True) as session:
        source, cursor = searches.next_part(session, work.action_id, work.parts)
    return type(work)(**{**vars(work), "source": source, "cursor": cursor})


def test_a_part_that_cannot_be_searched_ends_and_the_others_go_on(ready):
    action = place(ready.id, plan(TAGS)).action
    private = BotException("INSTAGRAM_HASHTAG_HIDDEN")
    assert not searches.end_part(ready.id, work_of(ready), "#coffee", private)
    work = work_of(ready)
    assert work.source == 1
    assert searches.end_part(ready.id, work, "#espresso", private)
    assert [one[-1] for one in sources(ready)] == [private.code] * 2
    assert warnings(ready) == [("#coffee", private.code), ("#espresso", private.code)]
    # Without any part there is no one left.
    rest = next_work(ready.id)
    assert isinstance(rest, Work)
    assert rest.searched
    Step(ready.id, rest).exhaust(private)
    ended = control.get_action(ready.id, action.id)
    assert (ended.action.status, ended.trouble.name) == ("failed", private.name)


def test_the_only_part_of_an_action_names_it_when_it_is_closed(ready):
    action = place(ready.id, plan({"kind": "likers", "posts": ["B1LbfVPlwIA"]})).action
    work, gone = work_of(ready), BotException("INSTAGRAM_POST_NOT_FOUND")
    assert searches.end_part(ready.id, work, "likes of post B1LbfVPlwIA", gone)
    assert warnings(ready) == []
    Step(ready.id, work).exhaust(gone)
    assert control.get_action(ready.id, action.id).trouble.message == "There is no post B1LbfVPlwIA."


def test_people_named_one_by_one_are_a_list(ready):
    action = place(ready.id, plan(NAMED, do="story", amount=5)).action
    assert (action.listed, action.total) == (True, 2)
    assert not place(ready.id, plan(NAMED, TAGS)).action.listed


def test_the_same_key_is_the_same_action_and_another_request_is_refused(ready):
    first = place(ready.id, plan(TAGS), "key")
    again = place(ready.id, plan(TAGS), "key")
    assert (again.action.id, again.replayed) == (first.action.id, True)
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        place(ready.id, plan(ROASTER), "key")


def test_its_draft_places_it_again(ready):
    action = place(ready.id, plan(TAGS, ROASTER, name="Coffee people")).action
    again = NewPlan.model_validate(draft(ready.id, action.id).params)
    assert (again.source, again.name) == (plan(TAGS, ROASTER).source, "Coffee people")


def test_its_results_name_the_sources(ready):
    action = place(ready.id, plan(TAGS, ROASTER)).action
    assert source_of(action.params, listed=False) == ("several", "#coffee, #espresso and 1 more")


def test_a_forgotten_person_is_in_none_of_its_lists(ready):
    keep = {"kind": "followed_by_bot", "keep": ["ann"]}
    action = place(ready.id, plan({"kind": "people", "usernames": ["ann"]}, keep, do="unfollow")).action
    work = work_of(ready)
    find(ready, work, "ann")
    forget_person(ready.id, people_by_name(ready.id, ["ann"])["ann"])
    params = control.get_action(ready.id, action.id).action.params
    assert "ann" not in str(params)
    # What is left of it can still be read.
    assert plan_of("plan", params).parts


def test_people_who_answered_are_a_source_and_nobody_who_asked_to_stop(ready, clock):
    for name, stopped in (("ann", False), ("ben", True), (f"{FORGOTTEN}-1", False)):
        about = {"username": name, "instagram_id": id_of(name), "written_at": clock.moment, "stopped": stopped}
        with tenant(ready.id) as session:
            session.add(Contact(user_id=ready.id, answered_at=clock.moment, **about))
            session.add(Contact(user_id=ready.id, **about | {"instagram_id": f"silent-{name}", "username": "eve"}))
            session.commit()
    (part,) = plan_of("plan", {"source": [{"kind": "answered"}], "steps": [{"do": "follow"}]}).parts
    found = part.find(SimpleNamespace(user_id=ready.id), None, "person")
    assert ([one.target for one in found.candidates], found.cursor) == (["ann"], None)
