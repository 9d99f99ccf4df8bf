"""Polls of open pages: one that would bring nothing new is answered 204, without making its part of the page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from flask.typing import ResponseReturnValue

from bot.automation.status import BotReport
from bot.config.runtime import now
from bot.decision.hours import local_midnight, next_change
from web import panel
from web.marks import Seen, counted_since, milliseconds, own_mark, seen_by_page

View = TypeVar("View", bound=Callable[..., Any])
OLDEST = timedelta(minutes=5)
"""No part of a page is older: rounded ends of actions and counts of the last hour or week change with time too."""


def seen() -> Seen:
    """Return what the page shows, for the address of its next poll."""
    until = _next_change(panel.own_report(), panel.own_moment())
    return Seen(own_mark(), milliseconds(until), milliseconds(counted_since()))


def only_news(view: View) -> View:
    """Answer 204 if the page that polls shows what the view would bring. Its address says in `seen` what it shows."""

    @wraps(view)
    def asked(**arguments: Any) -> ResponseReturnValue:
        # It is read before anything that the view shows, so that a change in between is news to the next poll.
        current, shown = own_mark(), seen_by_page()
        if shown and milliseconds(now()) < shown.until and shown.mark == current:
            return "", 204
        result: ResponseReturnValue = view(**arguments)
        return result

    return asked  # type: ignore[return-value]  # it takes and returns what the view does


def _next_change(report: BotReport, moment: datetime) -> datetime:
    """Return when time alone changes the page: at a time that it shows, or counts down to, or when a day, an hour of
    work or a rest begins or ends.
    """
    verdicts = (report.verdict, *report.orders.values())
    shown = {report.next_step_at, *(verdict.until for verdict in verdicts), *report.rests.values()}
    if report.verification:
        shown.add(report.verification.expires_at)
    times = {at - early for at in shown if at for early in (timedelta(), panel.COUNTED_DOWN)}
    times |= {limit.day_ends for limit in report.limits}
    times |= {local_midnight(moment, report.hours.timezone, days=1), moment + OLDEST}
    if change := next_change(report.hours, moment):
        times.add(change)
    return min(at for at in times if at > moment)
