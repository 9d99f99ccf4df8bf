"""Actions as rows of lists: status, progress, what comes next, and when each ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.actions.control import Progress
from bot.automation.status import BotReport
from bot.forecast.forecast import ActionForecast, Forecast
from bot.forecast.run_ahead import HORIZON, PAST_HORIZON
from web import action_text, labels, local_time, panel, status_text

_ROUND = timedelta(minutes=10)


@dataclass(frozen=True)
class Row:
    """One action of a list.

    `tone` and `word` are its status, `lit` marks the one that runs. `note` is what comes next or why it waits. `done`
    of `top` are told, the meter shows those who are `through` all steps, and `counts` are the rest of its people.
    `ends` is when it ends or ended, with a remark. `code` is that of the failure to do something about.
    """

    progress: Progress
    tone: str
    word: str
    note: Markup | str
    done: int
    through: int
    top: int
    counts: str
    ends: str
    ends_note: str
    code: str | None = None

    @property
    def lit(self) -> bool:
        return self.tone == "on"

    @property
    def ends_text(self) -> str:
        """Return when it ends, as a part of a sentence."""
        if self.word == "Paused":
            return f"{self.ends} {self.ends_note}"
        return f"ends {self.ends[0].lower()}{self.ends[1:]}" if self.ends[:1] == "L" else f"ends {self.ends}"

    @property
    def place(self) -> tuple[int, datetime]:
        """Return its place among open actions: running, up next, paused, scheduled."""
        order = {"Running": 0, "Up next": 1, "Paused": 2, "Scheduled": 3}
        action = self.progress.action
        return order.get(self.word, 4), action.start_at or action.created_at


def open_rows(report: BotReport, shown: Sequence[Progress], ahead: Forecast) -> list[Row]:
    """Return the rows of open actions, the running one first."""
    ends = {one.id: one for one in ahead.actions}
    rows = (_open_row(report, progress, ends.get(progress.action.id), ahead.as_if_on) for progress in shown)
    return sorted(rows, key=lambda row: row.place)


def ended_row(progress: Progress) -> Row:
    action = progress.action
    word, tone = status_text.end(progress)
    trouble = progress.trouble if action.status != "cancelled" else None
    at = action.finished_at
    day, time = (local_time.day(at), local_time.clock(at)) if at else ("", "")
    note = trouble.message if trouble else ""
    code = action.error_code if trouble and action.status == "failed" else None
    return Row(progress, tone, word, note, *_meter(progress), _counts(progress), day, time, code)


def _open_row(report: BotReport, progress: Progress, ahead: ActionForecast | None, as_if_on: bool) -> Row:
    word, tone = _status(report, progress)
    ends, remark = _ends(progress, ahead, as_if_on)
    return Row(progress, tone, word, _note(report, progress, word), *_meter(progress), _counts(progress), ends, remark)


def _status(report: BotReport, progress: Progress) -> tuple[str, str]:
    """Return the status of an open action as a word and its tone. Exactly one runs, and only while the bot does."""
    action = progress.action
    if action.status == "paused":
        return "Paused", "warn"
    if action_text.starts_later(action):
        return "Scheduled", ""
    if action.id == report.next_action_id and status_text.is_moving(report.verdict):
        return "Running", "on"
    return "Up next", ""


def _note(report: BotReport, progress: Progress, word: str) -> Markup | str:
    action = progress.action
    repeats = action_text.repeats(action)
    if word == "Paused":
        said: Markup | str = "Paused by you"
    elif word == "Scheduled" and action.start_at:
        said = Markup("Starts {}").format(local_time.moment(action.start_at))
    elif word == "Running":
        said = panel.next_step(report, report.next_step_at) if report.next_step_at else ""
    else:
        said = _why(report, progress)
    return Markup("{} · repeats {}").format(said, repeats) if repeats else said


def _why(report: BotReport, progress: Progress) -> Markup | str:
    """Return why an action does not run now, and until when."""
    verdict = status_text.held(progress.action, report)
    if verdict is None:
        return "Takes turns with your other actions"
    said = panel.explained(verdict)
    page = status_text.CHANGE.get(verdict.change or "")
    return Markup('{} · <a href="{}">Change</a>').format(said, page) if page else said


def _meter(progress: Progress) -> tuple[int, int, int]:
    """Return those done, those through, and all. Skipped people of a list are behind it; an amount is made up for."""
    total = progress.action.total
    worked = total - progress.pending if progress.action.listed else min(progress.done, total)
    return worked, max(0, worked - progress.going_on), total


def _counts(progress: Progress) -> str:
    """Return the people who were not done, in words."""
    parts = (
        (progress.going_on, "going on"),
        (progress.skipped, "skipped"),
        (progress.failed, "failed"),
        (progress.unknown, "not certain"),
    )
    return " · ".join(f"{count} {word}" for count, word in parts if count)


def _ends(progress: Progress, ahead: ActionForecast | None, as_if_on: bool) -> tuple[str, str]:
    """Return when an open action ends, with a remark."""
    action = progress.action
    if action.status == "paused":
        return labels.number_of(progress.pending, "step", "steps"), "left"
    if ahead is None or ahead.latest is None:
        far = ahead is not None and ahead.reason == PAST_HORIZON
        return ("Later", f"in more than {HORIZON.days} days") if far else ("", "")
    at, soonest = ahead.latest, ahead.earliest or ahead.latest
    if local_time.day(at) == local_time.day(local_time.today()):
        rounded = datetime.fromtimestamp(
            -(-at.timestamp() // _ROUND.total_seconds()) * _ROUND.total_seconds(), at.tzinfo
        )
        return local_time.clock(rounded), "today, if on" if as_if_on else "today"
    days, least = (_days_until(at), _days_until(soonest))
    if days - least > 1:
        # The end depends on people, and not on pauses alone.
        first = soonest.astimezone(local_time.zone()).date()
        ends = local_time.day_or_days(first, at.astimezone(local_time.zone()).date())
        remark = f"in {least}–{days} days"
    else:
        ends, remark = local_time.day(at), "tomorrow" if days == 1 else f"in {days} days"
    return ends, f"{remark}, if on" if as_if_on else remark


def _days_until(at: datetime) -> int:
    return (at.astimezone(local_time.zone()).date() - local_time.today()).days
