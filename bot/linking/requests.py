"""Requests about the Instagram account: they wait for the worker's answer."""

import json
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import select
from structlog.contextvars import get_contextvars

from bot.automation.lifecycle import valid_status
from bot.config.runtime import now, runtime
from bot.core.errors import BotException, find_code, invalid
from bot.decision.blocks import require_not_blocked
from bot.decision.pushback import forget_error
from bot.decision.sources import source_failure
from bot.history.audit import audit_own
from bot.lanes.queue import submit_request
from bot.linking import dry_runs
from bot.linking import proxy as linking_proxy
from bot.linking.link_forms import Code, Link, SendCode
from bot.linking.proxy import ProxyReport
from bot.linking.typed import Typed
from bot.phones.choice import Proxied, choose_phone
from bot.storage.bot_lock import locked_status
from bot.storage.models import AccountRequest, BotStatus, InstagramCredentials, new_id
from bot.storage.models.values import RequestKind, RequestStatus
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.columns import seal
from bot.vault.credentials import can_open, open_secret, seal_secret

WAIT_SECONDS = 25.0
POLL_INTERVAL = 0.15
# A worker ends any request within its network timeouts. An older one was left by a worker that died.
ABANDONED_AFTER = timedelta(seconds=120)
# How often a code is sent again.
MAX_SENDS = 5
SENDS_WITHIN = timedelta(minutes=30)
_AGAIN: dict[RequestKind, str] = {
    RequestKind.LINK: "sign in again",
    RequestKind.VERIFY: "type the code again",
    RequestKind.IMPORT: "import the session again",
    RequestKind.SEND_CODE: "ask for the code again",
    RequestKind.TEST: "test the connection again",
    RequestKind.PREVIEW: "look again",
    RequestKind.CHECK: "check again",
}
# An imported session that Instagram wants confirmed is not proved, so it is not stored and cannot be tested later.
NOT_PROVED_YET = ("INSTAGRAM_CHALLENGE", "INSTAGRAM_CONFIRM_IN_APP", "INSTAGRAM_UNKNOWN_STEP")
NOT_PROVED = "Open Instagram, confirm that it was you, then import the session again."
PROXY_FAILURES = ("INSTAGRAM_PROXY_FAILED", "PROXY_FORBIDDEN", "PROXY_NOT_FOUND")


@dataclass(frozen=True)
class Answer:
    """The state of a request. `pending` while no worker has ended it."""

    id: str
    kind: str
    pending: bool
    result: dict[str, object]
    last_tested: datetime | None


def link(
    user_id: str,
    params: Link,
    *,
    sign_in_id: str | None = None,
    typed: Typed | None = None,
    wait: float = WAIT_SECONDS,
) -> Answer:
    """Ask a worker to sign in at Instagram. Raises INSTANCE_BUSY, QUEUE_UNAVAILABLE and the errors that Instagram
    causes.

    A proxy raises the errors of `change_proxy` except NOT_LINKED. `sign_in_id` is the caller's sign-in. `typed` is set
    for a caller without one: equal inputs share one answer, and AnsweredHere is raised if Instagram need not be asked.
    """
    username = params.username
    proxy = linking_proxy.check_proxy(params.proxy).url if params.proxy else None
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        known = account if account and account.username == username else None
        phone = choose_phone(session, username, params, proxy=proxied(known, proxy))
    request = AccountRequest(kind="link", username=username, params=phone.dump(), sign_in_id=sign_in_id)
    return ask(user_id, request, secret=json.dumps([params.password, proxy]), wait=wait, typed=typed)


def typed_link(text: str) -> tuple[str, str | None]:
    """Return password and proxy of a link from the secret of its request."""
    password, proxy = json.loads(text)
    return password, proxy


def proxied(account: InstagramCredentials | None, proxy: str | None) -> Proxied:
    """Return which proxy a known account has if it is linked with this one, or None.

    Raises VAULT_REFUSED if the old one would stay but cannot be read: the account takes no other way unasked. Raises
    PROXY_IN_CHALLENGE if Instagram waits for an answer through another one.
    """
    if proxy is None:
        return "kept" if open_secret(account, "proxy") else "none"
    if account is None or (not (same := _is_set(account, proxy)) and not _waits(account)):
        return "new"
    if not same:
        raise BotException("PROXY_IN_CHALLENGE")
    return "kept"


def _waits(account: InstagramCredentials) -> bool:
    return account.verification_expires_at is not None and account.verification_expires_at > now()


def _is_set(account: InstagramCredentials, proxy: str | None) -> bool:
    return can_open(account, "proxy") and open_secret(account, "proxy") == proxy


