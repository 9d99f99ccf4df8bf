"""Browsers, and the worker that tests of the API bring as well."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.automation import lifecycle
from tests.api.conftest import worker as worker
from tests.support.environment import Databases
from tests.support.people import Somebody, give_valid_session
from tests.web.browser import Browser

Browse = Callable[..., Browser]


@pytest.fixture
def database_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """SQLite alone: pages ask the database nothing themselves, and what they call is tested on both."""
    with databases.fresh("sqlite", tmp_path) as url:
        yield url


@pytest.fixture
def browse(app: Flask) -> Browse:
    """Opens a browser: of nobody, or signed in as somebody."""
    return lambda somebody=None: Browser(app, somebody)


@pytest.fixture
def linked(app: Flask, alice: Somebody) -> Somebody:
    """alice with a valid session."""
    with app.app_context():
        give_valid_session(alice.id)
    return alice


@pytest.fixture
def running(app: Flask, linked: Somebody) -> Somebody:
    """alice with a valid session and a running bot."""
    with app.app_context():
        lifecycle.start(linked.id)
    return linked


@pytest.fixture
def placed(app: Flask, running: Somebody) -> str:
    """The id of an action of alice, whose bot runs."""
    with app.app_context():
        return follow_hashtag(running.id, FollowHashtag(hashtag="coffee", amount=5)).action.id
