"""Mails: their delivery, for administrators, and the outbox of the demo."""

from datetime import datetime
from typing import Self

from flask import request
from pydantic import Field

from api.answers import Answer, Listing, Paging, Schema
from api.blueprint import blueprint, raises
from bot.inputs.pagination import Page
from bot.mail import outbox
from bot.mail.outbox import OutboxMail
from bot.storage.models import Mail
from bot.storage.models.mail import MailState
from middleware.access import public, require_role, visitor

bp = blueprint("mail", "Mails")


class MailDetails(Schema):
    """The delivery of a mail. Only its recipient can read its text."""

    id: str
    recipient: str
    purpose: str
    subject: str
    state: MailState
    tries: int
    error_code: str | None = Field(description="Why the last try failed.")
    created_at: datetime
    due_at: datetime | None = Field(description="When it is tried next.")
    sent_at: datetime | None


class MailListing(Listing):
    items: list[MailDetails]

    @classmethod
    def of(cls, page: Page[Mail]) -> Self:
        return cls(items=[MailDetails.model_validate(row) for row in page.items], next=page.next)


class LetterDetails(Schema):
    """A mail of the demo, as its recipient would read it."""

    id: str
    recipient: str
    subject: str
    text: str
    created_at: datetime


class OutboxAnswer(Answer):
    items: list[LetterDetails]

    @classmethod
    def of(cls, letters: list[OutboxMail]) -> Self:
        return cls(items=[LetterDetails.model_validate(letter) for letter in letters])


@bp.get("/admin/mails")
@require_role("admin")
@bp.input(Paging, location="query")
@bp.output(MailListing)
@raises("BAD_CURSOR")
def list_mails(query_data: Paging) -> MailListing:
    """List the mails of the last 30 days and their delivery, newest first."""
    return MailListing.of(outbox.list_mails(query_data.limit, query_data.cursor))


@bp.get("/outbox")
@public
@bp.output(OutboxAnswer)
@raises("NOT_FOUND")
def show_outbox() -> OutboxAnswer:
    """List the latest mails of the demo. Only callers on the same machine may."""
    return OutboxAnswer.of(outbox.outbox(visitor(), request.host))
