"""Each consequence that sandbox/replies.json knows, once from the reply to its end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.automation import client_versions
from jobs.instagram import APP_VERSION, CLIENT_VERSION
from sandbox.replies import cases
from tests.support.live_bots import Bot, World, link

CASES = {case["id"]: case for case in cases()}
AMOUNT = 2


def follows(bot: Bot) -> int:
    return len(bot.world.sandbox.targets(bot.account, "follow"))


def goes_on(bot: Bot, action: str) -> None:
    bot.drive(action)
    assert (bot.progress(action).done, bot.progress(action).failed, bot.rests()) == (AMOUNT, 0, [])


def skips_the_person(bot: Bot, action: str) -> None:
    bot.drive(action)
    assert (bot.progress(action).done, bot.progress(action).failed, bot.rests()) == (AMOUNT, 1, [])


def rests(kind: str, least: timedelta) -> Callable[[Bot, str], None]:
    def check(bot: Bot, action: str) -> None:
        bot.drive(bot.rests)
        [rest] = bot.rests()
        assert rest.kind == kind
        assert rest.until - rest.created_at >= least
        assert (follows(bot), bot.status().session_valid, bot.status().bot_running) == (0, True, True)

    return check


def ends_the_session(bot: Bot, action: str) -> None:
    bot.drive(lambda: not bot.status().session_valid)
    assert (follows(bot), bot.report().verdict.who) == (0, "user")
    assert bot.counts(action).keys() <= {"pending", "skipped"}


def holds_every_bot(bot: Bot, action: str) -> None:
    witness = link(bot.world, "witness", "plain_02")
    bot.drive(lambda: bot.report().verdict.state == "halted")
    for held in (bot, witness):
        verdict = held.report().verdict
        assert (verdict.state, verdict.who, held.report().session_valid) == ("halted", "admin", True)


def looks_up(bot: Bot, action: str) -> None:
    bot.drive(action)
    assert (bot.progress(action).done, follows(bot), bot.progress(action).failed) == (AMOUNT, AMOUNT, 0)
    assert bot.world.sandbox.requests(bot.account)["follow"] == AMOUNT


ENDS: dict[str, tuple[str, Callable[[Bot, str], None]]] = {
    "none": ("follow-acknowledged-as-request", goes_on),
    "skip-person": ("feedback-cannot-follow-this-account", skips_the_person),
    "kind-rests-24h": ("feedback-follow-category", rests("follow", timedelta(hours=24))),
    "bot-rests-1h": ("please-wait-400", rests("*", timedelta(hours=1))),
    "session-invalid": ("checkpoint-required-403", ends_the_session),
    "all-bots-held": ("needs-upgrade-at-follow", holds_every_bot),
    "look-up": ("server-error-that-happened", looks_up),
}


def test_every_consequence_of_the_data_is_here() -> None:
    assert {case["must"]["consequence"] for case in cases()} == set(ENDS)
    assert all(CASES[name]["must"]["consequence"] == consequence for consequence, (name, _) in ENDS.items())


@pytest.mark.parametrize("consequence", ENDS)
def test_a_reply_has_its_consequence(bot: Bot, world: World, consequence: str) -> None:
    name, check = ENDS[consequence]
    client_versions.note_started(CLIENT_VERSION, APP_VERSION)
    world.sandbox.meet(CASES[name], bot.account)
    check(bot, bot.place("follow-hashtag", hashtag="coffee", amount=AMOUNT))
