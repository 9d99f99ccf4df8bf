"""/automation, which was the page of the account and of new actions: it leads to the pages of today."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from middleware.access import signed_in

blueprint = Blueprint("automation", __name__)


@blueprint.get("/automation")
@signed_in
def show() -> ResponseReturnValue:
    if kind := request.args.get("kind"):
        return redirect(url_for("web.composer.show", what=kind), 302)
    return redirect(url_for("web.accounts.show"), 302)
