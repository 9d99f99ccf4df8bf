"""Reports to Sentry, if SENTRY_DSN is set, of what the operator has to act on: codes, places and ids, no texts."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.config.environment import Config
from bot.core.errors import find_code
from bot.core.log import tell

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

_NAME = "sentry"
_SECONDS = 2.0
# Nothing else of an event is sent, whatever the client library adds, now or in a later version.
_KEPT = ("event_id", "timestamp", "level", "platform", "fingerprint", "transaction")
_OF_FRAMES = ("filename", "function", "lineno", "in_app")
_TAGS = (
    *("error_code", "error_name", "module", "severity", "action", "action_id", "request_id", "task_id"),
    *("sqlstate", "sqlite_error", "smtp_code", "errno", "tls_reason", "http_status"),
)
_LEVELS = {"critical": "fatal"}


def init_sentry(config: Config) -> None:
    """Make this process report every failure that the operator has to act on, if SENTRY_DSN is set."""
    tell(_NAME, None)
    if config.sentry_dsn is None:
        return
    # Imported here, so that servers without Sentry save its memory.
    import sentry_sdk

    sentry_sdk.init(
        dsn=config.sentry_dsn.get_secret_value(),
        default_integrations=False,
        auto_enabling_integrations=False,
        before_send=scrubbed,
        before_breadcrumb=lambda _crumb, _hint: None,
        max_breadcrumbs=0,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        propagate_traces=False,
        auto_session_tracking=False,
        send_client_reports=False,
        enable_metrics=False,
        enable_logs=False,
        spotlight=False,
        server_name="troupe",
        shutdown_timeout=_SECONDS,
    )
    tell(_NAME, _report, partial(sentry_sdk.flush, _SECONDS))


def is_for_operator(fields: Mapping[str, Any]) -> bool:
    """Return whether a line of the log is our fault, or one of an administrator's systems: database, mail server."""
    known = find_code(fields.get("error_code"))
    return fields["severity"] == "critical" or known is None or known.severity == "critical" or known.who == "admin"


def _report(fields: Mapping[str, Any], _error: BaseException | None) -> None:
    import sentry_sdk

    if is_for_operator(fields):
        sentry_sdk.capture_event(event_of(fields))


def event_of(fields: Mapping[str, Any]) -> "Event":
    """Return a line of the log as an event. Our codes group events. Frames hold no source and no variables."""
    # The event name of a library's line is text of the library.
    name = fields.get("error_name") or fields.get("exception") or fields.get("logger") or fields["event"]
    frames = [_frame(line) for line in fields.get("stack", ())]
    event: dict[str, Any] = {
        "level": _LEVELS.get(fields["severity"], "error"),
        "fingerprint": [fields.get("error_code") or name],
        "transaction": fields["action"],
        "tags": {tag: str(fields[tag]) for tag in _TAGS if fields.get(tag) is not None},
        "user": {"id": fields["user_id"]} if fields.get("user_id") else {},
        "exception": {"values": [{"type": name, "stacktrace": {"frames": frames}} if frames else {"type": name}]},
    }
    return event  # type: ignore[return-value]  # its parts are those of an event


def _frame(line: str) -> dict[str, Any]:
    """Parse a line of our stacks, `file:line function`."""
    place, _, function = line.partition(" ")
    file, _, number = place.rpartition(":")
    return {"filename": file, "lineno": int(number), "function": function, "in_app": not file.startswith("/")}


def scrubbed(event: "Event", _hint: "Hint") -> "Event":
    """Return the event with only those parts that hold no data of users, whatever code made it."""
    given: dict[str, Any] = dict(event)
    kept = {name: given[name] for name in _KEPT if name in given}
    kept["tags"] = {name: value for name, value in (given.get("tags") or {}).items() if name in _TAGS}
    if user_id := (given.get("user") or {}).get("id"):
        kept["user"] = {"id": user_id}
    values = (given.get("exception") or {}).get("values") or ()
    kept["exception"] = {"values": [_without_text(value) for value in values]}
    return kept  # type: ignore[return-value]  # its parts are those of an event


def _without_text(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or ()
    plain = [{name: frame[name] for name in _OF_FRAMES if name in frame} for frame in frames]
    return {"type": value.get("type"), "stacktrace": {"frames": plain}}
