"""Idempotency: the response to a request with a key is stored for a day and replayed.

A request that places an action stores its record in the transaction of the action, so that both exist or neither
(`stored_action`, `store_action`). Any other request takes its key first (`begin`) and stores its response when it ends.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.storage.models import IdempotencyRecord
from bot.storage.tenancy import TenantSession, identity, tenant
from bot.vault.cipher import current_vault

TTL = timedelta(hours=24)
# Longer than any request takes, so its process has died.
ABANDONED_AFTER = timedelta(minutes=2)
_ASK_AGAIN = 1
ACCEPTED = 202


@dataclass(frozen=True)
class StoredAnswer:
    """A response to replay: its status, body and headers."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def begin(user_id: str, key: str, request: object) -> StoredAnswer | None:
    """Take the key for this request of the user. Commits.

    None: run the request now, then call `store`, `store_failure` or `discard`. Otherwise the response to replay. Raises
    the failure to replay, IDEMPOTENCY_KEY_REUSED if the key was taken for another request, and IDEMPOTENCY_IN_PROGRESS
    with `retry_after` seconds.
    """
    with tenant(user_id) as session:
        known = _find(session, key, request)
        if known is None:
            session.add(_record(session, key, request))
            try:
                session.commit()
            except IntegrityError:
                # The same key came at the same moment.
                raise _in_progress() from None
            return None
    return _answer_of(known)


def stored_action(session: TenantSession, key: str, request: object) -> str | None:
    """Return the id of the action that this request of the session's user has placed, or None if it has not.

    Raises IDEMPOTENCY_KEY_REUSED if the key was taken for another request.
    """
    known = _find(session, key, request)
    return known.answer["action_id"] if known and known.answer else None


def store_action(session: TenantSession, key: str, request: object, action_id: str) -> None:
    """Add the record of the action that this request places. The caller commits both.

    The flush raises IntegrityError if the key was taken in the meantime.
    """
    record = _record(session, key, request)
    record.id, record.status, record.answer = action_id, ACCEPTED, {"action_id": action_id}
    session.add(record)


def store(user_id: str, key: str, answer: StoredAnswer) -> None:
    """Store a response, which must hold no secret. Commits."""
    _fill(user_id, key, answer.status, {"body": answer.body, "headers": answer.headers})


def store_failure(user_id: str, key: str, failure: BotException) -> None:
    """Store a failure that another try would not cure. Any other failure frees the key for another try. Commits."""
    if failure.retryable or failure.status >= 500:
        discard(user_id, key)
    else:
        told = {"failure": failure.name, "message": failure.message, "errors": failure.meta.get("errors", [])}
        _fill(user_id, key, failure.status, told)


def discard(user_id: str, key: str) -> None:
    """Free the key of a request without a result. Commits."""
    with tenant(user_id) as session:
        session.execute(
            delete(IdempotencyRecord).where(IdempotencyRecord.key == key, IdempotencyRecord.status.is_(None))
        )
        session.commit()


def remove_old_answers() -> None:
    """Delete expired records. The clock calls it. Commits."""
    with identity() as session:
        session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at <= now() - TTL))
        session.commit()


def _find(session: TenantSession, key: str, request: object) -> IdempotencyRecord | None:
    """Return the record of the key if it has not expired. Raises IDEMPOTENCY_KEY_REUSED if another request took it."""
    session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.key == key, _is_over()))
    known = session.scalars(select(IdempotencyRecord).where(IdempotencyRecord.key == key)).one_or_none()
    digests = (_digest(session.user_id, request), _moved_digest(request))
    if known and not any(hmac.compare_digest(known.request_digest, digest) for digest in digests):
        raise BotException("IDEMPOTENCY_KEY_REUSED")
    return known


def _record(session: TenantSession, key: str, request: object) -> IdempotencyRecord:
    digest = _digest(session.user_id, request)
    return IdempotencyRecord(user_id=session.user_id, key=key, request_digest=digest, created_at=now())


def _is_over() -> Any:
    unfinished = IdempotencyRecord.status.is_(None) & (IdempotencyRecord.created_at <= now() - ABANDONED_AFTER)
    return (IdempotencyRecord.created_at <= now() - TTL) | unfinished


def _answer_of(known: IdempotencyRecord) -> StoredAnswer:
    told = known.answer
    if known.status is None or told is None:
        raise _in_progress()
    if "failure" in told:
        raise BotException(told["failure"], told["message"], errors=told["errors"])
    return StoredAnswer(known.status, told["body"], told["headers"])


def _fill(user_id: str, key: str, status: int, answer: dict[str, Any]) -> None:
    with tenant(user_id) as session:
        session.execute(
            update(IdempotencyRecord).where(IdempotencyRecord.key == key).values(status=status, answer=answer)
        )
        session.commit()


def _in_progress() -> BotException:
    return BotException("IDEMPOTENCY_IN_PROGRESS", retry_after=_ASK_AGAIN)


def _digest(user_id: str, request: object) -> str:
    """Identify the request. Without the keys of this installation the digest reveals nothing of its passwords."""
    secret = bytes.fromhex(current_vault().derived("idempotency"))
    return hmac.digest(secret, json.dumps([user_id, request], sort_keys=True).encode(), sha256).hex()


def _moved_digest(request: object) -> str:
    """Return the digest that revision 0010 moved along with the keys of actions. It is useless once those are a day
    old.
    """
    return sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
