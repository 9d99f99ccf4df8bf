"""Preferences of a user: hours, time zone, pause, pace, limits, filters, keep list, stop words, proxy."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from sqlalchemy import select

from bot.actions.filters import Filters, Steps
from bot.actions.recurrence import move_to_zone
from bot.automation.lifecycle import notify_bot
from bot.config.runtime import now
from bot.contacts.answers import keep_for
from bot.contacts.reply_texts import keep_texts_for
from bot.core.errors import BotException, invalid
from bot.decision.hours import Hours, open_at
from bot.decision.limit_rules import DEFAULTS
from bot.decision.records import working_hours
from bot.history.activity import record
from bot.history.audit import Limits, audit_own, limit_changes
from bot.inputs.params import Params
from bot.inputs.time_zones import TimeZone
from bot.inputs.validation import ONE_LINE, InstagramName, Pattern
from bot.linking import proxy as linking_proxy
from bot.linking.link_forms import ProxyUrl
from bot.linking.proxy import ProxyReport
from bot.linking.requests import change_proxy, proxy_report
from bot.phones.choice import Country, keep_proxy_country
from bot.phones.report import PhoneReport, phone_report
from bot.settings.changes import note_settings, snapshot
from bot.settings.digests import move_digest
from bot.storage.bot_lock import locked_status
from bot.storage.models import BotSettings, DailyLimit
from bot.storage.models.account import ANSWER_DAYS
from bot.storage.models.values import ActivityStatus, Span
from bot.storage.tenancy import TenantSession, tenant


def _kept_for(days: int) -> int:
    if days and days < SHORTEST_KEPT:
        raise ValueError(f"Type 0, or {SHORTEST_KEPT} to {LONGEST_KEPT} days.")
    return days


def _known_kind(kind: str) -> str:
    if kind not in DEFAULTS:
        raise ValueError("There is no such kind of step")
    return kind


ClockTime = Annotated[
    str, Pattern(r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", "Type a time like 09:00, or 24:00 for midnight.")
]
StopWord = Annotated[str, StringConstraints(min_length=2, max_length=60), ONE_LINE]
MAX_KEPT, MAX_STOP_WORDS = 1000, 50
SHORTEST_KEPT, LONGEST_KEPT = 7, 365
"""Days for which texts of answers can be kept, if any are."""
AnswerDays = Annotated[
    int,
    Field(ge=0, le=LONGEST_KEPT, json_schema_extra={"anyOf": [{"const": 0}, {"minimum": SHORTEST_KEPT}]}),
    AfterValidator(_kept_for),
]
Kind = Annotated[str, AfterValidator(_known_kind), Field(json_schema_extra={"enum": list(DEFAULTS)})]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class TimeSpan(Params):
    """Two local times. An end that is not after the start is on the next day."""

    start: ClockTime = Field(description="A time like 09:00.")
    end: ClockTime = Field(description="A time like 21:00, or 24:00 for midnight.")

    @property
    def minutes(self) -> Span:
        return _minutes(self.start), _minutes(self.end)


class Week(Params):
    """The working hours of each weekday. Null is a day off."""

    monday: TimeSpan | None
    tuesday: TimeSpan | None
    wednesday: TimeSpan | None
    thursday: TimeSpan | None
    friday: TimeSpan | None
    saturday: TimeSpan | None
    sunday: TimeSpan | None


class Pace(Params):
    """Seconds between two steps of a kind, no less than the default's minimum."""

    delay_min: float = Field(ge=0, le=86400)
    delay_max: float = Field(ge=0, le=86400)

    @model_validator(mode="after")
    def _ordered(self) -> "Pace":
        if self.delay_min > self.delay_max:
            raise ValueError("delay_min is above delay_max")
        return self


