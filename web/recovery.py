"""/forgot-password and /reset-password/<token>."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from bot.core.errors import BotException, invalid
from bot.help.figures import length
from bot.inputs.params import Params
from bot.mail.links import LIFETIME
from bot.users import password_reset
from bot.users.directory import Password
from bot.users.password_reset import ForgotPassword
from middleware.access import public, visitor
from web.failures import shown_on
from web.forms import parse
from web.sessions import know_device

blueprint = Blueprint("recovery", __name__)
_LIVES = length(LIFETIME["reset"])


@blueprint.after_request
def keep_to_oneself(response: Response) -> Response:
    """Keep the address of a reset from other sites: it lets its reader in."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


class NewPassword(Params):
    """The new password, typed twice because typing is not visible."""

    new_password: Password
    repeat_password: str = Field("", max_length=256)


def _asking(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("forgot_password.html", failure=failure, sent="sent" in request.args, lives=_LIVES)


@blueprint.get("/forgot-password")
@public
def forgot_password() -> str:
    return _asking()


@blueprint.post("/forgot-password")
@public
@shown_on(_asking)
def ask_reset() -> ResponseReturnValue:
    password_reset.forgot_password(parse(ForgotPassword), visitor())
    return redirect(url_for("web.recovery.forgot_password", sent=1), 303)


def _choosing(token: str, *, failure: BotException | None = None) -> str:
    return render_template("reset_password.html", failure=failure, token=token, lives=_LIVES)


@blueprint.get("/reset-password/<token>")
@public
@shown_on(_choosing)
def choose_password(token: str) -> str:
    password_reset.check_link(token)
    return _choosing(token)


@blueprint.post("/reset-password/<token>")
@public
@shown_on(_choosing)
def reset_password(token: str) -> ResponseReturnValue:
    form = parse(NewPassword)
    if form.repeat_password != form.new_password:
        raise invalid("repeat_password", "This is not the same as the new password.")
    device = password_reset.reset_password(token, form.new_password, visitor())
    flash("Your password is changed, and every sign-in of yours has ended. Sign in with the new one.")
    response = make_response(redirect(url_for("web.sessions.sign_in"), 303))
    know_device(response, device)
    return response
