"""/metrics: closed without its token, and what Prometheus reads with it."""

import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from bot.auth.session_list import clean_up
from bot.config.environment import Config, ConfigError
from bot.lanes.queue import DUE, connect, notify_lane
from jobs.lanes import Lanes
from tests.api.caller import refusal
from tests.support.environment import dispose
from tests.support.lanes import start
from tests.support.people import make_somebody
from wsgi import create_app

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TOKEN = "a token for the scraper"


@pytest.fixture
def opened(config: Config, clock) -> Iterator[Flask]:
    app = create_app(Config(**config.model_dump() | {"metrics_token": TOKEN}), clock=clock)
    yield app
    dispose(app)


@pytest.fixture
def client(opened: Flask) -> FlaskClient:
    client = opened.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


@pytest.fixture
def redis(redis_url: str) -> Redis:
    return connect(redis_url)


def read(client: FlaskClient) -> dict[str, float]:
    """Every sample by its name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {" ".join([one.name, *(value for _, value in sorted(one.labels.items()))]): one.value for one in samples}


def test_it_is_not_there_without_a_setting(app, ada):
    for headers in ({}, ada.headers, {"Authorization": "Bearer "}):
        assert refusal(app.test_client().get("/metrics", headers=headers)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("authorization", [None, "Bearer ", "Bearer wrong", f"Basic {TOKEN}", "\xe9"])
def test_it_is_closed_without_the_token(opened, authorization):
    headers = {"Authorization": authorization} if authorization is not None else {}
    assert refusal(opened.test_client().get("/metrics", headers=headers)) == (401, "AUTHENTICATION_REQUIRED")


def test_a_sign_in_does_not_open_it(opened, ada):
    assert refusal(opened.test_client().get("/metrics", headers=ada.headers)) == (401, "AUTHENTICATION_REQUIRED")


def test_a_short_token_is_refused_at_the_start(config):
    with pytest.raises(ConfigError, match=r"METRICS_TOKEN.*at least 16"):
        Config.from_env(metrics_token="short")


def test_it_tells_lanes_workers_and_redis(client, redis):
    notify_lane(redis, "alice")
    start(Lanes(redis, "a-worker"))
    notify_lane(redis, "later", time.time() + 600)
    redis.zadd(DUE, {"bob": time.time() - 250})
    seen = read(client)
    assert (seen["troupe_lanes planned"], seen["troupe_lanes due"], seen["troupe_lanes running"]) == (1, 1, 1)
    assert seen["troupe_lane_oldest_due_seconds"] == pytest.approx(250, abs=3)
    assert (seen["troupe_lanes_late"], seen["troupe_lanes_stuck"], seen["troupe_workers"]) == (1, 0, 0)
    assert (seen["troupe_redis_up"], seen["troupe_redis_memory_bytes"] > 0) == (1, True)
    assert seen["troupe_concern E-SCH-E-0007 NO_WORKER"] == 1


def test_the_lag_is_a_histogram_that_adds_up(client, redis):
    lanes = Lanes(redis, "a-worker")
    for seconds in (0.3, 7, 5000):
        notify_lane(redis, "alice")
        redis.zadd(DUE, {"alice": time.time() - seconds})
        lanes.release(start(lanes).lease)
    seen = read(client)
    assert [seen[f"troupe_start_lag_seconds_bucket {bound}"] for bound in (0.2, 0.5, 10.0, 300.0, "+Inf")] == [
        *(0, 1, 2, 2, 3),
    ]
    assert (seen["troupe_jobs_started_total"], seen["troupe_jobs_ended_total"]) == (3, 3)
    assert seen["troupe_leases_lapsed_total"] == 0


def test_it_tells_sign_ins_and_their_clean_up(opened, client, alice, bob, clock):
    clock.advance(hours=2)
    with opened.app_context():
        clean_up()
        make_somebody("carol")
        clean_up()
    clock.advance(seconds=30)
    seen = read(client)
    assert (seen["troupe_sign_ins"], seen["troupe_sign_ins_ended_total"]) == (1, 2)
    assert (seen["troupe_sign_ins_forgotten_total"], seen["troupe_sign_ins_cleaned_seconds"]) == (0, 30)


def test_a_clean_up_without_redis_still_ends_sign_ins(opened, alice, clock):
    clock.advance(hours=2)
    opened.extensions["troupe"].redis = connect("redis://127.0.0.1:1/0")
    with opened.app_context():
        assert clean_up().ended == 1


def test_a_redis_that_is_away_is_told_and_no_failure(opened, client):
    opened.extensions["troupe"].redis = connect("redis://127.0.0.1:1/0")
    assert read(client) == {"troupe_redis_up": 0}


def test_it_asks_no_database(opened, client, monkeypatch: pytest.MonkeyPatch):
    def away(*_: object, **__: object) -> None:
        raise AssertionError("a scrape has nothing to ask there")

    monkeypatch.setattr("bot.auth.sessions.SessionManager.find", away)
    assert client.get("/metrics").status_code == 200
