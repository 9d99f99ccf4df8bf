"""Users who come through their Instagram account: created on first use, proven once Instagram has let them in."""

from datetime import timedelta

from sqlalchemy import select, update

from bot.auth.passwords import hash_password, verify_password
from bot.auth.sessions import sessions
from bot.auth.sign_in_notices import notify_new_device
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.storage.models import AccountRequest, BotStatus, InstagramCredentials, User, UserSession, new_id
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import INSTAGRAM_PREFIX, add_user

# No typed text has this hash, so a stranger's first guess becomes no password.
_UNPROVEN = ""
# A user who does not come back for an answer is deleted after the first time, a refused one after the second.
_UNPROVEN_LASTS = timedelta(days=1)
_REFUSED_LASTS = timedelta(minutes=2)
_NAME_CHANGED_HANDS = "This name belonged to another Instagram account here."


def sign_in_name(instagram_username: str) -> str:
    """Return the username here of the user of that Instagram account."""
    return INSTAGRAM_PREFIX + instagram_username


def find_user(instagram_username: str) -> User | None:
    with identity(reading=True) as session:
        return session.scalars(select(User).where(User.instagram_username == instagram_username)).one_or_none()


def is_proven(user: User) -> bool:
    """Return whether Instagram has ever let a person in as this user."""
    return user.password != _UNPROVEN


def unproven_user(instagram_username: str) -> User:
    """Return the user of the name, or create one that no password signs in until Instagram has proved one."""
    known = find_user(instagram_username)
    if known is None:
        return _make_user(instagram_username)
    if not is_proven(known):
        _last(known.id, _UNPROVEN_LASTS)
    return known


def _make_user(instagram_username: str) -> User:
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
    """Record that Instagram let the user in with this password, and end all sign-ins but this one. The caller commits.

    The password becomes theirs here. It changes nothing for an account that signs no user in. Raises
    INSTAGRAM_ACCOUNT_TAKEN if the name has gone to another account since, whose owner must not see the data of the old
    one.
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
        notify_new_device(session, user, Visitor(waited.ip, waited.user_agent))
    sessions.end_others(session, user, "password_changed", sign_in_id)
    audit(session, "proved_by_instagram", actor_id=user.id)


def refuse_user(user_id: str) -> None:
    """Plan the deletion of an unproven user that Instagram refused, unless a request still waits. Commits.

    It is not immediate, so that others with the same input at the same time get the same answer.
    """
    with identity(user_id) as session:
        # Every request to Instagram takes this lock first.
        session.scalars(select(BotStatus).where(BotStatus.user_id == user_id).with_for_update()).one_or_none()
        user = session.get(User, user_id)
        if user is None or is_proven(user) or _waits(session, user_id):
            return
        user.first_password_expires_at = now() + _REFUSED_LASTS
        session.commit()


def _last(user_id: str, length: timedelta) -> None:
    with identity(user_id) as session:
        mine = User.id == user_id, User.password == _UNPROVEN
        session.execute(update(User).where(*mine).values(first_password_expires_at=now() + length))
        session.commit()


def _waits(session: IdentitySession, user_id: str) -> bool:
    """Return whether a request of the user is open, or a code of Instagram can still be sent."""
    asked = AccountRequest.user_id == user_id, AccountRequest.status.in_(("queued", "running"))
    awaited = InstagramCredentials.user_id == user_id, InstagramCredentials.verification_expires_at > now()
    rows = select(AccountRequest.id).where(*asked).union_all(select(InstagramCredentials.id).where(*awaited))
    return session.scalars(rows).first() is not None


def forget_unproven() -> None:
    """Delete unproven users whose time is over. The clock calls it. Commits."""
    with identity(reading=True) as session:
        unproven = select(User.id).where(User.instagram_username.is_not(None), User.password == _UNPROVEN)
        over = session.scalars(unproven.where(User.first_password_expires_at < now())).all()
    for user_id in over:
        _forget(user_id)


def _forget(user_id: str) -> None:
    with identity(user_id) as session:
        session.scalars(select(BotStatus).where(BotStatus.user_id == user_id).with_for_update()).one_or_none()
        user = session.get(User, user_id, with_for_update=True)
        ends = user.first_password_expires_at if user else None
        if user is None or ends is None or ends >= now() or is_proven(user) or _waits(session, user_id):
            return
        _erase(session, user)
        session.commit()


def _erase(session: IdentitySession, user: User) -> None:
    session.delete(user)
    audit(session, "user_erased", actor_id=None, subject_id=user.id)
