"""/settings/data: download all data of the user, and erase the user."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from bot.core.errors import BotException
from bot.operations import erasure
from bot.users import data_export
from middleware.access import me, require_confirmed, signed_in, visitor
from web.failures import shown_on
from web.forms import parse
from web.sessions import forget_cookie
from web.users import NameRepeated

blueprint = Blueprint("my_data", __name__)


@blueprint.get("/settings/data")
@signed_in
@require_confirmed
def show() -> str:
    return render_template("settings/data.html")


@blueprint.get("/settings/data/export")
@signed_in
@require_confirmed
def export() -> Response:
    name = data_export.file_name(me())
    return send_file(data_export.export(me().id, visitor()), "application/zip", as_attachment=True, download_name=name)


def _question(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("settings/erase.html", failure=failure)


@blueprint.get("/settings/data/erase")
@signed_in
@require_confirmed
def ask_erase() -> str:
    return _question()


@blueprint.post("/settings/data/erase")
@signed_in
@require_confirmed
@shown_on(_question)
def erase() -> ResponseReturnValue:
    parse(NameRepeated).check(me().username)
    erasure.erase(me(), me().id)
    response = forget_cookie(redirect(url_for("web.sessions.sign_in"), 303))
    flash("Everything of yours is erased.")
    return response
