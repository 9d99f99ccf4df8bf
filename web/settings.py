"""Settings › Schedule, Limits & pace, and Filters; and the undoing of what was saved."""

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, RootModel
from werkzeug.datastructures import MultiDict

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.hours import open_at
from bot.decision.limit_rules import DEFAULTS
from bot.decision.limits import limit_reports
from bot.inputs.params import Params
from bot.inputs.time_zones import TimeZone, known_zones
from bot.inputs.validation import refused
from bot.settings import preferences, presets, undo
from bot.settings.preferences import DAYS, ClockTime, OwnLimit, Pace, Settings, TimeSpan, Week, clock_time
from bot.settings.presets import PaceName, ScheduleName
from bot.storage.models.values import Span
from middleware.access import me, signed_in
from web import preset_words
from web.failures import local_path, shown_on
from web.forms import parse
from web.panel import own_report
from web.schedule_bars import day_bars, week_minutes

blueprint = Blueprint("settings", __name__)
# Names of time zones that are kept for old programs only.
_OUTDATED = ("Etc/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/", "SystemV/")
Page = Callable[..., str]


class Day(Params):
    """One weekday of the form. Without times it is a day off."""

    start: ClockTime | None = None
    end: ClockTime | None = None


class Days(Params):
    monday: Day = Day()
    tuesday: Day = Day()
    wednesday: Day = Day()
    thursday: Day = Day()
    friday: Day = Day()
    saturday: Day = Day()
    sunday: Day = Day()


class ScheduleForm(Params):
    preset: ScheduleName | None = None
    timezone: TimeZone
    week: Days = Days()
    pause: Day = Day()


class LimitsForm(RootModel[dict[str, OwnLimit]]):
    """The user's limits by kind. A kind that is left empty is not sent."""


class PaceForm(Params):
    preset: PaceName | None = None
    pace: dict[str, Pace | None] = Field({})
    warm_up: bool = True


@cache
def zones() -> tuple[str, ...]:
    """Return the time zones to choose from."""
    named = (name for name in known_zones().values() if "/" in name and not name.startswith(_OUTDATED))
    return (*sorted(named), "UTC")


def _zones_with(current: str) -> tuple[str, ...]:
    return zones() if current in zones() else (current, *zones())


def saved(endpoint: str, news: str, change_id: str | None, **values: Any) -> ResponseReturnValue:
    """Redirect to the page, with the news and, if something changed that can be undone, a button that undoes it."""
    page = url_for(endpoint, **values)
    if change_id:
        flash({"news": news, "change_id": change_id, "page": page})  # type: ignore[arg-type]  # the page words it
    else:
        flash(news)
    return redirect(page, 303)


def field_span(span: Span | None) -> tuple[str, str] | None:
    """Return start and end for fields of type `time`, which have no 24:00."""
    return (clock_time(span[0]), clock_time(span[1] % 1440)) if span else None


@blueprint.get("/settings")
@signed_in
def show() -> ResponseReturnValue:
    return redirect(url_for(".show_schedule"))


def schedule_page(*, failure: BotException | None = None, **_: Any) -> str:
    hours, moment = preferences.settings_report(me().id).hours, now()
    opens = open_at(hours, moment)
    return render_template(
        "settings/schedule.html",
        failure=failure,
        zones=[(name, name.replace("_", " ")) for name in _zones_with(hours.timezone)],
        timezone=hours.timezone,
        bars=dict(zip(DAYS, day_bars(hours.week), strict=True)),
        minutes=week_minutes(hours.week),
        week={day: field_span(span) for day, span in zip(DAYS, hours.week, strict=True)},
        pause=field_span(hours.pause),
        preset=presets.schedule_of(hours.week),
        presets=preset_words.schedules(),
        opens=opens if opens != moment else None,
    )


@blueprint.get("/settings/schedule")
@signed_in
def show_schedule() -> str:
    return schedule_page()


