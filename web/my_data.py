"""/settings/data: download all data of the user, how long texts of answers are kept, and erase the user."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from bot.core.errors import BotException
from bot.inputs.params import Params
from bot.operations import erasure
from bot.settings import preferences
from bot.settings.preferences import LONGEST_KEPT, SHORTEST_KEPT, AnswerDays, Settings
from bot.users import data_export
from middleware.access import me, require_confirmed, signed_in, visitor
from web.failures import shown_on
from web.forms import parse
from web.sessions import forget_cookie
from web.settings import saved
from web.users import NameRepeated

blueprint = Blueprint("my_data", __name__)


class KeepTexts(Params):
    """For how long texts of answers are kept."""

    answer_days: AnswerDays


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    days = preferences.settings_report(me().id).answer_days
    return render_template(
        "settings/data.html", failure=failure, days=days, shortest=SHORTEST_KEPT, longest=LONGEST_KEPT
    )


@blueprint.get("/settings/data")
@signed_in
@require_confirmed
def show() -> str:
    return _page()


@blueprint.post("/settings/data/answers")
@signed_in
@require_confirmed
@shown_on(_page)
def keep_texts() -> ResponseReturnValue:
    days = parse(KeepTexts).answer_days
    report = preferences.change_settings(me().id, Settings(answer_days=days))
    kept = f"Texts of answers are kept for {days} days." if days else "No text of an answer is kept."
    return saved("web.my_data.show", kept, report.change_id)


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
