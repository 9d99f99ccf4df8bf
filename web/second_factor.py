"""/settings/second-factor: the user's second factor."""

from base64 import b64encode
from typing import Any

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from bot.auth.recovery_codes import COUNT
from bot.core.errors import BotException
from bot.users import second_factor_setup
from bot.users.second_factor_setup import SecondFactorCode
from middleware.access import allow_second_factor_setup, me, require_confirmed, signed_in, visitor
from web.failures import shown_on, shown_once
from web.forms import parse
from web.sessions import remember, with_cookies

blueprint = Blueprint("second_factor", __name__)


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    report = second_factor_setup.second_factor_report(me().id)
    return render_template("settings/second_factor.html", failure=failure, second_factor=report, codes_made=COUNT)


def _setup_page(*, failure: BotException | None = None, **_: Any) -> str:
    setup = second_factor_setup.begun_setup(me().id)
    picture = "data:image/svg+xml;base64," + b64encode(setup.qr.encode()).decode()
    return render_template("settings/second_factor_setup.html", failure=failure, setup=setup, picture=picture)


def _off_page(*, failure: BotException | None = None, **_: Any) -> str:
    report = second_factor_setup.second_factor_report(me().id)
    return render_template("settings/second_factor_off.html", failure=failure, second_factor=report)


def _codes_page(*, failure: BotException | None = None, **_: Any) -> str:
    report = second_factor_setup.second_factor_report(me().id)
    return render_template("settings/recovery_codes_gone.html", failure=failure, second_factor=report, codes_made=COUNT)


def _shown_before() -> ResponseReturnValue | None:
    """Lead away from a page of recovery codes that is loaded again: it cannot show them twice."""
    on = second_factor_setup.second_factor_report(me().id).on
    return redirect(url_for("web.second_factor.show_recovery_codes"), 303) if on else None


@blueprint.get("/settings/second-factor")
@signed_in
@allow_second_factor_setup
def show() -> str:
    return _page()


@blueprint.post("/settings/second-factor/setup")
@signed_in
@allow_second_factor_setup
@require_confirmed
@shown_on(_page)
def begin() -> ResponseReturnValue:
    second_factor_setup.begin_setup(me().id, visitor())
    return redirect(url_for("web.second_factor.show_setup"), 303)


@blueprint.get("/settings/second-factor/setup")
@signed_in
@allow_second_factor_setup
@require_confirmed
@shown_on(_page)
def show_setup() -> str:
    return _setup_page()


@blueprint.post("/settings/second-factor/confirm")
@signed_in
@allow_second_factor_setup
@require_confirmed
@shown_once(_shown_before)
@shown_on(_setup_page)
def confirm() -> ResponseReturnValue:
    """Turn the second factor on. The answer is the page itself: a redirect would have to store the recovery codes."""
    done = second_factor_setup.confirm_setup(me().id, parse(SecondFactorCode), visitor(), me().kind)
    session.clear()
    page = render_template("settings/recovery_codes.html", codes=done.recovery_codes, switched_on=True)
    return with_cookies(done.signed_in, page)


@blueprint.get("/settings/second-factor/recovery-codes")
@signed_in
def show_recovery_codes() -> ResponseReturnValue:
    """Tell that the codes were shown. A page of new codes has this address, so that a reload tells it."""
    return _codes_page() if _shown_before() else _page()


@blueprint.post("/settings/second-factor/recovery-codes")
@signed_in
@require_confirmed
@shown_once(_shown_before)
@shown_on(_codes_page)
def renew_recovery_codes() -> ResponseReturnValue:
    codes = second_factor_setup.renew_recovery_codes(me().id, parse(SecondFactorCode), visitor())
    page = render_template("settings/recovery_codes.html", codes=codes, switched_on=False)
    return page, {"HX-Push-Url": url_for(".show_recovery_codes")}


@blueprint.get("/settings/second-factor/off")
@signed_in
def ask_switch_off() -> ResponseReturnValue:
    if not second_factor_setup.second_factor_report(me().id).on:
        return redirect(url_for("web.sign_ins.security"), 303)
    return _off_page()


@blueprint.post("/settings/second-factor/off")
@signed_in
@require_confirmed
@shown_on(_off_page)
def switch_off() -> ResponseReturnValue:
    done = second_factor_setup.switch_off(me().id, parse(SecondFactorCode), visitor(), me().kind)
    response = remember(done, url_for("web.second_factor.show"))
    flash("Your second factor is off. Every other sign-in of yours has ended.")
    return response
