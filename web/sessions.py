"""/login and /logout."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bot.auth.devices import KNOWN_FOR
from bot.auth.session_list import sign_out
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.demo.users import PAST_USER, demo_users
from bot.users import two_step_sign_in
from bot.users.second_factor_setup import SecondFactorCode
from bot.users.sign_in import SignedIn, SignIn
from bot.users.two_step_sign_in import Pending
from middleware.access import (
    allow_password_change,
    allow_second_factor_setup,
    cookie_name,
    cookie_options,
    device_cookie_name,
    is_demo_here,
    me,
    pending_cookie_name,
    public,
    visitor,
    why_signed_out,
)
from web.failures import local_path, shown_on
from web.forms import parse

blueprint = Blueprint("sessions", __name__)


def door(*, failure: BotException | None = None, **_: Any) -> str:
    """Render the page of the sign-in."""
    return render_template(
        "login.html",
        failure=failure,
        next=local_path(request.values.get("next")),
        # A notice of an act here, such as a reset of the password, says it already.
        signed_out=None if failure or "_flashes" in session else why_signed_out(),
        remember=runtime().config.session_remember,
        demo_users=[(user.username, (now() - user.created_at).days) for user in demo_users()] if is_demo_here() else [],
        past_user=PAST_USER,
    )


def _code_page(*, failure: BotException | None = None, **_: Any) -> str:
    if failure and failure.name == "SIGN_IN_EXPIRED":
        return door(failure=failure)
    return render_template("login_code.html", failure=failure, next=local_path(request.values.get("next")))


@blueprint.get("/login")
@public
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(local_path(request.args.get("next")), 303)
    return door()


@blueprint.post("/login")
@public
@shown_on(door)
def login() -> ResponseReturnValue:
    begun = two_step_sign_in.begin_sign_in(parse(SignIn), visitor())
    path = local_path(request.form.get("next"))
    if not isinstance(begun, Pending):
        return remember(begun, path)
    response = redirect(url_for(".ask_code", next=path if path != "/" else None), 303)
    response.set_cookie(pending_cookie_name(), begun.token, max_age=two_step_sign_in.TTL, **cookie_options())
    return response


@blueprint.get("/login/code")
@public
@shown_on(_code_page)
def ask_code() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(local_path(request.args.get("next")), 303)
    if not _pending_token():
        # No sign-in was begun here, so none can have expired.
        return door()
    two_step_sign_in.check_pending(_pending_token())
    return _code_page()


@blueprint.post("/login/code")
@public
@shown_on(_code_page)
def finish() -> ResponseReturnValue:
    signed_in = two_step_sign_in.finish_sign_in(_pending_token(), parse(SecondFactorCode), visitor())
    response = remember(signed_in, local_path(request.form.get("next")))
    response.delete_cookie(pending_cookie_name(), **cookie_options())
    return response


def _pending_token() -> str:
    return request.cookies.get(pending_cookie_name(), "")


@blueprint.post("/logout")
@allow_password_change
@allow_second_factor_setup
def logout() -> ResponseReturnValue:
    sign_out(me(), visitor())
    return forget_cookie(redirect(url_for("web.sessions.sign_in"), 303))


def forget_cookie(answer: ResponseReturnValue) -> Response:
    """Return the answer with the sign-in's cookie removed. Earlier form tokens become invalid."""
    session.clear()
    response = make_response(answer)
    response.delete_cookie(cookie_name(), **cookie_options())
    return response


def remember(signed_in: SignedIn, path: str) -> Response:
    """Redirect to `path` with the cookies of a new sign-in and of its device. The previous sign-in ends."""
    if current_user.is_authenticated:
        sign_out(me(), visitor())
    session.clear()
    return with_cookies(signed_in, redirect(path, 303))


def with_cookies(signed_in: SignedIn, answer: ResponseReturnValue) -> Response:
    response = make_response(answer)
    kept_for = runtime().config.lifetime(signed_in.kind) if signed_in.kind == "remembered" else None
    response.set_cookie(cookie_name(), signed_in.token, max_age=kept_for, **cookie_options())
    know_device(response, signed_in.device_token)
    return response


def know_device(response: Response, device_token: str) -> None:
    """Set the cookie that recognizes the device at its next sign-in."""
    response.set_cookie(device_cookie_name(), device_token, max_age=KNOWN_FOR, **cookie_options())