def proxy_report(user_id: str) -> ProxyReport | None:
    """Return what may be shown of the account's proxy, or None if it has none."""
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
    if account is None or account.proxy_encrypted is None:
        return None
    if not can_open(account, "proxy"):
        return ProxyReport(None, None, None, has_credentials=True)
    return linking_proxy.report_of(open_secret(account, "proxy") or "")


def change_proxy(session: TenantSession, proxy: str | None) -> None:
    """Set the account's proxy to a checked one, or remove it. The caller has locked the status and commits.

    Raises NOT_LINKED, INSTANCE_BUSY while a request to Instagram is open, and PROXY_IN_CHALLENGE.
    """
    account = session.scalars(select(InstagramCredentials).with_for_update()).one_or_none()
    if account is None:
        if proxy is None:
            return
        raise BotException("NOT_LINKED")
    if _is_set(account, proxy):
        return
    if any(request.created_at > now() - ABANDONED_AFTER for request in open_requests(session)):
        raise BotException("INSTANCE_BUSY")
    if _waits(account):
        raise BotException("PROXY_IN_CHALLENGE")
    if proxy is None:
        account.proxy_encrypted = None
    else:
        seal_secret(account, "proxy", proxy)
    # Its host may reveal a place, and the audit log would keep that forever.
    audit_own(session, "proxy_set" if proxy else "proxy_removed")
    account.version, account.updated_at = new_id(), now()
    status = locked_status(session)
    failed = find_code(status.last_error_code)
    if failed and failed.name in PROXY_FAILURES:
        # The problem that the bot waited for is over.
        forget_error(status)
        status.next_step_at = None


def open_requests(session: TenantSession) -> list[AccountRequest]:
    query = select(AccountRequest).where(AccountRequest.status.in_(("queued", "running")))
    return list(session.scalars(query))


def verify(user_id: str, params: Code, *, sign_in_id: str | None = None, wait: float = WAIT_SECONDS) -> Answer:
    """Pass the code of a waiting sign-in to a worker. Also raises NO_CODE_EXPECTED and INSTAGRAM_CODE_EXPIRED."""
    _awaiting_code(user_id)
    request = AccountRequest(kind="verify", sign_in_id=sign_in_id)
    return ask(user_id, request, secret=params.code, wait=wait)


def _awaiting_code(user_id: str) -> InstagramCredentials:
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
    if account is None or account.verification_kind not in ("two_factor", "challenge"):
        raise BotException("NO_CODE_EXPECTED")
    if account.verification_expires_at is None or account.verification_expires_at <= now():
        raise BotException("INSTAGRAM_CODE_EXPIRED")
    return account


def send_code(user_id: str, params: SendCode, *, sign_in_id: str | None = None, wait: float = WAIT_SECONDS) -> Answer:
    """Have the code of a waiting sign-in sent again, or by another way of the account.

    Raises NO_CODE_EXPECTED, INSTAGRAM_CODE_EXPIRED, TOO_MANY_ATTEMPTS, and INVALID_INPUT for a way that the account
    does not have.
    """
    account = _awaiting_code(user_id)
    method = params.method or account.verification_method
    if method not in (account.verification_methods or ()):
        raise invalid("method", "Instagram does not offer this for the account.")
    request = AccountRequest(kind="send_code", params={"method": method}, sign_in_id=sign_in_id)
    return ask(user_id, request, wait=wait)


def test_session(
    user_id: str,
    *,
    sign_in_id: str | None = None,  # noqa: PT028  not a test
    wait: float = WAIT_SECONDS,  # noqa: PT028
) -> Answer:
    """Ask a worker if the stored session still works. Raises the errors that Instagram causes.

    If no account is linked, the answer is immediate: it has no id and says NOT_LINKED.
    """
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        status = session.scalars(select(BotStatus)).one()
    if account is None:
        why: dict[str, object] = {"session_valid": False, "error": "NOT_LINKED"}
        return Answer("", "test", pending=False, result=why, last_tested=status.last_tested)
    return ask(user_id, AccountRequest(kind="test", sign_in_id=sign_in_id), wait=wait)


def preview(user_id: str, kind: str, details: dict[str, Any], *, wait: float = WAIT_SECONDS) -> Answer:
    """Ask a worker for the people that an action would find and skip.

    Raises SESSION_INVALID, COOL_DOWN, LOOKED_JUST_NOW, the problem of the source, and the errors that Instagram causes.
    """
    with tenant(user_id) as session:
        valid_status(session)
    return ask(user_id, AccountRequest(kind="preview", params={"kind": kind, "params": details}), wait=wait)


