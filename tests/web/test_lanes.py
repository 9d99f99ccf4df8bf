"""The page of lanes and workers, in each of its states."""

import time
import uuid
from datetime import UTC, datetime

import pytest
from redis import Redis

from bot.lanes.queue import DUE, RUN, connect, notify_lane, rescue
from jobs.lanes import Lanes
from tests.support.lanes import put, start

PATH = "/admin/health"


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


def queue_of(user) -> str:
    return f"/admin/people/{user.id}/queue"


def test_it_is_for_administrators_and_linked_where_they_look(browse, alice, ada):
    for path in (PATH, f"{PATH}/now", f"{PATH}/of?username=ada", queue_of(ada), f"{queue_of(ada)}/now"):
        browse(alice).page(path, 403)
    assert PATH in browse(ada).page("/admin").links


def test_an_empty_place_says_what_is_missing_and_what_to_do(browse, ada):
    page = browse(ada).page(PATH)
    for words in (
        "Nothing is planned: no bot runs, or none has anything to do.",
        "No worker is running, so nothing is done.",
        "Start a worker",
    ):
        assert words in page.text
    for words in (
        "No bot waits for a worker.",
        "No turn runs at this moment.",
        "No worker runs.",
        "No turn was started",
    ):
        assert words in page.text
    assert "/help/errors/E-SCH-E-0007" in page.links
    assert "Look again" in page.text


@pytest.mark.usefixtures("worker")
def test_it_shows_who_runs_and_who_waits_and_since_when(browse, ada, alice, bob, redis):
    notify_lane(redis, alice.id)
    start(Lanes(redis, "east-1"))
    redis.zadd(DUE, {bob.id: time.time() - 45, "erased": time.time() - 300})
    page = browse(ada).page(PATH)
    assert "2 bots wait for a worker, the first for 5 min." in page.text
    assert "bob 45 s" in page.text
    assert "erased user 5 min" in page.text
    assert "alice · a step east, process 71 0 s" in page.text
    assert "east, process 71 1 bot on 16 threads, since" in page.text
    assert "Running 1 of 16 threads bots in their turn Waiting 2" in page.text
    assert {queue_of(alice), queue_of(bob)} <= set(page.links)
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
    assert "No bot waits. The next turn is due in 30 s." in page.text


def test_it_says_why_nothing_is_handed_out_after_a_start_of_redis(browse, ada, redis):
    redis.hset(RUN, "opens", time.time() + 20)
    assert "Redis was restarted. Turns are given out again in 20 s" in browse(ada).page(PATH).text


def test_stuck_jobs_and_silent_workers_stand_out(browse, ada, alice, worker, redis):
    put(redis, alice.id, "one")
    start(Lanes(redis, "gone"))
    redis.hset("rq:job:one", "since", time.time() - 400)
    redis.expire("rq:worker:east-1", 50)
    page = browse(ada).page(PATH)
    assert "alice · a request of its user A worker that is gone Stuck 7 min" in page.text
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
    for path in (PATH, f"{PATH}/now", queue_of(ada), f"{queue_of(ada)}/now"):
        page = browse(ada).page(path)
        assert "Redis is away" in page.text
        assert "/help/errors/E-SCH-E-0003" in page.links
        assert page.has("lanes") or page.has("lane")


def test_a_lane_is_found_by_the_name_of_its_user(browse, ada, bob):
    browser = browse(ada)
    form = browser.page(PATH).forms["of-user"]
    assert form.action == f"{PATH}/of"
    assert browser.get(f"{form.action}?username=Bob").location == queue_of(bob)
    missing = browser.page(f"{form.action}?username=nobody", 404)
    assert "/help/errors/E-USR" in " ".join(missing.links)
    assert missing.forms["of-user"].values["username"] == ["nobody"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("empty", "Empty Nothing is planned"),
        ("planned", "Planned The next turn is due at"),
        ("due", "Due The bot waits for a worker, for 50 s."),
        ("running", "Running A worker runs a step, for 0 s."),
        ("unplaced", "Unplaced There are turns that no worker sees."),
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
    page = browser.page(queue_of(bob))
    assert words in page.text
    assert ("Held by east, process 71" in page.text) is (state == "running")
    assert page.element("lane")["hx-get"] == f"{queue_of(bob)}/now"
    assert words in browser.page(f"{queue_of(bob)}/now").text


def test_nobodys_lane_is_not_found(browse, ada):
    browse(ada).page(f"/admin/people/{uuid.uuid4()}/queue", 404)
