"""Settings › Profile: the user, their e-mail, theme, devices and password, and the confirmation that it is you."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.core.errors import BotException, invalid
from bot.help.figures import length
from bot.inputs.params import Params
from bot.users import directory, password_change, reauthentication
from bot.users.device_list import DeviceName, list_devices, name_device
from bot.users.email_addresses import NewEmail, change_email, email_report
from bot.users.password_change import PasswordChange
from bot.users.reauthentication import Confirmation, confirm
from middleware.access import (
    allow_password_change,
    allow_second_factor_setup,
    cookie_options,
    me,
    public,
    require_confirmed,
    signed_in,
    visitor,
)
from web import kept_forms, theme
from web.failures import local_path, shown_on
from web.forms import parse
from web.panel import own_report
from web.sessions import remember

blueprint = Blueprint("profile", __name__)


def _profile(*, failure: BotException | None = None, device_id: UUID | None = None, **_: Any) -> str:
    return render_template(
        "settings/profile.html",
        failure=failure,
        refused_device=str(device_id) if device_id else None,
        user=directory.visible_user(me().id, me()),
        email=email_report(me().id),
        report=own_report(),
        devices=list_devices(me()),
    )


@blueprint.get("/settings/profile")
@signed_in
def show() -> str:
    return _profile()


@blueprint.post("/settings/profile/devices/<uuid:device_id>")
@signed_in
@shown_on(_profile)
def name(device_id: UUID) -> ResponseReturnValue:
    name_device(me(), str(device_id), parse(DeviceName))
    flash("The device has its name.")
    return redirect(url_for(".show", _anchor="devices"), 303)


@blueprint.post("/settings/profile")
@require_confirmed
@shown_on(_profile)
def save_email() -> ResponseReturnValue:
    params = parse(NewEmail)
    change_email(me().id, params, visitor())
    kept_forms.forget()
    flash(f"A link is on its way to {params.email}. Open it to verify the address.")
    return redirect(url_for(".show"), 303)


class ThemeForm(Params):
    theme: str


@blueprint.post("/settings/theme")
@public
def save_theme() -> ResponseReturnValue:
    """Keep the theme in a cookie of the browser, so that it holds before a sign-in too."""
    chosen = parse(ThemeForm).theme
    if chosen not in (*theme.THEMES, theme.SYSTEM):
        raise invalid("theme", "Choose one from the list.")
    response = make_response(redirect(local_path(request.form.get("next")), 303))
    options = cookie_options()
    if chosen in theme.THEMES:
        response.set_cookie(theme.COOKIE, chosen, max_age=theme.KEPT_FOR, **options)
    else:
        response.delete_cookie(theme.COOKIE, **options)
    return response


class ChangeForm(PasswordChange):
    """The change of a password. The new one is typed twice, because typing is not visible."""

    repeat_password: str = ""


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("settings/password.html", failure=failure, next=local_path(request.values.get("next")))


@blueprint.get("/settings/security/password")
@allow_password_change
@allow_second_factor_setup
def change_password() -> str:
    return _page()


@blueprint.post("/settings/security/password")
@allow_password_change
@allow_second_factor_setup
@shown_on(_page)
def save_password() -> ResponseReturnValue:
    form = parse(ChangeForm)
    if form.repeat_password != form.new_password:
        raise invalid("repeat_password", "This is not the same as the new password.")
    signed_in = password_change.change_password(me().id, form, visitor(), me().kind)
    response = remember(signed_in, local_path(request.form.get("next")))
    flash("Your password is changed. Every other sign-in of yours has ended.")
    return response


def _confirmation(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template(
        "settings/confirm.html",
        failure=failure,
        next=local_path(request.values.get("next")),
        unsent=bool(request.values.get("unsent")),
        by_instagram=me().username.startswith(directory.INSTAGRAM_PREFIX),
        lives=length(reauthentication.TTL),
    )


@blueprint.get("/profile/confirm")
@signed_in
@allow_second_factor_setup
def ask_confirm() -> str:
    return _confirmation()


@blueprint.post("/profile/confirm")
@signed_in
@allow_second_factor_setup
@shown_on(_confirmation)
def save_confirmation() -> ResponseReturnValue:
    confirm(me(), parse(Confirmation), visitor())
    back = local_path(request.form.get("next"))
    if request.form.get("unsent"):
        flash("You are confirmed. Nothing was sent yet: look at the form, and send it once more.", "info")
        back = kept_forms.reopened(back)
    return redirect(back, 303)
