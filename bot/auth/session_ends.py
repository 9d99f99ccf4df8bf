"""Words for a browser or program whose sign-in has ended without it, told only to the holder of its token."""

from sqlalchemy import select

from bot.auth.sessions import FULL, idle_end, row_end
from bot.core.tokens import digest
from bot.storage.models import User, UserSession
from bot.storage.tenancy import identity

_SECOND_FACTOR = "You were signed out here because your second factor was changed."
TOLD = {
    "ended_by_user": "You were signed out here from another device.",
    "ended_by_admin": "An admin signed you out here.",
    "password_changed": "You were signed out here because your password was changed.",
    "password_reset": "You were signed out here because your password was reset.",
    "second_factor_on": _SECOND_FACTOR,
    "second_factor_off": _SECOND_FACTOR,
    "second_factor_reset": _SECOND_FACTOR,
    "disabled": "You were signed out here because an admin disabled your login.",
    "withdrawn": "You were signed out here and on all your other devices.",
    "expired": "You were signed out here because a sign-in lasts only so long.",
    "idle": "You were signed out here because you had not used this site for some time.",
}
"""Sentences by the reason of the end. A person who signed out needs none."""


def told_end(token: str) -> str | None:
    """Return why the sign-in of this token has ended, or None if it is unknown, in use, or its user signed out.

    Nothing is stored for this: the row of a sign-in keeps its end for 90 days. Only a token of 256 bits finds it.
    """
    with identity(reading=True) as session:
        query = select(UserSession, User).join(User, User.id == UserSession.user_id)
        mine = UserSession.token_hash == digest(token), UserSession.kind.in_(FULL)
        row = session.execute(query.where(*mine)).one_or_none()
    if row is None:
        return None
    end = row_end(row.UserSession, row.User) or idle_end(row.UserSession, row.UserSession.last_seen_at)
    return TOLD.get(end.reason) if end else None
