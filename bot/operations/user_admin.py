"""What administrators do to users: find them, disable and enable them, change role, name and address."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from bot.auth.sessions import SessionInfo, sessions
from bot.automation.lifecycle import halt
from bot.automation.status import BotReport, bot_report
from bot.core.errors import BotException, invalid
from bot.history.audit import audit, refusals_audited
from bot.inputs.mail_addresses import MailAddress
from bot.inputs.pagination import Page, page
from bot.inputs.params import Params
from bot.storage.bot_lock import locked_status
from bot.storage.models import BotStatus, User
from bot.storage.models.values import Role
from bot.storage.tenancy import IdentitySession, identity, identity_within, tenant
from bot.users.directory import Username, require_free_prefix
from bot.users.email_addresses import address_was_set

# One's own address is changed in the settings, which ask again who one is: else a sign-in that was left open would do.
_NOT_ONES_OWN = frozenset({"is_active", "role", "email"})


class UserChange(Params):
    """What is left out, or null, stays; an e-mail address that is null is taken away."""

    is_active: bool | None = Field(None, description="False ends all sign-ins of the user at once and stops the bot.")
    role: Role | None = None
    username: Username | None = Field(None, description="2 to 32 letters, digits, dots, dashes or underscores.")
    email: MailAddress | None = None


@dataclass(frozen=True)
class Listed:
    """A user beside the state of their bot, and what it does or why not."""

    user: User
    bot: BotStatus
    report: BotReport


def list_users(limit: int, cursor: str | None, search: str | None = None) -> Page[Listed]:
    """All users, newest first; with `search` those whose name or address holds it. Raises BAD_CURSOR."""
    query = select(User)
    if search and (sought := search.strip().lower()):
        by_address = func.lower(User.email).contains(sought, autoescape=True)
        query = query.where(or_(User.username.contains(sought, autoescape=True), by_address))
    with identity(reading=True) as session:
        found: Page[User] = page(session, query, (User.created_at, User.id), limit, cursor)
    return Page([Listed(user, _status_of(user.id), bot_report(user.id)) for user in found.items], found.next)


def _status_of(user_id: str) -> BotStatus:
    """Read as that user: nobody sees the rows of several at once."""
    with tenant(user_id, reading=True) as session:
        return session.scalars(select(BotStatus)).one()


RULES = ("OWN_RIGHTS", "LAST_ADMIN")
"""What keeps an administrator from what they may do to all others."""


def change_user(admin: SessionInfo, user_id: str, params: UserChange) -> User:
    """Changes what is named. Disabling ends every sign-in of the user and stops the bot; enabling starts nothing.

    Raises USER_NOT_FOUND, OWN_RIGHTS, LAST_ADMIN and USERNAME_TAKEN, and changes nothing then. Commits.
    """
    refused = refusals_audited("admin_refused", *RULES, actor_id=admin.id, subject_id=user_id)
    with refused, tenant(user_id) as session:
        # First, as who claims a step does: what was read before this does not count any more.
        status = locked_status(session)
        with identity_within(session) as people:
            user = people.get_one(User, user_id)
            changes = _changes(user, params)
            if user_id == admin.id and changes.keys() & _NOT_ONES_OWN:
                raise BotException("OWN_RIGHTS")
            if changes.get("is_active") is False or changes.get("role") == "user":
                keep_an_admin(people, user_id)
            _apply(people, user, changes, admin)
        if not user.is_active:
            halt(session, status)
        session.commit()
    return user


def keep_an_admin(session: IdentitySession, user_id: str) -> None:
    """Raises LAST_ADMIN where nobody else may administer; holds all who may until the commit, so that two who
    leave at once do not both count on the other.
    """
    active = select(User.id).where(User.role == "admin", User.is_active).order_by(User.id).with_for_update()
    admins = session.scalars(active).all()
    if user_id in admins and len(admins) == 1:
        raise BotException("LAST_ADMIN")


def _changes(user: User, params: UserChange) -> dict[str, Any]:
    values = {name: getattr(params, name) for name in params.model_fields_set}
    if values.get("username"):
        values["username"] = values["username"].lower()
    changes = {
        name: value
        for name, value in values.items()
        if (value is not None or name == "email") and value != getattr(user, name)
    }
    # Who came by way of Instagram has such a name, and may keep it.
    require_free_prefix(changes.get("username", ""))
    return changes


def _apply(session: IdentitySession, user: User, changes: dict[str, Any], admin: SessionInfo) -> None:
    before = user.email if user.email_verified_at else None
    for name, value in changes.items():
        setattr(user, name, value)
    if "email" in changes:
        user.email_verified_at = None
        address_was_set(session, user, before)
    try:
        session.flush()
    except IntegrityError:
        raise invalid("username", "This username is taken.", "USERNAME_TAKEN") from None
    if changes.get("is_active") is False:
        sessions.end_all(session, user, "disabled")
    for name, value in changes.items():
        event = _EVENTS[name] if name != "is_active" else "user_enabled" if value else "user_disabled"
        # Names and addresses stay out of what can never be removed again.
        detail = value if name == "role" else None
        audit(session, event, actor_id=admin.id, subject_id=user.id, detail=detail)


_EVENTS = {"role": "role_changed", "username": "username_changed", "email": "email_set"}
