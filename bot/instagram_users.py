"""Users who came by way of their Instagram account: made on first use, theirs once Instagram has let them in."""

from datetime import timedelta

from sqlalchemy import select

from bot.audit import audit
from bot.errors import BotException
from bot.last_sign_in import tell_of_new_device
from bot.models import AccountRequest, BotStatus, InstagramCredentials, User, UserSession, new_id
from bot.passwords import hash_password, verify_password
from bot.runtime import now
from bot.scope import IdentitySession, identity
from bot.sessions import Visitor, sessions
from bot.users import INSTAGRAM_PREFIX, add_user

# No text that is typed has this hash: what a stranger tried first is nobody's password.
_UNPROVEN = ""
# Who has not come back for an answer that said no is forgotten with the next one who is made.
_UNPROVEN_LASTS = timedelta(days=1)
_NAME_CHANGED_HANDS = "This name belonged to another Instagram account here."


def sign_in_name(instagram_username: str) -> str:
    """The username here of whoever signs in with that Instagram account."""
    return INSTAGRAM_PREFIX + instagram_username


def find_user(instagram_username: str) -> User | None:
    with identity(reading=True) as session:
        return session.scalars(select(User).where(User.instagram_username == instagram_username)).one_or_none()


def is_proven(user: User) -> bool:
    """Whether Instagram has ever let somebody in as this user."""
    return user.password != _UNPROVEN


def make_user(instagram_username: str) -> User:
    """A user whom no password signs in until Instagram has proved one; or who was made so at this very moment."""
    _forget_stale()
    user = User(
        id=new_id(),
        username=sign_in_name(instagram_username),
        instagram_username=instagram_username,
        password=_UNPROVEN,
        must_change_password=False,
        first_password_expires_at=now() + _UNPROVEN_LASTS,
        created_at=now(),
    )
    try:
        add_user(user, actor_id=None)
    except BotException:
        if made_meanwhile := find_user(instagram_username):
            return made_meanwhile
        raise
    return user


def prove(
    session: IdentitySession, user_id: str, *, name: str, instagram_id: str, password: str, sign_in_id: str | None
) -> None:
    """Instagram let the user in with this password: it is theirs here too, and all sign-ins but this one end.

    Of an account that signs nobody in it changes nothing. Raises INSTAGRAM_ACCOUNT_TAKEN where the name has gone to
    another account since: its new owner is not to see what the old one did. The caller commits.
    """
    user = session.get_one(User, user_id, with_for_update=True)
    if user.instagram_username != name:
        return
    if user.instagram_id not in (None, instagram_id):
        raise BotException("INSTAGRAM_ACCOUNT_TAKEN", _NAME_CHANGED_HANDS)
    user.instagram_id, user.first_password_expires_at, user.must_change_password = instagram_id, None, False
    if not verify_password(user.password, password):
        user.password = hash_password(password)
    waited = session.get(UserSession, sign_in_id or "")
    if waited and waited.needs_code:
        tell_of_new_device(session, user, Visitor(waited.ip, waited.user_agent))
    sessions.end_others(session, user, "password_changed", sign_in_id)
    audit(session, "proved_by_instagram", actor_id=user.id)


def forget_unproven(user_id: str) -> None:
    """Removes a user whom Instagram has not let in, unless somebody waits for an answer of it. Commits."""
    with identity(user_id) as session:
        # Whoever asks Instagram something takes it first.
        session.scalars(select(BotStatus).where(BotStatus.user_id == user_id).with_for_update()).one_or_none()
        user = session.get(User, user_id)
        waits = select(AccountRequest.id).where(
            AccountRequest.user_id == user_id, AccountRequest.status.in_(("queued", "running"))
        )
        asked = select(InstagramCredentials.id).where(InstagramCredentials.user_id == user_id)
        if user is None or is_proven(user) or session.scalars(waits.union_all(asked)).first():
            return
        _erase(session, user)
        session.commit()


def _forget_stale() -> None:
    with identity() as session:
        unproven = select(User).where(User.instagram_username.is_not(None), User.password == _UNPROVEN)
        for user in session.scalars(unproven.where(User.first_password_expires_at < now())):
            _erase(session, user)
        session.commit()


def _erase(session: IdentitySession, user: User) -> None:
    session.delete(user)
    audit(session, "user_erased", actor_id=None, subject_id=user.id)
