"""/admin/limits/never-contacted: people that no bot may contact."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.contacts import do_not_contact
from bot.contacts.do_not_contact import LeaveAlone
from bot.core.errors import BotException
from bot.inputs.pagination import Page
from bot.storage.models import DoNotContact
from middleware.access import me, require_role
from web.failures import shown_on
from web.forms import parse

PAGE_SIZE = 50


@dataclass(frozen=True)
class People:
    """The list: its name and address, its access, and the sentences about a change."""

    name: str
    path: str
    access: Callable[[Any], Any]
    find: Callable[[int, str | None], Page[DoNotContact]]
    add: Callable[[LeaveAlone], DoNotContact]
    remove: Callable[[str], None]
    added: str
    removed: str
    page: str
    question: str


OF_ALL = People(
    "do_not_contact_of_all",
    "/admin/limits/never-contacted",
    require_role("admin"),
    do_not_contact.list_global,
    lambda params: do_not_contact.add_global(me(), params),
    lambda name: do_not_contact.remove_global(me(), name),
    "is contacted by no bot from now on",
    "is off the list of everyone",
    "admin/never_contacted.html",
    "admin/never_contacted_remove.html",
)


def _blueprint(people: People) -> Blueprint:
    """Return the pages of one list."""
    pages = Blueprint(people.name, __name__)

    def page(*, failure: BotException | None = None, **_: Any) -> str:
        found = people.find(PAGE_SIZE, request.args.get("cursor"))
        return render_template(people.page, failure=failure, people=found, for_all=people is OF_ALL)

    def back(news: str) -> ResponseReturnValue:
        flash(news)
        return redirect(url_for(f"web.{people.name}.show"), 303)

    @pages.get(people.path)
    @people.access
    def show() -> str:
        return page()

    @pages.post(people.path)
    @people.access
    @shown_on(page)
    def add() -> ResponseReturnValue:
        return back(f"@{people.add(parse(LeaveAlone)).username} {people.added}.")

    @pages.get(f"{people.path}/<name>/remove")
    @people.access
    def ask_remove(name: str) -> str:
        plain = do_not_contact.plain_username(name)
        return render_template(people.question, name=plain, for_all=people is OF_ALL)

    @pages.post(f"{people.path}/<name>/remove")
    @people.access
    @shown_on(page)
    def remove(name: str) -> ResponseReturnValue:
        people.remove(name)
        return back(f"@{do_not_contact.plain_username(name)} {people.removed}.")

    return pages


of_all = _blueprint(OF_ALL)
