"""The JSON API: one blueprint a noun under /api, failures as problem+json, OpenAPI."""

from apiflask import APIBlueprint, APIFlask

from api import (
    accounts,
    actions,
    activity,
    alert_channels,
    analytics,
    articles,
    audit_log,
    auth,
    bots,
    conversations,
    demo,
    devices,
    do_not_contact,
    docs,
    drafts,
    errors,
    first_version,
    fleet,
    fleet_results,
    forecast,
    health,
    instagram_client,
    kill_switch,
    lanes,
    limits,
    mail,
    messages,
    metrics,
    openapi,
    people,
    placing,
    recovery,
    registration,
    restores,
    results,
    second_factor,
    settings,
    sign_ins,
    users,
)
from api.problems import render_error

__all__ = ["register", "render_error"]

_NOUNS = {
    auth.bp: "/auth",
    second_factor.bp: None,
    sign_ins.bp: None,
    devices.bp: None,
    users.bp: None,
    recovery.bp: None,
    registration.bp: None,
    mail.bp: None,
    accounts.bp: None,
    bots.bp: "/bot",
    forecast.bp: "/bot/forecast",
    alert_channels.bp: "/bot",
    settings.bp: "/bot",
    placing.bp: "/bot/actions",
    messages.bp: "/bot/actions",
    actions.bp: "/bot/actions",
    drafts.bp: "/bot/actions",
    do_not_contact.bp: None,
    people.bp: None,
    conversations.bp: "/bot",
    limits.bp: None,
    lanes.bp: None,
    fleet.bp: None,
    fleet_results.bp: None,
    kill_switch.bp: None,
    restores.bp: None,
    instagram_client.bp: None,
    activity.bp: None,
    analytics.bp: None,
    results.bp: None,
    audit_log.bp: None,
    errors.bp: None,
    articles.bp: None,
    first_version.bp: None,
    health.bp: None,
    demo.bp: "/demo",
    docs.bp: None,
}
_root = APIBlueprint("api", __name__, url_prefix="/api", enable_openapi=False)
for _blueprint, _prefix in _NOUNS.items():
    _root.register_blueprint(_blueprint, url_prefix=_prefix)


def register(app: APIFlask) -> None:
    """Add every route under /api, and /metrics."""
    app.json.sort_keys = False  # type: ignore[attr-defined]
    openapi.configure(app)
    app.register_blueprint(_root)
    app.register_blueprint(metrics.bp)
