"""The page of lanes and workers, in each of its states."""

import time
import uuid
from datetime import UTC, datetime

import pytest
from redis import Redis

from bot.lanes.queue import DUE, RUN, connect, notify_lane, rescue
from jobs.lanes import Lanes
from tests.support.lanes import put, start

PATH = "/admin/lanes"


@pytest.fixture
def redis(app, redis_url: str) -> Redis:
    return connect(redis_url)


@pytest.fixture
def worker(redis: Redis) -> None:
    """One that has made itself known."""
    birth = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    redis.hset("rq:worker:east-1", mapping={"birth": birth, "hostname": "east", "pid": 71, "threads": 16})
    redis.expire("rq:worker:east-1", 120)
    redis.sadd("rq:workers", "rq:worker:east-1")


@pytest.fixture
def without_redis(app) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    runtime = app.extensions["troupe"]
    runtime.redis = connect(nowhere)
    runtime.config = runtime.config.model_copy(update={"redis_url": nowhere})


def test_it_is_for_administrators_and_linked_where_they_look(browse, alice, ada):
    for path in (PATH, f"{PATH}/now", f"{PATH}/of?username=ada", f"{PATH}/{ada.id}", f"{PATH}/{ada.id}/now"):
        browse(alice).page(path, 403)
    assert PATH in browse(ada).page("/admin/users").links


def test_an_empty_place_says_what_is_missing_and_what_to_do(browse, ada):
    page = browse(ada).page(PATH)
    for words in (
        "Nothing is planned: no bot runs, or none has anything to do.",
        "No worker is running, so nothing is done.",
        "Start a worker",
    ):
        assert words in page.text
    for words in ("Nobody waits for a worker.", "No job runs at this moment.", "None is here.", "No job was started"):
        assert words in page.text
    assert "/help/errors/E-SCH-E-0007" in page.links
    assert "Look again" in page.text


@pytest.mark.usefixtures("worker")
def test_it_shows_who_runs_and_who_waits_and_since_when(browse, ada, alice, bob, redis):
    notify_lane(redis, alice.id)
    start(Lanes(redis, "east-1"))
    redis.zadd(DUE, {bob.id: time.time() - 45, "erased": time.time() - 300})
    page = browse(ada).page(PATH)
    assert "2 lanes wait for a worker, the first for 5 min." in page.text
    assert "bob 45 s" in page.text
    assert "erased user 5 min" in page.text
    assert "alice a step for 0 s east, process 71" in page.text
    assert "east, process 71 Here 1 lane on 16 threads" in page.text
    assert "Running 1 Threads 16 Due 2" in page.text
    assert {f"{PATH}/{alice.id}", f"{PATH}/{bob.id}"} <= set(page.links)
    assert "Queues have been due for minutes" in page.text


@pytest.mark.usefixtures("worker")
def test_a_place_that_is_well_says_so(browse, ada, redis):
    redis.config_set("appendonly", "yes")
    try:
        rescue(redis, list)
        notify_lane(redis, "later", time.time() + 30)
        page = browse(ada).page(PATH)
    finally:
        redis.config_set("appendonly", "no")
    assert "All is well" in page.text
    assert "Nobody waits. The next lane is due in 30 s." in page.text


def test_it_says_why_nothing_is_handed_out_after_a_start_of_redis(browse, ada, redis):
    redis.hset(RUN, "opens", time.time() + 20)
    assert "Redis was started anew; lanes are handed out again in 20 s" in browse(ada).page(PATH).text


def test_stuck_jobs_and_silent_workers_stand_out(browse, ada, alice, worker, redis):
    put(redis, alice.id, "one")
    start(Lanes(redis, "gone"))
    redis.hset("rq:job:one", "since", time.time() - 400)
    redis.expire("rq:worker:east-1", 50)
    page = browse(ada).page(PATH)
    assert "alice Stuck for 7 min a worker that is gone" in page.text
    assert "Silent for 70 s" in page.text


def test_it_looks_again_by_itself_and_the_part_is_that_of_the_page(browse, ada, redis):
    notify_lane(redis, "later", time.time() + 3000)
    browser = browse(ada)
    assert browser.page(PATH).element("lanes")["hx-get"] == f"{PATH}/now"
    part = browser.page(f"{PATH}/now")
    assert part.element("lanes") == browser.page(PATH).element("lanes")
    assert part.text.startswith("Right now")


@pytest.mark.usefixtures("without_redis")
def test_without_redis_it_says_so_with_the_code_and_goes_on_looking(browse, ada):
    for path in (PATH, f"{PATH}/now", f"{PATH}/{ada.id}", f"{PATH}/{ada.id}/now"):
        page = browse(ada).page(path)
        assert "Redis is away" in page.text
        assert "/help/errors/E-SCH-E-0003" in page.links
        assert page.has("lanes") or page.has("lane")


def test_a_lane_is_found_by_the_name_of_its_user(browse, ada, bob):
    browser = browse(ada)
    form = browser.page(PATH).forms["find"]
    assert form.action == f"{PATH}/of"
    assert browser.get(f"{form.action}?username=Bob").location == f"{PATH}/{bob.id}"
    missing = browser.page(f"{form.action}?username=nobody", 404)
    assert "/help/errors/E-USR" in " ".join(missing.links)
    assert missing.forms["find"].values["username"] == ["nobody"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("empty", "Empty Nothing is planned"),
        ("planned", "Planned Its next job is due at"),
        ("due", "Due It waits for a worker, for 50 s."),
        ("running", "Running A worker runs a step, for 0 s."),
        ("unplaced", "Unplaced It has jobs that no worker sees."),
    ],
)
def test_one_lane_is_shown_in_words(browse, ada, bob, worker, redis, state, words):
    if state != "empty":
        notify_lane(redis, bob.id, time.time() + 600 if state == "planned" else None)
    if state == "due":
        redis.zadd(DUE, {bob.id: time.time() - 50})
    if state == "running":
        start(Lanes(redis, "east-1"))
    if state == "unplaced":
        redis.delete(DUE)
    browser = browse(ada)
    page = browser.page(f"{PATH}/{bob.id}")
    assert words in page.text
    assert ("Lease held by east, process 71" in page.text) is (state == "running")
    assert page.element("lane")["hx-get"] == f"{PATH}/{bob.id}/now"
    assert words in browser.page(f"{PATH}/{bob.id}/now").text


def test_nobodys_lane_is_not_found(browse, ada):
    browse(ada).page(f"{PATH}/{uuid.uuid4()}", 404)
