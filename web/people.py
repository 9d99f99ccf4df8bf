"""/people: search, and all that was done with one person; do-not-contact and forgetting from their page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from pydantic import Field

from bot.contacts import forgetting, people
from bot.contacts.people import Event, Profile
from bot.core.errors import BotException
from bot.inputs.params import Params
from bot.storage.models.values import TargetStatus
from middleware.access import me, signed_in
from web import labels, local_time, log_text
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("people", __name__)
PAGE_SIZE = 24
HISTORY_PAGE_SIZE = 50


class Sought(Params):
    """The search field and the page of its results."""

    q: str | None = Field(None, max_length=150)
    cursor: str | None = None


class WhichPart(Params):
    """The page of a history."""

    cursor: str | None = None


@dataclass(frozen=True)
class Entry:
    """One entry of a person's track.

    `kind` is the kind of the tile, else `icon` names the pin's icon. `note` is a further line, `text` a message.
    `event` is None for what the person or the user did.
    """

    at: datetime
    said: str
    kind: str = ""
    icon: str = "clock"
    tone: str = ""
    note: str = ""
    text: str = ""
    event: Event | None = None

    @property
    def day(self) -> date:
        return self.at.astimezone(local_time.zone()).date()

    @property
    def when(self) -> Markup:
        return local_time.tagged(self.at, local_time.clock(self.at))


_SAID = {
    "follow": ("Followed", "Could not follow", "Waits to be followed", "Not sure if followed"),
    "unfollow": ("Unfollowed", "Could not unfollow", "Waits to be unfollowed", "Not sure if unfollowed"),
    "like": ("Liked a post", "Could not like a post", "A post waits to be liked", "Not sure if a post was liked"),
    "story": (
        "Watched a story",
        "Could not watch a story",
        "A story waits to be watched",
        "Not sure if a story was watched",
    ),
    "message": ("Sent a message", "Could not send a message", "Waits for a message", "Not sure if a message arrived"),
    "reply": ("Sent your reply", "Could not send your reply", "Your reply waits", "Not sure if your reply arrived"),
}
"""Each kind of step: done, failed, waiting, in doubt."""
_PLACE = {TargetStatus.DONE: 0, TargetStatus.FAILED: 1, TargetStatus.PENDING: 2}


def entries(profile: Profile, events: list[Event], *, first: bool, last: bool) -> list[Entry]:
    """Return the entries of one page of the history, newest first.

    What the person and the user did is on the page that it belongs to by its time. `first` and `last` tell that the
    page is the newest or the oldest one.
    """
    found = [_entry(event) for event in events]
    low = None if last or not found else found[-1].at
    high = None if first or not found else found[0].at
    beside = [one for one in _beside(profile) if (low is None or one.at >= low) and (high is None or one.at < high)]
    return sorted([*found, *beside], key=lambda one: one.at, reverse=True)


def _entry(event: Event) -> Entry:
    row = event.target
    if row.status == TargetStatus.SKIPPED:
        return Entry(
            row.happened_at, "Skipped", icon="person-off", note=labels.word(row.reason, labels.REASONS), event=event
        )
    done = row.status == TargetStatus.DONE
    return Entry(
        row.happened_at,
        _SAID[row.step_kind][_PLACE.get(row.status, 3)],
        kind=row.step_kind if done else "",
        icon="clock" if row.status == TargetStatus.PENDING else "alert",
        tone="" if row.status == TargetStatus.PENDING else "warn",
        note=labels.word(row.reason, labels.REASONS) if row.reason else _meaning(row.error_code),
        text=event.text or "",
        event=event,
    )


def _meaning(code: str | None) -> str:
    return labels.meaning(code) if code else ""


def _beside(profile: Profile) -> list[Entry]:
    contact, listed = profile.contact, profile.listed_by_user
    found = []
    if contact and contact.answered_at:
        found.append(Entry(contact.answered_at, "Answered", icon="reply"))
    if contact and contact.stopped_at:
        found.append(Entry(contact.stopped_at, "Asked not to be contacted", icon="ban", tone="warn"))
    if listed and listed.source == "user":
        found.append(Entry(listed.created_at, "You put them on your do-not-contact list", icon="ban"))
    return found


def _search_page(sought: Sought | None = None, *, failure: BotException | None = None, **_: Any) -> str:
    sought = sought or Sought()
    found = people.find_people(me().id, sought.q, PAGE_SIZE, sought.cursor)
    return render_template("people.html", failure=failure, found=found, sought=sought)


@blueprint.get("/people")
@signed_in
@shown_on(_search_page)
def search() -> ResponseReturnValue:
    sought = parse(Sought, request.args)
    if sought.q and not sought.cursor:
        found = people.find_people(me().id, sought.q, 2, None).items
        if len(found) == 1:
            return redirect(url_for("web.people.show", person_id=found[0].person.id), 302)
    return _search_page(sought)


def _page(*, person_id: UUID, failure: BotException | None = None, **_: Any) -> str:
    part = WhichPart() if failure else parse(WhichPart, request.args)
    profile = people.get_person(me().id, str(person_id))
    found = people.list_history(me().id, str(person_id), HISTORY_PAGE_SIZE, part.cursor)
    track = entries(profile, found.items, first=not part.cursor, last=not found.next)
    return render_template(
        "person.html",
        failure=failure,
        profile=profile,
        days=log_text.by_day(track),
        next=found.next,
        cursor=part.cursor,
    )


@blueprint.get("/people/<uuid:person_id>")
@signed_in
@shown_on(_page)
def show(person_id: UUID) -> str:
    return _page(person_id=person_id)


@blueprint.get("/people/<uuid:person_id>/do-not-contact")
@signed_in
def ask_leave_alone(person_id: UUID) -> str:
    return render_template("person_leave_alone.html", profile=people.get_person(me().id, str(person_id)))


@blueprint.post("/people/<uuid:person_id>/do-not-contact")
@signed_in
@shown_on(_page)
def leave_alone(person_id: UUID) -> ResponseReturnValue:
    profile = people.leave_alone(me().id, str(person_id))
    flash(f"Your bot leaves @{profile.person.username} alone.")
    return redirect(url_for("web.people.show", person_id=person_id), 303)


@blueprint.post("/people/<uuid:person_id>/may-contact")
@signed_in
@shown_on(_page)
def allow(person_id: UUID) -> ResponseReturnValue:
    profile = people.allow_contact(me().id, str(person_id))
    flash(f"Your bot may contact @{profile.person.username} again.")
    return redirect(url_for("web.people.show", person_id=person_id), 303)


@blueprint.get("/people/<uuid:person_id>/forget")
@signed_in
def ask_forget(person_id: UUID) -> str:
    return _question(person_id=person_id)


def _question(*, person_id: UUID, failure: BotException | None = None, **_: Any) -> str:
    profile = people.get_person(me().id, str(person_id))
    return render_template("person_forget.html", profile=profile, failure=failure)


@blueprint.post("/people/<uuid:person_id>/forget")
@signed_in
@shown_on(_question)
def forget(person_id: UUID) -> ResponseReturnValue:
    forgetting.forget_person(me().id, str(person_id))
    flash("The person is forgotten.")
    return redirect(url_for("web.people.search"), 303)
