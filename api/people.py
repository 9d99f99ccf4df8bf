"""People that the bot has met: search, all that was done with one of them, do-not-contact, and who answered."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from api.answers import Answer, Listing, Paging, Schema
from api.blueprint import blueprint, raises
from bot.contacts import forgetting, inbox, people
from bot.contacts.inbox import AnsweredContact
from bot.contacts.people import Event, Profile
from bot.inputs.pagination import Page
from bot.storage.models.values import ListedBy, StepKind, TargetStatus
from middleware.access import me, signed_in

bp = blueprint("people", "People")


class FormerNameOut(Schema):
    """A name that a person had before."""

    username: str
    last_seen_at: datetime = Field(description="When your bot last met them under it.")


class PersonOut(Schema):
    """A person that your bot has met. The id stays if they change their name."""

    id: str
    username: str = Field(description="The name they were last seen under.")
    full_name: str | None
    former_names: list[FormerNameOut] = Field(description="Their earlier names, the latest first.")
    seen_at: datetime = Field(description="When your bot last met them under their name.")

    @classmethod
    def of(cls, profile: Profile) -> Self:
        return cls.model_validate(_basics(profile))


def _basics(profile: Profile) -> dict[str, object]:
    return {**vars(profile.person), "full_name": profile.full_name, "former_names": profile.former_names}


class PersonDetails(PersonOut):
    """A person with what is known of your messages and their answers."""

    name_holder: str | None = Field(description="The id of another person who has the same username since.")
    do_not_contact: ListedBy | None = Field(description="Who listed them; null if they may be contacted.")
    listed_for_all: bool = Field(description="Whether that holds for every bot.")
    written_at: datetime | None = Field(description="When the last message was sent to them.")
    answered_at: datetime | None = Field(description="When they last answered.")
    opted_out_at: datetime | None = Field(description="When they last asked to be left alone.")

    @classmethod
    def of(cls, profile: Profile) -> Self:
        listed, contact = profile.listed, profile.contact
        known = {
            "name_holder": profile.holder.id if profile.holder else None,
            "do_not_contact": listed[0].source if listed else None,
            "listed_for_all": any(row.user_id is None for row in listed),
            "written_at": contact.written_at if contact else None,
            "answered_at": contact.answered_at if contact else None,
            "opted_out_at": contact.stopped_at if contact else None,
        }
        return cls.model_validate({**_basics(profile), **known})


class EventOut(Schema):
    """One thing that was done with a person, skipped, or still waits."""

    target_id: str
    action_id: str
    action_kind: str
    step_kind: StepKind
    target: str = Field(description="The username, or the short code of a post.")
    status: TargetStatus
    reason: str | None = Field(description="Why it was skipped or failed.")
    error_code: str | None
    text: str | None = Field(description="The text of a message.")
    at: datetime

    @classmethod
    def of(cls, event: Event) -> Self:
        row = event.target
        known = {"target_id": row.id, "action_kind": event.action.kind, "text": event.text, "at": row.happened_at}
        return cls.model_validate({**vars(row), **known})


class PersonAnswer(Answer):
    """A person, and a page of their history, newest first."""

    person: PersonDetails
    history: list[EventOut]
    next: str | None = Field(description="The cursor of the next page of the history; null on the last one.")


class ProfileAnswer(Answer):
    person: PersonDetails


class PeopleListing(Listing):
    items: list[PersonOut]

    @classmethod
    def of(cls, page: Page[Profile]) -> Self:
        return cls(items=[PersonOut.of(profile) for profile in page.items], next=page.next)


class AnsweredOut(Schema):
    """A person who answered a message of your bot. `/conversations` has what they wrote."""

    person_id: str
    username: str
    full_name: str | None
    answered_at: datetime = Field(description="When they last answered.")
    opted_out: bool = Field(description="Whether they asked to be left alone, and that still holds.")
    written_at: datetime = Field(description="When the last message was sent to them.")
    text: str | None = Field(description="The last message that they answered; null if your bot did not send it.")
    action_id: str | None = Field(description="The action that sent it.")

    @classmethod
    def of(cls, found: AnsweredContact) -> Self:
        person, contact = found.person, found.contact
        known = {
            "person_id": person.id,
            "username": person.username,
            "full_name": found.full_name,
            "opted_out": contact.stopped,
            "text": found.text,
            "action_id": found.action_id,
        }
        return cls.model_validate({**vars(contact), **known})


class AnsweredListing(Listing):
    items: list[AnsweredOut]

    @classmethod
    def of(cls, page: Page[AnsweredContact]) -> Self:
        return cls(items=[AnsweredOut.of(found) for found in page.items], next=page.next)


class Sought(Paging):
    """Search for people."""

    q: str | None = Field(
        None, max_length=150, description="A part of the username, of a former one, or of the full name."
    )


class WhichAnswers(Paging):
    """Filter of the people who answered."""

    opted_out: bool | None = Field(None, description="Only those who asked to be left alone, or only the others.")


@bp.get("/people")
@signed_in
@bp.input(Sought, location="query")
@bp.output(PeopleListing)
@raises("BAD_CURSOR")
def find_people(query_data: Sought) -> PeopleListing:
    """List the people that your bot has met, the last met first, or search for some."""
    return PeopleListing.of(people.find_people(me().id, query_data.q, query_data.limit, query_data.cursor))


@bp.get("/people/<uuid:person_id>")
@signed_in
@bp.input(Paging, location="query")
@bp.output(PersonAnswer)
@raises("PERSON_NOT_FOUND", "BAD_CURSOR")
def show_person(person_id: UUID, query_data: Paging) -> PersonAnswer:
    """Show a person and all that was done with them, also under former names."""
    profile = people.get_person(me().id, str(person_id))
    found = people.list_history(me().id, str(person_id), query_data.limit, query_data.cursor)
    history = [EventOut.of(event) for event in found.items]
    return PersonAnswer(person=PersonDetails.of(profile), history=history, next=found.next)


@bp.post("/people/<uuid:person_id>/do-not-contact")
@signed_in
@bp.output(ProfileAnswer)
@raises("PERSON_NOT_FOUND")
def leave_person_alone(person_id: UUID) -> ProfileAnswer:
    """Never contact a person, whatever their name will be. Repeating it changes nothing."""
    return ProfileAnswer(person=PersonDetails.of(people.leave_alone(me().id, str(person_id))))


@bp.delete("/people/<uuid:person_id>/do-not-contact")
@signed_in
@bp.output(ProfileAnswer)
@raises("PERSON_NOT_FOUND", "NOT_ON_THE_LIST", "LISTED_FOR_ALL")
def allow_person(person_id: UUID) -> ProfileAnswer:
    """Remove a person from your do-not-contact list."""
    return ProfileAnswer(person=PersonDetails.of(people.allow_contact(me().id, str(person_id))))


@bp.delete("/people/<uuid:person_id>")
@signed_in
@bp.output(Answer)
@raises("PERSON_NOT_FOUND", "PERSON_IN_USE")
def forget_person(person_id: UUID) -> Answer:
    """Forget a person: their answers, and the names and texts that are kept of them. It cannot be undone.

    They stay on your do-not-contact list if they are on it. Your bot may meet them again as someone new.
    """
    forgetting.forget_person(me().id, str(person_id))
    return Answer()


@bp.get("/inbox")
@signed_in
@bp.input(WhichAnswers, location="query")
@bp.output(AnsweredListing)
@raises("BAD_CURSOR")
def list_answers(query_data: WhichAnswers) -> AnsweredListing:
    """List the people who answered your messages, the latest answer first."""
    asked = query_data
    return AnsweredListing.of(inbox.list_answers(me().id, asked.limit, asked.cursor, opted_out=asked.opted_out))
