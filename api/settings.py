"""Settings of a bot: hours, pace, filters and lists."""

from typing import Self
from uuid import UUID

from pydantic import Field

from api.accounts import TYPED_PROXY
from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from bot.actions.filters import Filters
from bot.config.runtime import runtime
from bot.decision.limits import limit_reports
from bot.phones.places import DEFAULT_LANGUAGE
from bot.phones.report import PhoneReport
from bot.settings import lists, preferences, presets, undo
from bot.settings.ceilings import list_defaults
from bot.settings.lists import ListChanges, ListsReport
from bot.settings.preferences import DAYS, Pace, Settings, SettingsReport, TimeSpan, Week, clock_time
from bot.settings.presets import SCHEDULES, PaceName, Presets, PresetsReport, ScheduleName
from bot.storage.models import DailyLimit
from bot.storage.models.values import Span
from middleware.access import me, signed_in

bp = blueprint("settings", "Settings")
SET_AGAIN = (
    "NO_WORKING_HOURS",
    "PACE_TOO_FAST",
    "ABOVE_CEILING",
    "MAIL_NOT_CONFIGURED",
    "ALERT_EMAIL_UNVERIFIED",
)
"""Refusals of earlier values by the rules of today."""


CHANGE_ID = (
    "Undoes this change at `POST /api/bot/settings/changes/{change_id}/undo`, for a day. Null if nothing that can be "
    "undone was changed. A proxy cannot."
)


class ProxyShown(Schema):
    """A proxy without its secrets. All but `has_credentials` is null if the key that sealed it is lost."""

    scheme: str | None
    host: str | None
    port: int | None
    has_credentials: bool


class PhoneShown(Schema):
    """The phone that Instagram sees at the linked account, and where its owner says that the proxy is."""

    country: str = Field(description="Where the account is used, by ISO 3166.")
    language: str = Field(description="The language of the app, by ISO 639.")
    timezone: str | None = Field(description="Null while no account is linked.")
    phone: str | None = Field(description="The phone; null while none is linked, or if the key that sealed it is lost.")
    proxy_country: str | None = Field(description="Where the proxy is; null: not known.")
    proxy_is_elsewhere: bool = Field(description="Whether proxy and account are in different countries.")
    default_country: str = Field(description="The country of an account that is linked next, without a choice.")

    @classmethod
    def of(cls, report: PhoneReport) -> Self:
        return cls(
            country=report.country,
            language=report.place.language if report.place else DEFAULT_LANGUAGE,
            timezone=report.place.timezone if report.place else None,
            phone=report.phone,
            proxy_country=report.proxy_country,
            proxy_is_elsewhere=report.proxy_is_elsewhere,
            default_country=report.default_country,
        )


class SettingsAnswer(Answer):
    """The settings, under the names that change them."""

    timezone: str
    week: Week
    pause: TimeSpan | None = Field(description="Nights without a step.")
    warm_up: bool = Field(description="Whether a newly linked account begins slowly.")
    filters: Filters = Field(description="Used by actions without filters of their own.")
    keep: list[str] = Field(description="People who are never unfollowed.")
    stop_words: list[str] = Field(description="Words, in addition to the usual ones, that mean: leave me alone.")
    positive_words: list[str] = Field(description="Words in an answer that mark it as positive.")
    answer_days: int = Field(description="Days for which the texts of answers are kept; 0 keeps none.")
    pace: dict[str, Pace | None] = Field(description="Your own delays by kind, in seconds; null means the default.")
    default_pace: dict[str, Pace] = Field(description="The default delays. Your own cannot be shorter.")
    proxy: ProxyShown | None = Field(description="The one proxy of the linked account.")
    phone: PhoneShown
    demo: bool = Field(description="Whether this is the sandbox, with seconds between steps.")
    change_id: str | None = Field(description=CHANGE_ID)

    @classmethod
    def of(
        cls, report: SettingsReport, own: dict[str, tuple[float, float] | None], defaults: list[DailyLimit], demo: bool
    ) -> Self:
        return cls(
            timezone=report.hours.timezone,
            week=Week(**{day: _span(span) for day, span in zip(DAYS, report.hours.week, strict=True)}),
            pause=_span(report.hours.pause),
            warm_up=report.warm_up,
            filters=report.filters,
            keep=report.keep,
            stop_words=report.stop_words,
            positive_words=report.positive_words,
            answer_days=report.answer_days,
            pace={kind: Pace(delay_min=delay[0], delay_max=delay[1]) if delay else None for kind, delay in own.items()},
            default_pace={row.kind: Pace(delay_min=row.delay_min, delay_max=row.delay_max) for row in defaults},
            proxy=ProxyShown.model_validate(vars(report.proxy)) if report.proxy else None,
            phone=PhoneShown.of(report.phone),
            demo=demo,
            change_id=report.change_id,
        )


