"""Each kind of action from its acceptance to the sandbox's ledger, and several kinds side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from instagrapi.utils.ids import InstagramIdCodec

from bot.core.errors import BotException
from bot.decision.kinds import STEP_KIND
from bot.decision.limit_rules import DEFAULTS
from bot.settings.preferences import Settings, change_settings
from bot.storage.models import ActionTarget
from sandbox.news import news_of
from sandbox.people import People
from sandbox.posts import PAGE, Posts
from sandbox.world import World as SandboxWorld
from tests.support.live_bots import PEOPLE, SEED, Bot, lift_limits, link, timestamp

# What each kind of step is called in the ledger.
EFFECT = {"follow": "follow", "unfollow": "unfollow", "like": "like", "story": "story_seen", "message": "message"}
AMOUNT = 4


@dataclass(frozen=True)
class Flow:
    """An action of `AMOUNT` and what its effects in the ledger have to be, given what it did them to."""

    kind: str
    params: Callable[[Bot], dict[str, Any]]
    effects: Callable[[Bot, list[ActionTarget]], Iterable[str]] = lambda _bot, done: [row.person for row in done]
    may: Callable[[Bot, ActionTarget], bool] = lambda _bot, _row: True
    before: Callable[[Bot], object] = lambda _bot: None
    skips: dict[str, str] = field(default_factory=dict)


def public(person) -> bool:
    return not person.is_private


def somebody(bot: Bot):
    """An account whose followers fill a page and no more."""
    return bot.world.people(lambda person: public(person) and 50 < person.followers < 150, 1)[0]


def follows_somebody(bot: Bot, row: ActionTarget) -> bool:
    everybody = People(SEED, PEOPLE)
    follower = everybody.named(row.person)
    return public(follower) and everybody.follows(follower, somebody(bot))


def is_found(tab: str) -> Callable[[Bot, ActionTarget], bool]:
    """Whether a post stands on the first page of the hashtag."""
    found, _ = Posts(SEED, People(SEED, PEOPLE)).under_hashtag("coffee", tab, 0)
    ids = {post.id for post in found[:PAGE]}
    return lambda _bot, row: row.instagram_id.partition("_")[0] in ids


def is_author_of(tab: str) -> Callable[[Bot, ActionTarget], bool]:
    """Return whether somebody has a post on the first page of the hashtag."""
    found, _ = Posts(SEED, People(SEED, PEOPLE)).under_hashtag("coffee", tab, 0)
    names = {post.owner.username for post in found[:PAGE]}
    return lambda _bot, row: row.person in names


def post_ids(_bot: Bot, done: list[ActionTarget]) -> list[str]:
    return [row.instagram_id.partition("_")[0] for row in done]


def pictures(bot: Bot, done: list[ActionTarget]) -> list[str]:
    everybody = People(SEED, PEOPLE)
    return [picture.id for row in done for picture in bot.world.stories_of(everybody.named(row.person))]


def follow_some(bot: Bot, amount: int = 30) -> list[str]:
    """People whom the bot has followed."""
    action = bot.place("follow-hashtag", hashtag="travel", amount=amount)
    bot.drive(action)
    return bot.named(action, "done")


def watched(bot: Bot) -> list[str]:
    """People with a story, one without, one who is private and one who does not exist."""
    shows = bot.world.shows_story
    with_story = bot.world.people(lambda person: public(person) and shows(person), AMOUNT)
    without = bot.world.people(lambda person: public(person) and not bot.world.stories_of(person), 1)
    private = bot.world.people(lambda person: person.is_private, 1)
    return [person.username for person in (*with_story, *without, *private)] + ["nobody_of_this_name"]


def written_to(bot: Bot) -> list[str]:
    return [person.username for person in bot.world.people(public, AMOUNT)]


FLOWS = {
    "followers": Flow(
        "follow-followers",
        lambda bot: {"account": somebody(bot).username, "amount": AMOUNT},
        may=follows_somebody,
    ),
    "recent posts": Flow(
        "like-hashtag", lambda _bot: {"hashtag": "coffee", "amount": AMOUNT}, post_ids, is_found("recent")
    ),
    "top posts": Flow(
        "like-hashtag",
        lambda _bot: {"hashtag": "#Coffee", "amount": AMOUNT, "order": "top"},
        post_ids,
        is_found("top"),
    ),
    "reels": Flow(
        "like-hashtag",
        lambda _bot: {"hashtag": "coffee", "amount": AMOUNT, "order": "clips"},
        post_ids,
        is_found("clips"),
    ),
    "authors of reels": Flow(
        "follow-hashtag",
        lambda _bot: {"hashtag": "coffee", "amount": AMOUNT, "order": "clips"},
        may=is_author_of("clips"),
    ),
    "stories of those followed": Flow(
        "view-stories", lambda _bot: {"amount": AMOUNT}, pictures, before=lambda bot: follow_some(bot)
    ),
    "stories of a list": Flow("view-stories", lambda bot: {"usernames": watched(bot)}, pictures),
    "messages": Flow("send-messages", lambda bot: {"names": written_to(bot)}),
}


def place(bot: Bot, kind: str, params: dict[str, Any]) -> str:
    return bot.write_to(**params) if kind == "send-messages" else bot.place(kind, **params)


def test_a_source_that_is_closed_ends_and_the_next_one_goes_on(bot, sandbox):
    private = bot.world.people(lambda person: person.is_private, 1)[0].username
    sources = [{"kind": "followers", "of": [private]}, {"kind": "hashtag", "tags": ["coffee"], "tab": "clips"}]
    action = bot.place("plan", source=sources, steps=[{"do": "follow"}], amount=2)
    bot.drive(action)
    done = [row for row in bot.rows(action) if row.status == "done"]
    assert (bot.progress(action).action.status, [row.source for row in done]) == ("succeeded", [1, 1])
    assert sorted(sandbox.targets("plain_01", "follow")) == sorted(row.person for row in done)
    assert all(is_author_of("clips")(bot, row) for row in done)
    assert bot.activity("order", "warned") == [f"followers of @{private}"]


LIKED = [{"kind": "likers_of_hashtags", "tags": ["coffee"]}, {"kind": "likers_of_accounts"}, {"kind": "likers"}]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("source", [*LIKED, {"kind": "commenters"}], ids=lambda one: str(one["kind"]))
def test_people_come_from_what_they_did(bot, sandbox, source):
    everybody = People(SEED, PEOPLE)
    posts = Posts(SEED, everybody)
    post = next(
        post
        for post in posts.under_hashtag("coffee", "top", 0)[0]
        if public(post.owner) and not post.hides_likes and not post.is_closed and post.likes > 50
    )
    named = {"likers_of_accounts": {"of": [post.owner.username]}, "likers_of_hashtags": {}}
    sources = [source | named.get(source["kind"], {"posts": [InstagramIdCodec.encode(int(post.id))]})]
    action = bot.place("plan", source=sources, steps=[{"do": "follow"}], amount=2)
    bot.drive(action)
    done = [row.person for row in bot.rows(action) if row.status == "done"]
    assert (bot.progress(action).action.status, len(done)) == ("succeeded", 2)
    assert sorted(sandbox.targets("plain_01", "follow")) == sorted(done)
    if source["kind"] == "likers":
        assert all(posts.likes(everybody.named(name), post) for name in done)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("kind", "did"), [("own_likers", "like"), ("own_commenters", "comment")])
def test_people_come_from_what_they_did_to_the_account(bot, sandbox, kind, did):
    action = bot.place("plan", source=[{"kind": kind}], steps=[{"do": "follow"}], amount=2)
    bot.drive(action)
    done = [row.person for row in bot.rows(action) if row.status == "done"]
    assert (bot.progress(action).action.status, len(done)) == ("succeeded", 2)
    assert sorted(sandbox.targets("plain_01", "follow")) == sorted(done)
    truth = SandboxWorld(seed=SEED, people=PEOPLE)
    news = [piece for piece in news_of(truth, truth.accounts.named("plain_01")) if piece.kind == did]
    assert {row.person for row in bot.rows(action)} <= {person.username for piece in news for person in piece.people}


@pytest.mark.parametrize("name", FLOWS)
def test_a_kind_does_what_was_asked_for_and_no_more(bot, sandbox, name):
    flow = FLOWS[name]
    flow.before(bot)
    action = place(bot, flow.kind, flow.params(bot))
    bot.drive(action)

    step, progress = STEP_KIND[flow.kind], bot.progress(action)
    done = [row for row in bot.rows(action) if row.status == "done"]
    assert (progress.action.status, progress.done) == ("succeeded", AMOUNT)
    assert (progress.failed, progress.unknown) == (0, 0)
    assert sorted(sandbox.targets("plain_01", EFFECT[step])) == sorted(flow.effects(bot, done))
    assert all(flow.may(bot, row) for row in done)
    assert sorted(bot.activity(step, "done")) == sorted(row.target for row in done)
    assert len(bot.activity(step, "skipped")) == progress.skipped
    assert {limit.kind: limit.used for limit in bot.report().limits}[step] == AMOUNT
    assert sandbox.requests("plain_01")[EFFECT[step]] == AMOUNT


def test_of_a_list_those_without_a_story_are_left_out_each_with_the_reason(bot):
    people = watched(bot)
    action = bot.place("view-stories", usernames=people)
    bot.drive(action)
    assert bot.reasons(action) == {people[-3]: "no_story", people[-2]: "private", people[-1]: "not_found"}
    assert bot.progress(action).pending == 0
    again = bot.place("view-stories", usernames=people[:AMOUNT])
    bot.drive(again)
    assert set(bot.reasons(again).values()) == {"already_seen"}


def test_unfollow_undoes_only_what_this_bot_did_long_enough_ago_and_may_undo(bot, world, sandbox):
    sandbox.post("/scripts", username="*", follow_back=True)
    back = follow_some(bot, 1)
    sandbox.post("/scripts", username="*", follow_back=False)
    kept, listed, *others = follow_some(bot, 5)
    world.advance(days=5)
    late = follow_some(bot, 2)
    world.advance(days=3)
    change_settings(bot.id, Settings(keep=[kept]))

    action = bot.place("unfollow", amount=50, only_not_following_back=True, keep=[f"@{listed.upper()}"])
    bot.drive(action)
    assert sorted(sandbox.targets("plain_01", "unfollow")) == sorted(bot.named(action, "done")) == sorted(others)
    assert bot.reasons(action) == {back[0]: "follows_back"}
    assert bot.progress(action).action.status == "succeeded"

    # Nobody is unfollowed twice, and the time of the others comes.
    world.advance(days=6)
    again = bot.place("unfollow", amount=50, keep=[listed])
    bot.drive(again)
    assert sorted(bot.named(again, "done")) == sorted(late + back)
    assert len(sandbox.targets("plain_01", "unfollow")) == len({*others, *late, *back})


def test_an_action_by_the_followers_of_somebody_private_says_why_it_ends(bot, world):
    private = world.people(lambda person: person.is_private, 1)[0].username
    action = bot.place("follow-followers", account=private, amount=2)
    bot.drive(action)
    ended = bot.progress(action).action
    assert (ended.status, ended.error_code) == ("failed", BotException("INSTAGRAM_PERSON_PRIVATE").code)


def test_somebody_who_is_private_when_looked_at_is_left_out(bot, world, sandbox):
    seen = world.people(lambda person: public(person) and world.shows_story(person), 2)
    sandbox.fault(bot.account, "story", "private", 1)
    action = bot.place("view-stories", usernames=[person.username for person in seen], filters={"skip_private": False})
    bot.drive(action)
    assert list(bot.reasons(action).values()) == ["private"]


def test_actions_of_different_kinds_run_side_by_side_each_at_its_own_pace(bot, world, sandbox, paced):
    lift_limits(real_delays=True)
    names = [person.username for person in world.people(public, 3)]
    stories = [
        person.username for person in world.people(lambda person: public(person) and world.shows_story(person), 8)
    ]
    wanted = {
        bot.place("follow-hashtag", hashtag="coffee", amount=6): 6,
        bot.place("like-hashtag", hashtag="travel", amount=8): 8,
        bot.place("view-stories", usernames=stories): 8,
        bot.write_to(names): 3,
    }
    bot.drive(*wanted)
    assert {action: bot.progress(action).done for action in wanted} == wanted

    ledger = [one for one in sandbox.ledger("plain_01") if one["kind"] in EFFECT.values()]
    for step in ("follow", "like", "story", "message"):
        times = sorted({timestamp(one["at"]) for one in ledger if one["kind"] == EFFECT[step]})
        gaps = [later - earlier for earlier, later in pairwise(times)]
        least = DEFAULTS[step].delay_min
        # The demo's pauses between any two steps come on top; another kind's delay does not.
        assert all(least - 0.1 <= gap < least + 15 for gap in gaps), (step, gaps)
    kinds = [one["kind"] for one in ledger]
    assert set(kinds[:7]) == {"follow", "like", "story_seen", "message"}


def test_bots_of_several_people_do_different_kinds_at_once(world, worker, sandbox):
    alice, bob = link(world, "alice", "plain_01"), link(world, "bob", "plain_02")
    follows, likes = (
        alice.place("follow-hashtag", hashtag="coffee", amount=4),
        bob.place("like-hashtag", hashtag="coffee", amount=4),
    )
    alice.drive(follows, lambda: bob.ended(likes))
    assert {one["kind"] for one in sandbox.ledger("plain_01")} == {"login", "follow"}
    assert {one["kind"] for one in sandbox.ledger("plain_02")} == {"login", "like"}
