"""What follows when Instagram pushes back: for each refusal and each kind of step, and when it does so again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.automation import client_versions, lifecycle
from bot.core.errors import BotException
from bot.decision.limit_rules import CAUTION
from bot.decision.pushback import (
    ADDRESS_REST,
    BLOCK_REST,
    FAILING_REST,
    MAX_FAILURES,
    REPEATED_BLOCK_REST,
    WAIT_REST,
)
from jobs.instagram import APP_VERSION, CLIENT_VERSION
from tests.live.test_kinds import EFFECT, public
from tests.support.live_bots import Bot, link

AMOUNT = 3
ENOUGH = 1000
LATER = timedelta(minutes=10)


@dataclass(frozen=True)
class Case:
    """A refusal and what comes of it: a rest of the kind or of everything (`*`), or else the end of the session."""

    fault: str
    name: str
    rests: str | None = None
    length: timedelta = timedelta(0)


CASES = [
    Case("feedback_required", "INSTAGRAM_ACTION_BLOCKED", "kind", BLOCK_REST),
    Case("please_wait", "INSTAGRAM_PLEASE_WAIT", "*", WAIT_REST),
    Case("throttled", "INSTAGRAM_THROTTLED", "*", WAIT_REST),
    Case("challenge", "INSTAGRAM_CHALLENGE"),
    Case("login_required", "INSTAGRAM_LOGGED_OUT"),
    Case("consent", "INSTAGRAM_CONSENT"),
    Case("suspended", "INSTAGRAM_SUSPENDED"),
]


def names(bot: Bot, fits: Callable[..., object] = public) -> list[str]:
    people = bot.world.people(lambda person: public(person) and bool(fits(person)), AMOUNT)
    return [person.username for person in people]


PLACE: dict[str, Callable[[Bot], str]] = {
    "unfollow": lambda bot: bot.place("unfollow", amount=AMOUNT),
    "follow": lambda bot: bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT),
    "like": lambda bot: bot.place("like-hashtag", hashtag="coffee", amount=AMOUNT),
    "story": lambda bot: bot.place("view-stories", usernames=names(bot, bot.world.shows_story)),
    "message": lambda bot: bot.write_to(names(bot)),
}


@dataclass(frozen=True)
class Refused:
    """A bot whose steps of one kind are refused, with an action of that kind and a later one of another kind."""

    bot: Bot
    kind: str
    action: str
    other: str

    def requests(self) -> int:
        return int(self.bot.world.sandbox.requests(self.bot.account).get(EFFECT[self.kind], 0))

    def effects(self, kind: str) -> int:
        return len(set(self.bot.world.sandbox.targets(self.bot.account, EFFECT[kind])))

    @property
    def other_kind(self) -> str:
        return "story" if self.kind == "like" else "like"


def refused(bot: Bot, kind: str, fault: str) -> Refused:
    """The fault meets every step of the kind, so that a bot that went on would show in the requests."""
    bot.world.sandbox.fault(bot.account, EFFECT[kind], fault, ENOUGH)
    start_at = bot.world.now() + LATER
    other = (
        bot.place("view-stories", usernames=names(bot, bot.world.shows_story), start_at=start_at)
        if kind == "like"
        else bot.place("like-hashtag", hashtag="travel", amount=AMOUNT, start_at=start_at)
    )
    return Refused(bot, kind, PLACE[kind](bot), other)


def linked(world) -> dict[str, Bot]:
    """A bot for each kind; that which is to unfollow has followed people a week before."""
    made = {kind: link(world, f"one-to-{kind}", f"plain_0{number}") for number, kind in enumerate(PLACE, 1)}
    follows = made["unfollow"].place("follow-hashtag", hashtag="travel", amount=AMOUNT)
    made["unfollow"].drive(follows)
    world.advance(days=8)
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_the_first_refusal_stops_a_kind_or_everything(world, worker, eventually, case):
    everything = [refused(bot, kind, case.fault) for kind, bot in linked(world).items()]
    eventually(lambda: all(one.bot.status().last_error_code for one in everything))
    world.advance(seconds=LATER.total_seconds() + 1)
    for one in everything:
        one.bot.notify_bot()
    if case.rests == "kind":
        eventually(lambda: all(one.bot.ended(one.other) for one in everything))
    eventually(lambda: all(one.bot.is_idle() for one in everything))
    for one in everything:
        check(one, case)


def check(one: Refused, case: Case) -> None:
    error, report = BotException(case.name), one.bot.report()
    assert one.requests() == 1, one.kind
    assert one.effects(one.kind) == 0
    goes_on = case.rests == "kind"
    assert (one.effects(one.other_kind) > 0) is goes_on
    assert report.session_valid is report.bot_running is (case.rests is not None)
    assert (report.last_error_code, report.last_error_message) == (error.code, error.message)
    assert one.bot.status().stop_reason is None
    rests = [(rest.kind, rest.error_code, rest.until - rest.created_at) for rest in one.bot.rests()]
    if case.rests:
        assert rests == [(one.kind if goes_on else "*", error.code, case.length)]
        assert (report.verdict.state, report.verdict.reason) == ("waiting", "COOL_DOWN")
        assert report.verdict.until == one.bot.rests()[0].until
        assert error.message in report.verdict.message
    else:
        assert rests == []
        assert (report.verdict.state, report.verdict.reason) == ("halted", case.name)
        assert report.verdict.remedy == error.remedy
    # It surely did not arrive: it is open again, and nothing of the limit is used.
    assert one.bot.counts(one.action).keys() <= {"pending", "skipped"}
    assert one.bot.progress(one.action).action.status in ("queued", "running")
    assert {limit.kind: limit.used for limit in report.limits}[one.kind] == 0
    assert len(one.bot.activity(one.kind, "failed")) == 1


def blocked(bot: Bot, count: int) -> str:
    """An action to follow whose first steps are blocked."""
    bot.world.sandbox.fault(bot.account, "follow", "feedback_required", count)
    action = bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT)
    bot.drive(bot.rests)
    return action


def follows(bot: Bot) -> int:
    return int(bot.world.sandbox.requests(bot.account)["follow"])


def lengths(bot: Bot) -> Iterable[timedelta]:
    return [rest.until - rest.created_at for rest in bot.rests()]


def test_a_second_block_within_a_week_stops_the_bot_until_a_person_starts_it(bot, world, eventually):
    action = blocked(bot, 2)
    bot.drive(lambda: not bot.status().bot_running)
    assert follows(bot) == 2
    assert lengths(bot) == [BLOCK_REST, REPEATED_BLOCK_REST]
    verdict = bot.report().verdict
    assert (verdict.state, verdict.reason, verdict.who) == ("halted", "BLOCKED_AGAIN", "user")
    with pytest.raises(BotException, match="BOT_STOPPED"):
        bot.place("like-hashtag", hashtag="coffee", amount=1)

    # A start does not shorten the rest, and without one the end of the rest starts nothing.
    lifecycle.start(bot.id)
    assert (bot.report().verdict.reason, bot.report().verdict.until) == ("COOL_DOWN", bot.rests()[-1].until)
    lifecycle.stop(bot.id)
    world.advance(hours=100)
    bot.notify_bot()
    eventually(bot.is_idle)
    assert (bot.report().verdict.reason, follows(bot)) == ("BOT_STOPPED", 2)
    lifecycle.start(bot.id)
    bot.drive(action)
    assert bot.progress(action).done == AMOUNT
    limit = next(limit for limit in bot.report().limits if limit.kind == "follow")
    assert limit.binding == "cool_down"


def test_a_block_more_than_a_week_after_the_last_counts_as_the_first(bot, world):
    action = blocked(bot, 1)
    bot.drive(action)
    world.advance(seconds=CAUTION.total_seconds())
    world.sandbox.fault(bot.account, "follow", "feedback_required", 1)
    again = bot.place("follow-hashtag", hashtag="coffee", amount=1)
    bot.drive(again)
    assert lengths(bot) == [BLOCK_REST, BLOCK_REST]
    assert follows(bot) == AMOUNT + 1 + 2


def test_a_kind_that_fails_again_and_again_rests_while_others_go_on(bot, sandbox):
    sandbox.fault(bot.account, "like", "server_error", MAX_FAILURES + 1)
    likes = bot.place("like-hashtag", hashtag="coffee", amount=AMOUNT)
    bot.drive(bot.rests)
    assert sandbox.requests(bot.account)["like"] == MAX_FAILURES
    failing = BotException("KIND_FAILING", kind="like")
    [rest] = bot.rests()
    assert (rest.kind, rest.error_code, rest.until - rest.created_at) == ("like", failing.code, FAILING_REST)
    assert bot.report().last_error_code == failing.code
    report = bot.report()
    assert report.bot_running
    assert (report.verdict.reason, report.verdict.until) == ("COOL_DOWN", rest.until)

    before = bot.world.now()
    bot.drive(bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT))
    assert bot.world.now() - before < FAILING_REST
    # One more failure after the rest is enough for the next one.
    bot.drive(lambda: len(bot.rests()) == 2)
    assert sandbox.requests(bot.account)["like"] == MAX_FAILURES + 1
    bot.drive(likes)
    assert len(set(sandbox.targets(bot.account, "like"))) == AMOUNT


def test_a_refused_version_of_the_client_holds_every_bot_until_another_one_starts(world, worker, eventually):
    refused_bot, witness = (link(world, f"one-{number}", f"plain_0{number}") for number in (1, 2))
    client_versions.note_started(CLIENT_VERSION, APP_VERSION)
    world.sandbox.fault(refused_bot.account, "follow", "needs-upgrade-at-follow", ENOUGH)
    action = refused_bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT)
    eventually(lambda: witness.report().verdict.reason == "INSTAGRAM_CLIENT_OUTDATED")
    for bot in (refused_bot, witness):
        verdict = bot.report().verdict
        assert (verdict.state, verdict.who, bot.report().session_valid) == ("halted", "admin", True)
    assert world.sandbox.requests(refused_bot.account)["follow"] == 1
    assert refused_bot.counts(action).keys() <= {"pending", "skipped"}

    world.sandbox.clear_faults()
    client_versions.note_started("another", "1.0")
    refused_bot.notify_bot()
    refused_bot.drive(action)
    assert refused_bot.progress(action).done == AMOUNT


def test_a_refused_address_rests_every_kind_and_then_stops_the_bot_for_a_person(bot, world):
    world.sandbox.fault(bot.account, "follow", "geoblock-at-follow", ENOUGH)
    action = bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT)
    bot.drive(lambda: not bot.status().bot_running)
    assert lengths(bot) == [ADDRESS_REST, ADDRESS_REST]
    assert bot.report().verdict.reason == "INSTAGRAM_ADDRESS_BLOCKED"
    assert (follows(bot), bot.status().session_valid) == (2, True)
    assert bot.counts(action).keys() <= {"pending", "skipped"}


def test_three_refused_messages_in_a_row_rest_messages_and_no_one_is_asked(bot, world):
    world.sandbox.fault(bot.account, "message", "dm-item-ack-403", ENOUGH)
    people = [person.username for person in world.people(public, 5)]
    action = bot.write_to(people)
    bot.drive(bot.rests)
    assert bot.counts(action) == {"failed": 3, "pending": 2}
    assert [(rest.kind, rest.until - rest.created_at) for rest in bot.rests()] == [("message", BLOCK_REST)]
    assert world.sandbox.targets(bot.account, "message") == []


def test_one_person_who_is_refused_is_skipped_and_the_next_is_followed(bot, world):
    world.sandbox.fault(bot.account, "follow", "feedback-cannot-follow-this-account", 1)
    action = bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT)
    bot.drive(action)
    assert (bot.progress(action).done, bot.progress(action).failed, bot.rests()) == (AMOUNT, 1, [])
