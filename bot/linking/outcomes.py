"""The worker's side of linking: results of requests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision.decide import EVERYTHING
from bot.decision.pushback import SESSION_ENDERS, apply, forget_error, note_error
from bot.decision.sources import source_failure, source_remedy
from bot.history.activity import record
from bot.history.audit import audit_own
from bot.linking.claimed import (
    ClaimedDryRun,
    ClaimedRequest,
    ClaimedSending,
    ClaimedSessionTest,
    ClaimedSignIn,
    ClaimedVerification,
)
from bot.linking.instagram_sign_in import start_unless_stopped
from bot.linking.provisioning import prove
from bot.linking.requests import end_request, open_request
from bot.linking.stored_sessions import seal_instagram_session
from bot.linking.unlinking import forget_account
from bot.storage.bot_lock import locked_status
from bot.storage.models import BotStatus, InstagramCredentials, UserSession, new_id
from bot.storage.models.values import ActionKind, ActivityName, ActivityStatus, CodeMethod, VerificationKind
from bot.storage.tenancy import IdentitySession, TenantSession, identity_within, tenant
from bot.vault.credentials import seal_secret


@dataclass(frozen=True)
class Question:
    """A demand of Instagram. `state` is a secret, `method` brings the code, `methods` are the ways of the account."""

    kind: VerificationKind
    sent_to: str
    state: str = field(repr=False)
    method: CodeMethod | None = None
    methods: Sequence[CodeMethod] = ()


# Wait for a code. Instagram's own codes last about as long.
CODE_LASTS = timedelta(minutes=10)
MAX_WRONG_CODES = 5
# Time for the owner to confirm in the app before linking starts again.
APP_LASTS = timedelta(days=1)
# Pause of the bot after a chore that the network refused.
CHORE_PAUSE = timedelta(seconds=60)


def linked(
    user_id: str,
    claimed: ClaimedSignIn,
    *,
    session_data: str,
    instagram_id: str,
    username: str,
    trouble: BotException | None = None,
) -> None:
    """Store the session of a successful sign-in, mark it valid and end the request. Commits.

    `trouble` is the refusal of the first page after it. The session is stored all the same, with its consequence.
    For a user who came through Instagram this proves the password. After a code their bot starts, because the caller
    may be gone when Instagram accepts it. Raises INSTAGRAM_ACCOUNT_TAKEN and stores nothing.
    """
    awaited = False
    with _answering(user_id, claimed) as session:
        if session is not None:
            store_session(
                session,
                session_data=session_data,
                instagram_id=instagram_id,
                username=username,
                password=claimed.password,
                proxy=claimed.proxy,
                known_as=claimed.username,
            )
            with identity_within(session) as people:
                awaited = _awaits_code(people, claimed.sign_in_id)
                if claimed.password:
                    prove(
                        people,
                        user_id,
                        name=username,
                        instagram_id=instagram_id,
                        password=claimed.password,
                        sign_in_id=claimed.sign_in_id,
                    )
            record(session, claimed.kind, ActivityStatus.DONE, target=username)
            how = ("" if claimed.password else "by a session", "with a proxy" if claimed.proxy else "")
            audit_own(session, "account_linked", ", ".join(filter(None, how)) or None)
            end_request(session, claimed.id, result=_let_in(session, trouble))
    if awaited:
        start_unless_stopped(user_id)


def _let_in(session: TenantSession, trouble: BotException | None) -> dict[str, object]:
    """Return the result of an accepted sign-in, after the consequence of the trouble."""
    if trouble is not None:
        apply(session, trouble, EVERYTHING)
    valid = locked_status(session).session_valid
    return {"session_valid": True} if valid or trouble is None else {"session_valid": False, "error": trouble.name}


def _awaits_code(session: IdentitySession, sign_in_id: str | None) -> bool:
    """Return whether this is a sign-in through Instagram that waits for its code."""
    sign_in = session.get(UserSession, sign_in_id) if sign_in_id else None
    return sign_in is not None and sign_in.needs_code


@contextmanager
def _answering(user_id: str, claimed: ClaimedRequest) -> Iterator[TenantSession | None]:
    """Yield the user's session to record an answer, committed at the end, or None if no caller waits.

    A request that was withdrawn (by unlinking) or given up must not bring the account back.
    """
    with tenant(user_id) as session:
        locked_status(session)
        if open_request(session, claimed.id) is None:
            get_logger().warning("answer_dropped", kind=claimed.kind)
            yield None
        else:
            yield session
            session.commit()


def store_session(
    session: TenantSession,
    *,
    session_data: str,
    instagram_id: str,
    username: str,
    password: str,
    proxy: str | None = None,
    known_as: str | None = None,
) -> None:
    """Store a valid session and the proxy it was made through. The caller commits.

    Raises INSTAGRAM_ACCOUNT_TAKEN if another user has linked this account. Then nothing may be committed.
    """
    status = locked_status(session)
    account = _account(session, status, username, proxy, instagram_id, known_as)
    account.instagram_id, account.version = instagram_id, new_id()
    account.linked_at = account.linked_at or now()
    seal_instagram_session(account, session_data)
    if password:
        seal_secret(account, "password", password)
    _forget_verification(account)
    status.instagram_username, status.session_valid, status.last_tested = username, True, now()
    forget_error(status)
    try:
        session.flush()
    except IntegrityError as error:
        if "instagram_id" not in str(error.orig):
            raise
        raise BotException("INSTAGRAM_ACCOUNT_TAKEN") from None


def previewed(user_id: str, claimed: ClaimedRequest, candidates: list[dict[str, object]]) -> None:
    """Store the people that an action would find, and end the request. Commits."""
    with _answering(user_id, claimed) as session:
        if session is not None:
            end_request(session, claimed.id, result={"candidates": candidates})


def needs_code(user_id: str, claimed: ClaimedSignIn, question: Question) -> None:
    """Store a sign-in that waits for a code of kind `two_factor` or `challenge`, and end the request. Commits."""
    with _answering(user_id, claimed) as session:
        if session is None:
            return
        expires_at = _keep_question(session, claimed, question, CODE_LASTS)
        record(session, claimed.kind, ActivityStatus.STARTED, target=claimed.username)
        waiting = {
            "kind": question.kind,
            "sent_to": question.sent_to,
            "expires_at": expires_at.isoformat(),
            "method": question.method,
            "methods": list(question.methods),
        }
        end_request(session, claimed.id, result={"requires_verification": True, "verification": waiting})


def await_app_confirmation(user_id: str, claimed: ClaimedSignIn, error: BotException, question: Question) -> None:
    """Only Instagram's app can confirm this sign-in: keeps how a later test goes on with it."""
    with _answering(user_id, claimed) as session:
        if session is None:
            return
        _keep_question(session, claimed, question, APP_LASTS)
        note_error(locked_status(session), error)
        record(session, claimed.kind, ActivityStatus.FAILED, target=claimed.username, error=error)
        end_request(session, claimed.id, error=error)


