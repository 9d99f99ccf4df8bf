"""answered: people who have answered a message of the bot."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from sqlalchemy import select

from bot.actions.targets import Candidate
from bot.contacts.people import FORGOTTEN
from bot.inputs.pagination import Page, page
from bot.plans.source import Found, Reader, Source
from bot.plans.step import Unit
from bot.storage.models import Contact
from bot.storage.tenancy import tenant

_PAGE = 50


class Answered(Source):
    """People who have answered a message of the bot, the latest first, but those who asked to be left alone."""

    kind: Literal["answered"] = "answered"
    words: ClassVar[str] = "people who answered you"

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        query = select(Contact).where(
            Contact.answered_at.is_not(None),
            Contact.stopped.is_(False),
            Contact.username.not_like(f"{FORGOTTEN}-%"),
        )
        keys: Any = (Contact.answered_at, Contact.id)
        with tenant(bot.user_id, reading=True) as session:
            found: Page[Contact] = page(session, query, keys, _PAGE, cursor)
        return Found([Candidate(one.username, one.username, one.instagram_id) for one in found.items], found.next)
