"""/help/errors: the addresses of codes, which lead to the articles. Public, because a failed sign-in links to them."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from bot.history.error_codes import get_code
from middleware.access import public
from web.articles import address_of, article_for

blueprint = Blueprint("errors", __name__)


@blueprint.get("/help/errors")
@public
def index() -> ResponseReturnValue:
    return redirect(url_for("web.help.index"))


@blueprint.get("/help/errors/<code>")
@public
def show(code: str) -> ResponseReturnValue:
    known = get_code(code.upper())
    return redirect(address_of(known.entry.code, article_for(known)))
