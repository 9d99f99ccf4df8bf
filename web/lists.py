"""Settings › Lists: the keep list, the do-not-contact list, the stop words and the positive words."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.contacts import do_not_contact
from bot.contacts.do_not_contact import LeaveAlone
from bot.core.errors import BotException, invalid
from bot.inputs.validation import checked
from bot.recipients.reading import Recipients
from bot.settings import lists, preferences
from bot.settings.lists import ListChanges
from middleware.access import me, signed_in
from web import labels, people_lists
from web.failures import shown_on
from web.settings import saved

PAGE_SIZE = 60
MAX_SEARCH = 64
# Numbers of lines that the news of an import names.
MAX_LINES_TOLD = 5
blueprint = Blueprint("lists", __name__)


@dataclass(frozen=True)
class List:
    """One of the lists. `setting` is its name among the settings; the do-not-contact list is none."""

    name: str
    title: str
    about: str
    hint: str
    empty: str
    of_people: bool = True
    setting: str = ""

    @property
    def field(self) -> str:
        """The name of the field that adds an entry."""
        return "username" if self.of_people else "word"


LISTS = {
    one.name: one
    for one in (
        List(
            "keep",
            "Keep list",
            "People that your bot never unfollows.",
            "Letters, digits, dots and underscores",
            "No one is on the list. Add friends, or people you work with.",
            setting="keep",
        ),
        List(
            "do-not-contact",
            "Do not contact",
            "People that your bot never touches: no follow, like, story view or message.",
            "Letters, digits, dots and underscores",
            "No one is on the list. People who answer that they want no contact get here automatically.",
        ),
        List(
            "stop-words",
            "Stop words",
            "A person who answers with one of these is never contacted again.",
            "In addition to the usual ones, like “stop” and “unsubscribe”",
            "You have no words of your own. The usual ones, like “stop” and “unsubscribe”, hold anyway.",
            of_people=False,
            setting="stop_words",
        ),
        List(
            "positive-words",
            "Positive words",
            "An answer with one of these is marked as positive in your inbox. Nothing is sent because of it.",
            "Like “yes please” or “tell me more”",
            "You have no positive words. Add words by which people say that they are interested.",
            of_people=False,
            setting="positive_words",
        ),
    )
}


@dataclass(frozen=True)
class Entry:
    """`own` entries can be removed. Of some it `asks` first."""

    text: str
    note: str = ""
    own: bool = True
    asks: bool = False


def _list(name: str) -> List:
    return LISTS[name] if name in LISTS else abort(404)


def _page(*, name: str, failure: BotException | None = None, **_: Any) -> str:
    one, search = _list(name), request.args.get("search", "").strip()[:MAX_SEARCH]
    entries, following = _entries(one, search)
    return render_template(
        "settings/lists.html",
        failure=failure,
        list=one,
        tabs=[(url_for(".show", name=other.name), other.title, None) for other in LISTS.values()],
        entries=entries,
        next=following,
        search=search,
        total=len(entries),
        values=request.form,
        **people_lists.question_of(failure),
    )


def _entries(one: List, search: str) -> tuple[list[Entry], str | None]:
    """Return a page of the entries that hold the text, and the address of the next page."""
    if one.setting:
        plain = search.lower().removeprefix("@") if one.of_people else search.lower()
        every: list[str] = getattr(preferences.settings_report(me().id), one.setting)
        found = [entry for entry in every if plain in entry.lower()]
        start = request.args.get("from", 0, int)
        shown, following = found[start : start + PAGE_SIZE], start + PAGE_SIZE
        address = f"{url_for('.show', name=one.name)}?{urlencode({'search': search, 'from': following})}"
        return [Entry(entry) for entry in shown], address if following < len(found) else None
    page = do_not_contact.list_people(me().id, PAGE_SIZE, request.args.get("cursor"), search or None)
    entries = [
        Entry(row.username, _note(row), own=row.user_id is not None, asks=row.user_id is not None) for row in page.items
    ]
    return entries, url_for(".show", name=one.name, search=search or None, cursor=page.next) if page.next else None


def _note(row: Any) -> str:
    """Return who put a person on the list, and why. An administrator's reason is for administrators."""
    if row.user_id is None:
        return "For every bot here"
    by = labels.word(row.source, labels.LISTED_BY)
    return f"{by} · {row.note}" if row.note else by


