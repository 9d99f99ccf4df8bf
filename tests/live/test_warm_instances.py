"""How many clients a worker keeps warm, and what is left of those at rest."""

import json
import os
from collections.abc import Iterator

import pytest
from flask import Flask

from bot.automation.client_versions import note_started
from bot.config.environment import Config
from bot.config.runtime import now
from bot.linking.app_versions import SPREAD
from bot.linking.stored_sessions import load_instagram_session, store_instagram_session
from jobs import tasks
from jobs.instagram import APP_VERSION, CLIENT_VERSION
from jobs.instance import BotInstance, BotInstanceManager
from tests.live.test_steps import linked
from tests.support.environment import FixedClock, dispose
from tests.support.people import give_valid_session
from wsgi import create_app

# The connection, and what libcurl wakes itself up with.
DESCRIPTORS_A_WARM_BOT = 3


@pytest.fixture
def app(config: Config, clock: FixedClock) -> Iterator[Flask]:
    app = create_app(config, clock=clock, uniform=lambda _low, _high: 0.0)
    with app.app_context():
        yield app
        tasks.instances().close()
    dispose(app)


@pytest.fixture
def users(app, sandbox) -> list[str]:
    return [linked(app, sandbox, f"user{number}", f"plain_0{number}") for number in (1, 2, 3)]


def step_of(manager: BotInstanceManager, user_id: str) -> None:
    """What a step does to an instance."""
    with manager.use(user_id) as bot:
        bot.refresh()
        bot.person(bot.client.hashtag_page("coffee").people[0].username)


def run_of(manager: BotInstanceManager, user_id: str) -> object:
    with manager.use(user_id) as bot:
        bot.refresh()
        assert len(bot.client.run.number) > len("UFS--1")
        return bot.client.run


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("most_warm", [0, 1, 2])
def test_those_used_longest_ago_rest_and_hold_nothing_open(users, most_warm):
    manager = BotInstanceManager(most_warm)
    for user_id in users:
        with manager.use(user_id) as bot:
            bot.refresh()
    manager.close()
    before = descriptors()

    for user_id in users * 2:
        step_of(manager, user_id)
        assert len(manager) <= most_warm
        assert descriptors() <= before + most_warm * DESCRIPTORS_A_WARM_BOT

    warm = users[len(users) - most_warm :]
    for user_id in users:
        with manager.use(user_id) as bot:
            assert bot.warm == (user_id in warm)
    manager.close()
    # Those that earlier tests of this process have left may be closed meanwhile.
    assert descriptors() <= before


def test_an_instance_in_use_does_not_rest(users):
    first, second = users[:2]
    manager = BotInstanceManager(most_warm=1)
    with manager.use(first) as bot:
        bot.refresh()
        step_of(manager, second)
        assert bot.memory.person("nobody", now()) is None
        assert bot.client.hashtag_page("coffee").people
    manager.close()


def test_an_account_that_rested_goes_on_with_the_same_run_of_the_app(users):
    manager = BotInstanceManager(most_warm=0)
    runs = [run_of(manager, user_id) for user_id in users]
    assert [run_of(manager, user_id) for user_id in users] == runs
    assert len(set(runs)) == len(users)
    manager.close()


def test_an_account_linked_anew_begins_another_run(users):
    manager = BotInstanceManager(most_warm=0)
    with manager.use(users[0]) as bot:
        bot.refresh()
        session, run = bot.client.dump(), bot.client.run
    give_valid_session(users[0], username="plain_01", session_data=session)
    assert run_of(manager, users[0]) != run
    manager.close()


def test_those_known_longest_ago_are_forgotten(users):
    manager = BotInstanceManager(most_warm=2, most_known=2)
    first = run_of(manager, users[0])
    for user_id in users[1:]:
        step_of(manager, user_id)
    assert run_of(manager, users[0]) != first
    assert len(manager) <= 2
    manager.close()


def app_of(bot: BotInstance) -> str:
    return str(json.loads(bot.client.dump())["device_settings"]["app_version"])


def test_a_warm_client_takes_the_new_app_with_the_nightly_test_after_its_time(users, clock):
    old = "1.0"
    user_id, manager = users[0], BotInstanceManager()
    stored = load_instagram_session(user_id)
    settings = json.loads(stored.text)
    settings["device_settings"]["app_version"] = old
    store_instagram_session(user_id, stored.version, json.dumps(settings))
    with manager.use(user_id) as bot:
        bot.refresh()
        note_started(CLIENT_VERSION, APP_VERSION)
        clock.advance(SPREAD.total_seconds())
        bot.refresh(stored.version)
        assert app_of(bot) == old
        bot.renewed(bot.client.dump())
        bot.refresh(stored.version)
        assert app_of(bot) == APP_VERSION
    manager.close()
