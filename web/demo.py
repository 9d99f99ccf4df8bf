"""The demo's own steps: sign in as a demo user, and confirm in the app of an account of the sandbox."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from bot.demo import sandbox
from bot.demo.users import DEMO_USER, sign_in_demo
from bot.inputs.params import Params
from middleware.access import demo_only, me, public, signed_in, visitor
from web.accounts import connection_page
from web.failures import local_path, shown_on
from web.forms import parse
from web.sessions import door, remember

blueprint = Blueprint("demo", __name__)


class DemoSignIn(Params):
    username: str = Field(DEMO_USER, max_length=64)


# GET is there to be answered like an address that does not exist.
@blueprint.route("/demo/sign-in", methods=["GET", "POST"])
@public
@demo_only
@shown_on(door)
def sign_in() -> ResponseReturnValue:
    return remember(sign_in_demo(parse(DemoSignIn).username, visitor()), "/")


@blueprint.route("/demo/confirm", methods=["GET", "POST"])
@signed_in
@demo_only
@shown_on(connection_page)
def confirm_in_app() -> ResponseReturnValue:
    sandbox.confirm_in_app(me().id)
    flash("Confirmed, as in the Instagram app. Now test the connection.")
    return redirect(local_path(request.form.get("next")), 303)
