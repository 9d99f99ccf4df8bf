"""The demo's own steps: sign in as a demo user, and connect an account of the sandbox."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field

from bot.demo.users import DEMO_USER, sign_in_demo
from bot.inputs.params import Params
from middleware.access import demo_only, public, visitor
from web.failures import shown_on
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