@blueprint.get("/settings/lists")
@signed_in
def show_first() -> str:
    return _page(name="keep")


@blueprint.get("/settings/lists/<name>")
@signed_in
def show(name: str) -> str:
    return _page(name=name)


@blueprint.post("/settings/lists/<name>/add")
@signed_in
@shown_on(_page)
def add(name: str) -> ResponseReturnValue:
    one = _list(name)
    entry = request.form.get(one.field, "").strip()
    if not entry:
        raise invalid(one.field, "Fill this in.")
    if not one.setting:
        row = do_not_contact.add_own(me().id, _left_alone(entry))
        flash(f"@{row.username} is not contacted from now on.")
        return redirect(url_for(".show", name=name), 303)
    report = _changed(one, "add", [entry], one.field)
    news = f"Added: {entry}." if report.added else "It is there already."
    return saved("web.lists.show", news, report.change_id, name=name)


def _left_alone(entry: str) -> LeaveAlone:
    return checked(LeaveAlone, {"username": entry, "note": request.form.get("note", "").strip() or None})


def _changed(one: List, change: str, entries: list[str], field: str) -> lists.ListsReport:
    """Change a list, and name the field of the form in a refusal."""
    value: Any = entries if not one.setting else {change: entries}
    try:
        return lists.change_lists(me().id, checked(ListChanges, {one.setting or "do_not_contact": value}))
    except BotException as refused:
        for problem in refused.meta.get("errors", []):
            problem["field"] = field
        raise


@blueprint.post("/settings/lists/<name>/import")
@signed_in
@shown_on(_page)
def import_people(name: str) -> ResponseReturnValue:
    """Add the people of a pasted list or of a file, read as lists for messages are."""
    one = _list(name)
    if not one.of_people:
        abort(404)
    text, data = request.form.get("text", ""), people_lists.uploaded_file()
    if data is not None:
        if text.strip():
            raise invalid("file", "Paste the names or choose a file, not both.")
        found = people_lists.people_of_file(data)
    elif text.strip():
        found = people_lists.people_of_text("text", text)
    else:
        raise invalid("text", "Paste usernames, or choose a file.")
    report = _changed(one, "add", [person.username for person in found.accepted], "text")
    news = f"{labels.number_of(report.added, 'person', 'people')} added."
    return saved("web.lists.show", f"{news}{_unread(found)}", report.change_id, name=name)


def _unread(found: Recipients) -> str:
    """Return what became of the rows that name no one, and where they are."""
    if not found.rejected_count:
        return ""
    lines = ", ".join(str(row.line) for row in found.rejected[:MAX_LINES_TOLD])
    more = "" if found.rejected_count <= MAX_LINES_TOLD else " and more"
    return f" {labels.number_of(found.rejected_count, 'row names', 'rows name')} no one: line {lines}{more}."


@blueprint.get("/settings/lists/do-not-contact/<username>/remove")
@signed_in
def ask_remove(username: str) -> str:
    return render_template("settings/lists_remove.html", name=do_not_contact.plain_username(username))


@blueprint.post("/settings/lists/<name>/remove")
@signed_in
@shown_on(_page)
def remove(name: str) -> ResponseReturnValue:
    one, entry = _list(name), request.form.get("entry", "")
    if not one.setting:
        do_not_contact.remove_own(me().id, entry)
        flash(f"@{do_not_contact.plain_username(entry)} may be contacted again.")
        return redirect(url_for(".show", name=name), 303)
    changed = _changed(one, "remove", [entry], "entry")
    return saved("web.lists.show", f"Removed: {entry}.", changed.change_id, name=name)
