"""The runtime: configuration, clock, randomness and Redis, shared through the app context."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app
from redis import Redis

from bot.config.clock import Clock, Randomness
from bot.config.environment import Config

EXTENSION = "troupe"


@dataclass
class Runtime:
    config: Config
    clock: Clock
    uniform: Randomness
    redis: Redis


def runtime() -> Runtime:
    """Return the runtime of the current app."""
    return cast(Runtime, current_app.extensions[EXTENSION])


def now() -> datetime:
    """Return the current time in UTC, by the app's clock."""
    return runtime().clock.now()
