"""The time that one call may take."""

import pytest

from bot.errors import BotException
from jobs.instagram.wire import Patience


class Clock:
    time = 100.0

    def __call__(self) -> float:
        return self.time


def test_all_requests_of_a_call_share_its_time() -> None:
    clock = Clock()
    patience = Patience(20, clock)
    clock.time += 12

    assert patience.left() == 8


def test_no_request_is_sent_when_the_time_is_up() -> None:
    clock = Clock()
    patience = Patience(20, clock)
    clock.time += 20

    with pytest.raises(BotException) as caught:
        patience.left()
    assert caught.value.name == "INSTAGRAM_TIMEOUT"


def test_the_next_call_has_all_its_time_again() -> None:
    clock = Clock()
    patience = Patience(20, clock)
    clock.time += 50
    patience.begin()

    assert patience.left() == 20
