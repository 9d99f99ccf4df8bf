"""/admin/do-not-contact: the people whom no bot of this place touches."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot import do_not_contact
from bot.access import me, require_role
from bot.do_not_contact import LeaveAlone
from bot.errors import BotException
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("do_not_contact_of_all", __name__)
PER_PAGE = 50


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    people = do_not_contact.list_everywhere(PER_PAGE, request.args.get("cursor"))
    return render_template("settings_do_not_contact_all.html", failure=failure, people=people)


@blueprint.get("/admin/do-not-contact")
@require_role("admin")
def show() -> str:
    return _page()


@blueprint.post("/admin/do-not-contact")
@require_role("admin")
@shown_on(_page)
def add() -> ResponseReturnValue:
    row = do_not_contact.leave_alone_everywhere(me(), parse(LeaveAlone))
    flash(f"@{row.username} is left alone by every bot from now on.")
    return redirect(url_for("web.do_not_contact_of_all.show"), 303)


@blueprint.get("/admin/do-not-contact/<name>/remove")
@require_role("admin")
def ask_remove(name: str) -> str:
    return render_template("settings_do_not_contact_remove.html", name=do_not_contact.plain(name), for_all=True)


@blueprint.post("/admin/do-not-contact/<name>/remove")
@require_role("admin")
@shown_on(_page)
def remove(name: str) -> ResponseReturnValue:
    do_not_contact.remove_everywhere(me(), name)
    flash(f"@{do_not_contact.plain(name)} is off the list that holds for every bot.")
    return redirect(url_for("web.do_not_contact_of_all.show"), 303)
