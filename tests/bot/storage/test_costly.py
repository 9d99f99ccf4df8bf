import threading

import pytest
from redis import Redis

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.storage import costly as storage_costly
from bot.storage.costly import LEASE, MAX_AT_ONCE, ORDINARY_UPLOAD, Parts, Place, costly, uploaded
from tests.support.attempts import side_by_side

# The counts are in Redis.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
USER, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


@pytest.fixture(autouse=True)
def fresh(base_app, monkeypatch):
    monkeypatch.setattr(storage_costly, "_here", storage_costly._Here())


@pytest.fixture
def another_process(monkeypatch):
    """What follows is as if another process did it."""
    return lambda: monkeypatch.setattr(storage_costly, "_here", storage_costly._Here())


def refused(user_id=USER):
    with pytest.raises(BotException, match="TOO_MANY_AT_ONCE") as refusal:
        Place(user_id)
    return refusal.value.meta["retry_after"]


def test_a_user_has_two_places_and_others_have_their_own():
    places = [Place(USER) for _ in range(MAX_AT_ONCE)]
    assert 1 <= refused() <= 5
    Place(OTHER)
    places[0].give_back()
    Place(USER)
    refused()


def test_what_is_refused_takes_no_place():
    first, _ = Place(USER), Place(USER)
    for _ in range(5):
        refused()
    first.give_back()
    Place(USER)


def test_the_places_are_those_of_all_processes(another_process):
    first = Place(USER)
    another_process()
    second = Place(USER)
    another_process()
    refused()
    another_process()
    refused()
    second.give_back()
    Place(USER)
    refused()
    first.give_back()
    Place(USER)


def test_a_place_rests_for_as_long_as_it_was_held(clock):
    places = [Place(USER), Place(USER)]
    clock.advance(seconds=3)
    for place in places:
        place.give_back()
        place.give_back()
    assert refused() == 3
    clock.advance(seconds=2)
    assert refused() == 1
    clock.advance(seconds=1)
    Place(USER)


def test_a_place_of_a_process_that_died_comes_free(clock, another_process):
    Place(USER), Place(USER)
    another_process()
    clock.advance(seconds=LEASE.total_seconds() - 1)
    refused()
    clock.advance(seconds=1)
    Place(USER)


def test_a_place_that_is_used_is_kept(clock, another_process):
    parts = Parts(USER, iter("abcdefgh"))
    Place(USER)
    for _ in range(5):
        clock.advance(seconds=LEASE.total_seconds() / 3)
        next(parts)
    Place(USER)
    refused()
    another_process()
    refused()


def test_while_redis_is_away_each_process_counts_by_itself(monkeypatch, another_process):
    monkeypatch.setattr(runtime(), "redis", Redis(port=1, retry=None))
    Place(USER), Place(USER)
    refused()
    Place(OTHER)
    another_process()
    Place(USER), Place(USER)
    refused()


def test_redis_that_comes_back_counts_what_began_without_it(monkeypatch, another_process):
    with monkeypatch.context() as gone:
        gone.setattr(runtime(), "redis", Redis(port=1, retry=None))
        first, _ = Place(USER), Place(USER)
    refused()
    first.give_back()
    Place(USER)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_parts_give_their_place_back_at_the_end_and_when_they_are_closed(taken):
    for _ in range(3):
        parts = Parts(USER, iter("ab"))
        for _ in range(taken):
            next(parts)
        parts.close()
    for _ in range(3):
        assert list(Parts(USER, iter("ab"))) == ["a", "b"]


def test_parts_give_their_place_back_when_one_cannot_be_made():
    def broken():
        yield "a"
        raise ValueError("broken")

    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            list(Parts(USER, broken()))


def test_an_ordinary_upload_takes_no_place_and_a_long_one_does():
    Place(USER), Place(USER)
    with uploaded(USER, ORDINARY_UPLOAD):
        pass
    with pytest.raises(BotException, match="TOO_MANY_AT_ONCE"), uploaded(USER, ORDINARY_UPLOAD + 1):
        pass


def test_of_many_at_once_two_pass(base_app):
    refusals, all_refused = threading.Semaphore(0), threading.Event()

    def one(_number):
        try:
            with costly(USER):
                # The first to have its turn holds its place until all others were refused; the second waits for it.
                if not all_refused.is_set():
                    assert [refusals.acquire(timeout=60) for _ in range(8)] == [True] * 8
                    all_refused.set()
        except BotException:
            refusals.release()
            raise

    outcomes = side_by_side(base_app, 10, one)
    assert sorted(outcomes) == ["TOO_MANY_AT_ONCE"] * 8 + ["passed"] * 2
