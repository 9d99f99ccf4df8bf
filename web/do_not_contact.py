"""/settings/do-not-contact: the people whom the user's bot never touches."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot import do_not_contact
from bot.access import me, signed_in
from bot.do_not_contact import LeaveAlone
from bot.errors import BotException
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("do_not_contact", __name__)
PER_PAGE = 50


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    people = do_not_contact.list_people(me().id, PER_PAGE, request.args.get("cursor"))
    return render_template("settings_do_not_contact.html", failure=failure, people=people)


@blueprint.get("/settings/do-not-contact")
@signed_in
def show() -> str:
    return _page()


@blueprint.post("/settings/do-not-contact")
@signed_in
@shown_on(_page)
def add() -> ResponseReturnValue:
    row = do_not_contact.leave_alone(me().id, parse(LeaveAlone))
    flash(f"@{row.username} is left alone from now on.")
    return redirect(url_for("web.do_not_contact.show"), 303)


@blueprint.get("/settings/do-not-contact/<name>/remove")
@signed_in
def ask_remove(name: str) -> str:
    return render_template("settings_do_not_contact_remove.html", name=do_not_contact.plain(name))


@blueprint.post("/settings/do-not-contact/<name>/remove")
@signed_in
@shown_on(_page)
def remove(name: str) -> ResponseReturnValue:
    do_not_contact.remove(me().id, name)
    flash(f"@{do_not_contact.plain(name)} may be contacted again.")
    return redirect(url_for("web.do_not_contact.show"), 303)