def _keep_question(session: TenantSession, claimed: ClaimedSignIn, question: Question, lasts: timedelta) -> datetime:
    """Store what Instagram waits for in place of a session, and return its expiry."""
    status = locked_status(session)
    account = _account(session, status, claimed.username, claimed.proxy)
    account.verification_kind, account.verification_sent_to = question.kind, question.sent_to[:128]
    account.verification_method, account.verification_methods = question.method, list(question.methods) or None
    account.verification_expires_at = expires_at = now() + lasts
    if not isinstance(claimed, ClaimedSending):
        # Sending it again gives no more tries.
        account.verification_attempts = 0
    account.session_data_encrypted = account.app_version = None
    seal_secret(account, "verification", question.state)
    seal_secret(account, "password", claimed.password)
    status.instagram_username = account.username
    status.session_valid = status.bot_running = False
    return expires_at


def tested(user_id: str, claimed: ClaimedRequest, session_data: str) -> None:
    """Store the refreshed form of a working session. Commits."""
    with _answering(user_id, claimed) as session:
        if session is None:
            return
        account = session.scalars(select(InstagramCredentials)).one()
        seal_instagram_session(account, session_data)
        status = locked_status(session)
        status.session_valid, status.last_tested = True, now()
        forget_error(status)
        record(session, "test", ActivityStatus.DONE, target=account.username)
        end_request(session, claimed.id, result={"session_valid": True})


