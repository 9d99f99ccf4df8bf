"""A bot that may act."""

import pytest
from flask import Flask

from tests.support.people import Somebody, give_valid_session, set_running


@pytest.fixture
def ready(base_app: Flask, alice: Somebody) -> Somebody:
    """Alice with a valid session and a running bot."""
    give_valid_session(alice.id)
    set_running(alice.id)
    return alice
