"""A host whose disk lasts as long as its processes: database, Redis and keys are elsewhere, INSTANCE_DIR is gone."""

import shutil

import pytest
from flask import Flask

from bot.config.environment import Config
from bot.lanes.queue import connect
from bot.settings.preferences import OwnLimit, change_limits
from jobs.worker import make_worker
from tests.live.conftest import working
from tests.support.environment import dispose
from tests.support.live_bots import Bot, SharedClock, World, lift_limits, link
from wsgi import create_app


@pytest.fixture
def config(config: Config, tmp_path) -> Config:
    """The folder is one of its own: a database of SQLite lies elsewhere."""
    return config.model_copy(update={"instance_dir": tmp_path / "instance"})


def started(config: Config, clock: SharedClock) -> Flask:
    return create_app(config, clock=clock, uniform=lambda _low, _high: 0.0)


def done(bot: Bot) -> tuple[int, int]:
    """How many were followed and written to."""
    return len(bot.world.sandbox.targets(bot.account, "follow")), len(bot.world.sandbox.targets(bot.account, "message"))


def test_what_was_begun_before_the_disk_was_lost_goes_on_and_nothing_is_done_twice(config, clock, sandbox):
    first = started(config, clock)
    with working(first, make_worker(first, connect(config.redis_address))), first.app_context():
        lift_limits()
        bot = link(World(first, sandbox, clock), "alice", "plain_01")
        people = [person.username for person in bot.world.people(lambda person: not person.is_private, 4)]
        change_limits(bot.id, {"follow": OwnLimit(per_day=2), "message": OwnLimit(per_day=1)})
        follows = bot.place("follow-hashtag", hashtag="coffee", amount=6)
        writes = bot.write_to(people)
        bot.drive(lambda: done(bot) == (2, 1))
        assert list((config.instance_dir / "bots").iterdir())
    dispose(first)

    shutil.rmtree(config.instance_dir)
    second = started(config, clock)
    with working(second, make_worker(second, connect(config.redis_address))), second.app_context():
        again = Bot(World(second, sandbox, clock), bot.id, bot.account)
        change_limits(bot.id, {"follow": OwnLimit(), "message": OwnLimit()})
        again.drive(follows, writes)
        assert again.counts(follows)["done"] == 6
        assert sorted(again.named(writes, "done")) == sorted(people)
        assert again.report().session_valid
        assert list((config.instance_dir / "bots").iterdir())
    dispose(second)
    followed = sandbox.targets(bot.account, "follow")
    assert len(followed) == len(set(followed)) == 6
    assert sorted(sandbox.targets(bot.account, "message")) == sorted(people)
    assert sandbox.requests(bot.account)["login"] == 1
