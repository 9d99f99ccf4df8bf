"""Problems of a real Redis, each with one word and code."""

import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from bot.lanes.redis_health import (
    AWAY,
    EVICTING,
    FILLING,
    FULL,
    HANGING,
    NOT_KEPT,
    READ_ONLY,
    SLOW,
    SLOW_SECONDS,
    RedisTrouble,
    redis_troubles,
)
from tests.support.redis_forwarder import forwarder_to
from tests.support.redis_process import RedisProcess

MEGABYTE = 1024 * 1024


@pytest.fixture
def server() -> Iterator[RedisProcess]:
    with RedisProcess(durable=True) as server:
        yield server


def evict(redis: Redis) -> None:
    redis.config_set("maxmemory", 100 * MEGABYTE)
    redis.config_set("maxmemory-policy", "allkeys-lru")


def nearly_fill(redis: Redis) -> None:
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.25))


FAULTS: dict[RedisTrouble, Callable[[Redis], object]] = {
    FULL: lambda redis: redis.config_set("maxmemory", 1),
    READ_ONLY: lambda redis: redis.replicaof("127.0.0.1", "1"),
    FILLING: nearly_fill,
    EVICTING: evict,
    NOT_KEPT: lambda redis: redis.config_set("appendonly", "no"),
}


def test_nothing_is_wrong_with_the_redis_that_comes_with_the_product(server: RedisProcess) -> None:
    assert redis_troubles(server.url) == []


@pytest.mark.parametrize("trouble", FAULTS, ids=lambda trouble: trouble.code)
def test_each_trouble_is_told(server: RedisProcess, trouble: RedisTrouble) -> None:
    FAULTS[trouble](server.client())
    assert redis_troubles(server.url)[0] == trouble


def test_a_redis_whose_replicas_are_gone_is_read_only_too(server: RedisProcess) -> None:
    server.client().config_set("min-replicas-to-write", 1)
    assert redis_troubles(server.url) == [READ_ONLY]


def test_a_redis_that_is_gone_or_silent_is_told_within_seconds(server: RedisProcess) -> None:
    with forwarder_to(server.url) as way:
        way.delay = SLOW_SECONDS
        assert redis_troubles(way.url) == [SLOW]
        way.delay = 0
        began = time.monotonic()
        way.silence()
        assert redis_troubles(way.url) == [HANGING]
        way.cut()
        assert redis_troubles(way.url) == [AWAY]
        assert time.monotonic() - began < 4
    server.stop()
    assert redis_troubles(server.url) == [AWAY]
