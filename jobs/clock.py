"""The clock process: gives lanes that lost their place a new one and rings running bots with nothing planned.

Any number of clocks may run: each change that one makes is a single script that finds nothing to do the second time.
"""

import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import NoReturn

import structlog
from flask import Flask
from redis import Redis

from bot.app import create_base_app
from bot.queue import connect
from bot.runtime import EXTENSION, Runtime
from bot.wakeups import sweep_all

EVERY = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0

log = structlog.get_logger()


def main() -> NoReturn:
    """Tick at once and every minute, until a signal."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    app = create_base_app()
    runtime: Runtime = app.extensions[EXTENSION]
    run(partial(tick, app, connect(runtime.config.redis_url)))


def run(tick: Callable[[], None], wait: Callable[[float], None] = time.sleep) -> NoReturn:
    """Call `tick` every minute; after a failure of any kind sooner, with pauses that grow."""
    pause = FIRST_PAUSE
    while True:
        try:
            tick()
        except Exception as error:
            log.error("sweep_failed", pause=pause, exc_info=error)
            wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            pause = FIRST_PAUSE
            wait(EVERY)


def tick(app: Flask, redis: Redis) -> None:
    """Sweep once. Raises what Redis and the database raise."""
    with app.app_context():
        swept = sweep_all(redis)
    if swept.indexed or swept.rung:
        log.info("lanes_swept", indexed=swept.indexed, rung=swept.rung)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    main()
