"""Targets of requests to users' addresses in tests, and their refusals."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from bot.config.runtime import Runtime
from bot.core.errors import BotException
from bot.network.addresses import Resolver, init_resolver
from bot.network.pinned_http import post
from tests.support.environment import FixedClock, config_for, shortest
from tests.support.listener import GOOD, Listener


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    listeners: list[Listener] = []

    def start(answer: bytes = GOOD, context: ssl.SSLContext | None = None) -> Listener:
        listeners.append(Listener(answer, context))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()


def runtime_of(tmp_path: Path, resolve: Resolver, *, sandbox: bool) -> Flask:
    config = config_for(tmp_path, "", "redis://127.0.0.1:1", instagram_sandbox=sandbox, secure_cookies=not sandbox)
    app = Flask("outgoing")
    app.extensions["troupe"] = Runtime(config, FixedClock(), shortest, Redis(port=1))
    init_resolver(app, resolve)
    return app


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(BotException) as raised:
        work()
    return raised.value.name


def send(url: str) -> None:
    post(url, b"{}", {"Content-Type": "application/json"})
