"""A request in the hands of a worker: taken once, with its secrets in the clear."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.blocks import check_not_barred
from bot.linking.dry_runs import check_no_rest
from bot.linking.requests import ABANDONED_AFTER, end_request, open_request, typed_link
from bot.storage.models import AccountRequest, InstagramCredentials
from bot.storage.models.values import RequestKind, RequestStatus, VerificationKind
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.columns import unseal
from bot.vault.credentials import can_open, open_secret


@dataclass(frozen=True)
class Taken:
    """A request in the hands of a worker, with its secrets in the clear; never logged, never stored.

    `proxy` is what all that this request asks Instagram goes through; None: the server's own way.
    """

    id: str
    kind: RequestKind
    username: str
    secret: str
    password: str
    session: str | None
    state: str | None
    device: str | None
    proxy: str | None
    verification_kind: VerificationKind | None
    params: dict[str, Any]
    sign_in_id: str | None

    def __repr__(self) -> str:
        return f"Taken({self.kind})"


def take(user_id: str, request_id: str) -> Taken | None:
    """Marks the request as running and opens its secrets; None when it was taken before, does not exist or may not be
    done any more.
    """
    with tenant(user_id) as session:
        row = open_request(session, request_id)
        if row is None or row.status != "queued":
            return None
        if refusal := _refusal(session, row):
            end_request(session, request_id, error=refusal)
            session.commit()
            return None
        row.status = RequestStatus.RUNNING
        taken = _opened(row, session.scalars(select(InstagramCredentials)).one_or_none())
        session.commit()
    return taken


def _refusal(session: TenantSession, row: AccountRequest) -> BotException | None:
    """What has come since it was asked: nobody waits any more, nothing may go out, or Instagram has pushed back."""
    if row.created_at < now() - ABANDONED_AFTER:
        return BotException("REQUEST_ABANDONED")
    try:
        check_not_barred(session, row.user_id)
        if row.kind == "preview" and row.params:
            check_no_rest(session, row.params["kind"])
    except BotException as barred:
        return barred
    return None


def _opened(row: AccountRequest, account: InstagramCredentials | None) -> Taken:
    username = row.username or (account.username if account else "")
    same = account is not None and account.username == username
    secret, proxy = _open_request(row)
    if proxy is None and same:
        proxy = open_secret(account, "proxy")
    if row.kind == "link" and not can_open(account, "password", "session", "verification"):
        # Linking anew is the remedy for secrets that a lost key has sealed.
        account, same = None, False
    stored, state = open_secret(account, "session"), open_secret(account, "verification")
    kind = account.verification_kind if account else None
    return Taken(
        id=row.id,
        kind=row.kind,
        username=username,
        secret=secret,
        password=open_secret(account, "password") or "",
        session=stored,
        state=state,
        # Instagram should meet an account on the device it knows: that of its session, or that it is to confirm.
        device=(stored or (state if kind == "app" else None)) if same else None,
        proxy=proxy,
        verification_kind=kind,
        params=row.params or {},
        sign_in_id=row.sign_in_id,
    )


def _open_request(row: AccountRequest) -> tuple[str, str | None]:
    """What was typed: a password or a code, and of a link the proxy."""
    typed = unseal(row, "secret_encrypted")
    if typed is None:
        return "", None
    return typed_link(typed) if row.kind == "link" else (typed, None)
