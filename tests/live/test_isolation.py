"""Bots whose every step is a process of its own: they do the same, and a killed process costs nothing but its step."""

import psutil
import pytest

from bot.config.environment import Config

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def config(config: Config) -> Config:
    return Config(**config.model_dump() | {"worker_isolation": "process"})


def processes_of_jobs() -> list[psutil.Process]:
    """What the fork servers of this process have started."""
    servers = [child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline())]
    return [job for server in servers for job in server.children()]


def test_an_action_is_worked_on_by_processes_of_its_own(bot, sandbox):
    action = bot.place("follow-hashtag", hashtag="coffee", amount=2)
    bot.drive(action)
    assert bot.counts(action)["done"] == 2
    assert sorted(bot.named(action, "done")) == sorted(sandbox.targets(bot.account, "follow"))


def test_a_process_killed_within_its_call_sends_nothing_twice(bot, sandbox, world):
    (person,) = world.people(lambda person: not person.is_private, 1)
    sandbox.fault(bot.account, "message", "hang", 1, processed=True)
    action = bot.write_to([person.username])
    bot.drive(lambda: sandbox.requests(bot.account).get("message", 0) == 1)
    for process in processes_of_jobs():
        process.kill()
    bot.drive(action)
    assert bot.named(action, "done") == [person.username]
    assert sandbox.targets(bot.account, "message") == [person.username]
