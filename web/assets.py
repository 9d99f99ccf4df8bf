"""Static files, and the names that every template has."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, request, send_from_directory
from flask_login import current_user

from bot.auth.sessions import SessionInfo
from bot.config.runtime import runtime
from middleware.access import is_demo_here, me, public
from web import (
    action_page,
    action_text,
    banner,
    drawing,
    inbox,
    kept_forms,
    labels,
    link_words,
    local_time,
    panel,
    plan_page,
    polls,
    status_text,
    theme,
)
from web.audit_words import AUDIT, detail_words
from web.failures import path_of, problem_of, problems

FOLDER = Path(__file__).resolve().parent / "static"
# The version is part of a vendored file's address, so its content never changes.
_YEAR = 365 * 24 * 3600

blueprint = Blueprint("web", __name__, template_folder="templates")
ADMIN_PAGES = (
    ("fleet", "/admin", "Fleet"),
    ("people", "/admin/people", "People"),
    ("limits", "/admin/limits", "Limits"),
    ("health", "/admin/health", "Health"),
    ("alert", "/admin/errors", "Errors"),
    ("log", "/admin/audit", "Audit"),
)
"""Icon, address and word of each page of the administrator's navigation."""
AROUND_MAIN = "#notices:innerHTML,#banner:innerHTML,#bot:outerHTML,#nav:outerHTML,#zone:innerHTML"
"""The parts of a page around `#main` that a form brings up to date, for `hx-select-oob`."""
SETTINGS_PAGES = (
    ("profile", "/settings/profile", "Profile", "person"),
    ("schedule", "/settings/schedule", "Schedule", "calendar"),
    ("limits", "/settings/limits", "Limits & pace", "limits"),
    ("filters", "/settings/filters", "Filters", "filter"),
    ("lists", "/settings/lists", "Lists", "people"),
    ("connection", "/settings/connection", "Connection", "plug"),
    ("security", "/settings/security", "Security", "security"),
    ("notifications", "/settings/notifications", "Notifications", "bell"),
    ("data", "/settings/data", "Your data", "data"),
)
"""Name, address, word and icon of each page of the settings."""


@blueprint.get("/static/<path:filename>")
@public
def static(filename: str) -> Response:
    vendored = filename.startswith("vendor/")
    response = send_from_directory(FOLDER, filename, max_age=_YEAR if vendored else 0)
    response.cache_control.public = True
    response.cache_control.immutable = vendored
    return response


@blueprint.get("/favicon.ico")
@public
def favicon() -> Response:
    """Answer what browsers ask for by themselves at an address that names no icon, such as one of the API."""
    return static("favicon.svg")


_FILTERS = {
    "moment": local_time.moment,
    "age": local_time.age,
    "day": local_time.day,
    "field_value": local_time.field_value,
    "hours": local_time.hours,
    "wait": local_time.wait,
    "word": labels.word,
    "problems": problems,
    "problem_of": problem_of,
}


def prepare_templates(app: Flask) -> None:
    """Add the filters and names that templates use."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= _FILTERS
    app.jinja_env.globals |= {
        "labels": labels,
        "audit_titles": AUDIT,
        "detail_words": detail_words,
        "link_words": link_words,
        "action_text": action_text,
        "action_variants": action_page.variants,
        "plan_page": plan_page,
        "status_text": status_text,
        "icon": drawing.icon,
        "kind": drawing.kind_tile,
        "family": drawing.family,
        "face": drawing.face,
        "faces": drawing.faces,
        "ring": drawing.ring,
        "meter": drawing.meter,
        "status": drawing.status,
        "spark": drawing.spark,
        "open_form": kept_forms.open_form,
        "close_form": kept_forms.close_form,
        "kept_values": kept_forms.kept_values,
        "theme": theme.chosen,
        "bot_panel": panel.own_panel,
        "unread_answers": inbox.unread,
        "all_bots": panel.all_bots,
        "due": panel.due,
        "seen": polls.seen,
        "ADMIN_PAGES": ADMIN_PAGES,
        "AROUND_MAIN": AROUND_MAIN,
        "SETTINGS_PAGES": SETTINGS_PAGES,
        "viewer": viewer,
        "zone": local_time.zone,
        "zone_name": local_time.zone_name,
        "banner": banner.banner,
    }
    app.context_processor(_settings)
    app.after_request(_name_page)


def _name_page(response: Response) -> Response:
    """Name the page that a form sent by htmx led to, so that the browser shows and reloads its address."""
    is_page = request.method == "GET" and request.headers.get("HX-Target", "").endswith("#main")
    here = request.full_path.removesuffix("?")
    if is_page and response.status_code == 200 and here != path_of(request.headers.get("HX-Current-URL")):
        response.headers["HX-Push-Url"] = here
    return response


def viewer() -> SessionInfo | None:
    """Return the signed-in user who looks at the page; None if there is none."""
    return me() if current_user.is_authenticated else None


def _settings() -> dict[str, Any]:
    config = runtime().config
    return {
        "demo": config.instagram_sandbox,
        "is_demo_here": is_demo_here,
        "sandbox_port": config.sandbox_port,
        "has_mail": config.has_mail,
        "may_register": config.allow_registration,
        "mails_stay_here": config.mails_stay_here,
    }