def _span(span: Span | None) -> TimeSpan | None:
    return TimeSpan(start=clock_time(span[0]), end=clock_time(span[1])) if span else None


def _shown(report: SettingsReport) -> SettingsAnswer:
    own = {limit.rule.kind: limit.own_delay for limit in limit_reports(me().id)}
    return SettingsAnswer.of(report, own, list_defaults(), runtime().config.instagram_sandbox)


@bp.get("/settings")
@signed_in
@bp.output(SettingsAnswer)
def show_settings() -> SettingsAnswer:
    """Show the hours, the pace and the filters of your bot."""
    return _shown(preferences.settings_report(me().id))


@bp.put("/settings")
@signed_in
@bp.input(Settings)
@bp.output(SettingsAnswer)
@raises("NO_WORKING_HOURS", "PACE_TOO_FAST", *TYPED_PROXY, "NOT_LINKED", "INSTANCE_BUSY")
def change_settings(json_data: Settings) -> SettingsAnswer:
    """Change the settings that are sent. A setting that is missing stays as it is.

    The proxy is written as a URL and shown without its username and password.
    """
    return _shown(preferences.change_settings(me().id, json_data))


@bp.post("/settings/changes/<uuid:change_id>/undo")
@signed_in
@bp.output(SettingsAnswer)
@raises("SETTINGS_CHANGE_NOT_FOUND", "SETTINGS_CHANGED_SINCE", *SET_AGAIN)
def undo_settings(change_id: UUID) -> SettingsAnswer:
    """Set what a change of settings, limits, presets, lists or notifications changed as it was before.

    The `change_id` in the answer undoes this again.
    """
    return _shown(undo.undo_settings(me().id, str(change_id)))


class PresetsAnswer(Answer):
    """The presets that are in use."""

    schedule: ScheduleName | None = Field(description="Null if your hours are no preset.")
    pace: PaceName | None = Field(description="Null if your limits and delays are no preset.")
    schedules: dict[ScheduleName, Week] = Field(description="The hours of each preset.")
    change_id: str | None = Field(description=CHANGE_ID)

    @classmethod
    def of(cls, report: PresetsReport) -> Self:
        return cls.model_validate({**vars(report), "schedules": SCHEDULES})


@bp.get("/presets")
@signed_in
@bp.output(PresetsAnswer)
def show_presets() -> PresetsAnswer:
    """Show which presets your hours and your pace are."""
    return PresetsAnswer.of(presets.presets_report(me().id))


@bp.put("/presets")
@signed_in
@bp.input(Presets)
@bp.output(PresetsAnswer)
@raises("NO_WORKING_HOURS")
def choose_presets(json_data: Presets) -> PresetsAnswer:
    """Set the values of a preset: hours, or limits and delays. What is left out stays."""
    return PresetsAnswer.of(presets.choose_presets(me().id, json_data))


class ListsAnswer(Answer):
    """The lists after a change."""

    keep: list[str]
    stop_words: list[str]
    positive_words: list[str]
    added: int = Field(description="The number of entries that were new, in all lists.")
    change_id: str | None = Field(description=CHANGE_ID)

    @classmethod
    def of(cls, report: ListsReport) -> Self:
        return cls.model_validate(vars(report))


@bp.post("/lists")
@signed_in
@bp.input(ListChanges)
@bp.output(ListsAnswer)
@raises("LIST_FULL")
def change_lists(json_data: ListChanges) -> ListsAnswer:
    """Add and remove entries of your lists. What is there already, or not there, changes nothing."""
    return ListsAnswer.of(lists.change_lists(me().id, json_data))
