"""What a person sees and does when the first day at Instagram is not as the demo: at work.

Those of the sign-in are in test_signing_in.py (a password refused from a server, a code by SMS, an approval on a
device, consent), an imported session in test_session_import.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.automation import client_versions
from bot.core.errors import BotException
from bot.settings.preferences import Settings, change_settings
from jobs.instagram import APP_VERSION, CLIENT_VERSION
from sandbox.calls.friendships import MANY, SHOWN_OF_MANY
from sandbox.people import Person as Somebody
from tests.live.conftest import Person
from tests.live.test_kinds import public
from tests.support.live_bots import Bot, World
from tests.support.people import make_somebody

ACCOUNT = "plain_01"


@dataclass(frozen=True)
class Day:
    """Alice on her first day: her account is linked and her bot runs. `bot` shows what it does."""

    alice: Person
    bot: Bot

    def place(self, kind: str, **params: object) -> str:
        answer = self.alice.post(f"/api/bot/actions/{kind}", **params)
        assert answer.status_code == 202, answer.get_json()
        return str(answer.get_json()["action"]["id"])

    def sees(self, action_id: str) -> str:
        """Return the page of the action."""
        return self.alice.page(f"/actions/{action_id}")

    def done(self, kind: str) -> list[str]:
        return self.bot.world.sandbox.targets(ACCOUNT, kind)


@pytest.fixture
def day(world: World, person: Callable[[str], Person]) -> Day:
    alice = person("alice")
    assert alice.link(world.sandbox.account(ACCOUNT)).get_json()["session_valid"]
    change_settings(alice.id, Settings(warm_up=False))
    assert alice.post("/api/bot/start").status_code == 200
    return Day(alice, Bot(world, alice.id, ACCOUNT))


def one(world: World, fits: Callable[[Somebody], object]) -> Somebody:
    return world.people(lambda person: bool(fits(person)), 1)[0]


def test_an_old_app_is_told_to_the_admin_and_the_person_has_nothing_to_do(day, world):
    client_versions.note_started(CLIENT_VERSION, APP_VERSION)
    world.sandbox.fault(ACCOUNT, "follow", "needs-upgrade-at-follow", 9)
    action = day.place("follow-hashtag", hashtag="coffee", amount=2)
    day.bot.drive(lambda: day.alice.status()["verdict"]["state"] == "halted")

    verdict = day.alice.status()["verdict"]
    assert (verdict["reason"], verdict["who"]) == ("INSTAGRAM_CLIENT_OUTDATED", "admin")
    assert "no longer accepts the app version" in day.alice.page("/")
    assert day.alice.status()["session_valid"]

    world.sandbox.clear_faults()
    client_versions.release_client(make_somebody("root", "admin").id)
    day.bot.notify_bot()
    day.bot.drive(action)
    assert len(day.done("follow")) == 2


def test_somebody_who_takes_no_requests_is_skipped_and_the_next_is_written_to(day, world):
    closed, reached = (person.username for person in world.people(public, 2))
    world.sandbox.fault(ACCOUNT, "message", "dm-closed-in-payload-400")
    action = day.place("send-messages", message="Hello {username}", usernames=[closed, reached])
    day.bot.drive(action)

    assert day.done("message") == [reached]
    assert "takes no messages from people they do not follow" in day.alice.page(f"/actions/{action}?status=failed")
    assert day.bot.report().verdict.reason == "NO_WORK"


def test_a_list_that_instagram_cuts_is_told_and_read_in_the_other_form(day, world):
    big = one(world, lambda person: public(person) and person.followers >= MANY)
    action = day.place("follow-followers", account=big.username, amount=SHOWN_OF_MANY)
    day.bot.drive(action)

    # Some of those that are shown are private, so only the other form has enough.
    assert len(day.done("follow")) == SHOWN_OF_MANY
    assert BotException("INSTAGRAM_LIST_LIMITED").message in day.alice.page("/actions/log?action=order")


def test_a_follow_that_instagram_acknowledges_and_does_not_do_is_not_told_as_done(day, world):
    world.sandbox.fault(ACCOUNT, "follow", "not_followed")
    action = day.place("follow-hashtag", hashtag="coffee", amount=2)
    day.bot.drive(action)

    assert (day.bot.progress(action).done, day.bot.progress(action).failed) == (2, 1)
    assert sorted(day.done("follow")) == sorted(day.bot.named(action, "done"))
    assert "took the request and did not do it" in day.sees(action)


def test_a_follow_of_a_private_person_is_told_as_a_request(day, world):
    big = one(world, lambda person: public(person) and 50 < person.followers < 150)
    filters = {"skip_private": False}
    action = day.place("follow-followers", account=big.username, amount=30, filters=filters)
    day.bot.drive(action)

    asked = [row for row in day.bot.rows(action) if row.reason == "requested"]
    assert asked
    assert {row.status for row in asked} == {"done"}
    assert "Asked to follow; they have to accept" in day.sees(action)


def test_a_thin_hashtag_ends_the_action_with_what_there_was_and_what_to_try(day):
    action = day.place("follow-hashtag", hashtag="rarebird", amount=20)
    day.bot.drive(action)

    progress = day.bot.progress(action)
    assert (progress.action.status, progress.outcome) == ("succeeded", "partly")
    assert 0 < progress.done == len(day.done("follow")) < 20
    page = day.sees(action)
    assert "No more people were found for this action." in page
    help_page = f"/help/errors/{BotException('CANDIDATES_EXHAUSTED').code}"
    assert help_page in page
    assert "choose another source" in day.alice.page(help_page)
