"""Administration of users: find, disable and enable them; change role, name and address."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.auth.sessions import SessionInfo, sessions
from bot.automation.lifecycle import halt
from bot.automation.status import BotReport, bot_report
from bot.core.errors import BotException, invalid
from bot.history.audit import audit, refusals_audited
from bot.inputs.mail_addresses import MailAddress
from bot.inputs.pagination import Page
from bot.inputs.params import Params
from bot.storage.bot_lock import locked_status
from bot.storage.models import User
from bot.storage.models.values import Role
from bot.storage.tenancy import IdentitySession, identity_within, tenant
from bot.users import directory
from bot.users.directory import Username, require_free_prefix
from bot.users.email_addresses import address_was_set

# Administrators change their own address in the settings, which ask for the password again. Otherwise a sign-in that
# was left open would suffice.
_NOT_ONES_OWN = frozenset({"is_active", "role", "email"})


class UserChange(Params):
    """The changes. Omitted fields and null stay, except that a null e-mail address is removed."""

    is_active: bool | None = Field(None, description="False ends all sign-ins of the user at once and stops the bot.")
    role: Role | None = None
    username: Username | None = Field(None, description="2 to 32 letters, digits, dots, dashes or underscores.")
    email: MailAddress | None = None


@dataclass(frozen=True)
class Listed:
    """A user with the status of their bot."""

    user: User
    report: BotReport


def list_users(limit: int, cursor: str | None, search: str | None = None) -> Page[Listed]:
    """Return a page of users, newest first. `search` matches parts of name or address. Raises BAD_CURSOR."""
    found = directory.list_users(limit, cursor, search)
    # Each is read as that user, because no session sees several users.
    return Page([Listed(user, bot_report(user.id)) for user in found.items], found.next)


RULES = ("OWN_RIGHTS", "LAST_ADMIN")
"""Names of the rules that stop an administrator from a change that is allowed otherwise."""


def change_user(admin: SessionInfo, user_id: str, params: UserChange) -> User:
    """Change the given fields. Disabling ends every sign-in of the user and stops the bot. Enabling starts nothing.
    Commits.

    Raises USER_NOT_FOUND, OWN_RIGHTS, LAST_ADMIN and USERNAME_TAKEN, and changes nothing then.
    """
    refused = refusals_audited("admin_refused", *RULES, actor_id=admin.id, subject_id=user_id)
    with refused, tenant(user_id) as session:
        # Locked first, as a claim of a step does. Earlier reads no longer count.
        status = locked_status(session)
        with identity_within(session) as people:
            user = people.get_one(User, user_id)
            changes = _changes(user, params)
            if user_id == admin.id and changes.keys() & _NOT_ONES_OWN:
                raise BotException("OWN_RIGHTS")
            if changes.get("is_active") is False or changes.get("role") == "user":
                require_another_admin(people, user_id)
            _apply(people, user, changes, admin)
        if not user.is_active:
            halt(session, status)
        session.commit()
    return user


def require_another_admin(session: IdentitySession, user_id: str) -> None:
    """Raise LAST_ADMIN if no other active administrator exists.

    It locks all of them until the commit, so that two who leave at once do not rely on each other.
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
    # A user who came through Instagram has such a name and may keep it.
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
        # Names and addresses stay out of a log that never loses an entry.
        detail = value if name == "role" else None
        audit(session, event, actor_id=admin.id, subject_id=user.id, detail=detail)


_EVENTS = {"role": "role_changed", "username": "username_changed", "email": "email_set"}
