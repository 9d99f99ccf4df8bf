"""The stored session of an account, as the client of a bot at work takes and leaves it."""

from typing import NamedTuple

from sqlalchemy import select

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.history.activity import record
from bot.linking.app_versions import app_version_of, takes_own_app
from bot.phones.devices import place_for
from bot.phones.places import Place
from bot.storage.bot_lock import locked_status
from bot.storage.models import InstagramCredentials
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import tenant
from bot.vault.credentials import open_secret, seal_secret


class InstagramSession(NamedTuple):
    """The Instagram session and the proxy of an account in the clear, and the version of the two.

    `own_app` says that the account takes the app version of the client from now on. `place` is where its phone is.
    """

    text: str
    version: str
    proxy: str | None
    own_app: bool
    place: Place


def load_instagram_session(user_id: str, *, unless_version: str | None = None) -> InstagramSession | None:
    """Return the input of a client, or None if it still has `unless_version`. Raises SESSION_INVALID without a
    session.
    """
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        if account is None or account.session_data_encrypted is None:
            raise BotException("SESSION_INVALID")
        if account.version == unless_version:
            return None
        text, proxy = open_secret(account, "session") or "", open_secret(account, "proxy")
        return InstagramSession(
            text, account.version, proxy, takes_own_app(session), place_for(session, account.username)
        )


def store_instagram_session(user_id: str, version: str, text: str) -> None:
    """Store the session after a worker's calls, unless another one was linked meanwhile. Commits."""
    with tenant(user_id) as session:
        account = session.scalars(select(InstagramCredentials).with_for_update()).one_or_none()
        if account and account.version == version and account.session_data_encrypted:
            seal_instagram_session(account, text)
            account.updated_at = now()
            session.commit()


def seal_instagram_session(account: InstagramCredentials, text: str) -> None:
    seal_secret(account, "session", text)
    account.app_version = app_version_of(text)


def nightly_test_passed(user_id: str, version: str, text: str) -> None:
    """The nightly test found that the stored session works: keeps its refreshed form, and when that was. Commits."""
    store_instagram_session(user_id, version, text)
    with tenant(user_id) as session:
        status = locked_status(session)
        status.last_tested = now()
        record(session, "test", ActivityStatus.DONE, target=status.instagram_username)
        session.commit()