class Settings(Params):
    """The settings to change. Omitted fields stay. Null clears the nightly pause, a pace of your own, or the proxy."""

    timezone: TimeZone = Field(
        "UTC",
        description="A name like Europe/Berlin. For a day after a change limits count the last 24 hours.",
    )
    week: Week | None = Field(None, description="The working hours.")
    pause: TimeSpan | None = Field(None, description="Every night without a step, also within the working hours.")
    warm_up: bool = Field(True, description="Whether a newly linked account begins slowly.")
    filters: Filters | None = Field(None, description="For actions that say nothing of their own.")
    keep: list[InstagramName] = Field([], max_length=MAX_KEPT, description="People who are never unfollowed.")
    stop_words: list[StopWord] = Field(
        [],
        max_length=MAX_STOP_WORDS,
        description="Words in an answer, in addition to the usual ones, that mean: leave me alone.",
    )
    positive_words: list[StopWord] = Field(
        [], max_length=MAX_STOP_WORDS, description="Words in an answer that mark it as positive. They send nothing."
    )
    answer_days: AnswerDays = Field(
        ANSWER_DAYS,
        description="Days for which the texts of answers are kept. 0 keeps none: who answered, when, and marks stay.",
    )
    pace: dict[Kind, Pace | None] = Field({}, description="Delays of one's own for single kinds.")
    proxy: ProxyUrl | None = Field(
        None,
        description="The one proxy of the linked account, like http://user:password@host:port; it is stored encrypted.",
    )
    proxy_country: Country | None = Field(
        None, description="Where the proxy is, if you know. It is not looked up, only compared with the account's."
    )


class OwnLimit(Params):
    """A user's own limit of one kind. Null means that the default applies."""

    per_day: Steps | None = None
    per_hour: Steps | None = None


