"""The cast in the app without routes, and a bot that may act."""

import pytest
from flask import Flask

from bot.auth import throttle
from tests.support.people import Somebody, give_valid_session, set_running


@pytest.fixture
def alice(base_app: Flask, alice: Somebody) -> Somebody:
    return alice


@pytest.fixture
def bob(base_app: Flask, bob: Somebody) -> Somebody:
    return bob


@pytest.fixture
def ada(base_app: Flask, ada: Somebody) -> Somebody:
    return ada


@pytest.fixture
def ready(alice: Somebody) -> Somebody:
    """Alice with a valid session and a running bot."""
    give_valid_session(alice.id)
    set_running(alice.id)
    return alice


@pytest.fixture
def unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many at once are all looked at; the throttle would refuse most of them before."""
    for kind in throttle.ATTEMPT_LIMITS:
        monkeypatch.setitem(throttle.ATTEMPT_LIMITS, kind, throttle.AttemptLimits(1000, 1000, 1000, 1000, 1000))
