"""The banner of every page: what stops all bots, one thing at a time, the worst first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.fleet.bots import Hold, present_hold
from bot.lanes.workers import list_workers
from web.once import once_a_request

ASK_EVERY = timedelta(seconds=10)
"""The time between two looks for workers by one process."""
PATIENCE = timedelta(seconds=30)
"""No banner before that: workers are restarted for each new version."""
_EXTENSION = "worker_watch"


@dataclass
class _Watch:
    """When this process last looked for workers, and since when it has seen none."""

    asked_at: datetime | None = None
    missing_since: datetime | None = None


@once_a_request
def banner() -> Hold | None:
    """Return what stops all bots now, or None."""
    return present_hold() or _no_worker()


def _no_worker() -> Hold | None:
    watch: _Watch = current_app.extensions.setdefault(_EXTENSION, _Watch())
    moment = now()
    if watch.asked_at is None or moment - watch.asked_at >= ASK_EVERY:
        watch.asked_at = moment
        watch.missing_since = (watch.missing_since or moment) if _none_runs() else None
    if watch.missing_since is None or moment - watch.missing_since < PATIENCE:
        return None
    return Hold("NO_WORKER", watch.missing_since)


def _none_runs() -> bool:
    """Return whether no worker runs for sure. A Redis that is away says nothing of workers."""
    try:
        return not list_workers()
    except BotException:
        return False