@dataclass(frozen=True)
class SettingsReport:
    """The current settings of a bot. `change_id` undoes the change that returned this, if it changed anything."""

    hours: Hours
    warm_up: bool
    filters: Filters
    keep: list[str]
    stop_words: list[str]
    positive_words: list[str]
    answer_days: int
    proxy: ProxyReport | None
    phone: PhoneReport
    change_id: str | None = field(default=None, compare=False)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def clock_time(minutes: int) -> str:
    """Return minutes after midnight as `HH:MM`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def settings_report(user_id: str) -> SettingsReport:
    with tenant(user_id, reading=True) as session:
        row = session.scalars(select(BotSettings)).one()
    filters = Filters.model_validate(row.filters)
    return SettingsReport(
        working_hours(row),
        row.warm_up,
        filters,
        row.keep,
        row.stop_words,
        row.positive_words,
        row.answer_days,
        proxy_report(user_id),
        phone_report(user_id),
    )


def change_settings(user_id: str, params: Settings) -> SettingsReport:
    """Change the given settings and notify the lane. Commits.

    Raises NO_WORKING_HOURS, PACE_TOO_FAST, and for a proxy the errors of `check_proxy` and `change_proxy`.
    """
    proxy = linking_proxy.check_proxy(params.proxy).url if params.proxy else None
    with tenant(user_id) as session:
        locked_status(session)
        before = snapshot(session)
        apply_settings(session, params)
        if "proxy" in params.model_fields_set:
            change_proxy(session, proxy)
        if {"proxy", "proxy_country"} & params.model_fields_set:
            keep_proxy_country(session, params.proxy_country)
        record(session, "settings", ActivityStatus.DONE)
        change_id = note_settings(session, before)
        session.commit()
    notify_bot(user_id)
    return replace(settings_report(user_id), change_id=change_id)


def apply_settings(session: TenantSession, params: Settings) -> None:
    """Set the given settings except the proxy. The caller has locked the status, and commits.

    Raises NO_WORKING_HOURS and PACE_TOO_FAST.
    """
    row = session.scalars(select(BotSettings)).one()
    given, zone_before = params.model_fields_set, row.timezone
    if "timezone" in given and params.timezone != row.timezone:
        row.timezone, row.timezone_changed_at = params.timezone, now()
    if "warm_up" in given:
        row.warm_up = params.warm_up
    if "week" in given and params.week:
        row.hours = [list(span.minutes) if (span := getattr(params.week, day)) else None for day in DAYS]
    if "pause" in given:
        row.pause = list(params.pause.minutes) if params.pause else None
    if "filters" in given:
        row.filters = params.filters.model_dump() if params.filters else {}
    if "keep" in given:
        row.keep = sorted(set(params.keep))
    if "stop_words" in given:
        row.stop_words = sorted(set(params.stop_words))
    if "positive_words" in given:
        row.positive_words = sorted(set(params.positive_words))
    if "answer_days" in given and params.answer_days != row.answer_days:
        row.answer_days = params.answer_days
        keep_for(session, row.answer_days)
        keep_texts_for(session, row.answer_days)
    _check_hours(working_hours(row))
    if row.timezone != zone_before:
        move_to_zone(session, zone_before, working_hours(row))
        move_digest(session, row.timezone)
    for kind, pace in params.pace.items():
        _change_pace(session, kind, pace)


def _check_hours(hours: Hours) -> None:
    """Raise NO_WORKING_HOURS if no working minute is left. One week of any season shows that."""
    if open_at(hours, datetime(2026, 1, 5, tzinfo=UTC)) is None:
        raise invalid("week", BotException("NO_WORKING_HOURS").message, "NO_WORKING_HOURS")


def _change_pace(session: TenantSession, kind: str, pace: Pace | None) -> None:
    rows = {row.user_id: row for row in session.scalars(select(DailyLimit).where(DailyLimit.kind == kind))}
    default, own = rows[None], _own(session, rows.get(session.user_id), kind)
    if pace and pace.delay_min < (default.delay_min or 0):
        message = f"This may be {default.delay_min:g} seconds or more."
        raise invalid(f"pace.{kind}.delay_min", message, "PACE_TOO_FAST")
    before = {"delay_min": own.delay_min, "delay_max": own.delay_max}
    own.delay_min, own.delay_max = (pace.delay_min, pace.delay_max) if pace else (None, None)
    for change in limit_changes({kind: before}, {kind: {name: getattr(own, name) for name in before}}):
        audit_own(session, "limits_own", change)


def _own(session: TenantSession, row: DailyLimit | None, kind: str) -> DailyLimit:
    if row is None:
        row = DailyLimit(user_id=session.user_id, kind=kind)
        session.add(row)
    return row


def change_limits(user_id: str, params: dict[str, OwnLimit], settings: Settings | None = None) -> str | None:
    """Change the user's own limits of the given kinds, with the settings of the same form if there are any, and return
    the id to undo it by, if anything changed. Commits.

    Raises ABOVE_CEILING above the administrator's maximum, and the errors of apply_settings.
    """
    with tenant(user_id) as session:
        locked_status(session)
        before = snapshot(session)
        apply_limits(session, params)
        if settings:
            apply_settings(session, settings)
        record(session, "limits", ActivityStatus.DONE)
        change_id = note_settings(session, before)
        session.commit()
    notify_bot(user_id)
    return change_id


def apply_limits(session: TenantSession, params: dict[str, OwnLimit]) -> None:
    """Set the user's own limits of the given kinds. The caller has locked the status, and commits.

    Raises ABOVE_CEILING.
    """
    before: dict[str, Limits] = {}
    for kind, limit in params.items():
        rows = {row.user_id: row for row in session.scalars(select(DailyLimit).where(DailyLimit.kind == kind))}
        own = _own(session, rows.get(session.user_id), kind)
        _check_ceiling(kind, "per_day", limit.per_day, [rows[None].ceiling, own.ceiling])
        _check_ceiling(kind, "per_hour", limit.per_hour, [rows[None].ceiling_hour, own.ceiling_hour])
        before[kind] = {"per_day": own.per_day, "per_hour": own.per_hour}
        own.per_day, own.per_hour = limit.per_day, limit.per_hour
    for change in limit_changes(before, {kind: limit.model_dump() for kind, limit in params.items()}):
        audit_own(session, "limits_own", change)


def _check_ceiling(kind: str, field: str, value: int | None, ceilings: list[int | None]) -> None:
    ceiling = min((number for number in ceilings if number is not None), default=None)
    if value is not None and ceiling is not None and value > ceiling:
        raise invalid(f"{kind}.{field}", f"This may be {ceiling} at most.", "ABOVE_CEILING")
