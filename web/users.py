"""/admin/users: who has a login here."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot import users
from bot.access import me, require_role
from bot.errors import BotException
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("users", __name__)
PER_PAGE = 50


def _page(*, failure: BotException | None = None, created: users.Created | None = None, **_: Any) -> str:
    found = users.list_users(PER_PAGE, request.args.get("cursor"))
    return render_template("users.html", failure=failure, created=created, found=found)


@blueprint.get("/admin")
@require_role("admin")
def start() -> ResponseReturnValue:
    return redirect(url_for("web.users.show"), 303)


@blueprint.get("/admin/users")
@require_role("admin")
def show() -> str:
    return _page()


@blueprint.post("/admin/users")
@require_role("admin")
@shown_on(_page)
def create() -> ResponseReturnValue:
    """Answers with the page itself: a redirect would have to keep the first password somewhere."""
    return _page(created=users.create_user(parse(users.NewUser), me())), 201
