"""Plans of several steps against the sandbox: each call once for each person, whatever fails in between."""

from functools import partial

import pytest

from bot.settings.preferences import Settings, change_settings
from tests.support.live_bots import link
from tests.support.mortal_workers import POINTS, died

ACCOUNT = "plain_01"
STEPS = [{"do": "follow"}, {"do": "like", "posts": 2}, {"do": "message", "text": "Hello {username}"}, {"do": "story"}]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def open_people(world, count):
    """Public people with posts and a story."""
    fits = world.people(lambda one: not one.is_private and one.posts > 3 and world.shows_story(one), count)
    return [person.username for person in fits]


def check_effects(bot, sandbox, names):
    """Each step has arrived once for each person. Messages that are left to the user end the way of theirs."""
    assert sorted(sandbox.targets(ACCOUNT, "follow")) == sorted(names)
    liked = sandbox.targets(ACCOUNT, "like")
    assert len(liked) == len(set(liked)) == 2 * len(names)
    ends = {row.person: row.status for row in bot.rows() if row.step_kind == "message"}
    assert set(ends) == set(names)
    unknown = {person for person, status in ends.items() if status == "unknown"}
    written = sandbox.targets(ACCOUNT, "message")
    assert len(written) == len(set(written))
    assert set(names) - unknown <= set(written)
    assert {row.person for row in bot.rows() if row.step_kind == "story"} == set(names) - unknown


def test_each_call_of_a_plan_arrives_once_though_replies_are_lost(world, sandbox, worker):
    bot, names = link(world, "alice", ACCOUNT), open_people(world, 3)
    # A message that nothing shows is left to the user, so only those that arrived go on.
    for call, processed in (("follow", True), ("follow", False), ("like", True), ("like", False), ("message", True)):
        sandbox.fault(ACCOUNT, call, "drop", 1, processed=processed)
    action = bot.place("plan", source=[{"kind": "people", "usernames": names}], steps=STEPS, amount=3)
    bot.drive(action)
    check_effects(bot, sandbox, names)
    assert bot.progress(action).action.status == "succeeded"
    assert {(row.node, row.status) for row in bot.rows(action)} == {(node, "done") for node in range(4)}


def test_workers_killed_at_every_point_of_a_step_do_nothing_twice(world, sandbox, workers):
    bot, names = link(world, "alice", ACCOUNT), open_people(world, 4)
    action = bot.place("plan", source=[{"kind": "people", "usernames": names}], steps=STEPS, amount=4)
    for point in POINTS:
        bot.drive(partial(died, workers.start(point)))
        bot.lose_worker()
    workers.start()
    bot.drive(action)
    check_effects(bot, sandbox, names)


@pytest.mark.parametrize(
    ("do", "more"), [("message", {"text": "Thank you, {username}"}), ("like", {"posts": 1})], ids=["message", "like"]
)
def test_a_plan_branches_both_ways(world, sandbox, worker, do, more):
    """Private people have to accept first; whoever does not in time gets no such step but is unfollowed."""
    bot = link(world, "alice", ACCOUNT)
    public = [one.username for one in world.people(lambda one: not one.is_private, 2)]
    private = [one.username for one in world.people(lambda one: one.is_private, 2)]
    thanks = {"do": do, "when": "accepted", "within": "2d", **more}
    source = [{"kind": "people", "usernames": public + private}]
    steps = [{"do": "follow"}, thanks | {"otherwise": [{"do": "unfollow"}]}]
    action = bot.place("plan", source=source, steps=steps, amount=4, filters={"skip_private": False})
    bot.drive(action)
    reached = {row.person for row in bot.rows(action) if row.node == 1 and row.status == "done"}
    left = set(sandbox.targets(ACCOUNT, "unfollow"))
    assert len(sandbox.targets(ACCOUNT, do)) == len(reached)
    assert reached | left == {*public, *private}
    assert not reached & left
    assert reached >= set(public)
    reasons = {row.person: row.reason for row in bot.rows(action) if row.node == 1 and row.status == "skipped"}
    assert reasons == dict.fromkeys(left, "did_not_happen")


def test_people_on_the_keep_list_are_not_unfollowed_by_a_plan(world, sandbox, worker):
    bot, names = link(world, "alice", ACCOUNT), open_people(world, 2)
    change_settings(bot.id, Settings(keep=[names[0]], warm_up=False))
    source, steps = [{"kind": "people", "usernames": names}], [{"do": "follow"}, {"do": "unfollow"}]
    action = bot.place("plan", source=source, steps=steps, amount=2)
    bot.drive(action)
    assert sandbox.targets(ACCOUNT, "unfollow") == names[1:]
    assert bot.reasons(action) == {names[0]: "on_keep_list"}


def test_the_conversation_is_read_before_a_second_message(world, sandbox, worker):
    """The inbox is read only now and then: a stop may have come since."""
    bot, names = link(world, "alice", ACCOUNT), open_people(world, 1)
    steps = [{"do": "message", "text": "Hello"}, {"do": "message", "text": "Hello?", "again": True, "after": "3d"}]
    action = bot.place("plan", source=[{"kind": "people", "usernames": names}], steps=steps, amount=1)
    bot.drive(lambda: len(sandbox.targets(ACCOUNT, "message")) == 1)
    assert "thread" not in sandbox.requests(ACCOUNT)
    bot.drive(action)
    assert sandbox.targets(ACCOUNT, "message") == names * 2
    assert sandbox.requests(ACCOUNT)["thread"] == 1
