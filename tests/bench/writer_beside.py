"""A process that writes a little again and again, as steps do, and tells how long it was held up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from sqlalchemy import update

from bot.app import create_base_app
from bot.storage.models import BotStatus
from bot.storage.tenancy import tenant
from tests.support.environment import config_for, dispose

PAUSE = 0.005
"""Seconds between two of its transactions."""
_START_SECONDS = 60
_CONTEXT = get_context("spawn")


@contextmanager
def writer(folder: Path, url: str, redis_url: str, user_id: str) -> Iterator[list[float]]:
    """Let it write to a user's row while the block runs. After that the list has the milliseconds of each write."""
    ready, over = _CONTEXT.Event(), _CONTEXT.Event()
    inbox, outbox = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_write, args=(folder, url, redis_url, user_id, ready, over, outbox), daemon=True)
    process.start()
    if not ready.wait(_START_SECONDS):
        raise RuntimeError("the writer did not start")
    times: list[float] = []
    try:
        yield times
    finally:
        over.set()
        times += inbox.recv()
        process.join()


def _write(folder: Path, url: str, redis_url: str, user_id: str, ready: Event, over: Event, outbox: Any) -> None:
    app = create_base_app(config_for(folder, url, redis_url))
    times = []
    with app.app_context():
        _write_once(user_id)
        ready.set()
        while not over.is_set():
            began = time.perf_counter()
            _write_once(user_id)
            times.append((time.perf_counter() - began) * 1000)
            over.wait(PAUSE)
    dispose(app)
    outbox.send(times)


def _write_once(user_id: str) -> None:
    with tenant(user_id) as session:
        session.execute(update(BotStatus).values(revision=BotStatus.revision + 1))
        session.commit()
