"""/admin/people: people with a login, and for each the acts of an administrator."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from bot.core.errors import BotException, invalid
from bot.fleet import people
from bot.fleet.bots import get_bot
from bot.inputs.mail_addresses import MailAddress
from bot.inputs.params import Params
from bot.operations import erasure, user_admin
from bot.operations.audit_report import Audited
from bot.operations.user_admin import UserChange
from bot.settings.ceilings import UserCeiling, user_ceilings
from bot.storage.models.values import Role
from bot.users import directory, password_reset, second_factor_setup
from bot.users.directory import Username
from middleware.access import me, require_confirmed, require_role
from web import local_time
from web.failures import shown_on
from web.fleet import CONDITIONS, ago, who_acts
from web.forms import parse

blueprint = Blueprint("users", __name__)
PAGE_SIZE = 25


class Search(Params):
    search: str | None = Field(None, max_length=64)
    cursor: str | None = Field(None, max_length=200)


class UserForm(Params):
    """The form of a user. An e-mail address that is left empty is removed."""

    username: Username
    email: MailAddress | None = None
    role: Role


class NameRepeated(Params):
    """The name of the user to erase, typed again."""

    username: str = Field("", max_length=64)

    def check(self, username: str) -> None:
        if self.username.strip().lower() != username:
            raise invalid("username", "Type the username exactly as it is shown.")


NO_CEILING = UserCeiling()
EVERYBODY = Search()


def _page(
    wanted: Search = EVERYBODY,
    *,
    failure: BotException | None = None,
    created: directory.Created | None = None,
    **_: Any,
) -> str:
    found = people.list_people(PAGE_SIZE, wanted.cursor, wanted.search)
    return render_template(
        "admin/people.html", failure=failure, created=created, found=found, wanted=wanted, conditions=CONDITIONS
    )


@blueprint.get("/admin/people")
@require_role("admin")
@shown_on(_page)
def show() -> str:
    return _page(parse(Search, request.args))


@blueprint.post("/admin/people")
@require_role("admin")
@shown_on(_page)
def create() -> ResponseReturnValue:
    """Create a user. The answer is the page itself: a redirect would have to store the first password."""
    return _page(created=directory.create_user(parse(directory.NewUser), me())), 201


def _user_page(user_id: UUID, *, failure: BotException | None = None, **_: Any) -> str:
    user = directory.get_user(str(user_id))
    return render_template(
        "admin/person.html",
        failure=failure,
        user=user,
        bot=get_bot(user.id),
        timeline=_by_day(people.latest_events(user.id)),
        exceptions=any(one != NO_CEILING for one in user_ceilings(user.id).values()),
        own=user.id == me().id,
        conditions=CONDITIONS,
        ago=ago,
        who_acts=who_acts,
    )


def _by_day(events: list[Audited]) -> list[tuple[str, list[tuple[Audited, int]]]]:
    """Return the events by the viewer's day, newest first. The same one in a row is one, with their number."""
    zone = local_time.zone()
    days = groupby(events, key=lambda one: one.entry.at.astimezone(zone).date())
    return [(f"{day:%b} {day.day}", _runs(of_day)) for day, of_day in days]


def _runs(events: Iterable[Audited]) -> list[tuple[Audited, int]]:
    runs = (list(run) for _, run in groupby(events, key=lambda one: (one.entry.event, one.who)))
    return [(run[0], len(run)) for run in runs]


def _changed(user_id: UUID, news: str) -> ResponseReturnValue:
    flash(news)
    return redirect(url_for("web.users.show_user", user_id=user_id), 303)


@blueprint.get("/admin/people/<uuid:user_id>")
@require_role("admin")
def show_user(user_id: UUID) -> str:
    return _user_page(user_id)


@blueprint.post("/admin/people/<uuid:user_id>")
@require_role("admin")
@shown_on(_user_page)
def save(user_id: UUID) -> ResponseReturnValue:
    form = parse(UserForm)
    user = user_admin.change_user(me(), str(user_id), UserChange(**form.model_dump()))
    return _changed(user_id, f"{user.username} is saved.")


@blueprint.get("/admin/people/<uuid:user_id>/disable")
@require_role("admin")
def ask_disable(user_id: UUID) -> str:
    return render_template("admin/person_disable.html", user=directory.get_user(str(user_id)))


@blueprint.post("/admin/people/<uuid:user_id>/disable")
@require_role("admin")
@shown_on(_user_page)
def disable(user_id: UUID) -> ResponseReturnValue:
    user = user_admin.change_user(me(), str(user_id), UserChange(is_active=False))
    return _changed(user_id, f"{user.username} is disabled: every sign-in has ended and the bot is off.")


@blueprint.post("/admin/people/<uuid:user_id>/enable")
@require_role("admin")
@shown_on(_user_page)
def enable(user_id: UUID) -> ResponseReturnValue:
    user = user_admin.change_user(me(), str(user_id), UserChange(is_active=True))
    return _changed(user_id, f"{user.username} may sign in again. The bot stays off until its owner turns it on.")


@blueprint.post("/admin/people/<uuid:user_id>/reset-password")
@require_role("admin")
@shown_on(_user_page)
def send_reset(user_id: UUID) -> ResponseReturnValue:
    password_reset.send_reset(str(user_id), me())
    return _changed(user_id, "An e-mail with a link to choose a new password is on its way.")


def _erasure(user_id: UUID, *, failure: BotException | None = None, **_: Any) -> str:
    return render_template("admin/person_erase.html", failure=failure, user=directory.get_user(str(user_id)))


@blueprint.get("/admin/people/<uuid:user_id>/erase")
@require_role("admin")
@require_confirmed
def ask_erase(user_id: UUID) -> str:
    return _erasure(user_id)


@blueprint.post("/admin/people/<uuid:user_id>/erase")
@require_role("admin")
@require_confirmed
@shown_on(_erasure)
def erase(user_id: UUID) -> ResponseReturnValue:
    user = directory.get_user(str(user_id))
    parse(NameRepeated).check(user.username)
    erasure.erase(me(), user.id)
    flash(f"{user.username} is erased.")
    return redirect(url_for("web.users.show"), 303)


@blueprint.get("/admin/people/<uuid:user_id>/second-factor")
@require_role("admin")
def ask_reset_second_factor(user_id: UUID) -> str:
    return render_template("admin/person_second_factor.html", user=directory.get_user(str(user_id)))


@blueprint.post("/admin/people/<uuid:user_id>/second-factor")
@require_role("admin")
@require_confirmed
@shown_on(_user_page)
def reset_second_factor(user_id: UUID) -> ResponseReturnValue:
    user = second_factor_setup.reset_second_factor(str(user_id), me())
    return _changed(user_id, f"The second factor of {user.username} is off, and their sign-ins have ended.")
