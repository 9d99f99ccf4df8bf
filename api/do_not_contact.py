"""People no bot may contact: the user's own list, and the one that holds for every bot."""

from datetime import datetime
from typing import Self

from pydantic import Field

from api.answers import Answer, Listing, Paging, Schema
from api.blueprint import blueprint, raises
from bot.contacts import do_not_contact
from bot.contacts.do_not_contact import LeaveAlone
from bot.inputs.pagination import Page
from bot.inputs.validation import checked
from bot.storage.models import DoNotContact
from bot.storage.models.values import ListedBy
from middleware.access import me, require_role, signed_in

bp = blueprint("do_not_contact", "Do not contact")


class LeftAlone(Schema):
    """A person on a do-not-contact list."""

    username: str
    for_all: bool = Field(description="Whether it holds for every bot.")
    source: ListedBy = Field(description="Who added it; `answer` means the person did.")
    note: str | None = Field(description="The reason. For entries that hold for every bot only administrators see it.")
    created_at: datetime

    @classmethod
    def of(cls, row: DoNotContact, *, for_admin: bool = False) -> Self:
        for_all = row.user_id is None
        note = None if for_all and not for_admin else row.note
        return cls.model_validate({**vars(row), "for_all": for_all, "note": note})


class LeftAloneAnswer(Answer):
    item: LeftAlone


class LeftAloneListing(Listing):
    items: list[LeftAlone]

    @classmethod
    def of(cls, page: Page[DoNotContact], *, for_admin: bool = False) -> Self:
        return cls(items=[LeftAlone.of(row, for_admin=for_admin) for row in page.items], next=page.next)


class Search(Paging):
    """One page of the people whose usernames contain a text."""

    search: str | None = Field(None, max_length=64, description="A part of the usernames.")


def _named(username: str) -> str:
    return checked(LeaveAlone, {"username": username}).username


@bp.get("/bot/do-not-contact")
@signed_in
@bp.input(Search, location="query")
@bp.output(LeftAloneListing)
@raises("BAD_CURSOR")
def list_left_alone(query_data: Search) -> LeftAloneListing:
    """List your do-not-contact list and the one for every bot, newest first."""
    found = do_not_contact.list_people(me().id, query_data.limit, query_data.cursor, query_data.search)
    return LeftAloneListing.of(found)


@bp.post("/bot/do-not-contact")
@signed_in
@bp.input(LeaveAlone)
@bp.output(LeftAloneAnswer)
def leave_alone(json_data: LeaveAlone) -> LeftAloneAnswer:
    """Never contact a person. Repeating it changes nothing."""
    return LeftAloneAnswer(item=LeftAlone.of(do_not_contact.add_own(me().id, json_data)))


@bp.delete("/bot/do-not-contact/<username>")
@signed_in
@bp.output(Answer)
@raises("INVALID_INPUT", "NOT_ON_THE_LIST", "LISTED_FOR_ALL")
def may_contact(username: str) -> Answer:
    """Remove a person from your list."""
    do_not_contact.remove_own(me().id, _named(username))
    return Answer()


@bp.get("/do-not-contact")
@require_role("admin")
@bp.input(Paging, location="query")
@bp.output(LeftAloneListing)
@raises("BAD_CURSOR")
def list_left_alone_by_all(query_data: Paging) -> LeftAloneListing:
    """List the people no bot may contact, newest first."""
    page = do_not_contact.list_global(query_data.limit, query_data.cursor)
    return LeftAloneListing.of(page, for_admin=True)


@bp.post("/do-not-contact")
@require_role("admin")
@bp.input(LeaveAlone)
@bp.output(LeftAloneAnswer)
def leave_alone_everywhere(json_data: LeaveAlone) -> LeftAloneAnswer:
    """Let no bot contact a person. Repeating it changes nothing."""
    return LeftAloneAnswer(item=LeftAlone.of(do_not_contact.add_global(me(), json_data), for_admin=True))


@bp.delete("/do-not-contact/<username>")
@require_role("admin")
@bp.output(Answer)
@raises("INVALID_INPUT", "NOT_ON_THE_LIST")
def may_contact_everywhere(username: str) -> Answer:
    """Remove a person from the list for every bot."""
    do_not_contact.remove_global(me(), _named(username))
    return Answer()
