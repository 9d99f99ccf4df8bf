"""People with a login, each with the verdict of their bot, and the latest events about one of them."""

from dataclasses import dataclass

from bot.fleet.bots import FleetBot, bots_of
from bot.inputs.pagination import Page
from bot.operations.audit_report import Audited, AuditFilter, list_audit
from bot.storage.models import User
from bot.users import directory

EVENTS = 20


@dataclass(frozen=True)
class Person:
    """A user with their bot."""

    user: User
    bot: FleetBot


def list_people(limit: int, cursor: str | None, search: str | None = None) -> Page[Person]:
    """Return a page of users, newest first. `search` matches parts of name or address. Raises BAD_CURSOR."""
    found = directory.list_users(limit, cursor, search)
    bots = bots_of([user.id for user in found.items])
    return Page([Person(user, bots[user.id]) for user in found.items if user.id in bots], found.next)


def latest_events(user_id: str) -> list[Audited]:
    """Return the latest entries of the audit log by or about the user, newest first, at most EVENTS."""
    by, about = (
        list_audit(EVENTS, None, wanted).items for wanted in (AuditFilter(who=user_id), AuditFilter(whom=user_id))
    )
    found = {one.entry.id: one for one in (*by, *about)}
    return sorted(found.values(), key=lambda one: (one.entry.at, one.entry.id), reverse=True)[:EVENTS]
