"""Polls of open pages: one that would bring nothing new is answered 204, without making its part of the page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import request
from flask.typing import ResponseReturnValue

from bot.automation.status import BotReport
from bot.config.runtime import now
from web import panel

View = TypeVar("View", bound=Callable[..., Any])
_MINUTE = timedelta(minutes=1)


def seen() -> str:
    """Return what the page shows, for the address of its next poll: the mark of changes, and until when it lasts."""
    return f"{panel.own_mark()}-{_milliseconds(_next_change(panel.own_report()))}"


def only_news(view: View) -> View:
    """Answer 204 if the page that polls shows what the view would bring. Its address says in `seen` what it shows."""

    @wraps(view)
    def asked(**arguments: Any) -> ResponseReturnValue:
        # It is read before anything that the view shows, so that a change in between is news to the next poll.
        current = panel.own_mark()
        mark, _, until = request.args.get("seen", "").partition("-")
        if until.isdecimal() and _milliseconds(now()) < int(until) and mark == current:
            return "", 204
        result: ResponseReturnValue = view(**arguments)
        return result

    return asked  # type: ignore[return-value]  # it takes and returns what the view does


def _next_change(report: BotReport) -> datetime:
    """Return when time alone changes the page: at a time that it shows, or counts down to, or at the next minute.

    Midnight, hours of work and the rounded ends of actions are on a minute.
    """
    moment = now()
    verdicts = (report.verdict, *report.orders.values())
    shown = {report.next_step_at, *(verdict.until for verdict in verdicts), *report.rests.values()}
    if report.verification:
        shown.add(report.verification.expires_at)
    times = [at - early for at in shown if at for early in (timedelta(), panel.COUNTED_DOWN)]
    return min([at for at in times if at > moment] + [moment.replace(second=0, microsecond=0) + _MINUTE])


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
