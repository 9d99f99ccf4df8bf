import pytest

from tests.api.caller import Caller, refusal
from tests.support.environment import dispose, shortest

# The throttle counts in Redis.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def app(config, clock, monkeypatch):
    """The application, which takes three requests a minute of everybody."""
    from wsgi import create_app

    monkeypatch.setattr("wsgi.REQUESTS_PER_MINUTE", 3)
    app = create_app(config, clock=clock, uniform=shortest)
    yield app
    dispose(app)


def test_too_many_requests_are_refused_with_the_time_to_wait(calls, alice, bob):
    caller = calls(alice)
    for _ in range(3):
        assert caller.get("/bot/status").status_code == 200
    response = caller.get("/bot/status")
    assert refusal(response) == (429, "RATE_LIMITED")
    assert int(response.headers["Retry-After"]) > 0
    assert calls(bob).get("/bot/status").status_code == 200


def test_whether_it_lives_may_always_be_asked(calls):
    assert {calls().get("/health").status_code for _ in range(9)} == {200}


@pytest.fixture
def away(config, clock, monkeypatch):
    """The application, whose Redis is away."""
    from wsgi import create_app

    monkeypatch.setattr("wsgi.REQUESTS_PER_MINUTE", 3)
    app = create_app(config.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}), clock=clock, uniform=shortest)
    yield app
    dispose(app)


def test_without_redis_each_process_counts_by_itself(app, alice, away):
    caller = Caller(away, alice)
    assert [caller.get("/bot/status").status_code for _ in range(4)] == [200, 200, 200, 429]
