"""/admin/health/instagram: the version of the client, the release of bots once it is refused, replies that are new."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot.automation import client_versions, unknown_replies
from bot.linking.app_versions import TAKEN_WITHIN
from middleware.access import me, require_role

blueprint = Blueprint("instagram_client", __name__)


@blueprint.get("/admin/health/instagram")
@require_role("admin")
def show() -> str:
    unknown = unknown_replies.unknown_replies()
    return render_template(
        "admin/instagram_client.html",
        client=client_versions.client_version(),
        unknown=unknown,
        taken_within=TAKEN_WITHIN.days,
    )


@blueprint.get("/admin/health/instagram/release")
@require_role("admin")
def ask_release() -> str:
    return render_template("admin/instagram_client_release.html", client=client_versions.client_version())


@blueprint.post("/admin/health/instagram/release")
@require_role("admin")
def release() -> ResponseReturnValue:
    released = client_versions.release_client(me().id)
    flash("The bots that were on resume within a minute." if released else "No bot is held.")
    return redirect(url_for("web.instagram_client.show"), 303)
