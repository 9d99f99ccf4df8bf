"""/settings: e-mail address, hours, limits, pace, filters, lists, proxy."""

from functools import cache
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import RootModel

from bot.auth import session_list
from bot.automation.status import bot_report
from bot.contacts import do_not_contact
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.decision.limits import limit_reports
from bot.inputs.params import Params
from bot.inputs.time_zones import TimeZone, known_zones
from bot.inputs.validation import refused
from bot.linking.link_forms import ProxyUrl
from bot.phones.choice import Country
from bot.settings import preferences
from bot.settings.preferences import DAYS, ClockTime, OwnLimit, Settings, TimeSpan, Week, clock_time
from bot.storage.models.values import Span
from bot.users.email_addresses import NewEmail, change_email, email_report
from middleware.access import me, require_confirmed, signed_in, visitor
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("settings", __name__)
PEOPLE_SHOWN = 10
# Names of time zones that are kept for old programs only.
_OUTDATED = ("Etc/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/", "SystemV/")


class Day(Params):
    """One weekday of the form. Its times count only if the bot works on that day."""

    works: bool = False
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


class HoursForm(Params):
    timezone: TimeZone
    week: Days = Days()
    pause: Day = Day()


class ProxyForm(Params):
    proxy: ProxyUrl
    proxy_country: Country | None = None


class LimitsForm(RootModel[dict[str, OwnLimit]]):
    """The user's limits by kind. A kind that is left empty is not sent."""


@cache
def zones() -> tuple[str, ...]:
    """Return the time zones to choose from."""
    named = (name for name in known_zones().values() if "/" in name and not name.startswith(_OUTDATED))
    return (*sorted(named), "UTC")


def _zones_with(current: str) -> tuple[str, ...]:
    return zones() if current in zones() else (current, *zones())


def _field_span(span: Span | None) -> tuple[str, str] | None:
    """Return start and end for fields of type `time`, which have no 24:00."""
    return (clock_time(span[0]), clock_time(span[1] % 1440)) if span else None


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    report = preferences.settings_report(me().id)
    return render_template(
        "settings.html",
        failure=failure,
        # The form that was sent, or has just been saved.
        sent=(request.endpoint or "").removeprefix("web.settings.save_"),
        saved=request.args.get("saved"),
        settings=report,
        zones=[(name, name.replace("_", " ")) for name in _zones_with(report.hours.timezone)],
        week={day: _field_span(span) for day, span in zip(DAYS, report.hours.week, strict=True)},
        pause=_field_span(report.hours.pause),
        limits=limit_reports(me().id),
        people=do_not_contact.list_people(me().id, PEOPLE_SHOWN, None),
        report=bot_report(me().id),
        in_use=session_list.list_in_use(me()),
        email=email_report(me().id),
    )


def _saved(section: str) -> ResponseReturnValue:
    return redirect(url_for("web.settings.show", saved=section, _anchor=section), 303)


@blueprint.get("/settings")
@signed_in
def show() -> str:
    return _page()


@blueprint.post("/settings/profile")
@require_confirmed
@shown_on(_page)
def save_profile() -> ResponseReturnValue:
    change_email(me().id, parse(NewEmail), visitor())
    return _saved("profile")


@blueprint.post("/settings/hours")
@signed_in
@shown_on(_page)
def save_hours() -> ResponseReturnValue:
    form = parse(HoursForm)
    days = {f"week.{name}": getattr(form.week, name) for name in DAYS} | {"pause": form.pause}
    _check_times(days)
    spans = {name: _span(day) for name, day in days.items()}
    week = Week(**{name: spans[f"week.{name}"] for name in DAYS})
    preferences.change_settings(me().id, Settings(timezone=form.timezone, week=week, pause=spans["pause"]))
    return _saved("hours")


def _check_times(days: dict[str, Day]) -> None:
    missing = [
        f"{name}.{edge}"
        for name, day in days.items()
        for edge in ("start", "end")
        if day.works and not getattr(day, edge)
    ]
    if missing:
        raise refused({"field": name, "code": "MISSING", "message": "Type a time, like 09:00."} for name in missing)


def _span(day: Day) -> TimeSpan | None:
    if not day.works or not day.start or not day.end:
        return None
    return TimeSpan(start=day.start, end="24:00" if day.end == "00:00" else day.end)


@blueprint.post("/settings/limits")
@signed_in
@shown_on(_page)
def save_limits() -> ResponseReturnValue:
    own = parse(LimitsForm).root
    preferences.change_limits(me().id, {kind: own.get(kind, OwnLimit()) for kind in DEFAULTS})
    return _saved("limits")


@blueprint.post("/settings/pace")
@signed_in
@shown_on(_page)
def save_pace() -> ResponseReturnValue:
    form = parse(Settings)
    pace = {kind: form.pace.get(kind) for kind in DEFAULTS}
    preferences.change_settings(me().id, Settings(pace=pace, warm_up=form.warm_up))
    return _saved("pace")


@blueprint.post("/settings/filters")
@signed_in
@shown_on(_page)
def save_filters() -> ResponseReturnValue:
    preferences.change_settings(me().id, Settings(filters=parse(Settings).filters))
    return _saved("filters")


@blueprint.post("/settings/people")
@signed_in
@shown_on(_page)
def save_people() -> ResponseReturnValue:
    form = parse(Settings)
    preferences.change_settings(me().id, Settings(keep=form.keep, stop_words=form.stop_words))
    return _saved("people")


@blueprint.post("/settings/proxy")
@signed_in
@shown_on(_page)
def save_proxy() -> ResponseReturnValue:
    preferences.change_settings(me().id, Settings(**parse(ProxyForm).model_dump()))
    return _saved("proxy")


def _removal(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("settings_proxy_remove.html", failure=failure)


@blueprint.get("/settings/proxy/remove")
@signed_in
def ask_remove_proxy() -> str:
    return _removal()


@blueprint.post("/settings/proxy/remove")
@signed_in
@shown_on(_removal)
def remove_proxy() -> ResponseReturnValue:
    preferences.change_settings(me().id, Settings(proxy=None))
    return _saved("proxy")
