"""What is gone at the moment of the act has a code of its own kind of step, also where it was there a moment before."""

from types import SimpleNamespace

import pytest

from bot.actions.targets import Target
from bot.core.errors import BotException
from jobs.instance import BotInstance
from jobs.step_kinds.like import Like
from jobs.step_kinds.step_kind import PROVES_NOTHING
from jobs.step_kinds.story import Story

TARGET = Target("t1", "ann", "ann", "7_7", "working")


class Client:
    """Instagram's client where a post and a story were taken down; `name` is what it says."""

    def __init__(self, name: str) -> None:
        self._name = name

    def like(self, _media_id: str) -> None:
        raise BotException(self._name, delivered="no")

    def story(self, _user_id: str) -> None:
        return None


def raised_by(kind: Like | Story, name: str) -> BotException:
    bot: BotInstance = SimpleNamespace(client=Client(name))  # type: ignore[assignment]  # of it only the client is used
    with pytest.raises(BotException) as raised:
        kind.act(bot, TARGET)
    return raised.value


def test_a_post_that_is_gone_keeps_the_name_that_instagram_gives_it() -> None:
    failure = raised_by(Like(), "INSTAGRAM_POST_NOT_FOUND")
    assert (failure.name, failure.entry.module, failure.meta["delivered"]) == ("INSTAGRAM_POST_NOT_FOUND", "BOT", "no")


def test_a_story_that_is_gone_is_named_by_its_kind() -> None:
    failure = raised_by(Story(), "")
    assert (failure.name, failure.entry.module, failure.meta["delivered"]) == ("STORY_GONE", "STO", "no")


def test_a_story_that_is_gone_does_not_tell_whether_it_was_watched() -> None:
    bot: BotInstance = SimpleNamespace(client=Client(""))  # type: ignore[assignment]  # of it only the client is used
    with pytest.raises(BotException) as raised:
        Story().was_applied(bot, TARGET)
    assert raised.value.name in PROVES_NOTHING


def test_other_refusals_keep_their_name() -> None:
    assert raised_by(Like(), "INSTAGRAM_ACTION_BLOCKED").name == "INSTAGRAM_ACTION_BLOCKED"
