"""/register and /verify-email/<token>."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from bot.core.errors import BotException, invalid
from bot.inputs.params import Params
from bot.users import registration, verification
from bot.users.directory import Password, Username
from bot.users.registration import Register, VerifyEmail
from middleware.access import caller, public, visitor
from web.failures import shown_on
from web.forms import parse
from web.recovery import keep_to_oneself

blueprint = Blueprint("registration", __name__)
blueprint.after_request(keep_to_oneself)


class RegisterForm(Register):
    """The registration with the password typed twice, because typing is not visible."""

    repeat_password: str = Field("", max_length=256)


class VerifyForm(Params):
    """The form of a link's page, without the link."""

    username: Username | None = None
    password: Password | None = None


def _registering(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("register.html", failure=failure, sent="sent" in request.args)


@blueprint.get("/register")
@public
def show_registration() -> str:
    return _registering()


@blueprint.post("/register")
@public
@shown_on(_registering)
def register() -> ResponseReturnValue:
    form = parse(RegisterForm)
    if form.repeat_password != form.password:
        raise invalid("repeat_password", "This is not the same as the password.")
    registration.register(form, visitor())
    return redirect(url_for("web.registration.show_registration", sent=1), 303)


def _verifying(token: str, *, failure: BotException | None = None) -> str:
    dead = failure is not None and failure.name in ("LINK_INVALID", "REGISTRATION_CLOSED")
    pending = None if dead else verification.pending(token, caller)
    return render_template("verify_email.html", failure=failure, token=token, pending=pending)


@blueprint.get("/verify-email/<token>")
@public
@shown_on(_verifying)
def show_verification(token: str) -> str:
    """Show the page without any change: mail scanners open links too."""
    return _verifying(token)


@blueprint.post("/verify-email/<token>")
@public
@shown_on(_verifying)
def verify_email(token: str) -> ResponseReturnValue:
    params = VerifyEmail.model_construct(token=token, **parse(VerifyForm).model_dump())
    user = verification.verify_email(params, visitor(), caller)
    if user.last_login_at is None:
        flash(f"Your login {user.username} is made. Sign in with the password that you chose.")
    else:
        flash(f"{user.email} is verified as the address of {user.username}.")
    return redirect(url_for("web.sessions.sign_in"), 303)
