"""/admin/limits: the limits that hold for users who chose nothing, and the ceilings that no user passes."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import RootModel

from bot import ceilings
from bot.access import me, require_role
from bot.ceilings import DefaultLimit
from bot.errors import BotException
from bot.inputs import refused
from bot.limits import DEFAULTS
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("ceilings", __name__)
_NEEDED = ("per_day", "ceiling", "delay_min", "delay_max")


class DefaultsForm(RootModel[dict[str, DefaultLimit]]):
    """The default limits by kind."""


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    saved = "saved" in request.args
    return render_template("settings_limits.html", failure=failure, saved=saved, limits=ceilings.list_defaults())


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
    # A field left empty is not in the form; here it means that there is no such limit.
    ceilings.change_defaults(me(), {kind: DefaultLimit(**form[kind].model_dump()) for kind in DEFAULTS})
    return redirect(url_for("web.ceilings.show", saved=""), 303)
