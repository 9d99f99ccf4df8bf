"""Linking the Instagram account: what a person asks for, and what the worker answers."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from redis.exceptions import RedisError
from sqlalchemy import select, update
from structlog.contextvars import get_contextvars

from bot.activity import record
from bot.bots import locked_status, valid_status
from bot.errors import BotException
from bot.models import OPEN, AccountRequest, Action, ActionTarget, BotStatus, InstagramCredentials, new_id
from bot.pushback import forget_error
from bot.queue import submit_request
from bot.runtime import now, runtime
from bot.scope import TenantSession, tenant
from bot.users import Params

WAIT_SECONDS = 25.0
_LOOK_EVERY = 0.15
# A worker ends any request within its network timeouts; one older than this was left by a worker that died.
ABANDONED_AFTER = timedelta(seconds=120)


class Link(Params):
    username: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^@?[A-Za-z0-9._]{1,30}$")] = Field(
        description="The username at Instagram: letters, digits, dots and underscores."
    )
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)] = Field(
        description="The password at Instagram; it is stored encrypted."
    )


class Code(Params):
    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9 ]{4,12}$")] = Field(
        description="The code that Instagram sent, or that the authenticator shows."
    )


@dataclass(frozen=True)
class Answer:
    """The state of a request; `pending` while no worker has ended it."""

    id: str
    kind: str
    pending: bool
    result: dict[str, object]
    last_tested: datetime | None


def link(user_id: str, params: Link, *, wait: float = WAIT_SECONDS) -> Answer:
    """Asks a worker to sign in at Instagram. Raises what Instagram answered, INSTANCE_BUSY and QUEUE_UNAVAILABLE."""
    username = params.username.removeprefix("@").lower()
    return _ask(user_id, "link", username=username, secret=params.password, wait=wait)


def verify(user_id: str, params: Code, *, wait: float = WAIT_SECONDS) -> Answer:
    """Hands the code of a waiting sign-in to a worker. Raises NO_CODE_EXPECTED and INSTAGRAM_CODE_EXPIRED as well."""
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
    if account is None or account.verification_kind not in ("two_factor", "challenge"):
        raise BotException("NO_CODE_EXPECTED")
    if account.verification_expires_at is None or account.verification_expires_at <= now():
        raise BotException("INSTAGRAM_CODE_EXPIRED")
    return _ask(user_id, "verify", secret=params.code.replace(" ", ""), wait=wait)


def test_session(user_id: str, *, wait: float = WAIT_SECONDS) -> Answer:  # noqa: PT028  not a test
    """Asks a worker whether the stored session still works. Raises NOT_LINKED and what Instagram answered."""
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
    if account is None:
        raise BotException("NOT_LINKED")
    return _ask(user_id, "test", wait=wait)


def preview(user_id: str, kind: str, details: dict[str, Any], *, wait: float = WAIT_SECONDS) -> Answer:
    """Asks a worker whom an order would find and leave out. Raises SESSION_INVALID and what Instagram answered."""
    with tenant(user_id) as session:
        valid_status(session)
    return _ask(user_id, "preview", params={"kind": kind, "params": details}, wait=wait)


def _ask(
    user_id: str,
    kind: str,
    *,
    wait: float,
    username: str | None = None,
    secret: str | None = None,
    params: dict[str, Any] | None = None,
) -> Answer:
    request_id = _write_request(user_id, kind, username, secret, params)
    try:
        submit_request(runtime().redis, user_id, request_id, request_id=get_contextvars().get("request_id"))
    except RedisError:
        _fail_unsent(user_id, request_id)
        raise BotException("QUEUE_UNAVAILABLE") from None
    return _wait(user_id, request_id, wait)


def _write_request(
    user_id: str, kind: str, username: str | None, secret: str | None, params: dict[str, Any] | None
) -> str:
    row_id, moment = new_id(), now()
    with tenant(user_id) as session:
        locked_status(session)
        for other in session.scalars(select(AccountRequest).where(AccountRequest.status.in_(("queued", "running")))):
            if other.created_at > moment - ABANDONED_AFTER:
                raise BotException("INSTANCE_BUSY")
            _end(other, error=BotException("REQUEST_ABANDONED"))
        sealed = secret and runtime().vault.seal(secret, purpose="account_request", user_id=user_id, row=row_id)
        session.add(
            AccountRequest(
                id=row_id,
                user_id=user_id,
                kind=kind,
                username=username,
                secret_encrypted=sealed or None,
                params=params,
                created_at=moment,
            )
        )
        session.commit()
    return row_id


def _fail_unsent(user_id: str, request_id: str) -> None:
    with tenant(user_id) as session:
        _end(session.get_one(AccountRequest, request_id), error=BotException("QUEUE_UNAVAILABLE"))
        session.commit()


def _wait(user_id: str, request_id: str, seconds: float) -> Answer:
    deadline, never = time.monotonic() + seconds, threading.Event()
    while (answer := get_request(user_id, request_id)).pending and time.monotonic() < deadline:
        never.wait(_LOOK_EVERY)
    return answer


def get_request(user_id: str, request_id: str) -> Answer:
    """How a request stands. Raises what it failed with, REQUEST_NOT_FOUND and REQUEST_ABANDONED."""
    with tenant(user_id, reading=True) as session:
        row = session.scalars(select(AccountRequest).where(AccountRequest.id == request_id)).one_or_none()
        status = session.scalars(select(BotStatus)).one()
    if row is None:
        raise BotException("REQUEST_NOT_FOUND")
    if row.status == "failed" and row.error_code:
        raise _told(row)
    if row.status != "done" and row.created_at < now() - ABANDONED_AFTER:
        raise BotException("REQUEST_ABANDONED")
    return Answer(row.id, row.kind, row.status != "done", dict(row.result or {}), status.last_tested)


def _told(row: AccountRequest) -> BotException:
    """The exception that the worker recorded, raised again for the person who waits."""
    from bot.errors import find_code

    entry = find_code(row.error_code)
    return BotException(entry.name, row.error_message) if entry else BotException("INTERNAL", code=row.error_code)


def unlink(user_id: str) -> None:
    """Forgets session and credentials, stops the bot and marks the session invalid, at once and without Instagram."""
    with tenant(user_id) as session:
        status = locked_status(session)
        for request in session.scalars(select(AccountRequest).where(AccountRequest.status.in_(("queued", "running")))):
            _end(request, error=BotException("REQUEST_WITHDRAWN"))
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        if account:
            forget_account(session, status, account)
        status.instagram_username = None
        record(session, "unlink", "done")
        session.commit()


def forget_account(session: TenantSession, status: BotStatus, account: InstagramCredentials) -> None:
    """Removes the account's secrets, stops the bot and cancels what was ordered for it; the caller commits."""
    session.delete(account)
    status.session_valid = status.bot_running = False
    forget_error(status)
    session.execute(
        update(Action)
        .where(Action.status.in_(OPEN))
        .values(status="cancelled", finished_at=now())
        .execution_options(synchronize_session=False)
    )
    # A step that still runs corrects this when it ends.
    session.execute(
        update(ActionTarget)
        .where(ActionTarget.status == "working")
        .values(status="unknown", finished_at=now())
        .execution_options(synchronize_session=False)
    )
    session.flush()


def _end(row: AccountRequest, *, result: dict[str, object] | None = None, error: BotException | None = None) -> None:
    row.secret_encrypted, row.finished_at = None, now()
    row.status = "failed" if error else "done"
    row.result = result
    if error:
        row.error_code, row.error_message = error.code, error.message


def end_request(
    session: TenantSession,
    request_id: str,
    *,
    result: dict[str, object] | None = None,
    error: BotException | None = None,
) -> None:
    """Ends a request and forgets its secret; the caller commits."""
    row = open_request(session, request_id)
    if row is not None:
        _end(row, result=result, error=error)


def open_request(session: TenantSession, request_id: str) -> AccountRequest | None:
    """The request, locked, while it waits for its end; None once it has ended or was withdrawn."""
    query = select(AccountRequest).where(AccountRequest.id == request_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return row if row is not None and row.status in ("queued", "running") else None
