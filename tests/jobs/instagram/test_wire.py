"""The time that one call may take."""

from typing import Any

import pytest
from requests import PreparedRequest, Request, Response
from requests.adapters import HTTPAdapter

from bot.core.errors import BotException
from jobs.instagram.wire import Deadline, Wire
from jobs.lanes import Lease, hold


class Clock:
    time = 100.0

    def __call__(self) -> float:
        return self.time


def test_all_requests_of_a_call_share_its_time() -> None:
    clock = Clock()
    deadline = Deadline(20, clock)
    clock.time += 12

    assert deadline.left() == 8


def test_no_request_is_sent_when_the_time_is_up() -> None:
    clock = Clock()
    deadline = Deadline(20, clock)
    clock.time += 20

    with pytest.raises(BotException) as caught:
        deadline.left()
    assert caught.value.name == "INSTAGRAM_TIMEOUT"


def test_the_next_call_has_all_its_time_again() -> None:
    clock = Clock()
    deadline = Deadline(20, clock)
    clock.time += 50
    deadline.begin()

    assert deadline.left() == 20


class Recorded(HTTPAdapter):
    """Answers everything, and keeps how long each request might have taken."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def send(self, request: PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> Response:
        self.seconds.append(timeout.total)
        response = Response()
        response.status_code = 200
        return response


@pytest.fixture
def inner() -> Recorded:
    return Recorded()


def ask(inner: Recorded, method: str) -> None:
    request = Request(method, "https://i.instagram.com/api/v1/friendships/create/7/").prepare()
    Wire(inner, Deadline(20)).send(request)


def test_a_request_with_an_effect_ends_with_the_lease_of_its_lane(inner: Recorded) -> None:
    with hold(Lease("alice", "token", 10)):
        ask(inner, "GET")
        ask(inner, "POST")
    assert inner.seconds == [pytest.approx(20, abs=1), pytest.approx(9, abs=1)]


def test_no_request_with_an_effect_is_sent_after_the_lease(inner: Recorded) -> None:
    with hold(Lease("alice", "token", 10, lost=True)):
        ask(inner, "GET")
        with pytest.raises(BotException) as caught:
            ask(inner, "POST")
    assert (caught.value.name, caught.value.meta["delivered"]) == ("INSTAGRAM_CALL_INTERRUPTED", "no")
    assert len(inner.seconds) == 1
