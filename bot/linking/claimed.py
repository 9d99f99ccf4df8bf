"""A request that a worker has claimed, once, with its secrets in the clear."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import select

from bot.config.runtime import now
from bot.core.errors import BotException, find_code
from bot.decision.blocks import require_not_blocked
from bot.inputs.instagram_sessions import account_of
from bot.linking.dry_runs import check_may_read, check_no_rest
from bot.linking.requests import ABANDONED_AFTER, end_request, open_request, typed_link
from bot.phones.choice import ChosenPhone
from bot.phones.devices import device_for, place_for
from bot.phones.places import Place
from bot.storage.models import AccountRequest, BotStatus, InstagramCredentials
from bot.storage.models.values import CodeMethod, RequestKind, RequestStatus, VerificationKind
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.columns import unseal
from bot.vault.credentials import can_open, open_secret


@dataclass(frozen=True, repr=False)
class ClaimedRequest:
    """The common fields of all kinds of requests. Never logged, never stored: most hold secrets.

    `username` is the Instagram account's, empty if there is none.
    """

    kind: ClassVar[RequestKind]
    id: str
    username: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id})"


@dataclass(frozen=True, repr=False)
class ClaimedSignIn(ClaimedRequest):
    """A request that may sign in to Instagram.

    All that it asks Instagram goes through `proxy`; None: the server's own way. `sign_in_id` is the sign-in to Troupe
    that asks. `place` is where the account's phone says that it is.
    """

    password: str
    proxy: str | None
    sign_in_id: str | None
    place: Place


@dataclass(frozen=True, repr=False)
class ClaimedLink(ClaimedSignIn):
    """Link an account with the password that was typed, from the device that Instagram knows it by, if any.

    A new phone has the `chosen` hardware.
    """

    kind = RequestKind.LINK
    device: str | None
    chosen: ChosenPhone


@dataclass(frozen=True, repr=False)
class ClaimedImport(ClaimedSignIn):
    """Prove an imported session. `device` is an earlier one of its account.

    `known_by` is the name under which the device is kept: the account's id until Instagram has told its username.
    """

    kind = RequestKind.IMPORT
    instagram_session: str
    device: str | None
    chosen: ChosenPhone
    known_by: str


@dataclass(frozen=True, repr=False)
class ClaimedVerification(ClaimedSignIn):
    """Send the code that was typed; `state` says how the sign-in that waits for it goes on."""

    kind = RequestKind.VERIFY
    code: str
    state: str


@dataclass(frozen=True, repr=False)
class ClaimedSending(ClaimedSignIn):
    """Have the code sent again, by `method`; `state` says how the sign-in that waits for it goes on."""

    kind = RequestKind.SEND_CODE
    method: CodeMethod
    state: str


@dataclass(frozen=True, repr=False)
class ClaimedSessionTest(ClaimedSignIn):
    """Test the stored session.

    Without one, `state` says how a sign-in goes on that was to be confirmed in Instagram's app, and `device` is that of
    one whose code led to a step of the app: sign in from it once more. With none there is nothing to test.
    """

    kind = RequestKind.TEST
    instagram_session: str | None
    state: str | None
    device: str | None


@dataclass(frozen=True, repr=False)
class ClaimedDryRun(ClaimedRequest):
    """Find the people of an action of `action_kind` with these `params`."""

    kind = RequestKind.PREVIEW
    action_kind: str
    params: dict[str, Any]


@dataclass(frozen=True, repr=False)
class ClaimedCheck(ClaimedRequest):
    """Read one reply of each kind, and keep the shapes of the replies if `record` says so."""

    kind = RequestKind.CHECK
    record: bool


def claim(user_id: str, request_id: str) -> ClaimedRequest | None:
    """Mark the request as running and open its secrets.

    Return None if it was claimed before, does not exist, or may not be done any more.
    """
    with tenant(user_id) as session:
        row = open_request(session, request_id)
        if row is None or row.status != RequestStatus.QUEUED:
            return None
        if refusal := _refusal(session, row):
            end_request(session, request_id, error=refusal)
            session.commit()
            return None
        row.status = RequestStatus.RUNNING
        claimed = _opened(session, row, session.scalars(select(InstagramCredentials)).one_or_none())
        session.commit()
    return claimed


def _refusal(session: TenantSession, row: AccountRequest) -> BotException | None:
    """Return why it can no longer be done: the caller is gone, the user is blocked, or Instagram has pushed back."""
    if row.created_at < now() - ABANDONED_AFTER:
        return BotException("REQUEST_ABANDONED")
    try:
        require_not_blocked(session, row.user_id)
        if row.kind == RequestKind.PREVIEW and row.params:
            check_no_rest(session, row.params)
        if row.kind == RequestKind.CHECK:
            check_may_read(session)
    except BotException as barred:
        return barred
    return None


def _opened(session: TenantSession, row: AccountRequest, account: InstagramCredentials | None) -> ClaimedRequest:
    username = row.username or (account.username if account else "")
    if row.kind == RequestKind.PREVIEW:
        params = row.params or {}
        return ClaimedDryRun(row.id, username, params["kind"], params["params"])
    if row.kind == RequestKind.CHECK:
        return ClaimedCheck(row.id, username, bool((row.params or {}).get("record")))
    typed = unseal(row, "secret_encrypted") or ""
    if row.kind == RequestKind.LINK:
        return _link(session, row, account, username, typed)
    if row.kind == RequestKind.IMPORT:
        return _import(session, row, account, typed)
    password, proxy = open_secret(account, "password") or "", open_secret(account, "proxy")
    stored, state = open_secret(account, "session"), open_secret(account, "verification")
    place = place_for(session, username)
    if row.kind == RequestKind.VERIFY:
        return ClaimedVerification(row.id, username, password, proxy, row.sign_in_id, place, typed, state or "")
    if row.kind == RequestKind.SEND_CODE:
        method = (row.params or {})["method"]
        return ClaimedSending(row.id, username, password, proxy, row.sign_in_id, place, method, state or "")
    waits_for_app = account is not None and account.verification_kind == VerificationKind.APP
    device = device_for(session, username) if state and _is_stuck(session) else None
    on = state if waits_for_app else None
    return ClaimedSessionTest(row.id, username, password, proxy, row.sign_in_id, place, stored, on, device)


def _is_stuck(session: TenantSession) -> bool:
    """Whether Instagram answered a code with a step that only its app can take."""
    last = find_code(session.scalars(select(BotStatus.last_error_code)).one())
    return last is not None and last.name == "INSTAGRAM_UNKNOWN_STEP"


def _import(
    session: TenantSession, row: AccountRequest, account: InstagramCredentials | None, typed: str
) -> ClaimedImport:
    brought, proxy = typed_link(typed)
    account_id = account_of(json.loads(brought))
    # One whose sign-in still waits for a code has no id yet: it keeps the proxy that its owner has given it.
    same = account if account and account.instagram_id in (None, account_id) else None
    username = same.username if same else ""
    known_by = username or account_id
    proxy = proxy or open_secret(same, "proxy")
    chosen = ChosenPhone.load(row.params)
    device = None if chosen.hardware else device_for(session, known_by)
    return ClaimedImport(row.id, username, "", proxy, row.sign_in_id, chosen.place, brought, device, chosen, known_by)


def _link(
    session: TenantSession, row: AccountRequest, account: InstagramCredentials | None, username: str, typed: str
) -> ClaimedLink:
    password, proxy = typed_link(typed) if typed else ("", None)
    known = account if account and account.username == username else None
    if proxy is None:
        proxy = open_secret(known, "proxy")
    # Instagram should meet an account on the device it knows. Linking once more is the remedy for secrets that a lost
    # key has sealed.
    stored = open_secret(known, "session") if can_open(known, "session") else None
    device = stored or device_for(session, username)
    chosen = ChosenPhone.load(row.params)
    device = None if chosen.hardware else device
    return ClaimedLink(row.id, username, password, proxy, row.sign_in_id, chosen.place, device, chosen)