def ask(
    user_id: str, request: AccountRequest, *, wait: float, secret: str | None = None, typed: Typed | None = None
) -> Answer:
    request_id, is_new = _write_request(user_id, request, secret, typed)
    if not is_new:
        return wait_for(user_id, request_id, wait)
    try:
        submit_request(runtime().redis, user_id, request_id, request_id=get_contextvars().get("request_id"))
    except RedisError:
        _fail_unsent(user_id, request_id)
        raise BotException("QUEUE_UNAVAILABLE") from None
    return wait_for(user_id, request_id, wait)


def _write_request(user_id: str, request: AccountRequest, secret: str | None, typed: Typed | None) -> tuple[str, bool]:
    """Return the id of the request for this one, and whether it is new. The lock merges two concurrent ones."""
    request_id, moment = new_id(), now()
    with tenant(user_id) as session:
        locked_status(session)
        if typed:
            if known := typed.request(session, moment - ABANDONED_AFTER):
                return known, False
            request.asked_with = typed.mark
        require_not_blocked(session, user_id)
        for other in open_requests(session):
            if other.created_at > moment - ABANDONED_AFTER:
                raise BotException("INSTANCE_BUSY")
            end(other, error=BotException("REQUEST_ABANDONED"))
        if request.kind == "send_code":
            _check_may_send(session, moment)
        if request.kind == "preview":
            dry_runs.check_may_look(session, request.params or {})
        if request.kind == "check":
            dry_runs.check_may_check(session)
        request.id, request.user_id, request.created_at = request_id, user_id, moment
        if secret:
            seal(request, "secret_encrypted", secret)
        session.add(request)
        session.commit()
    return request_id, True


def _check_may_send(session: TenantSession, moment: datetime) -> None:
    """Each is a message to somebody's phone. Raises TOO_MANY_ATTEMPTS."""
    recent = AccountRequest.kind == "send_code", AccountRequest.created_at > moment - SENDS_WITHIN
    times = session.scalars(select(AccountRequest.created_at).where(*recent).order_by(AccountRequest.created_at)).all()
    if len(times) >= MAX_SENDS:
        until = times[-MAX_SENDS] + SENDS_WITHIN
        raise BotException("TOO_MANY_ATTEMPTS", retry_after=ceil((until - moment).total_seconds()))


def _fail_unsent(user_id: str, request_id: str) -> None:
    with tenant(user_id) as session:
        end(session.get_one(AccountRequest, request_id), error=BotException("QUEUE_UNAVAILABLE"))
        session.commit()


def wait_for(user_id: str, request_id: str, seconds: float) -> Answer:
    """Return the state of a request when it has ended, or after `seconds`. Raises the errors of `get_request`."""
    deadline, never = time.monotonic() + seconds, threading.Event()
    while (answer := get_request(user_id, request_id)).pending and time.monotonic() < deadline:
        never.wait(POLL_INTERVAL)
    return answer


def get_request(user_id: str, request_id: str) -> Answer:
    """Return the state of a request. Raises its failure, REQUEST_NOT_FOUND and REQUEST_ABANDONED."""
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
    """Return the exception that the worker recorded, for the person who waits."""
    entry = find_code(row.error_code)
    if entry is None:
        return BotException("INTERNAL", code=row.error_code)
    # A dry run fails at the field that names its source.
    of_source = source_failure(entry.name, (row.params or {})["params"]) if row.kind == RequestKind.PREVIEW else None
    remedy = entry.if_asked and entry.if_asked.format(again=_AGAIN[row.kind])
    if row.kind == RequestKind.IMPORT and entry.name in NOT_PROVED_YET:
        remedy = NOT_PROVED
    return of_source or BotException(entry.name, row.error_message, remedy=remedy)


def end(row: AccountRequest, *, result: dict[str, object] | None = None, error: BotException | None = None) -> None:
    row.secret_encrypted, row.finished_at = None, now()
    row.status = RequestStatus.FAILED if error else RequestStatus.DONE
    row.result = result
    if result and result.get("session_valid"):
        # From now on typed passwords are compared with the proven one.
        row.asked_with = None
    if error:
        row.error_code, row.error_message = error.code, error.message


def end_request(
    session: TenantSession,
    request_id: str,
    *,
    result: dict[str, object] | None = None,
    error: BotException | None = None,
) -> None:
    """End a request and delete its secret. The caller commits."""
    row = open_request(session, request_id)
    if row is not None:
        end(row, result=result, error=error)


def open_request(session: TenantSession, request_id: str) -> AccountRequest | None:
    """Return the request, locked, while it is open. None once it has ended or was withdrawn."""
    query = select(AccountRequest).where(AccountRequest.id == request_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return row if row is not None and row.status in ("queued", "running") else None
