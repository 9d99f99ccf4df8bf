"""The end of a linked account: its secrets are forgotten, its bot stops, its actions are cancelled."""

from sqlalchemy import select, update

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.pushback import forget_error
from bot.history.activity import record
from bot.history.audit import audit_own
from bot.linking.requests import end, open_requests
from bot.storage.bot_lock import locked_status
from bot.storage.models import OPEN, Action, BotStatus, Contact, InstagramCredentials
from bot.storage.models.values import ActionStatus, ActivityStatus
from bot.storage.target_states import abandon, stop_looking_up
from bot.storage.tenancy import TenantSession, tenant


def unlink(user_id: str) -> None:
    """Delete session and credentials, stop the bot and mark the session invalid, without Instagram. Commits."""
    with tenant(user_id) as session:
        status = locked_status(session)
        for request in open_requests(session):
            end(request, error=BotException("REQUEST_WITHDRAWN"))
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        if account:
            forget_account(session, status, account)
        status.instagram_username = None
        record(session, "unlink", ActivityStatus.DONE)
        audit_own(session, "account_unlinked")
        session.commit()


def forget_account(session: TenantSession, status: BotStatus, account: InstagramCredentials) -> None:
    """Delete the account's secrets, stop the bot and cancel its actions. The caller commits.

    Its inbox counts as unread: what is read of another one tells nothing of it, if it is linked again.
    """
    session.delete(account)
    status.session_valid = status.bot_running = False
    status.replies_read_at = status.replies_failed_at = status.inbox_place = None
    session.execute(update(Contact).values(unread=None).execution_options(synchronize_session=False))
    forget_error(status)
    session.execute(
        update(Action)
        .where(Action.status.in_(OPEN))
        .values(status=ActionStatus.CANCELLED, finished_at=now())
        .execution_options(synchronize_session=False)
    )
    # A step that still runs corrects this when it ends.
    abandon(session, now())
    # Another account could not tell what this one did.
    for row in stop_looking_up(session):
        record(session, row.step_kind, ActivityStatus.DONE, target=row.target, action_id=row.action_id)
    session.flush()
