"""What one process shares: configuration, clock, chance, vault, Redis, sign-ins and resolver, by the app context."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from flask import current_app
from redis import Redis

from bot.addresses import Resolver
from bot.clock import Clock, Randomness
from bot.config import Config
from bot.session_stores import DatabaseStore, SessionStore
from bot.vault import Vault

EXTENSION = "troupe"


@dataclass
class Runtime:
    config: Config
    clock: Clock
    uniform: Randomness
    vault: Vault
    redis: Redis
    resolve: Resolver
    sign_ins: SessionStore = field(default_factory=DatabaseStore)


def runtime() -> Runtime:
    """The runtime of the current app."""
    return cast(Runtime, current_app.extensions[EXTENSION])


def now() -> datetime:
    """The current time in UTC, by the app's clock."""
    return runtime().clock.now()
