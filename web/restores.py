"""/admin/health/restores: the latest restore of the database, and the release of the bots that it holds."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot.automation import generations
from middleware.access import me, require_role

blueprint = Blueprint("restores", __name__)


@blueprint.get("/admin/health/restores")
@require_role("admin")
def show() -> str:
    return render_template("admin/restore.html", restore=generations.last_restore())


@blueprint.get("/admin/health/restores/release")
@require_role("admin")
def ask_release() -> str:
    return render_template("admin/restore_release.html", restore=generations.last_restore())


@blueprint.post("/admin/health/restores/release")
@require_role("admin")
def release() -> ResponseReturnValue:
    released = generations.release_bots(me().id)
    flash("The bots that were on resume within a minute." if released else "No bot is held.")
    return redirect(url_for("web.restores.show"), 303)
