"""/admin/limits: defaults and ceilings of every user. /admin/people/<id>/limits: those of one user."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import RootModel

from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.decision.limits import limit_reports
from bot.fleet.bots import get_bot
from bot.inputs.validation import refused
from bot.settings import ceilings
from bot.settings.ceilings import DefaultLimit, UserCeiling
from bot.settings.preferences import Kind
from bot.users.directory import get_user
from middleware.access import me, require_role
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("ceilings", __name__)
_NEEDED = ("per_day", "ceiling", "delay_min", "delay_max")


class CeilingsForm(RootModel[dict[Kind, UserCeiling]]):
    """The ceilings of one user by kind."""


class DefaultsForm(RootModel[dict[str, DefaultLimit]]):
    """The default limits by kind."""


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    limits = sorted(ceilings.list_defaults(), key=lambda limit: [*DEFAULTS].index(limit.kind))
    return render_template("admin/limits.html", failure=failure, limits=limits)


@blueprint.get("/admin/limits")
@require_role("admin")
def show() -> str:
    return _page()


@blueprint.post("/admin/limits")
@require_role("admin")
@shown_on(_page)
def save() -> ResponseReturnValue:
    missing = [
        f"{kind}.{name}" for kind in DEFAULTS for name in _NEEDED if not request.form.get(f"{kind}.{name}", "").strip()
    ]
    if missing:
        raise refused({"field": name, "code": "MISSING", "message": "Fill this in."} for name in missing)
    form = parse(DefaultsForm).root
    # An empty field is not in the form. Here it means that there is no such limit.
    ceilings.change_defaults(me(), {kind: DefaultLimit(**form[kind].model_dump()) for kind in DEFAULTS})
    flash("The limits are saved. Every bot follows them within a minute.")
    return redirect(url_for("web.ceilings.show"), 303)


@blueprint.get("/admin/limits/exceptions")
@require_role("admin")
def exceptions() -> str:
    return render_template("admin/exceptions.html", found=ceilings.list_exceptions())


def _user_page(user_id: UUID, *, failure: BotException | None = None, **_: Any) -> str:
    user = get_user(str(user_id))
    return render_template(
        "admin/person_limits.html",
        failure=failure,
        user=user,
        bot=get_bot(user.id),
        reports=limit_reports(user.id),
        ceilings=ceilings.user_ceilings(user.id),
        of_all={limit.kind: limit for limit in ceilings.list_defaults()},
    )


@blueprint.get("/admin/people/<uuid:user_id>/limits")
@require_role("admin")
def show_user(user_id: UUID) -> str:
    return _user_page(user_id)


@blueprint.post("/admin/people/<uuid:user_id>/limits")
@require_role("admin")
@shown_on(_user_page)
def save_user(user_id: UUID) -> ResponseReturnValue:
    form = parse(CeilingsForm).root
    # If both fields of a kind are empty, this user has no ceiling.
    ceilings.change_ceilings(me(), str(user_id), {kind: form.get(kind, UserCeiling()) for kind in DEFAULTS})
    flash("The maximums are saved.")
    return redirect(url_for("web.ceilings.show_user", user_id=user_id), 303)
