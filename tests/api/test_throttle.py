import pytest
from redis.exceptions import ConnectionError

from bot.auth.throttle import ATTEMPT_LIMITS, record_attempt
from tests.api.caller import Caller, refusal
from tests.support.environment import dispose, shortest
from tests.support.people import VISITOR

# The throttle counts in Redis.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def app(config, clock, monkeypatch):
    """The application, which takes three requests a minute of everybody."""
    from wsgi import create_app

    monkeypatch.setattr("middleware.rate_limit.REQUESTS_PER_MINUTE", 3)
    app = create_app(config, clock=clock, uniform=shortest)
    yield app
    dispose(app)


def test_too_many_requests_are_refused_with_the_time_to_wait(calls, alice, bob):
    caller = calls(alice)
    for _ in range(3):
        assert caller.get("/bot/status").status_code == 200
    response = caller.get("/bot/status")
    assert refusal(response) == (429, "RATE_LIMITED")
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert calls(bob).get("/bot/status").status_code == 200


def test_it_is_told_what_is_left_of_a_minute(calls, alice):
    caller = calls(alice)
    told = [told_of(caller.get(path)) for path in ("/bot/status", "/activity", "/auth/me", "/bot/status")]
    assert [limit for limit, _, _ in told] == [3, 3, 3, 3]
    assert [remaining for _, remaining, _ in told] == [2, 1, 0, 0]
    assert all(0 < reset <= 60 for _, _, reset in told)


def told_of(response):
    return tuple(int(response.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))


def test_who_may_not_come_in_is_counted_too(calls):
    assert [refusal(calls().get("/bot/status"))[0] for _ in range(4)] == [401, 401, 401, 429]


def test_the_page_that_refuses_says_when_to_come_back(app, alice):
    client = app.test_client()
    answers = [client.get("/login") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "/help/errors/E-API-W-0007" in answers[-1].text


def test_whether_it_lives_may_always_be_asked(calls):
    assert {calls().get("/health").status_code for _ in range(9)} == {200}


@pytest.fixture
def away(config, clock, monkeypatch):
    """The application, whose Redis is away."""
    from wsgi import create_app

    monkeypatch.setattr("middleware.rate_limit.REQUESTS_PER_MINUTE", 3)
    app = create_app(config.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}), clock=clock, uniform=shortest)
    yield app
    dispose(app)


def test_without_redis_each_process_counts_by_itself(app, alice, away):
    caller = Caller(away, alice)
    answers = [caller.get("/bot/status") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [told_of(answer)[:2] for answer in answers] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_wrong_passwords_are_counted_without_redis(away, alice, monkeypatch):
    monkeypatch.setattr("middleware.rate_limit.REQUESTS_PER_MINUTE", 600)
    wrong = {"username": "alice", "password": "wrong password"}
    with away.app_context():
        for _ in range(ATTEMPT_LIMITS["sign_in"].account_and_network - 1):
            record_attempt("sign_in", "alice", VISITOR)
    assert refusal(Caller(away).post("/auth/login", json=wrong)) == (401, "WRONG_CREDENTIALS")
    assert refusal(Caller(away).post("/auth/login", json=wrong)) == (429, "TOO_MANY_SIGN_INS")


class BrokenLimit:
    """A limit whose Redis has gone since the request was counted."""

    class limit:
        amount = 600

    @property
    def remaining(self):
        raise ConnectionError


def test_a_redis_that_goes_in_the_middle_of_a_request_fails_nothing(app, calls, alice, monkeypatch):
    monkeypatch.setattr("flask_limiter.Limiter.current_limit", BrokenLimit())
    assert calls(alice).get("/bot/status").status_code == 200
