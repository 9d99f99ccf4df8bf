"""The clock process: plan lanes that lost their place, ring idle bots, send mails, alerts and digests, delete old rows.

Any number of clocks may run. Each change is a single script that finds nothing to do the second time.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import NoReturn

import structlog
from flask import Flask
from redis import Redis
from structlog.contextvars import bound_contextvars

from bot.app import create_base_app
from bot.automation.wakeups import rescue_all
from bot.config.runtime import EXTENSION, Runtime
from bot.core.backoff import Backoff
from bot.fleet.counting import ResultsCount
from bot.fleet.totals import count_today
from bot.lanes.queue import connect
from bot.operations.housekeeping import PARTS, run_housekeeping
from bot.operations.last_words import end_with_a_sentence
from jobs import alerts, digests, mail

ROUND_INTERVAL = 60.0
BACKOFF = Backoff(initial=1.0, maximum=30.0)

log = structlog.get_logger()


def main() -> NoReturn:
    """Sweep now and every minute, and send mails, alerts and digests in other threads, until a signal."""
    end_with_a_sentence()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    app = create_base_app()
    runtime: Runtime = app.extensions[EXTENSION]
    # A mail server or a webhook that hangs must not keep the lanes waiting.
    for beside, every, failed in (
        (mail.tick, mail.MAIL_INTERVAL, "mail_round_failed"),
        (partial(tidy_up, results=ResultsCount()), ROUND_INTERVAL, "tidying_failed"),
        (alerts.tick, alerts.ALERT_INTERVAL, "alert_round_failed"),
        (digests.tick, digests.DIGEST_INTERVAL, "digest_round_failed"),
    ):
        options = {"every": every, "failed": failed}
        threading.Thread(target=run, args=[partial(beside, app)], kwargs=options, daemon=True).start()
    run(partial(tick, app, connect(runtime.config.redis_address)))


def run(
    tick: Callable[[], None],
    wait: Callable[[float], None] = time.sleep,
    *,
    every: float = ROUND_INTERVAL,
    failed: str = "sweep_failed",
) -> NoReturn:
    """Call `tick` every `every` seconds; after a failure of any kind with growing pauses.

    `failed` is the log's event for a failure.
    """
    failures = 0
    while True:
        try:
            with bound_contextvars(action=failed.removesuffix("_failed")):
                tick()
        except Exception as error:
            failures += 1
            pause = BACKOFF.after(failures)
            log.error(failed, action=failed.removesuffix("_failed"), pause=pause, exc_info=error)
            wait(pause)
        else:
            failures = 0
            wait(every)


def tick(app: Flask, redis: Redis) -> None:
    """Sweep once. Raises the errors of Redis and the database."""
    with app.app_context():
        rescued = rescue_all(redis)
    if rescued.indexed or rescued.notified:
        log.info("lanes_swept", indexed=rescued.indexed, notified=rescued.notified)


def tidy_up(app: Flask, results: ResultsCount) -> None:
    """Delete rows that expire by time alone, bring verdicts and totals up to date, and go on with the count of
    results. A part that needs Redis fails alone.
    """
    with app.app_context():
        run_housekeeping((*PARTS, count_today, results.go_on))


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    main()
