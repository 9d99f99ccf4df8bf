"""Requests that may come twice: the answer of the first is kept for a day and given again."""

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
from bot.storage.models import KeptAnswer
from bot.storage.tenancy import identity, tenant
from bot.vault.cipher import current_vault

KEPT_FOR = timedelta(hours=24)
# Longer than any request takes: whoever worked on it has died.
GIVEN_UP_AFTER = timedelta(minutes=2)
_ASK_AGAIN = 1


@dataclass(frozen=True)
class Answered:
    """An answer to give again: its status, body and headers."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def begin(user_id: str, key: str, request: object) -> Answered | None:
    """Takes the key for this request of the user: None means that it is to be done now, and `keep`, `keep_failure` or
    `give_up` to be called. Otherwise it is the answer that was given before.

    Raises the failure that was answered before, IDEMPOTENCY_KEY_REUSED where the key was taken for another request, and
    IDEMPOTENCY_IN_PROGRESS with `retry_after` seconds. Commits.
    """
    digest = _digest(user_id, request)
    with tenant(user_id) as session:
        session.execute(delete(KeptAnswer).where(KeptAnswer.key == key, _is_over()))
        known = session.scalars(select(KeptAnswer).where(KeptAnswer.key == key)).one_or_none()
        if known is None:
            session.add(KeptAnswer(user_id=user_id, key=key, request_digest=digest, created_at=now()))
            try:
                session.commit()
            except IntegrityError:
                # The same key came at the same moment.
                raise _in_progress() from None
            return None
    if not hmac.compare_digest(known.request_digest, digest):
        raise BotException("IDEMPOTENCY_KEY_REUSED")
    return _answer_of(known)


def keep(user_id: str, key: str, answered: Answered) -> None:
    """Keeps what is answered, which must hold no secret. Commits."""
    _fill(user_id, key, answered.status, {"body": answered.body, "headers": answered.headers})


def keep_failure(user_id: str, key: str, failure: BotException) -> None:
    """Keeps a failure that asking again would not mend; others free the key, so that it can be tried again. Commits."""
    if failure.retryable or failure.status >= 500:
        give_up(user_id, key)
    else:
        told = {"failure": failure.name, "message": failure.message, "errors": failure.meta.get("errors", [])}
        _fill(user_id, key, failure.status, told)


def give_up(user_id: str, key: str) -> None:
    """Frees the key of a request that came to nothing. Commits."""
    with tenant(user_id) as session:
        session.execute(delete(KeptAnswer).where(KeptAnswer.key == key, KeptAnswer.status.is_(None)))
        session.commit()


def remove_old_answers() -> None:
    """Forgets what no key gives again any more; the clock calls it. Commits."""
    with identity() as session:
        session.execute(delete(KeptAnswer).where(KeptAnswer.created_at <= now() - KEPT_FOR))
        session.commit()


def _is_over() -> Any:
    unfinished = KeptAnswer.status.is_(None) & (KeptAnswer.created_at <= now() - GIVEN_UP_AFTER)
    return (KeptAnswer.created_at <= now() - KEPT_FOR) | unfinished


def _answer_of(known: KeptAnswer) -> Answered:
    told = known.answer
    if known.status is None or told is None:
        raise _in_progress()
    if "failure" in told:
        raise BotException(told["failure"], told["message"], errors=told["errors"])
    return Answered(known.status, told["body"], told["headers"])


def _fill(user_id: str, key: str, status: int, answer: dict[str, Any]) -> None:
    with tenant(user_id) as session:
        session.execute(update(KeptAnswer).where(KeptAnswer.key == key).values(status=status, answer=answer))
        session.commit()


def _in_progress() -> BotException:
    return BotException("IDEMPOTENCY_IN_PROGRESS", retry_after=_ASK_AGAIN)


def _digest(user_id: str, request: object) -> str:
    """Tells a request from any other, and nothing of the passwords in it without the keys of this installation."""
    secret = bytes.fromhex(current_vault().derived("idempotency"))
    return hmac.digest(secret, json.dumps([user_id, request], sort_keys=True).encode(), sha256).hex()