def chore_failed(user_id: str, chore: str, error: BotException) -> datetime | None:
    """Record a refused chore with its consequence for the bot, and return the time to look again. Commits.

    A failed chore counts as done: it is not retried before its next time.
    """
    with tenant(user_id) as session:
        status = locked_status(session)
        name = cast(ActivityName, "test" if chore == "test_session" else chore)
        record(session, name, ActivityStatus.FAILED, error=error)
        if not apply(session, error, EVERYTHING) and chore != "measure":
            status.next_step_at, status.trouble = now() + CHORE_PAUSE, error.name
        if chore == "test_session":
            status.last_tested = now()
        elif chore != "measure":
            status.replies_failed_at = now()
        session.commit()
        return (status.next_step_at or now()) if status.bot_running else None


# A test with this result has worked: its answer is that the session does not.
_SAY_NOT_VALID = SESSION_ENDERS | {"SESSION_INVALID"}


def failed(user_id: str, claimed: ClaimedRequest, error: BotException) -> None:
    """Record a failed request. A session that Instagram has ended becomes invalid, and its bot stops. Commits."""
    with _answering(user_id, claimed) as session:
        if session is None:
            return
        status = locked_status(session)
        record(session, claimed.kind, ActivityStatus.FAILED, target=claimed.username[:64] or None, error=error)
        if isinstance(claimed, ClaimedDryRun):
            # The problem of a source is shown at its field and is no trouble of the bot.
            of_plan = claimed.action_kind == ActionKind.PLAN and source_remedy(error.name)
            if not (of_plan or source_failure(error.name, claimed.params)):
                apply(session, error, EVERYTHING)
        else:
            note_error(status, error)
        if error.name == "INSTAGRAM_ACCOUNT_TAKEN":
            _forget_unlinked(session, status)
        elif isinstance(claimed, ClaimedVerification | ClaimedSending):
            _after_refused_code(session, error)
        if isinstance(claimed, ClaimedSessionTest):
            status.last_tested = now()
        if isinstance(claimed, ClaimedSessionTest) and error.name in _SAY_NOT_VALID:
            status.session_valid = status.bot_running = False
            end_request(session, claimed.id, result={"session_valid": False, "error": error.name})
        else:
            end_request(session, claimed.id, error=error)


def abandoned(user_id: str, request_id: str) -> None:
    """Fail a request whose worker died. Nothing is submitted to Instagram again. Commits."""
    error = BotException("REQUEST_ABANDONED")
    with tenant(user_id) as session:
        record(session, "account_request", ActivityStatus.FAILED, error=error)
        end_request(session, request_id, error=error)
        session.commit()


def _forget_unlinked(session: TenantSession, status: BotStatus) -> None:
    """Delete an account that belongs to another user. One that was linked before stays."""
    account = session.scalars(select(InstagramCredentials)).one_or_none()
    if account is not None and account.session_data_encrypted is None:
        session.delete(account)
        status.instagram_username = None


def _after_refused_code(session: TenantSession, error: BotException) -> None:
    """Count a wrong code. Instagram counts them too, so only a few are passed on. An expired one ends the wait.

    Every other refusal says nothing of the code: it may be typed again.
    """
    account = session.scalars(select(InstagramCredentials)).one()
    if error.name == "INSTAGRAM_WRONG_CODE":
        account.verification_attempts += 1
    if error.name == "INSTAGRAM_CODE_EXPIRED" or account.verification_attempts >= MAX_WRONG_CODES:
        _forget_verification(account)


def _account(
    session: TenantSession,
    status: BotStatus,
    username: str,
    proxy: str | None,
    instagram_id: str | None = None,
    known_as: str | None = None,
) -> InstagramCredentials:
    """Return the account's row. Another account starts a new one, and nothing of the old one continues.

    `known_as` is the name that the account had when the request began. Under the same id it only has a new name.
    """
    account = session.scalars(select(InstagramCredentials)).one_or_none()
    moment = now()
    if account is not None and not (
        (account.username == username and account.instagram_id in (None, instagram_id or account.instagram_id))
        or (account.username == known_as and account.instagram_id == instagram_id)
    ):
        forget_account(session, status, account)
        account = None
    if account is None:
        account = InstagramCredentials(
            id=new_id(), user_id=session.user_id, username=username, created_at=moment, updated_at=moment
        )
        session.add(account)
    account.username, account.updated_at = username, moment
    if proxy is not None:
        seal_secret(account, "proxy", proxy)
    return account


def _forget_verification(account: InstagramCredentials) -> None:
    account.verification_kind = account.verification_sent_to = None
    account.verification_method = account.verification_methods = None
    account.verification_expires_at = account.verification_state_encrypted = None
    account.verification_attempts = 0