@blueprint.post("/settings/schedule")
@signed_in
@shown_on(schedule_page)
def save_schedule() -> ResponseReturnValue:
    """Save the hours. A preset counts if it is another one than before. The day rows then show the old hours."""
    sent = [(name, value) for name, value in request.form.items(multi=True) if value != "custom"]
    form = parse(ScheduleForm, MultiDict(sent))
    before = preferences.settings_report(me().id).hours
    days = {f"week.{name}": getattr(form.week, name) for name in DAYS} | {"pause": form.pause}
    chosen = form.preset if form.preset != presets.schedule_of(before.week) else None
    _check_times({name: day for name, day in days.items() if not chosen or name == "pause"})
    spans = {name: _span(day) for name, day in days.items()}
    week = presets.SCHEDULES[chosen] if chosen else Week(**{name: spans[f"week.{name}"] for name in DAYS})
    params = Settings(timezone=form.timezone, week=week, pause=spans["pause"])
    report = preferences.change_settings(me().id, params)
    return saved("web.settings.show_schedule", "Schedule saved.", report.change_id)


def _check_times(days: dict[str, Day]) -> None:
    missing = [
        f"{name}.{edge}"
        for name, day in days.items()
        for edge in ("start", "end")
        if (day.start or day.end) and not getattr(day, edge)
    ]
    if missing:
        raise refused({"field": name, "code": "MISSING", "message": "Type a time, like 09:00."} for name in missing)


def _span(day: Day) -> TimeSpan | None:
    if not day.start or not day.end:
        return None
    return TimeSpan(start=day.start, end="24:00" if day.end == "00:00" else day.end)


def limits_page(*, failure: BotException | None = None, **_: Any) -> str:
    reports = limit_reports(me().id)
    return render_template(
        "settings/limits.html",
        failure=failure,
        limits=reports,
        preset=presets.pace_of(reports),
        presets=preset_words.PACES,
        warm_up=preferences.settings_report(me().id).warm_up,
        linked=own_report().linked,
    )


@blueprint.get("/settings/limits")
@signed_in
def show_limits() -> str:
    return limits_page()


@blueprint.post("/settings/limits")
@signed_in
@shown_on(limits_page)
def save_limits() -> ResponseReturnValue:
    """Save limits and pace. A preset counts if it is another one than before."""
    sent = [(name, value) for name, value in request.form.items(multi=True) if value != "custom"]
    of_limits = [one for one in sent if one[0].partition(".")[0] in DEFAULTS]
    form = parse(PaceForm, MultiDict(one for one in sent if one not in of_limits))
    if form.preset and form.preset != presets.pace_of(limit_reports(me().id)):
        limits, paces = presets.values_of(me().id, form.preset)
    else:
        own = parse(LimitsForm, MultiDict(of_limits)).root
        limits = {kind: own.get(kind, OwnLimit()) for kind in DEFAULTS}
        paces = {kind: form.pace.get(kind) for kind in DEFAULTS}
    change_id = preferences.change_limits(me().id, limits, Settings(pace=paces, warm_up=form.warm_up))
    return saved("web.settings.show_limits", "Limits and pace saved.", change_id)


def filters_page(*, failure: BotException | None = None, **_: Any) -> str:
    filters = preferences.settings_report(me().id).filters
    return render_template("settings/filters.html", failure=failure, values=filters)


@blueprint.get("/settings/filters")
@signed_in
def show_filters() -> str:
    return filters_page()


@blueprint.post("/settings/filters")
@signed_in
@shown_on(filters_page)
def save_filters() -> ResponseReturnValue:
    report = preferences.change_settings(me().id, Settings(filters=parse(Settings).filters))
    return saved("web.settings.show_filters", "Filters saved.", report.change_id)


def _page_of_undo(*, failure: BotException | None = None, **_: Any) -> str:
    """Show why a change was not undone on the page that it was made on."""
    pages: dict[str, Page] = {
        url_for(".show_schedule"): schedule_page,
        url_for(".show_limits"): limits_page,
        url_for(".show_filters"): filters_page,
    }
    page: Page = pages.get(local_path(request.form.get("next")), _alone)
    return page(failure=failure)


def _alone(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("settings/not_undone.html", failure=failure, next=local_path(request.form.get("next")))


@blueprint.post("/settings/changes/<uuid:change_id>/undo")
@signed_in
@shown_on(_page_of_undo)
def undo_change(change_id: UUID) -> ResponseReturnValue:
    undo.undo_settings(me().id, str(change_id))
    flash("Undone. The earlier values are back.")
    return redirect(local_path(request.form.get("next")), 303)
