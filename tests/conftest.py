"""Real servers once a run, a fresh database a test, and the cast."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from redis import Redis

from bot.app import create_base_app
from bot.auth import passwords
from bot.config.environment import Config
from local import postgres, redis
from tests.support.authenticators import TwoFactored, switch_on
from tests.support.environment import (
    STRONG,
    Databases,
    FixedClock,
    build_once,
    compile_once,
    config_for,
    dispose,
    hash_weakly,
    look_once,
    make_databases,
    shortest,
)
from tests.support.people import Somebody, make_somebody

# On a busy machine a deadline and the check for slow generation tell of the machine only.
settings.register_profile("troupe", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("troupe")
build_once()
hash_weakly()
look_once()
# Importing and collecting make objects that stay: looking through them for garbage takes half of the time of both.
gc.disable()


def pytest_collection_finish() -> None:
    """What was imported and collected stays: looking through it for garbage again and again takes a tenth of the time
    of the tests.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis.running(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Databases:
    return make_databases(tmp_path_factory.mktemp("databases"), postgres_url, redis_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A migrated and seeded database of each kind, of this test alone."""
    with databases.fresh(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def clock() -> FixedClock:
    """Noon on a Tuesday."""
    return FixedClock()


@pytest.fixture
def config(tmp_path: Path, database_url: str, redis_url: str) -> Config:
    Redis.from_url(redis_url).flushall()
    return config_for(tmp_path, database_url, redis_url)


@pytest.fixture
def base_app(config: Config, clock: FixedClock) -> Iterator[Flask]:
    """The app without routes, in an app context: for tests of bot/ and jobs/."""
    app = create_base_app(config, clock=clock, uniform=shortest)
    compile_once(app)
    with app.app_context():
        yield app
    dispose(app)


@pytest.fixture
def app(config: Config, clock: FixedClock) -> Iterator[Flask]:
    """The whole web application. No app context is pushed: requests bring their own; push one to seed rows."""
    from wsgi import create_app

    app = create_app(config, clock=clock, uniform=shortest)
    compile_once(app)
    yield app
    dispose(app)


@pytest.fixture
def strong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as in production."""
    monkeypatch.setattr(passwords, "_argon2", STRONG)


@pytest.fixture
def alice(request: pytest.FixtureRequest) -> Somebody:
    """The owner."""
    return _cast(request, "alice")


@pytest.fixture
def bob(request: pytest.FixtureRequest) -> Somebody:
    """The stranger."""
    return _cast(request, "bob")


@pytest.fixture
def ada(request: pytest.FixtureRequest) -> Somebody:
    """The administrator."""
    return _cast(request, "ada", "admin")


@pytest.fixture
def two_factored(request: pytest.FixtureRequest, alice: Somebody, clock: FixedClock) -> TwoFactored:
    """Alice with a second factor, in the step after the one that it was confirmed in."""
    with _app(request).app_context():
        switched_on = switch_on(alice)
    clock.advance(seconds=30)
    return switched_on


def _cast(request: pytest.FixtureRequest, name: str, role: str = "user") -> Somebody:
    with _app(request).app_context():
        return make_somebody(name, role)


def _app(request: pytest.FixtureRequest) -> Flask:
    app: Flask = request.getfixturevalue("app" if "app" in request.fixturenames else "base_app")
    return app
