"""The banner: one thing at a time, the worst first, and a missing worker only after a while."""

from datetime import UTC, datetime

import pytest

from bot.lanes.queue import connect
from tests.web import situations
from tests.web.browser import Page
from web.banner import ASK_EVERY, PATIENCE


def banners(page: Page) -> list[str | None]:
    return [attributes.get("id") for _, attributes in page.elements if attributes.get("class") == "banner"]


@pytest.fixture
def worker(app, redis_url):
    birth = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    redis = connect(redis_url)
    redis.hset("rq:worker:east-1", mapping={"birth": birth, "hostname": "east", "pid": 71, "threads": 16})
    redis.expire("rq:worker:east-1", 120)
    redis.sadd("rq:workers", "rq:worker:east-1")


def test_a_missing_worker_is_told_to_everyone_after_a_while(browse, alice, ada, clock):
    assert banners(browse(alice).page("/")) == []
    clock.advance(seconds=PATIENCE.total_seconds())
    page = browse(alice).page("/")
    assert banners(page) == ["no-worker"]
    assert "Nothing is lost, and your bot resumes automatically." in page.text
    assert "/admin/health" not in page.links
    page = browse(ada).page("/")
    assert "No worker is running." in page.text
    assert "/admin/health" in page.links


@pytest.mark.usefixtures("worker")
def test_while_a_worker_runs_there_is_no_banner(browse, alice, clock):
    for _ in range(3):
        assert banners(browse(alice).page("/")) == []
        clock.advance(seconds=PATIENCE.total_seconds())


def test_a_worker_that_comes_back_ends_it(request, browse, alice, clock):
    browse(alice).page("/")
    clock.advance(seconds=PATIENCE.total_seconds())
    assert banners(browse(alice).page("/")) == ["no-worker"]
    request.getfixturevalue("worker")
    clock.advance(seconds=ASK_EVERY.total_seconds())
    assert banners(browse(alice).page("/")) == []


def test_the_worst_comes_first_and_is_alone(app, browse, alice, clock):
    shown = []
    for situation in (situations.outdated, situations.all_stopped, situations.held):
        with app.app_context():
            situation(alice.id, clock.moment)
        shown += [banners(browse(alice).page("/"))]
    assert shown == [["all-outdated"], ["all-stopped"], ["all-held"]]
